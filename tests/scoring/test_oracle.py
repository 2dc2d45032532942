"""The engine against exhaustive search: no one-to-one matching earns more under any schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from span_cases import (
    LABEL_BLIND,
    LABELS,
    OF_POSITIONS,
    OF_SPANS,
    TOKENS,
    Doc,
    Labelled,
    Side,
    any_corpus,
    count,
    noisy_corpus,
    task_of,
)
from strategies import examples

from wortlaut.model import Span
from wortlaut.scoring.counts import GOLD, HITS_GOLD, HITS_PREDICTED, PREDICTED
from wortlaut.scoring.match import _DENSE_CELLS, _assign_group
from wortlaut.scoring.task import error_counts

some = examples(30)

Pairing = list[tuple[Labelled, Labelled]]


def cells(span: Span) -> frozenset[int]:
    return frozenset(at for start, end in span for at in range(start, end))


def tokens(span: Span) -> set[int]:
    return {number for number, (start, end) in enumerate(TOKENS) if cells(span) & set(range(start, end))}


def jaccard(g: Labelled, p: Labelled) -> float:
    return len(cells(g[0]) & cells(p[0])) / len(cells(g[0]) | cells(p[0]))


def matchings(gold: Side, predicted: Side) -> Iterator[Pairing]:
    """Every one-to-one pairing of spans that share a character."""
    if not gold:
        yield []
        return
    first, rest = gold[0], gold[1:]
    yield from matchings(rest, predicted)
    for at, other in enumerate(predicted):
        if cells(first[0]) & cells(other[0]):
            for pairing in matchings(rest, predicted[:at] + predicted[at + 1 :]):
                yield [(first, other), *pairing]


CREDIT: dict[str, Callable[[Labelled, Labelled], float]] = {
    "strict": lambda g, p: float(g == p),
    "exact": lambda g, p: float(g[0] == p[0]),
    "partial": lambda g, p: 1.0 if g[0] == p[0] else 0.5,
    "type": lambda g, p: float(g[1] == p[1]),
    "fuzzy": lambda g, p: float(g[1] == p[1] and (g[0] == p[0] or bool(tokens(g[0]) & tokens(p[0])))),
    "overlap@0.5": lambda g, p: float(g[1] == p[1] and jaccard(g, p) >= 0.5 - 1e-12),
    "overlap@0.9": lambda g, p: float(g[1] == p[1] and jaccard(g, p) >= 0.9 - 1e-12),
}


@pytest.mark.parametrize("schema", OF_SPANS)
@some
@given(corpus=any_corpus)
def test_no_matching_earns_more(schema: str, corpus: list[Doc]) -> None:
    counts = count(task_of(corpus), schema)
    per_unit = counts.per_unit()
    assert per_unit[:, HITS_GOLD].tolist() == per_unit[:, HITS_PREDICTED].tolist()
    for (gold, predicted), row in zip(corpus, per_unit, strict=True):
        assert (row[GOLD], row[PREDICTED]) == (len(gold), len(predicted))
        best = max(sum(CREDIT[schema](g, p) for g, p in pairing) for pairing in matchings(gold, predicted))
        assert row[HITS_GOLD] / counts.scale == best
    if schema in LABEL_BLIND:
        return
    # Where labels count, each label is a problem of its own.
    totals = counts.totals()
    for label in range(len(LABELS)):
        alone = [tuple([x for x in side if x[1] == label] for side in doc) for doc in corpus]
        best = sum(
            max(sum(CREDIT[schema](g, p) for g, p in pairing) for pairing in matchings(gold, predicted))
            for gold, predicted in alone
        )
        assert totals[label, HITS_GOLD] == totals[label, HITS_PREDICTED] == best


@pytest.mark.parametrize("schema", OF_POSITIONS)
@some
@given(corpus=any_corpus)
def test_positions_count_once_a_side_and_label(schema: str, corpus: list[Doc]) -> None:
    covered = tokens if schema == "token" else cells
    counts = count(task_of(corpus), schema)
    expected = []
    for gold, predicted in corpus:
        g, p = ({(at, label) for span, label in side for at in covered(span)} for side in (gold, predicted))
        expected.append([len(g), len(p), len(g & p), len(g & p)])
    assert counts.per_unit().tolist() == expected


@some
@given(corpus=any_corpus)
def test_the_alignment_is_the_best_by_its_own_order(corpus: list[Doc]) -> None:
    """Most identical pairs, then same characters, then same label, then pairs, then shared characters."""

    def worth(pairing: Pairing) -> tuple[int, int, int, int, float]:
        return (
            sum(g == p for g, p in pairing),
            sum(g[0] == p[0] for g, p in pairing),
            sum(g[1] == p[1] for g, p in pairing),
            len(pairing),
            round(sum(jaccard(g, p) for g, p in pairing), 9),
        )

    alignment = (task := task_of(corpus)).alignment
    for number, (gold, predicted) in enumerate(corpus):
        rows = np.flatnonzero(task.gold.document[alignment.gold] == number)
        ours: Pairing = []
        for row in rows:
            g, p = int(alignment.gold[row]), int(alignment.predicted[row])
            ours.append((labelled(task.gold, g), labelled(task.predicted, p)))
        assert worth(ours) == max(map(worth, matchings(gold, predicted)))


def labelled(spans: object, row: int) -> Labelled:
    pieces = spans.pieces()  # type: ignore[attr-defined]
    at = np.flatnonzero(pieces.span == row)
    fragments = zip(pieces.start[at].tolist(), pieces.end[at].tolist(), strict=True)
    return Span(tuple(fragments)), int(spans.label[row])  # type: ignore[attr-defined]


@some
@given(corpus=any_corpus)
def test_error_classes_follow_from_the_pairs(corpus: list[Doc]) -> None:
    task = task_of(corpus)
    found = dict.fromkeys(error_counts(task.alignment), 0)
    for g_row, p_row in zip(task.alignment.gold.tolist(), task.alignment.predicted.tolist(), strict=True):
        g, p = labelled(task.gold, g_row), labelled(task.predicted, p_row)
        if g[0] == p[0]:
            name = "correct" if g[1] == p[1] else "label"
        elif g[1] != p[1]:
            name = "label_boundary"
        elif cells(p[0]) < cells(g[0]):
            name = "boundary_smaller"
        elif cells(p[0]) > cells(g[0]):
            name = "boundary_larger"
        else:
            name = "boundary_overlap"
        found[name] += 1
    found["missed"] = len(task.gold) - len(task.alignment.gold)
    found["spurious"] = len(task.predicted) - len(task.alignment.gold)
    assert error_counts(task.alignment) == found


def test_thousands_of_generated_documents_earn_the_best_credit() -> None:
    corpus = [(g[:4], p[:4]) for g, p in noisy_corpus(2000, 7, length=10, nested=True)]
    task = task_of(corpus)
    counted = {schema: count(task, schema) for schema in ("exact", "partial", "type", "overlap@0.5")}
    rows = {schema: counts.per_unit()[:, HITS_GOLD] / counts.scale for schema, counts in counted.items()}
    for number, (gold, predicted) in enumerate(corpus):
        every = list(matchings(gold, predicted))
        for schema in counted:
            best = max(sum(CREDIT[schema](g, p) for g, p in pairing) for pairing in every)
            assert rows[schema][number] == best, (schema, number)


def test_a_group_too_large_for_a_table_is_solved_as_a_sparse_problem() -> None:
    """A chain: each gold span meets two predicted spans, so all can be paired."""
    n = int(_DENSE_CELLS**0.5) + 1
    gold = np.repeat(np.arange(n), 2)
    predicted = gold + np.tile([0, 1], n)
    weight = np.tile([1.0, 1.5], n)
    chosen = _assign_group(gold, predicted, weight)
    assert len(chosen) == n
    assert weight[chosen].sum() == 1.5 * n
    assert len(set(predicted[chosen].tolist())) == n
