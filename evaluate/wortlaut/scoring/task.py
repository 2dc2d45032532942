"""Gold and predicted spans of the same documents, and the one alignment behind errors and confusion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wortlaut.model.columns import Bools, Floats, Ints, Spans, TokenTable
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.match import Pairs, assign, identical, overlap_over_union, overlapping

CORRECT, LABEL, BOUNDARY_SMALLER, BOUNDARY_LARGER, BOUNDARY_OVERLAP, LABEL_BOUNDARY = range(6)
#: Error classes of a matched pair (Ortmann 2022, section 3); unmatched spans are missed or spurious.
PAIR_CLASSES = (
    "correct",
    "label",
    "boundary_smaller",
    "boundary_larger",
    "boundary_overlap",
    "label_boundary",
)


@dataclass(frozen=True)
class Task:
    """Gold and predicted spans of the same documents, with what several schemas share.

    ``units`` and ``labels`` are sizes of the index spaces; both tables are in canonical order.
    ``tokens`` is ``None`` where the offsets are tokens already, or no tokens are known. ``given`` are both
    tables in the order of the input, for scorers that go by it. ``known`` marks the labels that the gold of
    the whole corpus holds, shape ``(labels,)``; by default those of this gold. ``ranked``: where predictions
    name several labels, those of each ``group`` of the predicted, the first the likeliest, -1 for none.
    """

    gold: Spans
    predicted: Spans
    units: int
    labels: int
    tokens: TokenTable | None = None
    given: tuple[Spans, Spans] | None = None
    known: Bools | None = None
    ranked: Ints | None = None

    @cached_property
    def pairs(self) -> Pairs:
        return overlapping(self.gold, self.predicted)

    @cached_property
    def same_label(self) -> Bools:
        return np.equal(self.gold.label[self.pairs.gold], self.predicted.label[self.pairs.predicted])

    @cached_property
    def jaccard(self) -> Floats:
        return overlap_over_union(self.pairs, self.gold, self.predicted)

    @cached_property
    def alignment(self) -> Alignment:
        return align(self)

    @cached_property
    def label_pairs(self) -> Ints:
        """How many aligned spans have which gold and predicted label, the last for none: square."""
        alignment, size = self.alignment, self.labels + 1
        missed, spurious = self.gold.label[alignment.missed], self.predicted.label[alignment.spurious]
        none_g, none_p = np.full(len(spurious), self.labels), np.full(len(missed), self.labels)
        truth = np.concatenate([self.gold.label[alignment.gold], missed, none_g])
        guess = np.concatenate([self.predicted.label[alignment.predicted], none_p, spurious])
        return np.bincount(truth * size + guess, minlength=size * size).reshape(size, size)


@dataclass(frozen=True)
class Alignment:
    """Every gold and every predicted span in one error class.

    ``gold[i]`` and ``predicted[i]`` are rows of the spans of pair ``i``, whose class is ``kind[i]``;
    ``missed`` and ``spurious`` are the rows that no pair holds.
    """

    gold: Ints
    predicted: Ints
    kind: Ints
    missed: Ints
    spurious: Ints


def align(task: Task) -> Alignment:
    """The one alignment behind error classes, confusion and the lists of errors.

    Identical spans pair first. In each group of overlapping spans that are left, as many pairs as
    possible have the same characters, then as many as possible the same label; then there are as many
    pairs as possible, and then the sum of shared / all characters is the largest.
    """
    gold, predicted = task.gold, task.predicted
    free_g, free_p = np.ones(len(gold), bool), np.ones(len(predicted), bool)
    correct_g, correct_p = identical(gold, predicted, with_label=True)
    free_g[correct_g], free_p[correct_p] = False, False
    free = free_g[task.pairs.gold] & free_p[task.pairs.predicted]
    rest, same, jaccard = task.pairs.take(free), task.same_label[free], task.jaccard[free]
    whole = jaccard == 1.0  # equal integers were divided, so this is exact
    best = assign(rest.gold, rest.predicted, whole, same, np.ones(len(rest)), jaccard)
    g, p, shared = rest.gold[best], rest.predicted[best], rest.shared[best]
    kind = np.full(len(best), BOUNDARY_OVERLAP, np.int64)
    kind[shared == predicted.sizes()[p]] = BOUNDARY_SMALLER
    kind[shared == gold.sizes()[g]] = BOUNDARY_LARGER
    kind[~same[best]] = LABEL_BOUNDARY
    kind[whole[best]] = LABEL
    free_g[g], free_p[p] = False, False
    return Alignment(
        np.concatenate([correct_g, g]),
        np.concatenate([correct_p, p]),
        np.concatenate([np.full(len(correct_g), CORRECT, np.int64), kind]),
        np.flatnonzero(free_g).astype(np.int64),
        np.flatnonzero(free_p).astype(np.int64),
    )


def error_counts(alignment: Alignment) -> dict[str, int]:
    """How many spans fall into each error class (Ortmann 2022, section 3)."""
    kinds = np.bincount(alignment.kind, minlength=len(PAIR_CLASSES)).tolist()
    return {
        **dict(zip(PAIR_CLASSES, kinds, strict=True)),
        "missed": len(alignment.missed),
        "spurious": len(alignment.spurious),
    }


def span_counts(
    task: Task, gold: Ints, predicted: Ints, credit: Ints | None = None, scale: int = 1
) -> Counts:
    """Counts where every span is one item and the pairs (gold, predicted) earn ``credit``."""
    n, m = len(task.gold), len(task.predicted)
    is_gold, is_predicted, hits_gold, hits_predicted = np.zeros((4, n + m), np.int64)
    is_gold[:n] = 1
    is_predicted[n:] = 1
    hits_gold[gold] = hits_predicted[n + predicted] = 1 if credit is None else credit
    return Counts(
        task.units,
        task.labels,
        np.concatenate([task.gold.unit, task.predicted.unit]),
        np.concatenate([task.gold.label, task.predicted.label]),
        is_gold,
        is_predicted,
        hits_gold,
        hits_predicted,
        scale,
        golds=n,
    )
