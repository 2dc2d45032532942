"""The numbers of PARC 3 as Citron scores it: cue, source and content, exact and by shared tokens."""

from __future__ import annotations

from collections.abc import Callable

from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics._metric import ORDERLESS, PERFECT, SYMMETRIC, UNDEFINED, DocumentMetric
from wortlaut.scoring.metrics._tokens_of_quotes import (
    PART_TASKS,
    ItemTally,
    Row,
    Scores,
    best_pairs,
    cued_rows_of,
)
from wortlaut.scoring.sides import Sides

_PARC_PARTS = ("cue", "speaker", "content")


def tallies(sides: Sides) -> Scores:
    """PARC 3's components as Citron scores them, with one-to-one pairs and P and R the right way round.

    ``parc``: a cue is right with the same tokens, a source or content with the same tokens under a
    cue that overlaps; joint: cue, source and content the same. ``parc@overlap``: shared tokens of
    each component; joint pools them. Quotes without a cue are left out on both sides.
    """
    documents, notes = cued_rows_of(sides)
    units = len(sides.units)
    exact = {part: ItemTally(units, [part]) for part in _PARC_PARTS}
    shared = {part: ItemTally(units, [part]) for part in _PARC_PARTS}
    exact_joint, shared_joint = ItemTally(units, ["quote"]), ItemTally(units, _PARC_PARTS)
    for g_rows, p_rows in documents:
        for part in _PARC_PARTS:
            having = [[row for row in rows if row.parts[part]] for rows in (g_rows, p_rows)]
            for g, p in best_pairs(having[0], having[1], _same_part(part)):
                exact[part].whole(g, p, part)
            for g, p in best_pairs(having[0], having[1], _shared_part(part)):
                shared[part].both(g, p, part)
                shared_joint.both(g, p, part)
        for g, p in best_pairs(g_rows, p_rows, _same_parts):
            exact_joint.whole(g, p, "quote")
    tasks = [PART_TASKS[part] for part in _PARC_PARTS]
    return {
        ScoreKey(task, schema): tally.tally(notes)
        for schema, parts, joint in (("parc", exact, exact_joint), ("parc@overlap", shared, shared_joint))
        for task, tally in zip([*tasks, "joint"], [*parts.values(), joint], strict=True)
    }


def _same_part(part: str) -> Callable[[Row, Row], float]:
    return lambda g, p: float(bool(g.parts["cue"] & p.parts["cue"]) and g.parts[part] == p.parts[part])


def _shared_part(part: str) -> Callable[[Row, Row], float]:
    return lambda g, p: float(len(g.parts[part] & p.parts[part]))


def _same_parts(g: Row, p: Row) -> float:
    return float(all(g.parts[part] == p.parts[part] for part in _PARC_PARTS))


METRIC = DocumentMetric(
    name="parc",
    says="PARC 3 as Citron scores it: cue, source and content, exact and by shared tokens",
    holds=frozenset({SYMMETRIC, ORDERLESS, PERFECT, UNDEFINED}),
    tallies=tallies,
)
