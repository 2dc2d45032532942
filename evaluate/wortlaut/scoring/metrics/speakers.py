"""Who said it: same span, shared characters, or same person; end to end, on matched and on given quotes.

The specification with worked examples is ``docs/metrics-quotes.md``, section "Speakers".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wortlaut.model.columns import Bools, Ints
from wortlaut.scoring.keys import GIVEN, MATCHED, ScoreKey
from wortlaut.scoring.metrics._attributed import RIGHT, end_to_end, right_pairs, silent, unmarked
from wortlaut.scoring.metrics._metric import ORDERLESS, PERFECT, UNDEFINED, DocumentMetric
from wortlaut.scoring.people import NOBODY, UNRESOLVED, UNSAID
from wortlaut.scoring.quotes_table import Paired, side_counts
from wortlaut.scoring.sides import Attribution, Sides
from wortlaut.scoring.tally import Note, Tally
from wortlaut.scoring.units import Units

SPEAKER, NO_SPEAKER, UNKNOWN = "speaker", "no speaker", "unknown"
_SPEAKS, _NO_NAMES = (SPEAKER, NO_SPEAKER), (NO_SPEAKER, UNKNOWN)


def tallies(sides: Sides) -> Mapping[ScoreKey, Tally]:
    """``strict``, ``overlap`` and ``entity``: end to end, on matched quotes and, with ``given``, on those."""
    found, given, names, units = sides.found, sides.answers, sides.names, sides.units
    settings = [("", found)] if given is None else [("", found), (GIVEN, given)]
    named = int((found.gold_entity >= 0).sum())
    of_spans = (Note("entity: left out, the gold names no speaker", unless=named), unmarked(found))
    scores: dict[ScoreKey, Tally] = {}
    for variant in RIGHT:
        for setting, side in settings:
            hit = right_pairs(side, variant, ("speaker",))
            columns = (silent(side.gold), silent(side.predicted))
            scores |= _scored(variant, setting, side, hit, _SPEAKS, columns, of_spans, units, (_SPEAKS, ()))
    ambiguous, unsaid = names.ambiguous(), int((found.gold_entity == UNSAID).sum())
    notes = (
        Note("{0} ambiguous speakers count as unknown: {cases}", (len(ambiguous),), cases=tuple(ambiguous)),
        Note("{0} gold quotes have a speaker but do not say who it is: left out", (unsaid,)),
    )
    for setting, side in settings:
        said = _said(side)
        hit = said.gold_entity[said.paired.gold] == said.predicted_entity[said.paired.predicted]
        labels, columns = _entity_labels(names.names, said.gold_entity, said.predicted_entity)
        entity = _scored("entity", setting, said, hit, labels, columns, notes, units, ((), _NO_NAMES))
        scores |= {key: replace(measured, basis=named) for key, measured in entity.items()}
    return scores


def _said(side: Attribution) -> Attribution:
    """Without the gold quotes whose speaker the gold does not identify, and what is matched to them."""
    kept_g = side.gold_entity != UNSAID
    judged = kept_g[side.paired.gold]
    kept_p = np.ones(len(side.predicted), bool)
    kept_p[side.paired.predicted[~judged]] = False
    place_g, place_p = np.cumsum(kept_g) - 1, np.cumsum(kept_p) - 1
    return Attribution(
        side.gold.take(kept_g),
        side.predicted.take(kept_p),
        side.gold_entity[kept_g],
        side.predicted_entity[kept_p],
        Paired(place_g[side.paired.gold[judged]], place_p[side.paired.predicted[judged]]),
    )


def _entity_labels(
    names: Sequence[str], gold: Ints, predicted: Ints
) -> tuple[tuple[str, ...], tuple[Ints, Ints]]:
    """Labels are names, so that a person counts as one through all documents."""
    special = {NOBODY: NO_SPEAKER, UNRESOLVED: UNKNOWN}
    spelt = [[special.get(i) or names[i] for i in column.tolist()] for column in (gold, predicted)]
    labels = [*sorted({*spelt[0], *spelt[1]} - set(_NO_NAMES)), *_NO_NAMES]
    number = {label: i for i, label in enumerate(labels)}
    columns = [np.asarray([number[name] for name in column], np.int64) for column in spelt]
    return tuple(labels), (columns[0], columns[1])


def _scored(
    variant: str,
    setting: str,
    side: Attribution,
    hit: Bools,
    labels: tuple[str, ...],
    columns: tuple[Ints, Ints],
    notes: tuple[Note, ...],
    units: Units,
    ends: tuple[tuple[str, ...], tuple[str, ...]],
) -> dict[ScoreKey, Tally]:
    """End to end and on matched quotes; given the gold quotes the two are the same."""
    scores = {}
    if not setting:
        counts = end_to_end(side, hit, columns, len(labels), units)
        items = (side.gold.items(labels, columns[0]), side.predicted.items(labels, columns[1]))
        rows = (side.gold.row, side.predicted.row)
        scores[ScoreKey("speakers", variant)] = Tally(
            counts, labels, told=notes, items=items, ends=ends, rows=rows
        )
    g, p = side.paired.gold, side.paired.predicted
    # An accuracy: both sides of a pair count in the gold quote's unit.
    unit = side.gold.unit[g]
    counts = side_counts(len(units), len(labels), (unit, columns[0][g], hit), (unit, columns[1][p], hit))
    key = ScoreKey("speakers", variant, setting or MATCHED)
    rows = (side.gold.row[g], side.predicted.row[p])
    scores[key] = Tally(counts, labels, told=notes, ends=ends, rows=rows)
    return scores


METRIC = DocumentMetric(
    name="speakers",
    says="whose quote it is: the same span, shared characters, or the same person",
    holds=frozenset({ORDERLESS, PERFECT, UNDEFINED}),
    tallies=tallies,
)
