"""Everything at once: a matched quote with equal type whose cue and speaker are right."""

from __future__ import annotations

from collections.abc import Mapping

from wortlaut.model import QUOTE_TYPES
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics._attributed import RIGHT, end_to_end, right_pairs, unmarked
from wortlaut.scoring.metrics._metric import ORDERLESS, PERFECT, SYMMETRIC, UNDEFINED, DocumentMetric
from wortlaut.scoring.quotes_table import type_labels
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Tally

_ROLES = ("content", "cue", "speaker")


def tallies(sides: Sides) -> Mapping[ScoreKey, Tally]:
    """A matched quote with equal type whose cue and speaker are right: ``strict`` or ``overlap``."""
    found, units = sides.found, sides.units
    labels = type_labels(found.gold.types() + found.predicted.types())
    columns = (found.gold.type_column(labels), found.predicted.type_column(labels))
    items = (found.gold.items(labels, columns[0]), found.predicted.items(labels, columns[1]))
    same_type = columns[0][found.paired.gold] == columns[1][found.paired.predicted]
    return {
        ScoreKey("joint", variant): Tally(
            end_to_end(found, same_type & right_pairs(found, variant, _ROLES), columns, len(labels), units),
            labels,
            told=(unmarked(found),),
            items=items,
            ends=(QUOTE_TYPES, ()),
            rows=(found.gold.row, found.predicted.row),
        )
        for variant in RIGHT
    }


METRIC = DocumentMetric(
    name="joint",
    says="content, type, cue and speaker right at once: the same, or sharing characters",
    holds=frozenset({SYMMETRIC, ORDERLESS, PERFECT, UNDEFINED}),
    tallies=tallies,
)
