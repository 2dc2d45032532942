"""The documents of a report: gold and found annotations, and which answers which, in as few bytes as will do.

Every span is in one class of the alignment behind the error classes (``docs/metrics.md``). A span is a flat
list of offsets, ``[start, end, start, end …]``; labels and classes are numbers of the lists in the summary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import numpy as np

from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.systems import Scored
from wortlaut.model import ROLES, Annotations, Document, Quote, Span
from wortlaut.model.columns import Ints
from wortlaut.reports.aligned import (
    CLASSES,
    CORRECT,
    LABEL,
    MISSED,
    SPURIOUS,
    Row,
    aligned,
    answers,
    curves_or_none,
    entities_of,
    entity_rows,
    task_of,
)
from wortlaut.reports.page_mentions import Mentions
from wortlaut.reports.phenomena import examples_in
from wortlaut.scoring.breakdown import LENGTHS, class_of, classes, regrouped
from wortlaut.scoring.curves import Curves
from wortlaut.scoring.engine import result_of, tallies_of
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.metrics.speakers import NO_SPEAKER
from wortlaut.scoring.people import NOBODY, UNSAID, Names
from wortlaut.scoring.quotes import ROLE_TASKS
from wortlaut.scoring.quotes_table import Quotes, jaccard, quotes_of, table, type_labels
from wortlaut.scoring.result import Result, Score
from wortlaut.scoring.sides import Attribution, attributed
from wortlaut.scoring.task import Task
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.units import document_units

#: Task → the span of a quote that is judged; of speakers it is the name.
_SPANS = {"quotes": "content", **ROLE_TASKS}
_LAYERS = {"entities": None, **_SPANS, "speakers": "speaker", "clusters": None}
#: The points of a curve: more cannot be told apart on a screen.
_POINTS = 200
#: So many strings of each layer and class.
_MOST_WORDS = 100

Flat = list[int]


@dataclass(frozen=True)
class Pages:
    """What is said about all documents, and a row for each."""

    documents: Sequence[Document]
    summary: Mapping[str, Any]
    entities: list[list[Flat]]
    #: By the names of their clusters; none where no system looks for clusters.
    mentions: list[list[Flat]]
    quotes: list[list[list[Any]]]
    #: A row of each document for each system, where scored: ``c``, ``w`` entities, ``k``, ``v`` mentions,
    #: ``q``, ``p`` quotes.
    found: list[list[dict[str, Any]]]
    #: Of a corpus of probes: the number of each document's phenomenon.
    examples: Mapping[int, int]

    def row(self, i: int) -> dict[str, Any]:
        """One document as the page's script reads it."""
        return {
            "id": self.documents[i].id,
            "t": self.documents[i].text,
            "e": self.entities[i],
            "m": self.mentions[i],
            "q": self.quotes[i],
            "f": [rows[i] for rows in self.found],
            **({"x": self.examples[i]} if i in self.examples else {}),
        }


