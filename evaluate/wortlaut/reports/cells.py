"""What stands in a cell of a table: numbers, intervals, p-values, names."""

from __future__ import annotations

import math
import re

from wortlaut.errors import counted
from wortlaut.evaluation.comparison import Comparison, Row
from wortlaut.scoring.result import Score
from wortlaut.scoring.uncertainty import Interval

#: The heads of :func:`score_cells`.
SCORE_HEADS = ("P", "R", "F1", "95% interval", "correct", "gold", "predicted")
#: The heads of :func:`comparison_cells`.
COMPARISON_HEADS = ("A-B", "95% interval", "p", "p Holm", "flips")


def number(value: float | None, decimals: int = 3) -> str:
    """A score, ``–`` where undefined."""
    return "–" if value is None else f"{value:.{decimals}f}"


def interval_text(interval: Interval | None, decimals: int = 3) -> str:
    return "–" if interval is None else "–".join(number(end, decimals) for end in interval)


def credit(value: float) -> str:
    return f"{value:.0f}" if value == math.floor(value) else f"{value:.1f}"


def difference(value: float | None) -> str:
    """``-0.120``: a difference always has its sign."""
    return "–" if value is None else f"{value:+.3f}"


def differences(interval: Interval | None, sign: str = " ") -> str:
    return "–" if interval is None else sign.join(map(difference, interval))


def p_value(value: float | None) -> str:
    """A p-value of a randomisation test is never 0."""
    return "<0.001" if value is not None and value < 0.001 else number(value)


def short(text: str) -> str:
    """``.853`` for ``0.853``, ``-.120`` for ``-0.120``: some columns have no room for the zero."""
    return re.sub(r"(?<![\d.])0\.", ".", text)


def score_cells(score: Score | None) -> list[str]:
    """Of None, a system that failed."""
    if score is None:
        return ["failed", *["–"] * (len(SCORE_HEADS) - 1)]
    return [
        number(score.precision),
        number(score.recall),
        number(score.f1),
        interval_text(score.f1_interval),
        credit(score.correct),
        str(score.gold),
        str(score.predicted),
    ]


def comparison_cells(row: Row) -> list[str]:
    """The difference of F1, its interval, both p-values, and how many items flipped."""
    test = row.test
    return [
        difference(test.f1),
        differences(test.interval),
        p_value(test.p_randomisation),
        p_value(row.p_holm),
        str(len(row.flips)),
    ]


def compared(comparison: Comparison) -> str:
    """``gold (0123456789ab)``; without a hash, as of :func:`wortlaut.score`, the name alone."""
    return comparison.corpus + (f" ({comparison.hash[:12]})" if comparison.hash else "")


def family(comparison: Comparison) -> str:
    """``Holm over 2 tests: 2 pairs with hanta, entities strict``: what the p-values are adjusted over."""
    tested = [row for row in comparison.rows if row.p_holm is not None]
    schemas: dict[str, dict[str, None]] = {}
    for row in tested:
        schemas.setdefault(row.layer, {})[row.schema] = None
    pairs = counted(len({(row.a, row.b) for row in tested}), "pair")
    pairs += f" with {comparison.against}" if comparison.against else ""
    scores = "; ".join(f"{layer} {', '.join(names)}" for layer, names in schemas.items())
    return f"Holm over {counted(len(tested), 'test')}: {pairs}, {scores}"


def heading(corpus: str, documents: int, hash: str) -> str:
    """``gold (31 documents, 0123456789ab)``."""
    return f"{corpus} ({counted(documents, 'document')}, {hash[:12]})"
