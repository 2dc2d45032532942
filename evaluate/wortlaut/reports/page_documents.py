"""The documents of a report: gold and found annotations, and which answers which, in as few bytes as will do.

Every span is in one class of the alignment behind the error classes (``docs/metrics.md``). A span is a flat
list of offsets, ``[start, end, start, end …]``; labels and classes are numbers of the lists in the summary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.model import ROLES, Annotations, Document, Entity, Quote, Span
from wortlaut.scoring.breakdown import by_length, grouped_tallies, length_groups
from wortlaut.scoring.columns import Ints, Spans, spans_from_objects
from wortlaut.scoring.curves import scored
from wortlaut.scoring.engine import result_of
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.labels import Projection
from wortlaut.scoring.metrics import count
from wortlaut.scoring.metrics.speakers import NO_SPEAKER
from wortlaut.scoring.people import NOBODY, UNSAID, Names
from wortlaut.scoring.quotes import ROLE_TASKS
from wortlaut.scoring.quotes_table import Quotes, jaccard, quotes_of, table, type_labels
from wortlaut.scoring.result import Score
from wortlaut.scoring.sides import Attribution, attributed
from wortlaut.scoring.task import PAIR_CLASSES, Task, align
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.units import document_units

#: Every span of gold or prediction is in one of these.
CLASSES = (*PAIR_CLASSES, "missed", "spurious")
CORRECT, LABEL, MISSED, SPURIOUS = (
    CLASSES.index(name) for name in ("correct", "label", "missed", "spurious")
)
#: The points of a curve: more cannot be told apart on a screen.
_POINTS = 200

Flat = list[int]


@dataclass
class Found:
    """What the page knows of one system: a row for each document."""

    #: One digit for each gold entity, its class; ``None`` where no entities were scored.
    classes: list[str] | None = None
    #: Found entities that are not right: label, gold entity or -1, span.
    wrong: list[list[Flat]] = field(default_factory=list)
    quotes: list[list[list[Any]]] | None = None
    #: Layer → ``[gold, found, class, gold, …]`` of each document, -1 where there is no partner.
    pairs: dict[str, list[Flat]] = field(default_factory=dict)


@dataclass(frozen=True)
class Pages:
    """What is said about all documents, and a row for each."""

    documents: Sequence[Document]
    summary: Mapping[str, Any]
    entities: list[list[Flat]]
    quotes: list[list[list[Any]]]
    found: list[Found]

    def row(self, i: int) -> dict[str, Any]:
        """One document as the page's script reads it."""
        found = []
        for system in self.found:
            row: dict[str, Any] = {}
            if system.classes is not None:
                row |= {"c": system.classes[i], "w": system.wrong[i]}
            if system.quotes is not None:
                row |= {"q": system.quotes[i], "p": {layer: rows[i] for layer, rows in system.pairs.items()}}
            found.append(row)
        document = self.documents[i]
        return {
            "id": document.id,
            "t": document.text,
            "e": self.entities[i],
            "q": self.quotes[i],
            "f": found,
        }


def pages(evaluation: Evaluation) -> Pages:
    """The documents of an evaluation with every system's errors, and what is counted over all of them."""
    corpus = evaluation.corpus.documents
    gold = [document.annotations for document in corpus]
    chosen = evaluation.signature.projection
    entities = [_entities(one, chosen) for one in gold]
    sides = [[_entities(one, chosen) for one in system.found] for system in evaluation.systems]
    names = tuple(sorted({e.label for side in (entities, *sides) for row in side for e in row}))
    annotated = [*gold, *(one for system in evaluation.systems for one in system.found)]
    types = type_labels(quote.type for one in annotated for quote in one.quotes)
    people = People(corpus)
    found: list[Found] = []
    curves: list[dict[str, Any] | None] = []
    lengths: list[dict[str, Any]] = []
    for i, system in enumerate(evaluation.systems):
        one = Found()
        if system.found and "entities" in system.scores:
            task = _task(_rows(entities), _rows(sides[i]), names)
            one.classes, one.wrong = _judged_entities(task, entities, sides[i], names)
            curves.append(_curve("entities", i, task))
            lengths += _lengths("entities", i, task)
        if system.found and {"quotes", "speakers", *ROLE_TASKS} & set(system.scores):
            said = attributed(gold, system.found, document_units(len(corpus)), people.names)
            one.quotes = _by_document(
                said.predicted, len(corpus), types, people.predicted(said, system.found)
            )
            one.pairs, task = _judged_quotes(said, len(corpus), types)
            people.count(i, said)
            curves.append(_curve("quotes", i, task))
            lengths += _lengths("quotes", i, task)
        found.append(one)
    quoted = table(quotes_of(gold), document_units(len(corpus)))
    quotes = _by_document(quoted, len(corpus), types, people.gold(quoted))
    summary = {
        "classes": CLASSES,
        "names": names,
        "types": types,
        "people": people.rows(len(evaluation.systems)),
        "unsaid": int((people.names.of_gold(quoted) == UNSAID).sum()),
        "curves": [curve for curve in curves if curve is not None],
        "lengths": lengths,
    }
    number = {name: i for i, name in enumerate(names)}
    rows = [[[number[entity.label], *_flat(entity.span)] for entity in row] for row in entities]
    return Pages(corpus, summary, rows, quotes, found)


