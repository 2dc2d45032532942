"""The workload of the timings: 100,000 sentences of 25 tokens, two gold spans each on average, seed 13."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wortlaut.model.columns import Fragments, Spans

SENTENCES, TOKENS, SEED = 100_000, 25, 13
LABELS = ("LOC", "ORG", "OTH", "PER")
#: A sentence has five slots of five tokens, each of which holds a gold span with this chance.
_SLOT, _FILLED = 5, 0.4


@dataclass(frozen=True)
class Workload:
    gold: Spans
    predicted: Spans
    sentences: int


def _spans(document: np.ndarray, start: np.ndarray, end: np.ndarray, label: np.ndarray) -> Spans:
    order = np.lexsort((end, start, document))
    columns = [np.ascontiguousarray(c[order].astype(np.int64)) for c in (document, start, end, label)]
    return Spans(*columns, unit=columns[0])


def flat(sentences: int = SENTENCES) -> Workload:
    """Predictions are gold with 5 % each lost, cut at the left, longer at the right, relabelled, and 1 in 30
    empty slots filled."""
    rng = np.random.default_rng(SEED)
    filled = rng.random((sentences, TOKENS // _SLOT)) < _FILLED
    document, slot = np.nonzero(filled)
    start = slot * _SLOT + rng.integers(0, 2, len(slot))
    end = start + rng.integers(1, 4, len(slot))
    label = rng.integers(0, len(LABELS), len(slot))
    gold = _spans(document, start, end, label)
    fate = rng.random(len(slot))
    cut, longer, other = ((fate >= low) & (fate < low + 0.05) for low in (0.05, 0.1, 0.15))
    start_p = np.where(cut & (end - start > 1), start + 1, start)
    end_p = np.where(longer, end + 1, end)
    label_p = np.where(other, (label + 1) % len(LABELS), label)
    kept = fate >= 0.05
    extra = np.argwhere(~filled)
    extra = extra[rng.random(len(extra)) < 1 / 30]
    predicted = _spans(
        np.r_[document[kept], extra[:, 0]],
        np.r_[start_p[kept], extra[:, 1] * _SLOT],
        np.r_[end_p[kept], extra[:, 1] * _SLOT + 2],
        np.r_[label_p[kept], rng.integers(0, len(LABELS), len(extra))],
    )
    return Workload(gold, predicted, sentences)


def nested(sentences: int = SENTENCES) -> Workload:
    """As many spans as :func:`flat`: 3 in 10 reach over the next, half of the long ones have a gap."""
    base = flat(sentences)
    sides = []
    for side in (base.gold, base.predicted):
        follows = np.r_[side.document[1:] == side.document[:-1], False]
        # One draw for each slot of a sentence, so that gold and prediction mostly agree on it.
        dice = np.random.default_rng(SEED).random((sentences, TOKENS // _SLOT, 2))
        dice = dice[side.document, side.start // _SLOT]
        over = follows & (dice[:, 0] < 0.3)
        end = np.where(over, np.r_[side.end[1:], 0], side.end)
        gap = (end - side.start >= 3) & (dice[:, 1] < 0.5)
        first_end = np.where(gap, side.start + 1, end)
        rows = np.arange(len(side))
        span = np.r_[rows, rows[gap]]
        start = np.r_[side.start, side.start[gap] + 2]
        stop = np.r_[first_end, end[gap]]
        order = np.lexsort((start, span))
        sides.append(replace(side, end=end, fragments=Fragments(span[order], start[order], stop[order])))
    gold, predicted = sides
    return Workload(gold.sorted(), predicted.sorted(), sentences)


def tags(spans: Spans, sentences: int) -> list[list[str]]:
    """IOB2 tags, a list for each sentence, for flat spans."""
    out = [["O"] * TOKENS for _ in range(sentences)]
    begin, inside = ([f"{prefix}-{label}" for label in LABELS] for prefix in "BI")
    columns = (spans.document.tolist(), spans.start.tolist(), spans.end.tolist(), spans.label.tolist())
    for document, start, end, label in zip(*columns, strict=True):
        row = out[document]
        row[start] = begin[label]
        for at in range(start + 1, end):
            row[at] = inside[label]
    return out


def tuples(spans: Spans, sentences: int) -> list[list[tuple[int, int, str]]]:
    """``(start, end, label)``, a list for each sentence."""
    out: list[list[tuple[int, int, str]]] = [[] for _ in range(sentences)]
    columns = (spans.document.tolist(), spans.start.tolist(), spans.end.tolist(), spans.label.tolist())
    for document, start, end, label in zip(*columns, strict=True):
        out[document].append((start, end, LABELS[label]))
    return out


def table(spans: Spans) -> dict[str, np.ndarray]:
    """Columns as a user has them, with labels as strings."""
    return {
        "document": spans.document,
        "start": spans.start,
        "end": spans.end,
        "label": np.asarray(LABELS)[spans.label],
    }
