"""What must hold of every metric, whatever the data: each invariance runs over all it applies to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from span_cases import (
    LABEL_AWARE,
    LABEL_BLIND,
    LABELS,
    OF_SPANS,
    SCHEMAS,
    Doc,
    Side,
    any_corpus,
    columns_of,
    count,
    flat_corpus,
    score_task,
    task_of,
)
from strategies import examples

from wortlaut.model import Span
from wortlaut.model.columns import Spans
from wortlaut.scoring.fair import fair_scores
from wortlaut.scoring.result import Result
from wortlaut.scoring.task import Task, error_counts
from wortlaut.scoring.uncertainty import Resampling

few = examples(10)
QUIET = Resampling(samples=0)
DRAWS = Resampling(samples=50)


def scored(
    task: Task, schema: str, resampling: Resampling = QUIET, labels: tuple[str, ...] = LABELS
) -> Result:
    return score_task(task, labels, schema, resampling, errors=True)


def numbers(result: Result) -> dict[str, object]:
    """Everything a user sees but the signature and what is listed in document order."""
    return {key: value for key, value in result.to_dict().items() if key != "signature"}


def prf(result: Result) -> dict[str, tuple[float | None, ...]]:
    rows = {"micro": result, "macro": result.macro, **result.per_label}
    return {name: (row.precision, row.recall, row.f1) for name, row in rows.items() if row is not None}


def approx(rows: dict[str, tuple[float | None, ...]]) -> object:
    return {name: pytest.approx(values, abs=1e-12) for name, values in rows.items()}


@pytest.mark.parametrize("schema", SCHEMAS)
@few
@given(corpus=any_corpus, data=st.data())
def test_the_order_of_documents_changes_nothing(schema: str, corpus: list[Doc], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(corpus))))
    one, two = (
        scored(task_of(corpus), schema, DRAWS),
        scored(task_of([corpus[i] for i in order]), schema, DRAWS),
    )
    assert numbers(one) == numbers(two)
    rows = [count(task_of(docs), schema).per_unit() for docs in (corpus, [corpus[i] for i in order])]
    np.testing.assert_array_equal(rows[1], rows[0][order])


@pytest.mark.parametrize("schema", SCHEMAS)
@few
@given(corpus=any_corpus, data=st.data())
def test_the_order_of_spans_changes_nothing(schema: str, corpus: list[Doc], data: st.DataObject) -> None:
    shuffled = [
        (data.draw(st.permutations(gold)), data.draw(st.permutations(found))) for gold, found in corpus
    ]
    one, two = scored(task_of(corpus), schema, DRAWS), scored(task_of(shuffled), schema, DRAWS)
    assert numbers(one) == numbers(two)
    rows = [count(task_of(docs), schema).per_unit() for docs in (corpus, shuffled)]
    np.testing.assert_array_equal(*rows)


def renamed(corpus: list[Doc], names: list[int]) -> list[Doc]:
    return [tuple([(span, names[label]) for span, label in side] for side in doc) for doc in corpus]  # type: ignore[misc]


def same_place_twice(corpus: list[Doc]) -> bool:
    return any(len({span for span, _ in side}) < len(side) for doc in corpus for side in doc)


@pytest.mark.parametrize("schema", SCHEMAS)
@few
@given(corpus=any_corpus, names=st.permutations(range(len(LABELS))))
def test_renamed_labels_rename_the_rows_and_change_nothing_else(
    schema: str, corpus: list[Doc], names: list[int]
) -> None:
    one, two = scored(task_of(corpus), schema), scored(task_of(renamed(corpus, names)), schema)
    assert (one.precision, one.recall, one.f1, one.correct) == (
        two.precision,
        two.recall,
        two.f1,
        two.correct,
    )
    # Where labels do not count and several spans have one place, which of them is hit goes by the name.
    if schema in LABEL_AWARE or not same_place_twice(corpus):
        rows = {LABELS[names[LABELS.index(label)]]: score for label, score in one.per_label.items()}
        assert rows == dict(two.per_label)


@pytest.mark.parametrize("schema", SCHEMAS)
@few
@given(corpus=any_corpus)
def test_gold_against_itself_is_perfect(schema: str, corpus: list[Doc]) -> None:
    result = scored(task_of([(gold, gold[::-1]) for gold, _ in corpus]), schema, DRAWS)
    if schema in OF_SPANS and any(gold for gold, _ in corpus):
        assert result.errors is not None and set(result.errors) - {"correct"} == {
            name for name, n in result.errors.items() if n == 0
        }
    for row in (result, *result.per_label.values()):
        expected = None if row.gold == 0 else 1.0
        assert (row.precision, row.recall, row.f1) == (expected,) * 3
        assert row.f1_interval in (None, (1.0, 1.0))


MIRRORED = {
    "boundary_smaller": "boundary_larger",
    "boundary_larger": "boundary_smaller",
    "missed": "spurious",
    "spurious": "missed",
}


@pytest.mark.parametrize("schema", SCHEMAS)
@few
@given(corpus=any_corpus)
def test_swapped_sides_swap_precision_and_recall(schema: str, corpus: list[Doc]) -> None:
    one, two = scored(task_of(corpus), schema), scored(task_of([(b, a) for a, b in corpus]), schema)
    swapped = {name: (r, p, f) for name, (p, r, f) in prf(two).items()}
    assert prf(one) == approx(swapped)
    assert one.errors is not None and two.errors is not None
    assert one.errors == {name: two.errors[MIRRORED.get(name, name)] for name in one.errors}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_undefined_stays_undefined(schema: str) -> None:
    span: Side = [(Span.of(0, 2), 0)]
    nothing = scored(task_of([([], []), ([], [])]), schema, DRAWS)
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.f1_interval) == (None,) * 4
    assert nothing.per_label == {} and nothing.labels_absent == len(LABELS)
    only_gold = scored(task_of([(span, []), (span, [])]), schema, DRAWS)
    assert (only_gold.precision, only_gold.recall, only_gold.f1) == (None, 0.0, 0.0)
    only_found = scored(task_of([([], span), ([], span)]), schema, DRAWS)
    assert (only_found.precision, only_found.recall, only_found.f1) == (0.0, None, 0.0)
    assert set(only_found.per_label) == {LABELS[0]}


@pytest.mark.parametrize("schema", SCHEMAS)
@few
@given(corpus=any_corpus)
def test_far_offsets_and_document_numbers_change_nothing(schema: str, corpus: list[Doc]) -> None:
    """Wide values take the way of keys that do not fit one integer."""
    task = task_of(corpus)
    far, shift = 2**31, 2**29

    def moved(spans: Spans) -> Spans:
        pieces = spans.fragments
        if pieces is not None:
            pieces = replace(pieces, start=pieces.start + shift, end=pieces.end + shift)
        return replace(
            spans,
            document=spans.document + far,
            start=spans.start + shift,
            end=spans.end + shift,
            fragments=pieces,
        )

    assert task.tokens is not None
    tokens = replace(
        task.tokens,
        document=task.tokens.document + far,
        start=task.tokens.start + shift,
        end=task.tokens.end + shift,
    )
    other = Task(moved(task.gold), moved(task.predicted), task.units, task.labels, tokens)
    assert numbers(scored(task, schema)) == numbers(scored(other, schema))


@few
@given(corpus=any_corpus)
def test_a_wider_schema_never_finds_less(corpus: list[Doc]) -> None:
    correct = {schema: scored(task_of(corpus), schema).correct for schema in OF_SPANS}
    for narrow, wide in (
        ("strict", "overlap@0.9"),
        ("overlap@0.9", "overlap@0.5"),
        ("overlap@0.5", "type"),
        ("fuzzy", "type"),
        ("strict", "exact"),
        ("exact", "partial"),
    ):
        assert correct[narrow] <= correct[wide], (narrow, wide)


@few
@given(corpus=any_corpus)
def test_every_span_is_in_one_error_class(corpus: list[Doc]) -> None:
    task = task_of(corpus)
    errors = error_counts(task.alignment)
    pairs = sum(errors.values()) - errors["missed"] - errors["spurious"]
    assert pairs + errors["missed"] == len(task.gold)
    assert pairs + errors["spurious"] == len(task.predicted)
    assert errors["correct"] == scored(task, "strict").correct
    assert errors["correct"] + errors["label"] == scored(task, "exact").correct
    scores = fair_scores(errors)
    if scores.fair.f1 is not None and scores.traditional.f1 is not None:
        assert scores.fair.f1 >= scores.traditional.f1


@few
@given(corpus=flat_corpus)
def test_labels_that_all_differ_from_gold_leave_only_the_blind_schemas(corpus: list[Doc]) -> None:
    other = [([(s, 0) for s, _ in gold], [(s, 1) for s, _ in gold]) for gold, _ in corpus]
    total = sum(len(gold) for gold, _ in other)
    for schema in SCHEMAS:
        expected = total if schema in LABEL_BLIND else 0
        assert scored(task_of(other), schema).correct == expected


def test_columns_keep_their_fragments_when_rows_move() -> None:
    rows: Side = [(Span(((0, 1), (3, 4))), 0), (Span.of(5, 6), 1), (Span(((2, 3), (6, 8), (9, 10))), 2)]
    spans = columns_of([rows])
    back = spans.take(np.asarray([2, 1], np.int64))
    assert back.fragments is not None
    assert back.sizes().tolist() == [4, 1]
    assert list(zip(back.fragments.span.tolist(), back.fragments.start.tolist(), strict=True)) == [
        (0, 2),
        (0, 6),
        (0, 9),
        (1, 5),
    ]
