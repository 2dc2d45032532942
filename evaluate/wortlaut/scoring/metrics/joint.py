"""Everything at once: a matched quote with equal type whose cue and speaker are right."""

from __future__ import annotations

from collections.abc import Mapping

from wortlaut.model import QUOTE_TYPES, Quote
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics._attributed import end_to_end, quote_items, right_pairs
from wortlaut.scoring.metrics._metric import ORDERLESS, PERFECT, SYMMETRIC, UNDEFINED, DocumentMetric
from wortlaut.scoring.quotes_table import jaccard, type_labels
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Tally


def tallies(sides: Sides) -> Mapping[ScoreKey, Tally]:
    """A matched quote with equal type whose cue and speaker are right: ``strict`` or ``overlap``."""
    found, units = sides.found, sides.units
    labels = type_labels(found.gold.types() + found.predicted.types())
    columns = (found.gold.type_column(labels), found.predicted.type_column(labels))
    items = quote_items(found, labels, columns)
    return {
        ScoreKey("joint", variant): Tally(
            end_to_end(found, right_pairs(found, right), columns, len(labels), units),
            labels,
            items=items,
            ends=(QUOTE_TYPES, ()),
        )
        for variant, right in (("strict", _all_same), ("overlap", _all_touching))
    }


def _all_same(gold: Quote, predicted: Quote) -> bool:
    return gold.type == predicted.type and all(
        gold.role(role) == predicted.role(role) for role in ("content", "cue", "speaker")
    )


def _all_touching(gold: Quote, predicted: Quote) -> bool:
    return gold.type == predicted.type and all(
        jaccard(gold.role(role), predicted.role(role)) > 0 for role in ("content", "cue", "speaker")
    )


METRIC = DocumentMetric(
    name="joint",
    says="content, type, cue and speaker right at once: the same, or sharing characters",
    holds=frozenset({SYMMETRIC, ORDERLESS, PERFECT, UNDEFINED}),
    tallies=tallies,
)