def _entities(annotations: Annotations, chosen: Projection | None) -> list[Entity]:
    """The entities as they were scored, in the order of the page."""
    kept = annotations.entities
    if chosen is not None:
        pairs = [(entity, chosen(entity.label)) for entity in kept]
        kept = tuple(replace(entity, label=label) for entity, label in pairs if label is not None)
    return sorted(kept, key=lambda entity: (entity.span.start, -entity.span.end, entity.span, entity.label))


Row = tuple[int, Span, str, float | None]  # document, span, label, score


def _rows(side: Sequence[Sequence[Entity]]) -> list[Row]:
    return [(i, entity.span, entity.label, entity.score) for i, row in enumerate(side) for entity in row]


def _task(gold: Sequence[Row], predicted: Sequence[Row], labels: Sequence[str]) -> Task:
    """Both sides ready for the alignment; ``group`` is the row that a span came from."""
    number = {label: i for i, label in enumerate(labels)}

    def columns(rows: Sequence[Row]) -> Spans:
        document, span, label, score = zip(*rows, strict=True) if rows else ((), (), (), ())
        spans = spans_from_objects(
            document, span, [number[name] for name in label], [0] * len(rows), None, score
        )
        return replace(spans, group=np.arange(len(rows), dtype=np.int64)).sorted()

    return Task(columns(gold), columns(predicted), 1, len(labels))


def _aligned(task: Task) -> tuple[Ints, Ints, Ints]:
    """The row of the gold, the row of the prediction (-1 for none) and the class of every error and hit."""
    found = align(task)
    gold, predicted = task.gold.group, task.predicted.group
    assert gold is not None
    assert predicted is not None
    missed, spurious = gold[found.missed], predicted[found.spurious]
    return (
        np.r_[gold[found.gold], missed, np.full(len(spurious), -1)],
        np.r_[predicted[found.predicted], np.full(len(missed), -1), spurious],
        np.r_[found.kind, np.full(len(missed), MISSED), np.full(len(spurious), SPURIOUS)],
    )


def _judged_entities(
    task: Task, gold: Sequence[Sequence[Entity]], predicted: Sequence[Sequence[Entity]], names: Sequence[str]
) -> tuple[list[str], list[list[Flat]]]:
    """The class of each gold entity, and the found entities that are not right, document by document."""
    of_gold, of_predicted, kind = _aligned(task)
    classes = np.full(len(task.gold), MISSED)
    has = of_gold >= 0
    classes[of_gold[has]] = kind[has]
    digits = "".join(map(str, classes.tolist()))
    partner = np.full(len(task.predicted), -1)
    right = np.zeros(len(task.predicted), bool)
    has = of_predicted >= 0
    partner[of_predicted[has]], right[of_predicted[has]] = of_gold[has], kind[has] == CORRECT
    number = {name: i for i, name in enumerate(names)}
    rows, wrong = [], []
    first_g = first_p = 0
    for golds, found in zip(gold, predicted, strict=True):
        rows.append(digits[first_g : first_g + len(golds)])
        wrong.append(
            [
                [number[entity.label], max(int(partner[first_p + k]) - first_g, -1), *_flat(entity.span)]
                for k, entity in enumerate(found)
                if not right[first_p + k]
            ]
        )
        first_g, first_p = first_g + len(golds), first_p + len(found)
    return rows, wrong


def _judged_quotes(
    said: Attribution, documents: int, types: Sequence[str]
) -> tuple[dict[str, list[Flat]], Task]:
    """Which quote answers which in each layer, document by document; and the task of the contents."""

    def rows(quotes: Quotes, role: str) -> tuple[list[Row], Ints]:
        has = [i for i, quote in enumerate(quotes.quotes) if quote.role(role) is not None]
        found: list[Row] = []
        for i in has:
            quote, span = quotes.quotes[i], quotes.quotes[i].role(role)
            assert span is not None
            label = quote.type if role == "content" else role
            found.append((int(quotes.document[i]), span, label, quote.score))
        return found, np.asarray(has, np.int64)

    layers = {}
    tasks = {}
    for layer, role in {"quotes": "content", **ROLE_TASKS}.items():
        (golds, at_g), (found, at_p) = rows(said.gold, role), rows(said.predicted, role)
        tasks[layer] = _task(golds, found, types if role == "content" else (role,))
        if not golds and not found:
            continue
        g, p, kind = _aligned(tasks[layer])
        triples = (_looked_up(at_g, g), _looked_up(at_p, p), kind)
        layers[layer] = _triples(said, documents, triples)
    if any(quote.speaker or quote.speaker_entity for quote in said.gold.quotes):
        layers["speakers"] = _triples(said, documents, _speakers(said))
    return layers, tasks["quotes"]


