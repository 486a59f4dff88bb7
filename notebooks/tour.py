import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="A tour of the lake")

with app.setup:
    import os
    import tempfile
    from pathlib import Path

    import altair as alt
    import marimo as mo
    import polars as pl

    import bouncelake


@app.cell(hide_code=True)
def _():
    mo.md("""
    # A tour of the lake

    Everything that mail logs say about who refused what, as tables. This notebook reads the lake that
    `$BOUNCELAKE_LAKE` names; without it, it makes one from the synthetic sample log, two weeks of a small sender's
    Postfix.
    """)
    return


@app.cell
def _():
    if os.environ.get("BOUNCELAKE_LAKE"):
        lake = bouncelake.open()
    else:
        samples = next(
            one / "sample_logs" for one in (Path.cwd(), *Path.cwd().parents) if (one / "sample_logs").is_dir()
        )
        lake = bouncelake.open(tempfile.mkdtemp(), create=True, zone="UTC")
        lake.ingest(samples / "postfix-two-weeks")
    lake
    return (lake,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## The verdict

    `lake.report()` gives the overview's rows, `lake.html()` the page that `bouncelake report -o page.html` writes.
    """)
    return


@app.cell
def _(lake):
    mo.iframe(lake.html(), height=600)
    return


@app.cell
def _(lake):
    reasons = lake.report("reasons", top=8)
    reasons.select("provider", "reason", "recipients", "answered", "refused_share", "first_seen", "remedy")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## How it ran

    The report `timeline` counts messages x recipients for each provider and day: the period and the one before it.
    A share is empty where fewer than 20 were answered.
    """)
    return


@app.cell
def _(lake):
    timeline = lake.report("timeline").with_columns(pl.col("day").str.to_date())
    largest = timeline.group_by("provider").agg(pl.col("answered").sum()).top_k(4, by="answered")["provider"]
    _shown = timeline.filter(pl.col("provider").is_in(largest.to_list()))
    _volume = alt.Chart(_shown).mark_bar(color="#8594a8").encode(x="day:T", y="answered:Q")
    _refused = alt.Chart(_shown).mark_bar(color="#b3261e").encode(x="day:T", y="refused:Q", tooltip=["day", "refused"])
    alt.layer(_volume, _refused).properties(width=260, height=110).facet("provider:N", columns=2)
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## SQL

    Tables: `events`, `messages`, `refused`, `runs`. Views: `answers` (what every rate counts), `refusals`,
    `outcomes` (what became of each message), `daily`, `remedies`. Values go in by name, never by pasting.
    """)
    return


@app.cell
def _(lake):
    lake.sql(
        """
        SELECT o.event AS outcome, count(*) AS recipients, round(median(o.delay)) AS median_delay
        FROM outcomes AS o
        WHERE o.direction = 'outbound' AND o.provider = $provider
        GROUP BY o.event
        ORDER BY recipients DESC
        """,
        provider="google",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## Events, lazily

    `lake.events()` is a lazy Polars frame: only the columns and days that are asked for are read, however large the
    lake is. Counting rows of `events` counts what the logs say, not mail: use `answers` and `outcomes` for rates.
    """)
    return


@app.cell
def _(lake):
    (
        lake.events()
        .filter(pl.col("direction") == "outbound")
        .group_by("event", "final")
        .agg(rows=pl.len(), messages=pl.col("message_key").n_unique())
        .sort("rows", descending=True)
        .collect()
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## What is not in the figures

    Each line of each log is an event, context, another program's, or refused: nothing is dropped silently.
    """)
    return


@app.cell
def _(lake):
    account = lake.table("runs").select("lines", "events", "context", "foreign", "refused").sum().collect()
    assert account.select(pl.col("lines") == pl.sum_horizontal(pl.exclude("lines"))).item()
    account
    return


if __name__ == "__main__":
    app.run()
