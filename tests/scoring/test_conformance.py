"""Ours against the installed seqeval, nervaluate and spaCy: equal where they are right, and where we differ.

Each documented divergence is a test that shows the peer's number and ours.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from nervaluate import Evaluator
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as seqeval_default
from seqeval.metrics.v1 import precision_recall_fscore_support as seqeval_strict
from seqeval.scheme import IOB2
from shared import shared_data
from spacy.scorer import Scorer, get_ner_prf
from spacy.tokens import Doc as SpacyDoc
from spacy.tokens import Span as SpacySpan
from spacy.training import Example
from span_cases import (
    LABELS,
    LENGTH,
    Doc,
    Side,
    any_corpus,
    columns_of,
    flat_corpus,
    noisy_corpus,
    peer,
    score_task,
    task_of,
)
from strategies import examples

import wortlaut
from wortlaut.model import Span
from wortlaut.scoring.result import Result, Results, Score
from wortlaut.scoring.uncertainty import Resampling

QUIET = Resampling(samples=0)
EXACT = 1e-9
some = examples(40)
Prf = tuple[float, float, float]
#: Our schema → nervaluate's.
SEMEVAL = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}

pytestmark = pytest.mark.filterwarnings("ignore::Warning")


def ours(corpus: Sequence[Doc], schema: str) -> Result:
    return score_task(task_of(corpus), LABELS, schema, QUIET)


def prf(score: Score | None) -> Prf:
    """As the peers show it: 0 for 0/0."""
    assert score is not None
    return (score.precision or 0.0, score.recall or 0.0, score.f1 or 0.0)


def as_peer(name: str, corpus: Sequence[Doc]) -> Results:
    gold, predicted = (columns_of([doc[side] for doc in corpus]) for side in (0, 1))
    return peer(name, gold, predicted, LABELS, len(corpus), QUIET)


def tags(side: Side, length: int) -> list[str]:
    out = ["O"] * length
    for span, label in side:
        out[span.start : span.end] = [f"B-{LABELS[label]}"] + [f"I-{LABELS[label]}"] * (len(span) - 1)
    return out


def by_seqeval(gold: list[list[str]], predicted: list[list[str]], *, strict: bool) -> dict[str, Prf]:
    """micro, macro, weighted and every label."""
    rows: dict[str, Prf] = {}
    for average in ("micro", "macro", "weighted", None):
        if strict:
            values = seqeval_strict(gold, predicted, average=average, scheme=IOB2)
        else:
            values = seqeval_default(gold, predicted, average=average)
        if average is not None:
            rows[average] = tuple(float(v) for v in values[:3])  # type: ignore[assignment]
            continue
        seen = {type_ for type_, _, _ in [*get_entities(gold), *get_entities(predicted)]}
        for number, label in enumerate(sorted(seen)):
            if number < len(values[0]):
                rows[label] = tuple(float(v[number]) for v in values[:3])  # type: ignore[assignment]
    return rows


def by_nervaluate(corpus: Sequence[Doc], least: float = 1.0) -> Any:
    sides = [
        [
            [{"label": LABELS[label], "start": span.start, "end": span.end - 1} for span, label in doc[side]]
            for doc in corpus
        ]
        for side in (0, 1)
    ]
    return Evaluator(
        sides[0], sides[1], tags=list(LABELS), loader="dict", min_overlap_percentage=least
    ).evaluate()


def by_spacy(corpus: Sequence[Doc], length: int) -> dict[str, Any]:
    """The scores that ``spacy evaluate`` prints for entities, and the same from ``score_spans``."""
    vocab = spacy.blank("de").vocab
    examples = []
    for doc in corpus:
        sides = []
        for side in doc:
            made = SpacyDoc(vocab, words=["x"] * length)
            made.set_ents([SpacySpan(made, s.start, s.end, label=LABELS[label]) for s, label in side])
            sides.append(made)
        examples.append(Example(sides[1], sides[0]))
    scores = get_ner_prf(examples)
    again = Scorer.score_spans(examples, "ents")
    for name in ("ents_p", "ents_r", "ents_f"):
        assert scores[name] == (None if again[name] is None else pytest.approx(again[name], abs=EXACT))
    return scores


def check_seqeval(corpus: Sequence[Doc], length: int) -> None:
    gold, predicted = ([tags(doc[side], length) for doc in corpus] for side in (0, 1))
    mine, shown = ours(corpus, "strict"), as_peer("seqeval", corpus)["seqeval"]
    for strict in (True, False):
        theirs = by_seqeval(gold, predicted, strict=strict)
        assert prf(mine) == pytest.approx(theirs["micro"], abs=EXACT)
        assert prf(shown) == pytest.approx(theirs["micro"], abs=EXACT)
        assert prf(as_peer("conlleval", corpus)["conlleval"]) == pytest.approx(theirs["micro"], abs=EXACT)
        assert prf(shown.averages["weighted"]) == pytest.approx(theirs["weighted"], abs=EXACT)
        if mine.per_label:
            assert prf(mine.macro) == pytest.approx(theirs["macro"], abs=EXACT)
            assert prf(shown.macro) == pytest.approx(theirs["macro"], abs=EXACT)
        for label, score in mine.per_label.items():
            assert prf(score) == pytest.approx(theirs[label], abs=EXACT)
            assert prf(shown.per_label[label]) == pytest.approx(theirs[label], abs=EXACT)


def check_spacy(corpus: Sequence[Doc], length: int) -> None:
    theirs, mine = by_spacy(corpus, length), ours(corpus, "strict")
    if theirs["ents_p"] is None:
        assert mine.f1 is None
        return
    assert prf(mine) == pytest.approx((theirs["ents_p"], theirs["ents_r"], theirs["ents_f"]), abs=EXACT)
    for label, score in mine.per_label.items():
        row = theirs["ents_per_type"][label]
        assert prf(score) == pytest.approx((row["p"], row["r"], row["f"]), abs=EXACT)


def check_nervaluate(corpus: Sequence[Doc]) -> None:
    """Our own schemas; only where no span overlaps two of the other side, which nervaluate gets right."""
    theirs = by_nervaluate(corpus)
    for schema, name in SEMEVAL.items():
        mine, row = ours(corpus, schema), theirs["overall"][name]
        assert prf(mine) == pytest.approx((row.precision, row.recall, row.f1), abs=EXACT)
        assert (mine.gold, mine.predicted) == (row.possible, row.actual)
        if schema in ("strict", "type"):
            for label, score in mine.per_label.items():
                part = theirs["entities"][label][name]
                assert prf(score) == pytest.approx((part.precision, part.recall, part.f1), abs=EXACT)


def check_as_nervaluate(corpus: Sequence[Doc], schema: str = "nervaluate") -> None:
    """Its numbers by ``schema="nervaluate"``: on any input, faults included; and which items they are of."""
    theirs, mine = by_nervaluate(corpus, float(schema.partition("@")[2] or 1)), as_peer(schema, corpus)
    for name in SEMEVAL.values():
        row, shown = theirs["overall"][name], mine[f"{schema}/{name}"]
        indices = theirs["overall_indices"][name]
        assert shown.indices == {kind: getattr(indices, f"{kind}_indices") for kind in shown.errors}
        assert prf(shown) == pytest.approx((row.precision, row.recall, row.f1), abs=EXACT)
        assert shown.errors == {
            kind: getattr(row, kind) for kind in ("correct", "incorrect", "partial", "missed", "spurious")
        }
        assert set(shown.per_label) == set(theirs["entities"])
        for label, score in shown.per_label.items():
            part = theirs["entities"][label][name]
            assert prf(score) == pytest.approx((part.precision, part.recall, part.f1), abs=EXACT)


def one_to_one(doc: Doc) -> bool:
    """Does no span overlap more than one of the other side?"""
    return all(
        sum(a.start < b.end and b.start < a.end for b, _ in there) < 2
        for here, there in (doc, doc[::-1])
        for a, _ in here
    )


# Generated documents


@pytest.mark.long
def test_thousands_of_documents_seeded() -> None:
    corpus = noisy_corpus(4000, 13)
    check_seqeval(corpus, 25)
    check_spacy(corpus[:2000], 25)
    check_as_nervaluate(corpus)
    right = [doc for doc in corpus if one_to_one(doc)]
    assert len(right) > 2000
    check_nervaluate(right)


def test_nested_documents_as_nervaluate_scores_them() -> None:
    corpus = [
        tuple([(span, label) for span, label in side if not span.discontinuous] for side in doc)
        for doc in noisy_corpus(1500, 17, nested=True)
    ]
    check_as_nervaluate(corpus)  # type: ignore[arg-type]
    check_as_nervaluate([(gold[::-1], found) for gold, found in corpus])
    for schema in ("nervaluate@34", "nervaluate@50", "nervaluate@100"):
        check_as_nervaluate(corpus[:400], schema)  # type: ignore[arg-type]


@some
@given(corpus=flat_corpus)
@pytest.mark.long
def test_flat_documents(corpus: list[Doc]) -> None:
    check_seqeval(corpus, LENGTH)
    check_as_nervaluate(corpus)
    right = [doc for doc in corpus if one_to_one(doc)]
    if any(doc[0] or doc[1] for doc in right):
        check_nervaluate(right)


@given(corpus=flat_corpus)
def test_flat_documents_against_spacy(corpus: list[Doc]) -> None:
    check_spacy(corpus, LENGTH)


@some
@given(corpus=any_corpus)
@pytest.mark.long
def test_nested_documents_in_any_order_as_nervaluate(corpus: list[Doc]) -> None:
    check_as_nervaluate(
        [tuple([x for x in side if not x[0].discontinuous] for side in doc) for doc in corpus]
    )  # type: ignore[misc]


tag = st.sampled_from(["O", "O", *(f"{prefix}-{label}" for prefix in "BI" for label in LABELS[:2])])
tagged = st.lists(
    st.integers(1, 8).flatmap(lambda n: st.tuples(*[st.lists(tag, min_size=n, max_size=n)] * 2)),
    min_size=1,
    max_size=4,
)


@some
@given(sentences=tagged)
def test_malformed_tags_are_read_as_seqeval_reads_them(sentences: list[tuple[list[str], list[str]]]) -> None:
    gold, predicted = ([sentence[side] for sentence in sentences] for side in (0, 1))
    for scheme, strict in ((None, False), ("IOB2", True)):
        mine = wortlaut.score(gold, predicted, scheme=scheme, intervals=False, allow_empty=True)
        assert prf(mine) == pytest.approx(by_seqeval(gold, predicted, strict=strict)["micro"], abs=EXACT)


# The corpora of others, gold against a noisy copy


def column_file(path: Path, column: int, separator: str | None) -> list[list[str]]:
    """The tags in one column, a list for each sentence; comments, empty lines and full stops end one."""
    sentences: list[list[str]] = [[]]
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = line.split(separator)
        if not line.strip() or line.startswith("#"):
            sentences.append([])
        elif len(cells) > column:
            sentences[-1].append(cells[column])
            if cells[0] == ".":  # europeana has no empty lines
                sentences.append([])
    return [sentence for sentence in sentences if sentence]


def noisy_tags(sentences: list[list[str]], seed: int) -> list[list[str]]:
    """Entities lost, shortened and relabelled, and some made up: the same for every run."""
    rng = random.Random(seed)
    labels = sorted({tag[2:] for sentence in sentences for tag in sentence if tag != "O"})
    out = []
    for sentence in sentences:
        copy = list(sentence)
        for label, first, last in get_entities(sentence):
            kind = rng.random()
            if kind < 0.08:
                copy[first : last + 1] = ["O"] * (last + 1 - first)
            elif kind < 0.16 and first < last:
                copy[last] = "O"
            elif kind < 0.24:
                other = rng.choice(labels)
                copy[first : last + 1] = [f"B-{other}"] + [f"I-{other}"] * (last - first)
            elif kind < 0.3:
                copy[first] = f"I-{label}"
        if rng.random() < 0.1 and set(copy) == {"O"}:
            copy[rng.randrange(len(copy))] = f"B-{rng.choice(labels)}"
        out.append(copy)
    return out


CORPORA = {
    "uner-german-pud": ("de_pud-ud-test.iob2", 2, "\t"),
    "europeana-ner-de": ("enp_DE.lft.bio", 1, None),
    "germeval2014": ("NER-de-dev.tsv", 2, "\t"),
}


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.long
def test_real_corpora(name: str) -> None:
    file, column, separator = CORPORA[name]
    gold = column_file(shared_data(name) / file, column, separator)
    predicted = noisy_tags(gold, 13)
    assert sum(tag != "O" for sentence in gold for tag in sentence) > 500
    for scheme, strict in ((None, False), ("IOB2", True)):
        mine = wortlaut.score(gold, predicted, scheme=scheme, intervals=False, allow_empty=True)
        theirs = by_seqeval(gold, predicted, strict=strict)
        assert prf(mine) == pytest.approx(theirs["micro"], abs=EXACT)
        assert prf(mine.macro) == pytest.approx(theirs["macro"], abs=EXACT)
        if not strict:
            for label, score in mine.per_label.items():
                assert prf(score) == pytest.approx(theirs[label], abs=EXACT)
    labels = sorted({label for label, _, _ in get_entities(gold)})
    corpus = [tuple(entities(side, labels) for side in doc) for doc in zip(gold, predicted, strict=True)]
    right = [doc for doc in corpus if one_to_one(doc)]
    theirs_too = Evaluator(
        *([dicts(doc[side], labels) for doc in right] for side in (0, 1)), tags=labels, loader="dict"
    ).evaluate()["overall"]
    task = task_of(right, len(labels))
    for schema, other in SEMEVAL.items():
        row = theirs_too[other]
        mine = score_task(task, labels, schema, QUIET)
        assert prf(mine) == pytest.approx((row.precision, row.recall, row.f1), abs=EXACT)


def entities(sentence: list[str], labels: list[str]) -> Side:
    return [(Span.of(first, last + 1), labels.index(label)) for label, first, last in get_entities(sentence)]


def dicts(side: Side, labels: list[str]) -> list[dict[str, Any]]:
    return [{"label": labels[label], "start": span.start, "end": span.end - 1} for span, label in side]


# Divergences: the peer's number, and ours


def test_divergence_nervaluate_depends_on_the_order_of_gold() -> None:
    """nervaluate #40: a prediction uses up the first listed gold span that it touches."""
    gold: Side = [(Span.of(0, 3), 0), (Span.of(4, 8), 0)]
    predicted: Side = [(Span.of(1, 5), 0), (Span.of(5, 8), 0)]
    listed, reversed_ = ([(side, predicted)] for side in (gold, gold[::-1]))
    theirs = [by_nervaluate(corpus)["overall"]["partial"].f1 for corpus in (listed, reversed_)]
    assert theirs == [0.5, 0.25]
    assert [ours(corpus, "partial").f1 for corpus in (listed, reversed_)] == [0.5, 0.5]
    assert [
        as_peer("nervaluate", corpus)["nervaluate/partial"].f1 for corpus in (listed, reversed_)
    ] == theirs


