"""Small documents of spans for the scoring tests: as plain values, from Hypothesis or from a seed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from wortlaut.model import Span
from wortlaut.model.columns import Spans, TokenTable, spans_from_objects
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.engine import result_of, tallies_of
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.metrics import OURS, Property, counter, counts_positions
from wortlaut.scoring.result import Result, Results
from wortlaut.scoring.task import Task
from wortlaut.scoring.uncertainty import Resampling

#: A labelled span, the spans of a document, and a document: its gold and its predicted spans.
Labelled = tuple[Span, int]
Side = list[Labelled]
Doc = tuple[Side, Side]

LABELS = ("LOC", "ORG", "PER")
#: Characters of a document, and its tokens: characters 2, 5, 8 … are spaces.
LENGTH = 12
TOKENS = [(start, start + 2) for start in range(0, LENGTH, 3)]

#: Every schema of spans, those with a threshold at two of them.
SCHEMAS = tuple(
    dict.fromkeys(name.replace("@T", threshold) for name in OURS for threshold in ("@0.5", "@0.9"))
)
#: The sets the schemas fall into: which look at the label, and which count spans and not positions.
LABEL_BLIND = tuple(schema for schema in SCHEMAS if Property.BLIND in counter(schema)[0].holds)
LABEL_AWARE = tuple(schema for schema in SCHEMAS if schema not in LABEL_BLIND)
OF_POSITIONS = tuple(filter(counts_positions, SCHEMAS))
OF_SPANS = tuple(schema for schema in SCHEMAS if schema not in OF_POSITIONS)


def count(task: Task, schema: str) -> Counts:
    """Counts of one schema of our own for every unit and label."""
    metric, threshold = counter(schema)
    return metric.count(task, threshold)


def span_of(positions: set[int]) -> Span:
    return Span.joined((at, at + 1) for at in positions)


def interval(start: int, length: int) -> Span:
    return Span.of(start, min(start + length, LENGTH))


any_span = st.one_of(
    st.builds(interval, st.integers(0, LENGTH - 1), st.integers(1, 5)),
    st.builds(span_of, st.sets(st.integers(0, LENGTH - 1), min_size=1, max_size=5)),
)
#: Nested, crossing, discontinuous and duplicate spans.
any_side = st.lists(st.tuples(any_span, st.integers(0, len(LABELS) - 1)), max_size=5)


@st.composite
def flat_side(draw: st.DrawFn) -> Side:
    """Spans of one fragment, none overlapping another: what a tag sequence can hold."""
    bounds = sorted(draw(st.sets(st.integers(0, LENGTH), max_size=8)))
    pairs = [(a, b) for a, b in itertools.pairwise(bounds) if draw(st.booleans())]
    return [(Span.of(a, b), draw(st.integers(0, len(LABELS) - 1))) for a, b in pairs]


any_corpus = st.lists(st.tuples(any_side, any_side), min_size=1, max_size=4)
flat_corpus = st.lists(st.tuples(flat_side(), flat_side()), min_size=1, max_size=4)


def columns_of(sides: Sequence[Side]) -> Spans:
    """The spans of all documents in the order given, one bootstrap unit a document."""
    rows = [(number, span, label) for number, side in enumerate(sides) for span, label in side]
    documents = [number for number, _, _ in rows]
    return spans_from_objects(
        documents, [span for _, span, _ in rows], [label for *_, label in rows], documents
    )


def tokens_of(documents: int) -> TokenTable:
    start, end = np.asarray(TOKENS, np.int64).T
    return TokenTable(
        np.repeat(np.arange(documents, dtype=np.int64), len(TOKENS)),
        np.tile(start, documents),
        np.tile(end, documents),
    )


def task_of(corpus: Sequence[Doc], labels: int = len(LABELS)) -> Task:
    """The task as the engine wants it: canonical order, tokens known."""
    gold, predicted = (columns_of([doc[side] for doc in corpus]).sorted() for side in (0, 1))
    return Task(gold, predicted, len(corpus), labels, tokens_of(len(corpus)))


def score_task(
    task: Task, labels: Sequence[str], schema: str, resampling: Resampling, *, errors: bool = False
) -> Result:
    """The result of one task under one schema."""
    tally = tallies_of(task, tuple(labels), [schema], errors=errors, items=False)[schema]
    return result_of(tally, Signature(schemas=(schema,), resampling=resampling))


def peer(
    name: str, gold: Spans, predicted: Spans, labels: Sequence[str], units: int, resampling: Resampling
) -> Results:
    """The results of another scorer of spans, in the order given."""
    task = Task(gold, predicted, units, len(labels))
    tallies = tallies_of(task, tuple(labels), [name], errors=False, items=False)
    return Results(
        (key, result_of(tally, Signature(schemas=(key,), resampling=resampling)))
        for key, tally in tallies.items()
    )


def noisy_corpus(documents: int, seed: int, *, length: int = 25, nested: bool = False) -> list[Doc]:
    """Flat gold and a noisy copy of it (missed, moved, relabelled, made up), the same for every run.

    ``nested`` adds spans inside and across others, and a gap to some.
    """
    rng = random.Random(seed)
    corpus: list[Doc] = []
    for _ in range(documents):
        gold: Side = []
        at = rng.randrange(4)
        while at < length:
            end = min(at + rng.choice((1, 1, 2, 2, 3, 5)), length)
            if rng.random() < 0.5:
                gold.append((Span.of(at, end), rng.randrange(len(LABELS))))
            at = end + rng.randrange(3)
        predicted: Side = []
        for span, label in gold:
            kind = rng.random()
            if kind < 0.1:
                continue
            start, end = span.start, span.end
            if kind < 0.2:
                start = max(start - 1, predicted[-1][0].end if predicted else 0)
            elif kind < 0.3:
                end = max(start + 1, end - 1)
            elif kind < 0.4:
                label = rng.randrange(len(LABELS))
            if not predicted or start >= predicted[-1][0].end:
                predicted.append((Span.of(start, end), label))
        if rng.random() < 0.2:
            last = predicted[-1][0].end if predicted else 0
            if last < length:
                predicted.append((Span.of(last, min(last + 2, length)), rng.randrange(len(LABELS))))
        if nested:
            for side in (gold, predicted):
                for _ in range(rng.randrange(3)):
                    start = rng.randrange(length - 6)
                    shape = rng.choice((((0, 4),), ((0, 2), (4, 6)), ((0, 1), (2, 5))))
                    side.append(
                        (Span(tuple((start + a, start + b) for a, b in shape)), rng.randrange(len(LABELS)))
                    )
        corpus.append((gold, predicted))
    return corpus