def pages(evaluation: Evaluation) -> Pages:
    """The documents of an evaluation with every system's errors, and what is counted over all of them."""
    corpus = evaluation.corpus.documents
    gold = [document.annotations for document in corpus]
    chosen = evaluation.signature.projection
    entities = [entities_of(one, chosen, "gold") for one in gold]
    sides = [[entities_of(one, chosen, "predicted") for one in system.found] for system in evaluation.systems]
    names = tuple(sorted({e.label for side in (entities, *sides) for row in side for e in row}))
    number = {name: i for i, name in enumerate(names)}
    annotated = [*gold, *(one for system in evaluation.systems for one in system.found)]
    types = type_labels(quote.type for one in annotated for quote in one.quotes)
    people = People(corpus)
    words = Words([document.text for document in corpus], len(evaluation.systems))
    mentions = Mentions()
    chained = any("clusters" in system.scores and system.found for system in evaluation.systems)
    chains = [mentions.gold(one) if chained else [] for one in gold]
    found: list[list[dict[str, Any]]] = []
    tasks: list[tuple[dict[str, Any], Task]] = []
    for i, system in enumerate(evaluation.systems):
        rows: list[dict[str, Any]] = [{} for _ in corpus]
        found.append(rows)
        bare = in_words(system)
        if system.found and "entities" in system.scores and "entities" not in bare:
            both = [entity_rows(entities), entity_rows(sides[i])]
            task = task_of(both[0], both[1], names)
            tasks.append(({"layer": "entities", "system": i}, task))
            documents = [np.asarray([at for _, at, *_ in side], np.int64) for side in both]
            local = _by_document(documents, len(corpus), aligned(task))
            for k, (row, part, here) in enumerate(zip(rows, local, sides[i], strict=True)):
                triples = part.tolist()
                words.count("entities", i, k, triples, [e.span for e in entities[k]], [e.span for e in here])
                row["c"] = _classes(triples)
                row["w"] = _wrong(triples, [(number[e.label], e.span) for e in here])
        if system.found and "clusters" in system.scores:
            for k, row in enumerate(rows):
                own, judged = mentions.found(gold[k], system.found[k])
                words.count("clusters", i, k, judged, [one for _, one in chains[k]], [one for _, one in own])
                row["k"], row["v"] = _classes(judged), _wrong(judged, own)
        if system.found and {"quotes", "speakers", *ROLE_TASKS} & set(system.scores) and "quotes" not in bare:
            said = attributed(gold, system.found, document_units(len(corpus)), people.names)
            quotes = _quote_rows(said.predicted, len(corpus), types, people.predicted(said, system.found))
            pairs, task = _judged_quotes(said, len(corpus), types)
            people.count(i, said)
            for layer in pairs.keys() - {"speakers"}:
                sides_here = [
                    _spans_here(side, _SPANS[layer], len(corpus)) for side in (said.gold, said.predicted)
                ]
                for k, flat in enumerate(pairs[layer]):
                    words.count(
                        layer, i, k, np.reshape(flat, (-1, 3)).tolist(), sides_here[0][k], sides_here[1][k]
                    )
            tasks.append(({"layer": "quotes", "system": i}, task))
            for k, row in enumerate(rows):
                row |= {"q": quotes[k], "p": {layer: flat[k] for layer, flat in pairs.items()}}
    quoted = table(quotes_of(gold), document_units(len(corpus)))
    said_in_gold = _quote_rows(quoted, len(corpus), types, people.gold(quoted))
    summary = {
        "classes": CLASSES,
        "layers": _LAYERS,
        "roles": ROLES,
        "names": names,
        "types": types,
        "clusters": list(mentions.numbers),
        "people": people.rows(len(evaluation.systems)),
        "unsaid": int((people.names.of_gold(quoted) == UNSAID).sum()),
        "curves": [place | _curve(curves) for place, task in tasks if (curves := curves_or_none(task))],
        "strings": words.rows(),
        "lengths": [place | row for place, task in tasks for row in _lengths(task)],
    }
    return Pages(
        corpus,
        summary,
        [[[number[e.label], *_flat(e.span)] for e in row] for row in entities],
        [[[name, *_flat(span)] for name, span in row] for row in chains],
        said_in_gold,
        found,
        examples_in(evaluation),
    )


def _classes(triples: Iterable[Sequence[int]]) -> str:
    """The class of each gold item of a document, a digit each."""
    return "".join(str(kind) for g, _, kind in sorted(triples, key=itemgetter(0)) if g >= 0)


def _wrong(triples: Iterable[Sequence[int]], found: Sequence[tuple[int, Span]]) -> list[Flat]:
    """Label, the gold item that it is meant for or -1, and span of what was found and is not right."""
    order = sorted(triples, key=itemgetter(1))
    return [[found[p][0], g, *_flat(found[p][1])] for g, p, kind in order if p >= 0 and kind != CORRECT]


def in_words(system: Scored) -> set[str]:
    """The layers with answers in words without offsets: which of them are right is not known."""
    return {said.layer for one in system.found for said in one.unplaced if said.place is None}