def test_divergence_nervaluate_lets_an_overlap_use_up_the_span_that_another_hits_exactly() -> None:
    corpus: list[Doc] = [([(Span.of(0, 4), 0)], [(Span.of(3, 6), 0), (Span.of(0, 4), 0)])]
    assert by_nervaluate(corpus)["overall"]["strict"].correct == 0
    assert ours(corpus, "strict").correct == 1
    check_as_nervaluate(corpus)


def test_divergence_nervaluate_sees_no_overlap_below_one_percent() -> None:
    corpus: list[Doc] = [([(Span.of(0, 300), 0)], [(Span.of(298, 310), 0)])]
    assert by_nervaluate(corpus)["overall"]["ent_type"].correct == 0
    assert ours(corpus, "type").correct == 1
    check_as_nervaluate(corpus)
    assert any("less than 1 %" in note for note in as_peer("nervaluate", corpus)["nervaluate/strict"].notes)


def test_divergence_nervaluate_is_not_label_blind_per_label() -> None:
    corpus: list[Doc] = [([(Span.of(0, 3), 0)], [(Span.of(0, 3), 1)])]
    theirs = by_nervaluate(corpus)
    assert theirs["overall"]["exact"].f1 == 1.0
    assert theirs["entities"][LABELS[0]]["exact"].recall == 0.0
    assert ours(corpus, "exact").per_label[LABELS[0]].recall == 1.0


