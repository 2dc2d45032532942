"""Quotes end to end as right or wrong items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import eq

import numpy as np

from wortlaut.model import Span
from wortlaut.model.columns import Bools, Ints
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.quotes_table import Quotes, jaccard, side_counts
from wortlaut.scoring.sides import Attribution
from wortlaut.scoring.tally import Note
from wortlaut.scoring.units import Units

#: Variant → when a role of a pair of quotes is right.
RIGHT: dict[str, Callable[[Span | None, Span | None], bool]] = {
    "strict": eq,
    "overlap": lambda gold, predicted: jaccard(gold, predicted) > 0,
}


def right_pairs(side: Attribution, variant: str, roles: Sequence[str]) -> Bools:
    """Which of the paired quotes have all of these roles right."""
    pairs = zip(side.paired.gold.tolist(), side.paired.predicted.tolist(), strict=True)
    quotes = [(side.gold.quotes[g], side.predicted.quotes[p]) for g, p in pairs]
    right = RIGHT[variant]
    return np.asarray([all(right(g.role(role), p.role(role)) for role in roles) for g, p in quotes], bool)


def silent(side: Quotes) -> Ints:
    """1 for each quote without a span of a speaker, else 0."""
    return np.asarray([quote.speaker is None for quote in side.quotes], np.int64)


def unmarked(side: Attribution) -> Note:
    """What to know of spans of speakers where the gold names speakers and has no such span."""
    return Note(
        "the gold names the speakers of {0} quotes but marks none in the text, so that marking none is "
        "right: read speakers, entity",
        (int((side.gold_entity >= 0).sum()),),
        unless=int((silent(side.gold) == 0).sum()),
    )


def end_to_end(
    side: Attribution, hit: Bools, columns: tuple[Ints, Ints], labels: int, units: Units
) -> Counts:
    hits_g, hits_p = np.zeros(len(side.gold), bool), np.zeros(len(side.predicted), bool)
    hits_g[side.paired.gold], hits_p[side.paired.predicted] = hit, hit
    return side_counts(
        len(units), labels, (side.gold.unit, columns[0], hits_g), (side.predicted.unit, columns[1], hits_p)
    )