def _looked_up(rows: Ints, index: Ints) -> Ints:
    """``rows[index]``, and -1 where the index is."""
    found: Ints = np.r_[rows, -1][index]
    return found


def _speakers(said: Attribution) -> tuple[Ints, Ints, Ints]:
    """Who said it: right, somebody else, missed or spurious; what the gold does not say is left out.

    Where it never says who, the speaker is right whose span overlaps the gold's.
    """
    g, p = said.paired.gold, said.paired.predicted
    if (said.gold_entity >= 0).any():
        told = said.gold_entity != UNSAID
        right = said.gold_entity[g] == said.predicted_entity[p]
    else:
        told = np.ones(len(said.gold), bool)
        speakers = [
            [side.quotes[i].speaker for i in rows.tolist()]
            for side, rows in ((said.gold, g), (said.predicted, p))
        ]
        right = np.asarray([jaccard(a, b) > 0 for a, b in zip(*speakers, strict=True)], bool)
    known = told[g]
    missed = np.setdiff1d(np.flatnonzero(told), g)
    spurious = np.setdiff1d(np.arange(len(said.predicted)), p)
    return (
        np.r_[g[known], missed, np.full(len(spurious), -1)],
        np.r_[p[known], np.full(len(missed), -1), spurious],
        np.r_[
            np.where(right, CORRECT, LABEL)[known],
            np.full(len(missed), MISSED),
            np.full(len(spurious), SPURIOUS),
        ],
    )


def _triples(said: Attribution, documents: int, triples: tuple[Ints, Ints, Ints]) -> list[Flat]:
    """Rows of the whole corpus as rows of each document."""
    g, p, kind = triples
    document = np.where(g >= 0, _looked_up(said.gold.document, g), _looked_up(said.predicted.document, p))
    firsts = [
        np.searchsorted(side.document, np.arange(documents), side="left")
        for side in (said.gold, said.predicted)
    ]
    local = np.stack(
        [
            np.where(g >= 0, g - firsts[0][document], -1),
            np.where(p >= 0, p - firsts[1][document], -1),
            kind,
        ],
        axis=1,
    ).astype(np.int64)
    order = np.lexsort((local[:, 1], np.where(g >= 0, local[:, 0], len(said.gold)), document))
    ends = np.searchsorted(document[order], np.arange(1, documents))
    return [part.ravel().tolist() for part in np.split(local[order], ends)]


def _by_document(
    quotes: Quotes, documents: int, types: Sequence[str], said_by: Callable[[int, Quote], list[Any]]
) -> list[list[list[Any]]]:
    """Type, content, cue, speaker, addressee, frame, then who speaks, of each quote."""
    number = {name: i for i, name in enumerate(types)}
    rows: list[list[list[Any]]] = [[] for _ in range(documents)]
    for i, (document, quote) in enumerate(zip(quotes.document.tolist(), quotes.quotes, strict=True)):
        spans = [_flat(quote.role(role)) for role in ROLES]
        rows[document].append(
            [number[quote.type], _flat(quote.content), *(span or 0 for span in spans), *said_by(i, quote)]
        )
    return rows


def _flat(span: Span | None) -> Flat:
    return [] if span is None else [offset for fragment in span for offset in fragment]