def test_divergence_undefined_is_zero_for_peers() -> None:
    corpus: list[Doc] = [([(Span.of(0, 3), 0)], [])]
    assert by_seqeval([tags(corpus[0][0], 5)], [["O"] * 5], strict=True)["micro"][0] == 0.0
    assert by_nervaluate(corpus)["overall"]["strict"].precision == 0
    assert ours(corpus, "strict").precision is None


def spacy_example(words: list[str], other: list[str], gold: Any, predicted: Any) -> Example:
    """Two tokenisations of one text without spaces, with (first token, last token + 1, label) on each."""
    vocab = spacy.blank("de").vocab
    docs = []
    for tokens, rows in ((words, gold), (other, predicted)):
        doc = SpacyDoc(vocab, words=tokens, spaces=[False] * len(tokens))
        doc.spans["all"] = [SpacySpan(doc, start, end, label=label) for start, end, label in rows]
        docs.append(doc)
    return Example(docs[1], docs[0])


def spans_score(example: Example, **options: Any) -> dict[str, Any]:
    return Scorer.score_spans(
        [example], "spans_all", getter=lambda doc, _: doc.spans["all"], labeled=True, **options
    )


def offsets(doc: SpacyDoc) -> list[tuple[int, int, str]]:
    return [(span.start_char, span.end_char, span.label_) for span in doc.spans["all"]]


