"""How wide and how colourful text may be."""

from dataclasses import dataclass

from bouncelake.reports import Tone

_CODES: dict[Tone, str] = {"plain": "", "bad": "31", "warn": "33", "good": "32", "quiet": "2"}


@dataclass(frozen=True, slots=True)
class Style:
    """Columns of text, and whether colour is wanted; without colour no byte of a control sequence is written."""

    width: int = 96
    colour: bool = False

    def strong(self, text: str) -> str:
        """Return the text in bold."""
        return self._coded(text, "1")

    def quiet(self, text: str) -> str:
        """Return the text dimmed."""
        return self._coded(text, "2")

    def toned(self, text: str, tone: Tone, *, strong: bool = False) -> str:
        """Return the text in the colour of a tone."""
        codes = [code for code in ("1" if strong else "", _CODES[tone]) if code]
        return self._coded(text, ";".join(codes))

    def _coded(self, text: str, codes: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour and codes and text else text
