"""What other scorers of spans share: the order of the input, flat spans, predictions that take turns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wortlaut.errors import DataError
from wortlaut.model.columns import Ints, first_row
from wortlaut.scoring.match import Pairs
from wortlaut.scoring.tally import Note
from wortlaut.scoring.task import Task


def given(task: Task, name: str, *, nested: bool = False) -> tuple[Task, tuple[Note, ...]]:
    """The task in the order of the input, and what of it the scorer ``name`` does not see.

    Without ``nested`` spans of level 1 only are left. Raises DataError for spans that the scorer cannot take:
    discontinuous ones and, without ``nested``, overlapping ones.
    """
    sides = task.given or (task.gold, task.predicted)
    notes: tuple[Note, ...] = ()
    if not nested:
        outer = [side if side.level is None else side.take(side.level == 1) for side in sides]
        left_out = (len(sides[0]) - len(outer[0]), len(sides[1]) - len(outer[1]))
        notes = (Note("level 1 only: {0} gold and {1} found nested spans are left out", left_out),)
        sides = (outer[0], outer[1])
    for side, spans in zip(("gold", "predicted"), sides, strict=True):
        if spans.fragments is not None:
            raise DataError(
                f"{name} has no discontinuous spans, and {side} holds some",
                hint="Use one of our schemas, or score only the spans of one fragment.",
            )
        order = np.lexsort((spans.start, spans.document))
        document, start, end = spans.document[order], spans.start[order], spans.end[order]
        clash = (document[1:] == document[:-1]) & (start[1:] < end[:-1])
        if not nested and (at := first_row(clash)) is not None:
            raise DataError(
                f"{name} scores tag sequences, and {side} holds overlapping spans: [{start[at]}, {end[at]})"
                f" and [{start[at + 1]}, {end[at + 1]}) of document {document[at]}",
                hint="Use one of our schemas, or score one nesting level at a time.",
            )
    return replace(task, gold=sides[0], predicted=sides[1], given=None), notes


def first_free(pairs: Pairs, rows: Ints, rank: Ints) -> Ints:
    """The rows of the pairs that are made when predictions choose one after the other, in their order.

    Each takes the free gold span of the lowest rank, the first in gold's order among equals.
    """
    gold, predicted = pairs.gold[rows], pairs.predicted[rows]
    alone = (np.bincount(gold)[gold] == 1) & (np.bincount(predicted)[predicted] == 1)
    chosen = [rows[alone]]
    rows, gold, predicted = rows[~alone], gold[~alone], predicted[~alone]
    order = np.lexsort((gold, rank[rows], predicted))
    used_gold, used_predicted = set(), set()
    for row, g, p in zip(rows[order].tolist(), gold[order].tolist(), predicted[order].tolist(), strict=True):
        if g not in used_gold and p not in used_predicted:
            used_gold.add(g)
            used_predicted.add(p)
            chosen.append(np.asarray([row], np.int64))
    return np.concatenate(chosen).astype(np.int64)
