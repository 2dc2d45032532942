"""The schemas: when a predicted span counts as right. ``docs/metrics.md`` is the specification."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wortlaut.errors import WortlautError, unknown_name
from wortlaut.scoring.columns import Bools, Floats, Fragments, Ints, Spans
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.match import Pairs, assign, identical, overlap_over_union, overlapping

#: Name → what counts as correct, for help texts and reports.
SCHEMAS = {
    "strict": "same boundaries, same label",
    "exact": "same boundaries, any label",
    "partial": "overlap, any label: 1 if the boundaries are equal, else 0.5",
    "type": "overlap, same label",
    "fuzzy": "at least one shared token, same label",
    "overlap@T": "same label, shared characters / all characters of both >= T, such as overlap@0.5",
    "token": "every covered token with its label, each once",
    "character": "every covered character with its label, each once",
}

#: Schemas that count covered positions, not spans.
UNITS_AS_ITEMS = frozenset({"token", "character"})

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
class TokenTable:
    """The tokens of all documents, sorted by document and start."""

    document: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True)
class Task:
    """Gold and predicted spans of the same documents, with what several schemas share.

    ``units`` and ``labels`` are sizes of the index spaces; both tables are in canonical order.
    ``tokens`` is ``None`` where the offsets are tokens already, or no tokens are known.
    """

    gold: Spans
    predicted: Spans
    units: int
    labels: int
    tokens: TokenTable | None = None

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


def check_schema(name: str, *, others: Iterable[str] = ()) -> str:
    """The canonical name of a schema (``overlap`` becomes ``overlap@0.5``).

    Raises UnknownNameError with the nearest names, those in ``others`` too.
    """
    base, at, threshold = name.partition("@")
    if base == "overlap":
        try:
            value = float(threshold) if at else 0.5
        except ValueError:
            value = -1.0
        if not 0 < value <= 1:
            raise WortlautError(
                f"{name!r} needs a threshold above 0 and at most 1", hint="Write overlap@0.5, for example."
            )
        return f"overlap@{value:g}"
    if name not in SCHEMAS:
        known = [schema for schema in SCHEMAS if "@" not in schema]
        raise unknown_name("schema", name, [*known, "overlap@0.5", *others])
    return name


def count(task: Task, schema: str) -> Counts:
    """Counts of one schema for every unit and label."""
    base, _, threshold = check_schema(schema).partition("@")
    if base == "overlap":
        return _pair_counts(task, task.same_label & (task.jaccard >= float(threshold) - 1e-12))
    return _COUNTERS[base](task)


def _strict(task: Task) -> Counts:
    g, p = identical(task.gold, task.predicted, with_label=True)
    return span_counts(task, g, p)


def _exact(task: Task) -> Counts:
    alignment = task.alignment
    same = alignment.kind <= LABEL
    return span_counts(task, alignment.gold[same], alignment.predicted[same])


def _partial(task: Task) -> Counts:
    """Equal boundaries first (worth no less than the two halves they could block), then the most overlaps."""
    alignment, pairs = task.alignment, task.pairs
    whole = alignment.kind <= LABEL
    g, p = alignment.gold[whole], alignment.predicted[whole]
    free = ~np.isin(pairs.gold, g) & ~np.isin(pairs.predicted, p)
    rest = pairs.take(free)
    best = assign(rest.gold, rest.predicted, np.ones(len(rest)), task.same_label[free], task.jaccard[free])
    credit = np.r_[np.full(len(g), 2), np.full(len(best), 1)].astype(np.int64)
    return span_counts(task, np.r_[g, rest.gold[best]], np.r_[p, rest.predicted[best]], credit, scale=2)


def _type(task: Task) -> Counts:
    return _pair_counts(task, task.same_label)


def _fuzzy(task: Task) -> Counts:
    if task.tokens is None:
        return _type(task)
    # A span that touches no token still equals itself.
    alike = _share_a_token(task, task.tokens) | (task.jaccard == 1.0)
    return _pair_counts(task, task.same_label & alike)


def _pair_counts(task: Task, eligible: Bools) -> Counts:
    """As many eligible pairs as possible; among equals those that share most."""
    pairs = task.pairs.take(eligible)
    best = assign(pairs.gold, pairs.predicted, np.ones(len(pairs)), task.jaccard[eligible])
    return span_counts(task, pairs.gold[best], pairs.predicted[best])


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


def _share_a_token(task: Task, tokens: TokenTable) -> Bools:
    """For each overlapping pair: does some token hold characters of both? (A shared space is in none.)"""
    g, p = (_covered(spans, tokens) for spans in (task.gold, task.predicted))
    touching = overlapping(g, p)
    width = max(len(task.predicted), 1)
    found = touching.gold * width + touching.predicted
    return np.isin(task.pairs.gold * width + task.pairs.predicted, found)


def _covered(spans: Spans, tokens: TokenTable) -> Spans:
    """The same spans over token numbers: each fragment becomes the run of tokens that it touches."""
    pieces = spans.pieces()
    width = int(max(tokens.end.max(initial=0), pieces.end.max(initial=0))) + 1
    base = spans.document[pieces.span] * width
    first = np.searchsorted(tokens.document * width + tokens.end, base + pieces.start, side="right")
    last = np.searchsorted(tokens.document * width + tokens.start, base + pieces.end, side="left")
    kept = last > first
    span, first, last = pieces.span[kept], first[kept].astype(np.int64), last[kept].astype(np.int64)
    none = np.zeros(len(spans), np.int64)
    return Spans(spans.document, none, none, spans.label, spans.unit, Fragments(span, first, last))


def _token(task: Task) -> Counts:
    if task.tokens is None:
        return _character(task)
    return _item_counts(task, _covered(task.gold, task.tokens), _covered(task.predicted, task.tokens))


def _character(task: Task) -> Counts:
    return _item_counts(task, task.gold, task.predicted)


def _item_counts(task: Task, gold: Spans, predicted: Spans) -> Counts:
    """Counts of covered positions: each (position, label) once a side, however many spans cover it."""
    if gold is task.gold and _flat(gold) and _flat(predicted):
        g, p, both = gold, predicted, task.pairs.take(task.same_label)
    else:
        g, p = _merged_pieces(gold), _merged_pieces(predicted)
        # Disjoint intervals, one "document" for each document and label, so overlaps are the shared items.
        both = overlapping(_by_label(g, task.labels), _by_label(p, task.labels))
    zeros_g, zeros_p, zeros_b = (np.zeros(k, np.int64) for k in (len(g), len(p), len(both)))
    return Counts(
        task.units,
        task.labels,
        np.concatenate([g.unit, p.unit, g.unit[both.gold], p.unit[both.predicted]]),
        np.concatenate([g.label, p.label, g.label[both.gold], p.label[both.predicted]]),
        np.concatenate([g.end - g.start, zeros_p, zeros_b, zeros_b]),
        np.concatenate([zeros_g, p.end - p.start, zeros_b, zeros_b]),
        np.concatenate([zeros_g, zeros_p, both.shared, zeros_b]),
        np.concatenate([zeros_g, zeros_p, zeros_b, both.shared]),
    )


def _flat(spans: Spans) -> bool:
    """One fragment each, in order, none overlapping the next."""
    ordered = (spans.document[1:] > spans.document[:-1]) | (
        (spans.document[1:] == spans.document[:-1]) & (spans.start[1:] >= spans.end[:-1])
    )
    return spans.fragments is None and bool(ordered.all())


def _by_label(spans: Spans, labels: int) -> Spans:
    return Spans(spans.document * labels + spans.label, spans.start, spans.end, spans.label, spans.unit)


def _merged_pieces(spans: Spans) -> Spans:
    """Disjoint one-fragment spans that cover the same (position, label) pairs.

    A stretch belongs to the unit of the first span that covers it.
    """
    pieces = spans.pieces()
    document, label, unit = (column[pieces.span] for column in (spans.document, spans.label, spans.unit))
    start, end = pieces.start, pieces.end
    if not len(start):
        return Spans(document, start, end, label, unit)
    width, labels = int(end.max()) + 1, int(label.max()) + 1
    order = np.argsort((document * labels + label) * width + start, kind="stable")
    document, label, unit, start, end = (column[order] for column in (document, label, unit, start, end))
    group = np.cumsum(np.r_[False, (document[1:] != document[:-1]) | (label[1:] != label[:-1])])
    reach = np.maximum.accumulate(group * width + end)
    new = np.r_[True, group[1:] * width + start[1:] > reach[:-1]]
    new |= np.r_[True, group[1:] != group[:-1]]
    begins = np.flatnonzero(new)
    last = np.r_[begins[1:], len(start)] - 1
    ends = reach[last] - group[begins] * width
    return Spans(document[begins], start[begins], ends.astype(np.int64), label[begins], unit[begins])


_COUNTERS: dict[str, Callable[[Task], Counts]] = {
    "strict": _strict,
    "exact": _exact,
    "partial": _partial,
    "type": _type,
    "fuzzy": _fuzzy,
    "token": _token,
    "character": _character,
}
