"""The numbers of FairEval (Ortmann 2022, ``FairEval.py`` at a6172f2): traditional, fair and weighted.

Spans are runs of tokens (of offsets, where no tokens are known). Equal spans pair first, then those with
another label. Of what is left, each gold span, the shortest first, takes the most similar prediction of its
label that it overlaps: a boundary error. What then shares tokens with a span that is taken, tokens that no
pair has used, is one more of these errors; then the same with other labels.

``fair`` takes each such error as half a false positive and half a false negative; ``weighted`` has the
weights of her paper and configurations: a boundary error is half right, what it lacks or adds is wrong.
``traditional`` asks whether the other side has an equal span at all, so that duplicates are all right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from wortlaut.model.columns import Spans, TokenTable
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.metrics._given import given
from wortlaut.scoring.metrics._metric import PERFECT, GivenMetric
from wortlaut.scoring.tally import Note, Tally
from wortlaut.scoring.task import Task

#: A class, and the rows of the gold and the predicted span that it is about, -1 for none.
Event = tuple[str, int, int]

_NEAR = ("LE", "BES", "BEL", "BEO", "LBE")
#: What an item and an error weigh in the sums: of the gold, of the prediction, and right.
_Weights = dict[str, tuple[int, int, int]]


def _weights(parts: int, near: _Weights) -> _Weights:
    return {"TP": (parts, parts, parts), "FP": (0, parts, 0), "FN": (parts, 0, 0), **near}


#: Score → what is counted in which parts of an item, and the weights in these.
_SCORES: dict[str, tuple[str, _Weights]] = {
    "traditional": ("", _weights(1, {})),
    "fair": ("halves", _weights(2, dict.fromkeys(_NEAR, (1, 1, 0)))),
    "weighted": (
        "quarters",
        _weights(
            4, {"LE": (2, 2, 0), "BES": (4, 2, 2), "BEL": (2, 4, 2), "BEO": (3, 3, 2), "LBE": (2, 2, 0)}
        ),
    ),
}


def tallies(task: Task, labels: tuple[str, ...], threshold: float) -> Mapping[str, Tally]:
    task, _ = given(task, "faireval", nested=True)
    (gold, none_g), (predicted, none_p) = (
        _in_tokens(side, task.tokens) for side in (task.gold, task.predicted)
    )
    task = replace(task, gold=gold, predicted=predicted, tokens=None)
    several = int((np.bincount(task.pairs.predicted) > 1).sum() + (np.bincount(task.pairs.gold) > 1).sum())
    notes = (
        Note("{0} gold and {1} found spans touch no token and are no spans to FairEval", (none_g, none_p)),
        Note(
            "{0} spans overlap several of the other side: in FairEval short ones choose first, and a span can"
            " be part of several errors; our error classes pair one to one",
            (several,),
        ),
    )
    compared = list(_compared(task))
    found = {}
    for score, (parts, weights) in _SCORES.items():
        events = compared if parts else list(_traditional(task))
        codes = {kind: number for number, kind in enumerate(weights)}
        kind, g, p = np.asarray([(codes[kind], g, p) for kind, g, p in events], np.int64).reshape(-1, 3).T
        # An error belongs where its gold span stands, which come behind the predictions here.
        row = np.where(g >= 0, len(predicted) + g, p)
        unit, label = (
            np.concatenate([getattr(predicted, what), getattr(gold, what)])[row] for what in ("unit", "label")
        )
        of_gold, of_predicted, right = np.asarray(list(weights.values()), np.int64)[kind].T
        counts = Counts(
            task.units, task.labels, unit, label, of_gold, of_predicted, right, right, parts=weights["TP"][2]
        )
        errors = dict(zip(codes, np.bincount(kind, minlength=len(codes)).tolist(), strict=True))
        told = (*notes, Note(f"right, gold and found are in {parts} of an item here")) if parts else notes
        found[f"faireval/{score}"] = Tally(counts, labels, errors, told, averages=(), zero=True)
    return found


def _in_tokens(spans: Spans, tokens: TokenTable | None) -> tuple[Spans, int]:
    """The spans over token numbers, and how many touch no token and are left out."""
    if tokens is None:
        return spans, 0
    first, last = tokens.touched(spans.document, spans.start, spans.end)
    kept = last > first
    return replace(spans, start=first, end=last).take(kept), int((~kept).sum())


def _traditional(task: Task) -> Iterator[Event]:
    keys = [
        list(
            zip(
                *(column.tolist() for column in (side.document, side.start, side.end, side.label)),
                strict=True,
            )
        )
        for side in (task.gold, task.predicted)
    ]
    gold, predicted = map(set, keys)
    yield from (("TP" if key in predicted else "FN", g, -1) for g, key in enumerate(keys[0]))
    yield from (("FP", -1, p) for p, key in enumerate(keys[1]) if key not in gold)


def _compared(task: Task) -> Iterator[Event]:
    """Every error, in the order in which the script finds them."""
    gold, predicted = (
        list(zip(side.start.tolist(), side.end.tolist(), side.label.tolist(), strict=True))
        for side in (task.gold, task.predicted)
    )
    near_g: list[list[int]] = [[] for _ in gold]
    near_p: list[list[int]] = [[] for _ in predicted]
    for g, p in zip(task.pairs.gold.tolist(), task.pairs.predicted.tolist(), strict=True):
        near_g[g].append(p)
        near_p[p].append(g)

    def alike(g: int, p: int) -> tuple[bool, bool]:
        """Same tokens, same label."""
        return gold[g][:2] == predicted[p][:2], gold[g][2] == predicted[p][2]

    gone_g, gone_p = set[int](), set[int]()
    for kind, wanted in (("TP", (True, True)), ("LE", (True, False))):
        for g in range(len(gold)):
            p = next((p for p in near_g[g] if p not in gone_p and alike(g, p) == wanted), -1)
            if p >= 0 and g not in gone_g:
                gone_g.add(g)
                gone_p.add(p)
                yield kind, g, p

    free_g, free_p = (
        sorted(set(range(len(side))) - gone, key=lambda row: (side[row][1] - side[row][0], row))
        for side, gone in ((gold, gone_g), (predicted, gone_p))
    )
    # The tokens of each span that no pair has used, and when it was taken.
    left_g = {g: set(range(*gold[g][:2])) for g in free_g}
    left_p = {p: set(range(*predicted[p][:2])) for p in free_p}
    taken_g, taken_p = dict[int, int](), dict[int, int]()

    def pair(g: int, p: int) -> Event:
        shared = left_g[g] & left_p[p]
        left_g[g] -= shared
        left_p[p] -= shared
        taken_g.setdefault(g, len(taken_g))
        taken_p.setdefault(p, len(taken_p))
        (start, end, label), (begin, stop, other) = gold[g], predicted[p]
        if label != other:
            return "LBE", g, p
        return (
            "BES" if start <= begin and stop <= end else "BEL" if begin <= start and end <= stop else "BEO",
            g,
            p,
        )

    for wanted in ((False, True), (False, False)):
        for g in free_g:
            new = [p for p in near_g[g] if p in left_p and p not in taken_p and alike(g, p) == wanted]
            if g not in taken_g and new:
                yield pair(g, _nearest(left_g[g], new, left_p, predicted, int))
        for g in free_g:
            used = [p for p in near_g[g] if p in taken_p and alike(g, p) == wanted and left_g[g] & left_p[p]]
            if g not in taken_g and used:
                yield pair(g, _nearest(left_g[g], used, left_p, predicted, taken_p.__getitem__))
        for p in free_p:
            used = [g for g in near_p[p] if g in taken_g and alike(g, p) == wanted and left_g[g] & left_p[p]]
            if p not in taken_p and used:
                yield pair(_nearest(left_p[p], used, left_g, gold, taken_g.__getitem__), p)
    yield from (("FN", g, -1) for g in free_g if g not in taken_g)
    yield from (("FP", -1, p) for p in free_p if p not in taken_p)


def _nearest(
    own: set[int],
    others: list[int],
    left: Mapping[int, set[int]],
    spans: list[tuple[int, int, int]],
    order: Callable[[int], int],
) -> int:
    """That of the others which shares most, leaves least out and has least too much; then the shorter one."""

    def rank(row: int) -> tuple[int, ...]:
        shared = len(own & left[row])
        start, end, _ = spans[row]
        return -shared, len(own) - shared, len(left[row]) - shared, end - start, order(row)

    return min(others, key=rank)


METRIC = GivenMetric(
    name="faireval",
    says="FairEval (Ortmann 2022): traditional, fair and weighted by error class",
    holds=frozenset({PERFECT}),
    classes=("TP", "FP", "FN", *_NEAR),
    tallies=tallies,
    weighs_gold=True,
)
