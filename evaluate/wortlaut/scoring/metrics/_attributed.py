"""Quotes end to end as right or wrong items."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wortlaut.model import Quote
from wortlaut.scoring.columns import Bools, Ints
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.quotes_table import side_counts
from wortlaut.scoring.sides import Attribution
from wortlaut.scoring.tally import Item
from wortlaut.scoring.units import Units


def right_pairs(side: Attribution, right: Callable[[Quote, Quote], bool]) -> Bools:
    """Which of the paired quotes are right."""
    pairs = zip(side.paired.gold.tolist(), side.paired.predicted.tolist(), strict=True)
    return np.asarray([right(side.gold.quotes[g], side.predicted.quotes[p]) for g, p in pairs], bool)


def end_to_end(
    side: Attribution, hit: Bools, columns: tuple[Ints, Ints], labels: int, units: Units
) -> Counts:
    hits_g, hits_p = np.zeros(len(side.gold), bool), np.zeros(len(side.predicted), bool)
    hits_g[side.paired.gold], hits_p[side.paired.predicted] = hit, hit
    return side_counts(
        len(units), labels, (side.gold.unit, columns[0], hits_g), (side.predicted.unit, columns[1], hits_p)
    )


def quote_items(
    side: Attribution, labels: Sequence[str], columns: tuple[Ints, Ints]
) -> tuple[list[Item], list[Item]]:
    return side.gold.items(labels, columns[0]), side.predicted.items(labels, columns[1])
