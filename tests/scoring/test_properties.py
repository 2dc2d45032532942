"""What a metric promises, and what every metric must keep, tested on all metrics at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quote_building import documents
from span_cases import LABELS, LENGTH, Doc, any_corpus, columns_of, flat_corpus, tokens_of
from strategies import examples

from wortlaut.model import Annotations, Quote, Span
from wortlaut.scoring.engine import result_of, tallies_of
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.metrics import METRICS, DocumentMetric, GivenMetric, Metric, Property, WordMetric
from wortlaut.scoring.metrics._metric import Words
from wortlaut.scoring.metrics._words import tally_of
from wortlaut.scoring.result import Result
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Tally, added, kept
from wortlaut.scoring.task import Task
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.units import document_units

QUIET = Resampling(samples=0)
#: Gold and prediction of each document: spans with labels, words with labels (a tuple), or whole annotations.
Corpus = list[tuple[Any, Any]]
few = examples(5)

whole_corpus = st.lists(st.tuples(documents(), documents()), min_size=1, max_size=3)

some_words = st.lists(
    st.tuples(st.sampled_from(["Au", "au", "The Ob", "Aue, Ob"]), st.sampled_from(["PER", "LOC", "ORG"])),
    max_size=4,
).map(tuple)
words_corpus = st.lists(st.tuples(some_words, some_words), min_size=1, max_size=3)


def corpus_for(metric: Metric) -> st.SearchStrategy[Corpus]:
    """What a metric can be asked for: other scorers of spans take flat ones."""
    if isinstance(metric, DocumentMetric):
        return whole_corpus
    if isinstance(metric, WordMetric):
        return words_corpus
    if isinstance(metric, GivenMetric) and metric.name != "nervaluate":
        return flat_corpus
    return flat_corpus if isinstance(metric, GivenMetric) else any_corpus


def tallies(metric: Metric, corpus: Corpus) -> dict[str, Tally]:
    """Score → counts, by the way that every scoring run takes."""
    gold, predicted = ([doc[side] for doc in corpus] for side in (0, 1))
    if isinstance(metric, DocumentMetric):
        found = metric.tallies(Sides(gold, predicted, document_units(len(corpus))))
        return {f"{key.layer} {key.variant}": tally for key, tally in found.items()}
    if isinstance(metric, WordMetric):
        said = [Words("Au Ob Au The Ob Aue, Ob", *doc) for doc in corpus]
        return {metric.name: tally_of(metric, said, np.arange(len(said)), len(said))}
    sides = (columns_of(gold), columns_of(predicted))
    # Which labels the gold of the whole corpus has is known before a part of it is scored.
    known = np.ones(len(LABELS), bool)
    task = Task(
        sides[0].sorted(), sides[1].sorted(), len(corpus), len(LABELS), tokens_of(len(corpus)), sides, known
    )
    return tallies_of(task, LABELS, [metric.name.replace("@T", "@0.5")])


def signature(name: str) -> Signature:
    return Signature(schemas=(name.rpartition(" ")[2],), resampling=QUIET)


def results(found: Mapping[str, Tally]) -> dict[str, Result]:
    return {name: result_of(tally, signature(name)) for name, tally in found.items()}


def scores(metric: Metric, corpus: Corpus) -> dict[str, tuple[float | None, ...]]:
    """P, R and F1 of every score, of its averages and of its labels."""
    return {
        f"{name}, {row}": (score.precision, score.recall, score.f1)
        for name, result in results(tallies(metric, corpus)).items()
        for row, score in result.rows()
    }


def same(one: Mapping[str, tuple[float | None, ...]]) -> Any:
    return {name: pytest.approx(values, abs=1e-9) for name, values in one.items()}


def turned(side: Any) -> Any:
    """The items of a document in the opposite order."""
    if isinstance(side, Annotations):
        return Annotations(side.entities[::-1], side.quotes[::-1], side.clusters[::-1], heads=side.heads)
    return side[::-1]


def with_one_wrong(doc: tuple[Any, Any]) -> tuple[Any, Any]:
    """One more predicted item, where the gold has nothing."""
    gold, predicted = doc
    if isinstance(predicted, Annotations):
        far = [Span.of(1000 + 10 * i, 1005 + 10 * i) for i in range(5)]
        return gold, replace(
            predicted, quotes=(*predicted.quotes, Quote("far", "direct", far[0], None, *far[1:]))
        )
    if isinstance(predicted, tuple):
        return gold, (*predicted, ("Zz", "PER"))
    return gold, [*predicted, (Span.of(LENGTH + 1, LENGTH + 3), 0)]


def of(*wanted: Property) -> Callable[[Any], Any]:
    """The metrics that make a promise; all, where none is asked for."""
    chosen = [metric for metric in METRICS if set(wanted) <= metric.holds]
    return pytest.mark.parametrize("metric", chosen, ids=lambda metric: metric.name)


@of()
@few
@given(data=st.data())
def test_scores_lie_between_0_and_1(metric: Metric, data: st.DataObject) -> None:
    corpus = data.draw(corpus_for(metric))
    for name, values in scores(metric, corpus).items():
        assert all(value is None or -1e-12 <= value <= 1 + 1e-12 for value in values), name


@of()
@few
@given(data=st.data())
def test_documents_may_come_in_any_order_and_in_parts(metric: Metric, data: st.DataObject) -> None:
    corpus = data.draw(corpus_for(metric))
    whole = scores(metric, corpus)
    order = data.draw(st.permutations(range(len(corpus))))
    cut = data.draw(st.integers(0, len(corpus)))
    parts = []
    for numbers in (order[:cut], order[cut:]):
        if numbers:
            place = np.asarray(numbers, np.int64)
            found = tallies(metric, [corpus[i] for i in numbers])
            parts.append({name: kept(tally, place, place) for name, tally in found.items()})
    size = len(corpus)
    together = results({name: added([part[name] for part in parts], size, size) for name in parts[0]})
    assert {
        f"{name}, {row}": (score.precision, score.recall, score.f1)
        for name, result in together.items()
        for row, score in result.rows()
    } == same(whole)


@of()
@few
@given(data=st.data())
def test_a_corpus_twice_has_the_scores_of_the_corpus(metric: Metric, data: st.DataObject) -> None:
    corpus = data.draw(corpus_for(metric))
    assert scores(metric, corpus + corpus) == same(scores(metric, corpus))


@of(Property.SYMMETRIC)
@few
@given(data=st.data())
def test_swapped_sides_swap_precision_and_recall(metric: Metric, data: st.DataObject) -> None:
    corpus = data.draw(corpus_for(metric))
    there, back = (results(tallies(metric, docs)) for docs in (corpus, [(b, a) for a, b in corpus]))
    for name, result in there.items():
        other = back[name]
        assert (result.precision, result.recall, result.f1) == pytest.approx(
            (other.recall, other.precision, other.f1), abs=1e-9
        )


@of(Property.ORDERLESS)
@few
@given(data=st.data())
def test_the_order_of_items_changes_nothing(metric: Metric, data: st.DataObject) -> None:
    corpus = data.draw(corpus_for(metric))
    assert scores(metric, [(turned(g), turned(p)) for g, p in corpus]) == same(scores(metric, corpus))


@of(Property.PERFECT)
@few
@given(data=st.data())
def test_gold_against_itself_is_perfect(metric: Metric, data: st.DataObject) -> None:
    corpus = [(gold, gold) for gold, _ in data.draw(corpus_for(metric))]
    for name, tally in tallies(metric, corpus).items():
        result = result_of(tally, signature(name))
        empty = 0.0 if tally.zero else None
        for row, score in result.rows():
            undefined = None if row == "macro_doc" else empty  # a mean over no document
            expected = (1.0,) * 3 if score.gold else (undefined,) * 3
            assert (score.precision, score.recall, score.f1) == pytest.approx(expected, abs=1e-9), (name, row)
        if result.errors is not None:
            assert set(result.errors) <= set(metric.classes)
            assert {error for error, n in result.errors.items() if n} <= {"correct", "TP"}


@of()
def test_what_is_undefined_stays_so_unless_another_scorer_calls_it_0(metric: Metric) -> None:
    nothing = Annotations() if isinstance(metric, DocumentMetric) else []
    expected = None if Property.UNDEFINED in metric.holds else 0.0
    for result in results(tallies(metric, [(nothing, nothing), (nothing, nothing)])).values():
        assert (result.precision, result.recall, result.f1) == (expected,) * 3


@of(Property.BLIND)
@few
@given(corpus=any_corpus)
def test_labels_do_not_count(metric: Metric, corpus: list[Doc]) -> None:
    one_label = [tuple([(span, 0) for span, _ in side] for side in doc) for doc in corpus]
    (there,), (here,) = (results(tallies(metric, docs)).values() for docs in (corpus, one_label))
    assert (there.precision, there.recall, there.f1) == pytest.approx(
        (here.precision, here.recall, here.f1), abs=1e-12
    )


@of(Property.SPURIOUS)
@few
@given(data=st.data())
def test_one_more_wrong_item_lowers_precision_alone(metric: Metric, data: st.DataObject) -> None:
    corpus = data.draw(corpus_for(metric))
    worse = [with_one_wrong(corpus[0]), *corpus[1:]]
    there, back = (results(tallies(metric, docs)) for docs in (corpus, worse))
    for name, before in there.items():
        after = back[name]
        assert after.recall == before.recall
        if before.precision is not None and after.precision is not None:
            # Past the last token there is none, so under "token" the extra span covers nothing.
            assert after.precision < before.precision or before.precision == 0 or name == "token"


def test_every_metric_says_what_it_is() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.says and "\n" not in metric.says