class People:
    """Who speaks in the gold, as one list for all documents, and what each system made of their quotes."""

    def __init__(self, corpus: Sequence[Document]) -> None:
        self._texts = [document.text for document in corpus]
        self.names = Names([document.annotations for document in corpus])
        self._number: dict[str, int] = {}
        # A person is one in all documents, by name.
        self._of = [self._number.setdefault(name, len(self._number)) for name in self.names.names]
        self._quotes: dict[int, int] = {}
        self._counts: dict[tuple[int, int], list[int]] = {}

    def _person(self, entity: int) -> int:
        return self._of[entity] if entity >= 0 else entity

    def gold(self, quotes: Quotes) -> Callable[[int, Quote], list[Any]]:
        entity = self.names.of_gold(quotes).tolist()
        for one in entity:
            if one != UNSAID:
                person = self._person(one)
                self._quotes[person] = self._quotes.get(person, 0) + 1
        document = quotes.document.tolist()
        return lambda i, quote: [
            self._person(entity[i]),
            *([self._words(document[i], quote)] if entity[i] == UNSAID else []),
        ]

    def _words(self, document: int, quote: Quote) -> str:
        """How the text calls the speaker."""
        return "" if quote.speaker is None else quote.speaker.text(self._texts[document])

    def predicted(self, said: Attribution, found: Sequence[Annotations]) -> Callable[[int, Quote], list[Any]]:
        """The person, or the words by which the system names somebody whom the gold does not have."""
        entity, document = said.predicted_entity.tolist(), said.predicted.document.tolist()

        def person(i: int, quote: Quote) -> list[Any]:
            if entity[i] >= 0 or entity[i] == NOBODY:
                return [self._person(entity[i])]
            if quote.speaker_entity is None:
                return [entity[i], self._words(document[i], quote)]
            clusters = {cluster.id: cluster.name for cluster in found[document[i]].clusters}
            return [entity[i], clusters.get(quote.speaker_entity, quote.speaker_entity)]

        return person

    def count(self, system: int, said: Attribution) -> None:
        """For each person: quotes found as theirs, given to others, missed; and others' given to them."""
        gold, predicted = said.gold_entity.tolist(), said.predicted_entity.tolist()
        answer = dict(zip(said.paired.gold.tolist(), said.paired.predicted.tolist(), strict=True))
        taken = set()
        for g, entity in enumerate(gold):
            p = answer.get(g)
            if entity == UNSAID:
                taken.add(p)
                continue
            if p is None:
                self._add(system, entity, 2)
            elif predicted[p] == entity:
                self._add(system, entity, 0)
                taken.add(p)
            else:
                self._add(system, entity, 1)
        for p, entity in enumerate(predicted):
            if p not in taken and (entity >= 0 or entity == NOBODY):
                self._add(system, entity, 3)

    def _add(self, system: int, entity: int, column: int) -> None:
        self._counts.setdefault((system, self._person(entity)), [0, 0, 0, 0])[column] += 1

    def rows(self, systems: int) -> list[list[Any]]:
        """Name, gold quotes, and four counts of each system; ``no speaker`` comes last."""
        names = {number: name for name, number in self._number.items()} | {NOBODY: NO_SPEAKER}
        return [
            [name, self._quotes.get(number, 0), [self._counts.get((i, number)) for i in range(systems)]]
            for number, name in names.items()
        ]


def _curve(layer: str, system: int, task: Task) -> dict[str, Any] | None:
    """Precision and recall by threshold, and calibration, where every span has a score."""
    if task.predicted.score is None or not len(task.gold):
        return None
    hits = count(task, "strict").hits_predicted[len(task.gold) :]
    curves = scored(hits, task.predicted.score, len(task.gold))
    size = len(curves.threshold)
    kept = np.unique(np.linspace(0, size - 1, min(size, _POINTS)).astype(np.int64))
    points = zip(curves.recall[kept], curves.precision[kept], curves.threshold[kept], strict=True)
    return {
        "layer": layer,
        "system": system,
        "points": [[round(float(value), 4) for value in point] for point in points],
        "average_precision": round(curves.average_precision, 4),
        "best_threshold": round(curves.best_threshold, 4),
        "best_f1": round(curves.best_f1, 4),
        "calibration": [[round(mean, 4), round(share, 4), n] for mean, share, n in curves.calibration],
        "calibration_error": round(curves.calibration_error, 4),
    }


def _lengths(layer: str, system: int, task: Task) -> Iterator[dict[str, Any]]:
    """Strict scores by the length of a span in characters."""
    groups = length_groups()
    sides = [replace(side, group=by_length(side)) for side in (task.gold, task.predicted)]
    task = replace(task, gold=sides[0], predicted=sides[1])
    tally = grouped_tallies(task, ["strict"], groups)["strict"]
    result = result_of(tally, Signature(schemas=("strict",), resampling=Resampling(samples=0)))
    for group, score in result.per_label.items():
        yield {
            "by": "length",
            "layer": layer,
            "schema": "strict",
            "system": system,
            "group": group,
            **numbers(score),
        }


def numbers(score: Score) -> dict[str, Any]:
    """A score as the page's script reads it."""
    return {
        "p": short(score.precision),
        "r": short(score.recall),
        "f": short(score.f1),
        "i": None if score.f1_interval is None else [short(bound) for bound in score.f1_interval],
        "right": short(score.correct),
        "gold": score.gold,
        "found": score.predicted,
    }


def short(value: float | None) -> float | None:
    """Six digits: what a page shows never needs more."""
    return None if value is None else round(value, 6)
