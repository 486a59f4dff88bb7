"""Small multiples: one drawing per provider, all with the same time and the same scale of shares, in inline SVG."""

from collections.abc import Iterator, Sequence

from bouncelake.render.html.parts import escape, filled, part, short
from bouncelake.reports import Mark, Trend, Trends

WIDTH = 320.0
TOP, BASE = 18.0, 78.0  # shares
CROWN, GROUND = 92.0, 118.0  # volume
SMALLEST = 20  # no share below this denominator
SCALES = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
MOST_HINTS = 300

Point = tuple[float, float]


def trends(block: Trends) -> Iterator[str]:
    """Yield the lines of all drawings."""
    shares = [share for one in block.items for share in _shares(one.refused, one.answered) if share is not None]
    scale = next((one for one in SCALES if max(shares, default=0.0) <= one), 1.0)
    hints = len(block.items) * len(block.steps) <= MOST_HINTS
    yield part("legend.html").rstrip("\n")
    yield '<div class="trends">'
    for one in block.items:
        yield _drawing(one, block, scale, hints=hints)
    yield "</div>"


def _drawing(one: Trend, block: Trends, scale: float, *, hints: bool) -> str:
    most = max(*one.answered, 1)
    return filled(
        "trend.html",
        title=escape(one.title),
        caption=escape(one.caption),
        tone=one.tone,
        start=short(block.start * WIDTH),
        scale=f"{scale * 100:.0f}%",
        most=f"{most:,}",
        answered=_bars(one.answered, most),
        refused_bars=_bars(one.refused, most),
        refused=_line(_points(one.refused, one.answered, scale)),
        spam=_line(_points(one.spam_related, one.answered, scale)),
        refused_dots=_dots(_points(one.refused, one.answered, scale)),
        spam_dots=_dots(_points(one.spam_related, one.answered, scale)),
        marks="".join(map(_mark, one.marks)),
        hints="".join(_hints(one, block.steps)) if hints else "",
        first=escape(block.steps[0]),
        last=escape(block.steps[-1]),
    )


def _shares(part: Sequence[int], whole: Sequence[int]) -> list[float | None]:
    return [one / all_ if all_ >= SMALLEST else None for one, all_ in zip(part, whole, strict=True)]


def _bars(counts: Sequence[int], most: int) -> str:
    """Return one path with a bar for each count."""
    step = WIDTH / len(counts)
    wide, gap = step * 0.76, step * 0.12
    return "".join(
        f"M{short(step * place + gap)} {short(GROUND)}v-{short(max(count / most * (GROUND - CROWN), 0.6))}"
        f"h{short(wide)}V{short(GROUND)}z"
        for place, count in enumerate(counts)
        if count
    )


def _points(part: Sequence[int], whole: Sequence[int], scale: float) -> list[Point | None]:
    """Return where each share that is known stands in the drawing."""
    step = WIDTH / len(whole)
    return [
        None if share is None else (step * (place + 0.5), BASE - min(share / scale, 1.0) * (BASE - TOP))
        for place, share in enumerate(_shares(part, whole))
    ]


def _line(points: Sequence[Point | None]) -> str:
    """Return a path through the points, broken where one is not known."""
    pairs = zip([None, *points], points, strict=False)
    return "".join(f"{'L' if before else 'M'}{short(here[0])} {short(here[1])}" for before, here in pairs if here)


def _dots(points: Sequence[Point | None]) -> str:
    """Return a path that is a dot at each point without a neighbour."""
    around = zip([None, *points], points, [*points[1:], None], strict=False)
    alone = (here for before, here, after in around if here and not before and not after)
    return "".join(f"M{short(x)} {short(y)}h.01" for x, y in alone)


def _mark(mark: Mark) -> str:
    x = min(max(mark.place * WIDTH, 8.0), WIDTH - 8.0)
    return filled(
        "mark.svg", x=short(mark.place * WIDTH), centre=short(x), number=str(mark.number), text=escape(mark.text)
    )


def _hints(one: Trend, steps: Sequence[str]) -> Iterator[str]:
    step = WIDTH / len(steps)
    rows = zip(steps, one.answered, one.refused, one.spam_related, strict=True)
    for place, (name, answered, refused, spam) in enumerate(rows):
        if answered:
            words = f"{name}: {refused:,} of {answered:,} refused, {spam:,} over spam"
            yield f'<rect x="{short(place * step)}" width="{short(step)}"><title>{escape(words)}</title></rect>'
