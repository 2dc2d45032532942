"""Answers in words without offsets, in a chunk of documents: where they may stand, and scorers of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wortlaut.errors import DataError
from wortlaut.extractors.grounding import Grounder
from wortlaut.model import QUOTE_TYPES, ROLES, Annotations, Document, Entity, Quote, Span, Unplaced
from wortlaut.model.batch import Batch
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics import WORDS
from wortlaut.scoring.metrics._metric import Answer, Words
from wortlaut.scoring.metrics._words import tally_of
from wortlaut.scoring.tally import Tally
from wortlaut.scoring.units import Units
from wortlaut.scoring.words import placed

#: Label and side → the label that is scored, None where it is left out.
Projected = Callable[[str, str], str | None]
#: The scores that have bounds: a label counts, and so do the exact characters.
BOUNDED = {ScoreKey(task, "strict") for task in ("entities", "quotes", "cues", "addressees", "frames")}
#: Layers in which a word metric of quotes compares what beside the content.
_QUOTE_TASKS = {"quotes": (), "cues": ("cue",), "speakers": ("speaker",), "joint": ("cue", "speaker")}


@dataclass(frozen=True)
class Ends:
    """What was found with each answer at a place: the fewest of them right, and the most.

    ``said`` counts for each layer the answers in words, ``absent`` those that the text does not hold.
    """

    low: Batch
    high: Batch
    said: Mapping[str, int]
    absent: Mapping[str, int]


def ends_of(documents: Batch, found: Batch, projected: Projected) -> Ends:
    """Raises DataError for a document without a text."""
    rows = [i for i, one in found.whole.items() if one.unplaced]
    low, high = ([one.annotations for one in found.documents()] for _ in range(2))
    said, absent = Counter[str](), Counter[str]()
    for row, document in zip(rows, documents.take(np.asarray(rows, np.int64)).documents(), strict=True):
        own = found.whole[row]
        kept = [one for one in own.unplaced if one.layer == "quotes" or projected(one.label, "predicted")]
        own = replace(own, unplaced=tuple(kept))
        grounder = Grounder(_text(document))
        entities, out = _entities(grounder, document, own, projected)
        quotes, missing = _quotes(grounder, document, own)
        for end, names, said_quotes in zip((low, high), entities, quotes, strict=True):
            end[row] = Annotations(names, (*own.quotes, *said_quotes), own.clusters)
        absent += Counter(entities=out, quotes=missing)
        said.update(one.layer for one in own.unplaced)
    return Ends(documents.answered(low), documents.answered(high), said, absent)


def _text(document: Document) -> str:
    if not document.text:
        what = f"document {document.id!r} has no text, in which words without offsets could stand"
        raise DataError(what, hint="Score against a corpus that has its texts.")
    return document.text


def _entities(
    grounder: Grounder, document: Document, own: Annotations, projected: Projected
) -> tuple[list[tuple[Entity, ...]], int]:
    chosen = Counter((one.place, one.label) for one in own.unplaced if one.place is not None)
    fixed = []
    for entity in own.entities:
        if chosen[entity.span, entity.label]:
            chosen[entity.span, entity.label] -= 1
        else:
            fixed.append(entity)
    said = [one for one in own.unplaced if one.layer == "entities"]
    placing = placed(
        grounder,
        [(str(one.parts[0][1]), projected(one.label, "predicted")) for one in said],
        [(entity.span, projected(entity.label, "gold")) for entity in document.entities],
        [(entity.span, projected(entity.label, "predicted")) for entity in fixed],
    )
    return [
        (*fixed, *(Entity(span, one.label) for span, one in zip(end, said, strict=True)))
        for end in (placing.low, placing.high)
    ], placing.absent


def _quotes(grounder: Grounder, document: Document, own: Annotations) -> tuple[list[tuple[Quote, ...]], int]:
    said = [one for one in own.unplaced if one.layer == "quotes"]
    if not said:
        return [(), ()], 0
    spans: list[list[dict[str, Span]]] = [[{} for _ in said] for _ in range(2)]
    absent = 0
    for role in ("content", *ROLES):
        parts = [(i, dict(one.parts).get(role)) for i, one in enumerate(said)]
        label = [one.type if role == "content" else "" for one in document.quotes]
        of = [one.label if role == "content" else "" for one in said]
        gold = [
            (span, own) for one, own in zip(document.quotes, label, strict=True) if (span := one.role(role))
        ]
        fixed = [(i, part) for i, part in parts if isinstance(part, Span)]
        words = [(i, part) for i, part in parts if isinstance(part, str)]
        placing = placed(
            grounder,
            [(part, of[i]) for i, part in words],
            gold,
            [(part, of[i]) for i, part in fixed],
            shared=role != "content",
        )
        absent += placing.absent
        for end, chosen in zip(spans, (placing.low, placing.high), strict=True):
            for i, span in [*fixed, *zip((i for i, _ in words), chosen, strict=True)]:
                end[i][role] = span
    return [
        tuple(Quote(f"words{i}", one.label, **end[i]) for i, one in enumerate(said))  # type: ignore[arg-type]
        for end in spans
    ], absent


def word_tallies(
    documents: Batch, found: Batch, schemas: Iterable[str], layer: str, units: Units, projected: Projected
) -> dict[ScoreKey, Tally]:
    """What scorers of words count in a layer; each document counts in its first unit.

    Raises DataError for documents without a text, and where a scorer does not know the labels.
    """
    first = np.searchsorted(units.document, np.arange(len(documents)))
    sides = [
        (document, answer.annotations)
        for document, answer in zip(documents.documents(), found.documents(), strict=True)
    ]
    tallies = {}
    for schema in schemas:
        metric = WORDS[schema]
        if layer == "entities":
            words = [_entity_words(*side, projected) for side in sides]
            tallies[ScoreKey(layer, schema)] = tally_of(metric, words, first, len(units))
        elif metric.quotes:
            for task, roles in _QUOTE_TASKS.items():
                words = [_quote_words(*side, task, roles) for side in sides]
                ends = QUOTE_TYPES if task in ("quotes", "joint") else (task,)
                tallies[ScoreKey(task, schema)] = tally_of(metric, words, first, len(units), ends)
    return tallies


def _entity_words(document: Document, answer: Annotations, projected: Projected) -> Words:
    pairs = [
        (one.parts[0][1], one.label)
        for one in answer.unplaced
        if one.layer == "entities" and one.place is None
    ]
    sides = (("gold", document.entities, ()), ("predicted", answer.entities, pairs))
    gold, predicted = (
        [
            (words, label)
            for words, own in [*((one.span.text(_text(document)), one.label) for one in entities), *said]
            if (label := projected(own, side)) is not None
        ]
        for side, entities, said in sides
    )
    return Words(document.text, gold, predicted)


def _quote_words(document: Document, answer: Annotations, task: str, roles: Sequence[str]) -> Words:
    """Of each quote its content and these roles; where one is asked for, of the quotes that have it."""

    def answers(annotations: Annotations) -> Iterator[Answer]:
        said = [Unplaced(one.type, tuple(one.spans())) for one in annotations.quotes]
        for quote in (*said, *(one for one in annotations.unplaced if one.layer == "quotes")):
            parts = {
                role: part if isinstance(part, str) else part.text(_text(document))
                for role, part in quote.parts
            }
            if len(roles) != 1 or roles[0] in parts:
                label = quote.label if len(roles) != 1 else task
                yield "\0".join(parts.get(role, "") for role in ("content", *roles)), label

    return Words(document.text, [*answers(document.annotations)], [*answers(answer)])