def _judged_quotes(said: Attribution, size: int, types: Sequence[str]) -> tuple[dict[str, list[Flat]], Task]:
    """Which quote answers which in each layer, document by document; and the task of the contents."""
    sides = said.gold, said.predicted
    found = {}
    tasks = {}
    for layer, role in _SPANS.items():
        rows = [list(_role_rows(quotes, role)) for quotes in sides]
        tasks[layer] = task_of(rows[0], rows[1], types if role == "content" else (role,))
        if any(rows):
            found[layer] = aligned(tasks[layer])
    if any(quote.speaker or quote.speaker_entity for quote in said.gold.quotes):
        found["speakers"] = _speakers(said)
    documents = [side.document for side in sides]
    layers = {
        layer: [part.ravel().tolist() for part in _by_document(documents, size, answer)]
        for layer, answer in found.items()
    }
    return layers, tasks["quotes"]


def _role_rows(quotes: Quotes, role: str) -> Iterator[Row]:
    for i, (document, quote) in enumerate(zip(quotes.document.tolist(), quotes.quotes, strict=True)):
        if (span := quote.role(role)) is not None:
            yield i, document, span, quote.type if role == "content" else role, quote.score


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
    return answers(g[known], p[known], np.where(right, CORRECT, LABEL)[known], missed, spurious)


def _by_document(documents: Sequence[Ints], size: int, answer: tuple[Ints, Ints, Ints]) -> list[Ints]:
    """Rows of gold, prediction and class of each document, numbered within it; missed and spurious last."""
    at = np.arange(size)
    # No partner, -1, is in no document.
    own = [np.r_[side, -1][one] for side, one in zip(documents, answer, strict=False)]
    document = np.maximum(*own)
    local = [
        np.where(one >= 0, one - np.searchsorted(side, at)[document], -1)
        for side, one in zip(documents, answer, strict=False)
    ]
    order = np.lexsort((local[1], np.where(answer[0] >= 0, local[0], np.iinfo(np.int64).max), document))
    rows = np.stack([*local, answer[2]], axis=1).astype(np.int64)[order]
    return np.split(rows, np.searchsorted(document[order], at[1:]))


