"""What a system found beside the gold, as it was scored: tasks of spans, who answers whom, and curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from wortlaut.model import Annotations, Entity, Span
from wortlaut.model.columns import Ints, Spans, spans_from_objects
from wortlaut.scoring.curves import Curves, curves_of
from wortlaut.scoring.labels import Projection
from wortlaut.scoring.task import PAIR_CLASSES, Task, align

#: Every span of gold or prediction is in one of these.
CLASSES = (*PAIR_CLASSES, "missed", "spurious")
CORRECT, LABEL, MISSED, SPURIOUS = map(CLASSES.index, ("correct", "label", "missed", "spurious"))

#: Its number on its side, document, span, label, score.
Row = tuple[int, int, Span, str, float | None]


def entities_of(annotations: Annotations, chosen: Projection | None, side: str) -> list[Entity]:
    """The entities as they were scored, in the order of the page."""
    kept = annotations.entities
    if chosen is not None:
        pairs = [(entity, chosen(entity.label, side)) for entity in kept]
        kept = tuple(replace(entity, label=label) for entity, label in pairs if label is not None)
    return sorted(kept, key=lambda entity: (entity.span.start, -entity.span.end, entity.span, entity.label))


def entity_rows(side: Sequence[Sequence[Entity]]) -> list[Row]:
    flat = ((i, entity) for i, row in enumerate(side) for entity in row)
    return [(k, i, entity.span, entity.label, entity.score) for k, (i, entity) in enumerate(flat)]


def content_rows(side: Iterable[Annotations]) -> list[Row]:
    flat = ((i, quote) for i, one in enumerate(side) for quote in one.quotes)
    return [(k, i, quote.content, quote.type, quote.score) for k, (i, quote) in enumerate(flat)]


def task_of(gold: Sequence[Row], predicted: Sequence[Row], labels: Sequence[str]) -> Task:
    """Both sides ready for the alignment; ``group`` is the number of a span on its side."""
    number = {label: i for i, label in enumerate(labels)}

    def columns(rows: Sequence[Row]) -> Spans:
        own, document, span, label, score = zip(*rows, strict=True) if rows else ((),) * 5
        codes = [number[name] for name in label]
        spans = spans_from_objects(document, span, codes, [0] * len(rows), None, score)
        return replace(spans, group=np.asarray(own, np.int64)).sorted()

    return Task(columns(gold), columns(predicted), 1, len(labels))


def aligned(task: Task) -> tuple[Ints, Ints, Ints]:
    """The number of the gold, that of the prediction (-1 for none) and the class of every error and hit."""
    found = align(task)
    gold, predicted = task.gold.group, task.predicted.group
    assert gold is not None
    assert predicted is not None
    return answers(
        gold[found.gold],
        predicted[found.predicted],
        found.kind,
        gold[found.missed],
        predicted[found.spurious],
    )


def answers(gold: Ints, predicted: Ints, kind: Ints, missed: Ints, spurious: Ints) -> tuple[Ints, Ints, Ints]:
    """Pairs with their class, then what has no partner."""
    none, lost, more = -np.ones(1, np.int64), len(missed), len(spurious)
    return (
        np.r_[gold, missed, none.repeat(more)],
        np.r_[predicted, none.repeat(lost), spurious],
        np.r_[kind, np.full(lost, MISSED), np.full(more, SPURIOUS)],
    )


def curves_or_none(task: Task) -> Curves | None:
    """Under strict, where every finding has a score."""
    return curves_of(task) if task.predicted.score is not None and len(task.gold) else None
