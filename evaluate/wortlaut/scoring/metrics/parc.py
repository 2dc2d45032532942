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
    rows_of,
    with_cue,
    without_cue,
)
from wortlaut.scoring.sides import Sides

_PARC_PARTS = ("cue", "speaker", "content")


def tallies(sides: Sides) -> Scores:
    """PARC 3's components as Citron scores them, with one-to-one pairs and P and R the right way round.

    ``parc``: a cue is right with the same tokens, a source or content with the same tokens under a
    cue that overlaps; joint: cue, source and content the same. ``parc@overlap``: shared tokens of
    each component; joint pools them. Quotes without a cue are left out on both sides.
    """
    documents, units = rows_of(sides), len(sides.units)
    exact = {part: ItemTally(units, [part]) for part in _PARC_PARTS}
    shared = {part: ItemTally(units, [part]) for part in _PARC_PARTS}
    exact_joint, shared_joint = ItemTally(units, ["quote"]), ItemTally(units, _PARC_PARTS)
    left_out = [0, 0]
    for g_all, p_all in documents:
        g_rows, p_rows = with_cue(g_all), with_cue(p_all)
        left_out[0] += len(g_all) - len(g_rows)
        left_out[1] += len(p_all) - len(p_rows)
        for part in _PARC_PARTS:
            having = [[row for row in rows if row.parts[part]] for rows in (g_rows, p_rows)]
            for g, p in best_pairs(having[0], having[1], _same_part(part)):
                for side, row in enumerate((g, p)):
                    if row:
                        exact[part].add(side, row, part, int(g is not None and p is not None))
            for g, p in best_pairs(having[0], having[1], _shared_part(part)):
                shared[part].both(g, p, part, part)
                shared_joint.both(g, p, part, part)
        for g, p in best_pairs(g_rows, p_rows, _same_parts):
            for side, row in enumerate((g, p)):
                if row:
                    exact_joint.add(side, row, "quote", int(g is not None and p is not None))
    notes = without_cue(left_out)
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