def _quote_rows(
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


def _spans_here(quotes: Quotes, role: str, documents: int) -> list[list[Span | None]]:
    """The span of each quote, document by document."""
    spans: list[list[Span | None]] = [[] for _ in range(documents)]
    for document, quote in zip(quotes.document.tolist(), quotes.quotes, strict=True):
        spans[document].append(quote.role(role))
    return spans


class Words:
    """What is missed and what is spurious by the words that it covers, over all documents."""

    def __init__(self, texts: Sequence[str], systems: int) -> None:
        self._texts, self._systems = texts, systems
        self._counts: dict[tuple[str, int, str], list[int]] = {}

    def count(
        self,
        layer: str,
        system: int,
        document: int,
        triples: Sequence[Sequence[int]],
        gold: Sequence[Span | None],
        found: Sequence[Span | None],
    ) -> None:
        """Take in one document's answers: number in the gold, number in what was found, class."""
        for g, p, kind in triples:
            span = gold[g] if kind == MISSED else found[p] if kind == SPURIOUS else None
            if span is not None:
                words = re.sub(r"[ \t\n\r]+", " ", span.text(self._texts[document])).strip()
                key = (layer, kind, words)
                self._counts.setdefault(key, [0] * self._systems)[system] += 1

    def rows(self) -> list[dict[str, Any]]:
        """The most frequent of each layer and class; of quotes, which seldom come twice, those that do."""
        rows = self._counts.items()
        ranked = sorted(rows, key=lambda row: (row[0][:2], -sum(row[1]), row[0][2]))
        return [
            {"layer": layer, "kind": CLASSES[kind], "text": words, "counts": counts}
            for _, group in groupby(ranked, key=lambda row: row[0][:2])
            for (layer, kind, words), counts in islice(group, _MOST_WORDS)
            if layer != "quotes" or sum(counts) > 1
        ]


class People:
    """Who speaks in the gold, as one list for all documents, and what each system made of their quotes."""

    def __init__(self, corpus: Sequence[Document]) -> None:
        self._texts = [document.text for document in corpus]
        self.names = Names([document.annotations for document in corpus])
        self._number: dict[str, int] = {}
        # A person is one in all documents, by name.
        self._of = [self._number.setdefault(name, len(self._number)) for name in self.names.names]
        self._quotes: Counter[int] = Counter()
        self._counts: dict[tuple[int, int], list[int]] = {}

    def _person(self, entity: int) -> int:
        return self._of[entity] if entity >= 0 else entity

    def gold(self, quotes: Quotes) -> Callable[[int, Quote], list[Any]]:
        entity = self.names.of_gold(quotes).tolist()
        self._quotes.update(self._person(one) for one in entity if one != UNSAID)
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
        fates = [
            2 if g not in answer else 0 if predicted[answer[g]] == entity else 1
            for g, entity in enumerate(gold)
        ]
        counted = [(entity, fate) for entity, fate in zip(gold, fates, strict=True) if entity != UNSAID]
        # Others' quotes are those that are neither theirs nor anybody's whom the gold does not name.
        own = {answer.get(g) for g, fate in enumerate(fates) if fate == 0 or gold[g] == UNSAID}
        counted += [(entity, 3) for p, entity in enumerate(predicted) if p not in own and entity >= NOBODY]
        for entity, fate in counted:
            self._counts.setdefault((system, self._person(entity)), [0, 0, 0, 0])[fate] += 1

    def rows(self, systems: int) -> list[list[Any]]:
        """Name, gold quotes, and four counts of each system; ``no speaker`` comes last."""
        names = {number: name for name, number in self._number.items()} | {NOBODY: NO_SPEAKER}
        return [
            [name, self._quotes[number], [self._counts.get((i, number)) for i in range(systems)]]
            for number, name in names.items()
        ]


def _curve(curves: Curves) -> dict[str, Any]:
    """Precision and recall by threshold, and calibration."""
    size = len(curves.threshold)
    kept = np.unique(np.linspace(0, size - 1, min(size, _POINTS)).astype(np.int64))
    points = zip(curves.recall[kept], curves.precision[kept], curves.threshold[kept], strict=True)
    return {
        "points": [[round(float(value), 4) for value in point] for point in points],
        "calibration": [[round(mean, 4), round(share, 4), n] for mean, share, n in curves.calibration],
        **{
            name: round(getattr(curves, name), 4)
            for name in ("average_precision", "best_threshold", "best_f1", "calibration_error")
        },
    }


def _lengths(task: Task) -> Iterator[dict[str, Any]]:
    """Strict scores by the length of a span in characters."""
    sides = [replace(one, group=class_of(one.sizes(), LENGTHS)) for one in (task.gold, task.predicted)]
    task = replace(task, gold=sides[0], predicted=sides[1])
    labels = tuple(map(str, range(task.labels)))
    tally = tallies_of(task, labels, ["strict"], errors=False, items=False)["strict"]
    result = result_of(
        regrouped(tally, classes(LENGTHS)), Signature(schemas=("strict",), resampling=Resampling(samples=0))
    )
    for group, score in result.per_label.items():
        yield {"by": "length", "schema": "strict", "group": group, **numbers(score)}


def numbers(score: Score) -> dict[str, Any]:
    """A score as the page's script reads it; ``u`` is the upper end of a range."""
    upper = score.upper
    ends = upper and {"p": short(upper.precision), "r": short(upper.recall), "f": short(upper.f1)}
    return {
        "p": short(score.precision),
        "r": short(score.recall),
        "f": short(score.f1),
        "i": None if score.f1_interval is None else [short(bound) for bound in score.f1_interval],
        "right": short(score.correct),
        "gold": score.gold,
        "found": score.predicted,
        **({} if score.f1_deviation is None else {"sd": short(score.f1_deviation)}),
        **({"u": ends} if ends else {}),
    }


def runs_of(result: Result) -> dict[str, Any]:
    """The F1 of each run, what varies, and whether one may have failed; nothing of one run."""
    found = result.variance
    if not result.runs:
        return {}
    widths = [] if found is None else [found.width, found.one_more_run, found.twice_the_documents]
    return {
        "runs": [short(run.f1) for run in result.runs],
        "uneven": result.uneven,
        "share": None if found is None else short(found.share_of_runs),
        "widths": list(map(short, widths)),
    }


def short(value: float | None) -> float | None:
    """Six digits: what a page shows never needs more."""
    return None if value is None else round(value, 6)
