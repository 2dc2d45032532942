"""The same score for groups of what is scored: names, places of classes, and what a reader must know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wortlaut.model.columns import Ints, Spans, TokenTable, run_starts
from wortlaut.scoring.engine import result_of
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.result import Result
from wortlaut.scoring.tally import Tally

#: Upper ends of the length classes, in the unit of the offsets or in tokens; those of the distances.
LENGTHS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500)
DISTANCES = (0, 2, 5, 10, 20, 50)
#: So many groups are named in a note.
_NAMED = 5


def classes(ends: Sequence[int]) -> tuple[str, ...]:
    """What the classes are called that end there: ``1``, ``2``, …, ``4–5``, ``over 5``."""
    lows = (ends[0], *(high + 1 for high in ends))
    names = [f"{low}" if low == high else f"{low}–{high}" for low, high in zip(lows, ends, strict=False)]
    return (*names, f"over {ends[-1]}")


def class_of(sizes: Ints, ends: Sequence[int]) -> Ints:
    """The class of :func:`classes` of each size."""
    return np.searchsorted(np.asarray(ends), sizes, side="left").astype(np.int64)


def in_tokens(spans: Spans, tokens: TokenTable) -> Ints:
    """How many tokens each span touches, each once."""
    pieces = spans.pieces()
    first, last = tokens.touched(spans.document[pieces.span], pieces.start, pieces.end)
    later = ~run_starts(pieces.span)
    first = np.where(later, np.maximum(first, np.roll(last, 1)), first)
    return np.bincount(pieces.span, np.maximum(last - first, 0), len(spans)).astype(np.int64)


def regrouped(
    tally: Tally,
    names: tuple[str, ...],
    codes: tuple[Ints, Ints] | None = None,
    *,
    first: tuple[str, ...] = (),
) -> Tally:
    """What was counted, with groups in the place of the labels.

    The matching is that of the whole; recall looks at the group of the gold item, precision at that of the
    predicted one. ``codes`` are the groups of what the tally's rows number on either side; without, the
    numbers are groups. ``first`` are those that stand first in every corpus, in this order.
    """
    assert tally.rows is not None
    rows = tally.rows if codes is None else tuple(map(np.take, codes, tally.rows))
    counts = replace(tally.counts, label=np.concatenate(rows), labels=len(names))
    return Tally(counts, names, ends=(first, ()))


def result_by_group(tally: Tally, signature: Signature, notes: Sequence[str] = ()) -> Result:
    """The result of what :func:`regrouped` gave; its notes say why P or R of a group is undefined."""
    result = result_of(tally, signature, notes)
    return replace(result, notes=(*result.notes, *undefined_in(result)))


def undefined_in(result: Result) -> list[str]:
    """Why some groups have no P or no R: one sentence each, with their names."""
    sides = {
        "no P (nor F1 where R is not 0): nothing found is of the group": "predicted",
        "no R (nor F1 where P is not 0): the gold has nothing of the group": "gold",
    }
    told = []
    for why, side in sides.items():
        if names := [name for name, score in result.per_label.items() if not getattr(score, side)]:
            rest = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
            told.append(f"{why} {', '.join([*names[:_NAMED], *rest])}")
    return told