def test_divergence_spacy_drops_nested_predictions_and_keeps_nested_gold() -> None:
    """spaCy #12811: with ``allow_overlap=False`` a perfect system has R = 0.5."""
    rows = [(0, 3, "ORG"), (1, 2, "LOC")]
    example = spacy_example(["a", "b", "c"], ["a", "b", "c"], rows, rows)
    theirs = spans_score(example, allow_overlap=False)
    assert (theirs["spans_all_p"], theirs["spans_all_r"]) == pytest.approx((1.0, 0.5))
    mine = wortlaut.score(
        [offsets(example.reference)], [offsets(example.predicted)], intervals=False, allow_empty=True
    )
    assert (mine.precision, mine.recall) == (1.0, 1.0)


def test_divergence_spacy_drops_predictions_that_do_not_fit_the_tokens() -> None:
    """spaCy #5727: a wrong span that ends within a gold token vanishes, and precision is too high."""
    example = spacy_example(
        ["ab", "cd", "ef"], ["ab", "c", "d", "ef"], [(0, 1, "PER")], [(0, 1, "PER"), (1, 2, "LOC")]
    )
    theirs = spans_score(example, allow_overlap=True)
    assert theirs["spans_all_p"] == pytest.approx(1.0)
    mine = wortlaut.score(
        [offsets(example.reference)], [offsets(example.predicted)], intervals=False, allow_empty=True
    )
    assert (mine.predicted, mine.precision) == (2, 0.5)
