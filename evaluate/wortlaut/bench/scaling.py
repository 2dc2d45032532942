"""How time grows with the length of a text and the size of a batch: made texts, and the fitted exponent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Annotated

from wortlaut.model import Text
from wortlaut.records.record import Many, written
from wortlaut.text.segments import paragraphs

#: Characters of a text, five points a decade (the series R5 of preferred numbers).
LENGTHS = (*(step * power for power in (10, 100, 1_000) for step in (100, 160, 250, 400, 630)), 1_000_000)
#: Texts of a batch.
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
#: Characters of a text in a batch.
BATCH_TEXT = 1_000
#: The fit is over sizes within this factor of the largest: what counts is where the curve is going.
SPAN = 16


def text_of_length(texts: Sequence[Text], characters: int) -> str:
    """The paragraphs of the texts, a line each, again and again up to exactly so many characters."""
    return _filled(cycle(_paragraphs(texts)), characters)


def paragraph_texts(texts: Sequence[Text], count: int, characters: int = BATCH_TEXT) -> list[Text]:
    """So many texts of so many characters, each of the paragraphs that come next, again and again."""
    stream = cycle(_paragraphs(texts))
    return [Text(_filled(stream, characters), f"part-{i}") for i in range(count)]


def _paragraphs(texts: Sequence[Text]) -> list[str]:
    return [text[start:end] for text in texts for start, end in paragraphs(text)]


def _filled(stream: cycle[str], characters: int) -> str:
    parts: list[str] = []
    missing = characters
    while missing > 0:
        parts.append(next(stream)[: missing - 1] + "\n")
        missing -= len(parts[-1])
    return "".join(parts)


@dataclass(frozen=True)
class Exponent:
    """Time grows as size to this power, with its 95% interval; fitted on sizes from ``low`` to ``high``."""

    value: float
    interval: Annotated[tuple[float, float], "95% interval of the slope."]
    low: Annotated[Many, "The smallest size of the fit."]
    high: Annotated[Many, "The largest."]

    @property
    @written()
    def verdict(self) -> str:
        """In a word, where the interval leaves one; the words are conventions, the numbers are not."""
        low, high = self.interval
        guess = f"unclear, {_nearest(self.value)} at a guess" if high - low < 1 else "unclear"
        return next((word for word, least, most in _WORDS if least <= low and high < most), guess)


#: What an exponent is called: from, up to.
_WORDS = (
    ("less than linear", -math.inf, 0.8),
    ("linear", 0.8, 1.3),
    ("more than linear", 1.3, 1.7),
    ("quadratic", 1.7, 2.3),
    ("more than quadratic", 2.3, math.inf),
)


def _nearest(value: float) -> str:
    return next(word for word, _, most in _WORDS if value < most)


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> Exponent | None:
    """The slope of log cost on log size by least squares, over the largest sizes; ``None`` under four points.

    The interval is that of the slope in simple regression, Student's t with points - 2 degrees of freedom.
    """
    from scipy.stats import linregress, t

    points = [(size, cost) for size, cost in zip(sizes, costs, strict=True) if size * SPAN >= max(sizes)]
    if len(points) < 4:
        return None
    fit = linregress([math.log(size) for size, _ in points], [math.log(cost) for _, cost in points])
    half = float(t.ppf(0.975, len(points) - 2) * fit.stderr)
    value = float(fit.slope)
    return Exponent(value, (value - half, value + half), points[0][0], points[-1][0])
