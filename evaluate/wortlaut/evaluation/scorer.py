"""Scores a corpus chunk by chunk: what a chunk leaves behind, and the scores of all chunks together.

Whether a corpus is scored in one chunk or in many, and in which order, changes no number: each document is
scored by itself, and everything else is computed once, from the counts of all. What stays of a chunk are
counts (see :mod:`wortlaut.scoring.tally`), not texts or annotations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from itertools import zip_longest

import numpy as np

from wortlaut.corpus.load import Corpus, digest, stream_corpus
from wortlaut.errors import DataError
from wortlaut.evaluation.systems import Item, Judged, Scored, System
from wortlaut.formats import plain
from wortlaut.formats.columns import tokens as own_tokens
from wortlaut.formats.losses import Losses
from wortlaut.model import LAYERS, Annotations, Document, Entity, Quote
from wortlaut.model.columns import Ints, Spans, TokenTable, spans_from_objects
from wortlaut.scoring.breakdown import by_length, grouped_tallies, length_groups
from wortlaut.scoring.engine import result_of, tallies_of
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.labels import Projection, label_notes
from wortlaut.scoring.metrics import COREFERENCE, GIVEN, QUOTES
from wortlaut.scoring.quotes import keyed, quote_tallies, with_basis
from wortlaut.scoring.result import Results
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Tally, added, items_of, kept
from wortlaut.scoring.task import Task
from wortlaut.scoring.uncertainty import FEW_DOCUMENTS, Resampling
from wortlaut.scoring.units import Units, document_units, sentence_units
from wortlaut.text.segments import sentences, tokens

#: Documents and characters of text in memory at a time: a chunk ends with the one or the other.
CHUNK_DOCUMENTS, CHUNK_CHARACTERS = 1024, 500_000
#: Up to so many characters of text a corpus is kept in memory, and with it what was right and wrong.
KEPT_CHARACTERS = 5_000_000


#: What to do about an empty corpus, or nothing to score.
ALLOW = "Is it the right file? To score it as it is: --allow-empty (allow_empty=True)."


@dataclass(frozen=True)
class Gold:
    """What must be known of the whole corpus before a part of it can be scored.

    ``ids`` are in the order of the corpus; ``rank[i]`` is the place of document ``i`` by id, which is its
    number everywhere else. ``sizes`` counts the annotations of each layer, ``labels`` the entities of each.
    """

    name: str
    hash: str
    ids: Sequence[str]
    rank: Ints
    units: Units
    sizes: Mapping[str, int]
    labels: Mapping[str, int]
    columns: frozenset[str]
    #: What its reader left out.
    notes: tuple[str, ...] = ()
    #: Whether each document is one sentence, as in files of tokens that do not mark where a text begins.
    sentences: bool = False


@dataclass(frozen=True)
class Source:
    """The documents of a corpus, as often as they are asked for: kept in memory, or read anew each time."""

    gold: Gold
    opened: Callable[[], Iterable[Document]]
    kept: tuple[Document, ...] | None

    @classmethod
    def of(cls, corpus: str | Corpus, items: bool | None, *, allow_empty: bool = False) -> Source:
        """Reads the corpus once. It is kept if ``items`` says so, or where it says nothing if it is small."""
        name, known_hash = (corpus.name, corpus.hash) if isinstance(corpus, Corpus) else (plain(corpus), "")
        losses = Losses("")

        def opened(losses: Losses | None = None) -> Iterable[Document]:
            if isinstance(corpus, Corpus):
                return corpus.documents
            return stream_corpus(corpus, losses, allow_empty=allow_empty)

        ids: list[str] = []
        kept: list[Document] = []
        starts: list[tuple[str, list[int]]] = []
        sizes, labels, columns = Counter[str](), Counter[str](), set[str]()
        digests, characters, small, alone = bytearray(), 0, True, True
        for document in opened(losses):
            if not known_hash:
                digests += digest(document)
            if len(ids) < FEW_DOCUMENTS:
                starts.append((document.id, [start for start, _ in sentences(document.text)]))
            ids.append(document.id)
            sizes.update({layer: len(getattr(document, layer)) for layer in LAYERS})
            labels.update(entity.label for entity in document.entities)
            columns.update(name for name, _ in document.meta)
            characters += len(document.text)
            alone = alone and "\n" not in document.text
            small = characters <= KEPT_CHARACTERS if items is None else items
            if small:
                kept.append(document)
            else:
                kept.clear()
        if not ids and not allow_empty:
            raise DataError("the corpus has no documents", where=name, hint=ALLOW)
        order = sorted(range(len(ids)), key=ids.__getitem__)
        documents = tuple(kept[i] for i in order) if small else None
        if small:
            ids, order = sorted(ids), list(range(len(ids)))
        few = len(ids) < FEW_DOCUMENTS and characters
        units = sentence_units([own for _, own in sorted(starts)]) if few else document_units(len(ids))
        # As corpus_hash has it, without an object for each digest.
        own_hash = known_hash or sha256(np.sort(np.frombuffer(digests, "S32")).tobytes()).hexdigest()
        gold = Gold(
            name,
            own_hash,
            ids,
            np.argsort(order),
            units,
            sizes,
            labels,
            frozenset(columns),
            losses.notes(name),
            alone and "tokens" in columns,
        )
        return cls(gold, opened if documents is None else lambda: documents, documents)

    def chunks(self) -> Iterator[tuple[int, list[Document]]]:
        """The number of the first document, and the documents of each chunk.

        Raises DataError where the corpus is not the one that was read first.
        """
        first = size = 0
        chunk: list[Document] = []
        if not self.gold.ids:
            yield 0, chunk
        for place, (document, id) in enumerate(zip_longest(self.opened(), self.gold.ids), start=1):
            if document is None or document.id != id:
                raise DataError("the corpus has changed while it was scored", where=self.gold.name)
            chunk.append(document)
            size += len(document.text)
            if len(chunk) == CHUNK_DOCUMENTS or size >= CHUNK_CHARACTERS or place == len(self.gold.ids):
                yield first, chunk
                first, chunk, size = place, [], 0


@dataclass(frozen=True)
class Part:
    """What a chunk leaves behind. ``layers`` holds for each of :data:`LAYERS` that was scored what it scores.

    ``sizes`` counts what was found in each layer, ``labels`` the entities of each label.
    """

    layers: dict[str, dict[ScoreKey, Tally]]
    breakdowns: dict[str, dict[str, Tally]]
    judged: dict[ScoreKey, Judged]
    sizes: Mapping[str, int]
    labels: Mapping[str, int]

    def with_layers(self, other: Part) -> Part:
        """Of the same chunk, with the layers of ``other`` that this one lacks."""
        return replace(
            self,
            layers={**other.layers, **self.layers},
            breakdowns=self.breakdowns or other.breakdowns,
            judged={**other.judged, **self.judged},
        )


@dataclass(frozen=True)
class Found:
    """What a run leaves behind: the counts of each chunk, and the annotations where they are kept."""

    parts: Sequence[Part]
    finds: Sequence[str]
    notes: Sequence[str] = ()
    annotations: Sequence[Annotations] = ()
    #: Characters, and the seconds that they took, where that was measured.
    pace: tuple[int, float] | None = None

    @property
    def labels(self) -> Mapping[str, int]:
        """How many entities of each label were found."""
        return sum((Counter(part.labels) for part in self.parts), Counter[str]())


@dataclass(frozen=True)
class Scoring:
    """How a corpus is scored: under which schemas, and whether it is kept which items were right."""

    gold: Gold
    schemas: Sequence[str]
    projection: Projection | None
    resampling: Resampling
    by: tuple[str, ...] = ()
    seen: frozenset[str] = frozenset()
    items: bool = True

    @cached_property
    def spans(self) -> tuple[str, ...]:
        return tuple(schema for schema in self.schemas if schema not in {*GIVEN, *QUOTES})

    @cached_property
    def peers(self) -> tuple[str, ...]:
        return tuple(schema for schema in self.schemas if schema in GIVEN)

    @cached_property
    def quote_peers(self) -> tuple[str, ...]:
        return tuple(schema for schema in self.schemas if schema in QUOTES)

    def over(self, documents: Iterable[Document], units: Units) -> Scoring:
        """The same way to score for other texts and gold, with units of their own."""
        return replace(
            self, gold=replace(Source.of(Corpus("", tuple(documents), ""), True).gold, units=units)
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any system's scores must know."""
        notes, units = list(self.gold.notes), self.gold.units
        if units.kind == "sentence" and len(units) > 1 and self.resampling.samples:
            count = len(self.gold.ids)
            what = "one document" if count == 1 else f"{count} documents"
            notes.append(
                f"Intervals draw {len(units)} sentences of {what}: they say how scores vary within"
                " these texts, are too narrow for other texts, and do not compare systems."
            )
        if self.gold.sentences and units.kind == "document" and self.resampling.samples:
            notes.append(
                "Each document is one sentence: intervals and tests draw sentences, and are too narrow where"
                " several are of one text. CoNLL: mark texts, or read conll?documents=20:FILE."
            )
        notes += label_notes(self.projection, self.gold.labels)
        if not self.items:
            notes.append(
                "Which single items are right was not kept: a comparison tests the systems but cannot list"
                " the items that differ. It is kept for corpora of up to"
                f" {KEPT_CHARACTERS // 1_000_000} million characters, and for others with --items."
            )
        return tuple(notes)

    def signature(self) -> Signature:
        return Signature(
            self.gold.name,
            self.gold.hash,
            "all",
            projection=self.projection,
            schemas=tuple(self.schemas),
            resampling=replace(self.resampling, unit=self.gold.units.kind),
        )

    def _asked(self, layer: str) -> bool:
        """Whether some schema scores the layer."""
        others = {"entities": self.peers, "quotes": self.quote_peers, "clusters": ()}
        return bool(self.spans or others[layer])

    def wanted(self, layers: Iterable[str]) -> list[str]:
        """Those of the layers that some schema scores and the gold has; of a gold without any, all."""
        sizes = self.gold.sizes
        bare = not any(sizes.values())
        return [one for one in LAYERS if one in layers and self._asked(one) and (bare or sizes[one])]

    def part(
        self,
        first: int,
        documents: Sequence[Document],
        found: Sequence[Annotations],
        given: Sequence[Sequence[Quote]] | None,
        layers: Iterable[str],
    ) -> Part:
        """Score a chunk, which begins at document ``first`` of the corpus, in the layers that are wanted.

        ``given`` are the gold quotes as the extractor attributed them.
        """
        rank = self.gold.rank[first : first + len(documents)]
        order = np.argsort(rank).tolist()
        return _Chunk(
            self,
            [documents[i] for i in order],
            [found[i] for i in order],
            None if given is None else [given[i] for i in order],
            rank[order],
        ).part(self.wanted(layers))

    def scored(self, system: System, run: Found) -> Scored:
        """The scores of one system, for the layers that it looks for and the corpus has."""
        parts, finds = run.parts, run.finds
        whole: dict[ScoreKey, Tally] = {}
        notes: list[str] = []
        wanted = self.wanted(finds)
        for group in filter(self._asked, (layer for layer in LAYERS if layer in finds)):
            count = sum(part.sizes[group] for part in parts)
            if group in wanted:
                layers = [part.layers[group] for part in parts]
                whole |= {key: self._whole([one[key] for one in layers]) for key in layers[0]}
                if not self.gold.sizes[group]:
                    spurious = (
                        f": what is found is spurious ({count})." if count else ", and none were found."
                    )
                    notes.append(f"The gold has no {group}{spurious}")
                elif not count:
                    notes.append(f"No {group} were found.")
            elif count:
                notes.append(f"The corpus has no {group}; {count} found ones are not scored.")
        if "entities" in wanted:
            notes += label_notes(self.projection, self.gold.labels, run.labels)
        whole = with_basis(whole)
        places = list(dict.fromkeys(key.layer for key in whole))
        results = {
            key: result_of(whole[key], self.signature().of(key))
            for key in sorted(whole, key=lambda key: places.index(key.layer))
        }
        judged = {
            key: _joined([part.judged[key] for part in parts]) for key in results if key in parts[0].judged
        }
        breakdowns = {by: self._breakdown(parts, by) for by in self.by} if "entities" in wanted else {}
        notes += run.notes
        found = tuple(run.annotations)
        return Scored(system, results, None, tuple(notes), found, judged, breakdowns, run.pace)

    def _whole(self, parts: Sequence[Tally]) -> Tally:
        return added(parts, len(self.gold.units), len(self.gold.ids))

    def _breakdown(self, parts: Sequence[Part], by: str) -> Results:
        """The entity scores of each group of spans, under the schemas that count spans."""
        signature = replace(self.signature(), task="entities", by=by, projection=None)
        return Results(
            (schema, result_of(self._whole(tallies), replace(signature, schemas=(schema,))))
            for schema in parts[0].breakdowns[by]
            for tallies in [[part.breakdowns[by][schema] for part in parts]]
        )

    def projected(self, label: str, side: str) -> str | None:
        """The label as it is scored; ``None`` where its spans are left out."""
        return label if self.projection is None else self.projection(label, side)


@dataclass(frozen=True)
class _Chunk:
    """Some documents by id, with what was found in them; ``rank`` are their numbers in the corpus."""

    scoring: Scoring
    documents: Sequence[Document]
    found: Sequence[Annotations]
    given: Sequence[Sequence[Quote]] | None
    rank: Ints

    def part(self, wanted: Sequence[str]) -> Part:
        scoring = self.scoring
        gold = [document.annotations for document in self.documents]
        units, unit = self._units()
        layers: dict[str, dict[ScoreKey, Tally]] = {}
        breakdowns: dict[str, dict[str, Tally]] = {}
        if "entities" in wanted:
            task, labels = self._entities(gold, units)
            layers["entities"] = keyed("entities", tallies_of(task, labels, (*scoring.spans, *scoring.peers)))
            breakdowns = {by: self._breakdown(task, by) for by in scoring.by}
        if "quotes" in wanted or "clusters" in wanted:
            schemas = (*scoring.spans, *scoring.quote_peers)
            sides = Sides(gold, self.found, units, self._tokens(schemas), self.given)
            if "quotes" in wanted:
                layers["quotes"] = quote_tallies(sides, schemas)
            if "clusters" in wanted:
                named = (metric.tallies(sides) for metric in COREFERENCE.values())
                layers["clusters"] = {key: tally for one in named for key, tally in one.items()}
        judged = {
            key: self._judged(tally)
            for group in layers.values()
            for key, tally in group.items()
            if tally.items is not None and scoring.items
        }

        def compact(tally: Tally) -> Tally:
            return kept(tally, unit, self.rank)

        return Part(
            {
                group: {key: compact(tally) for key, tally in tallies.items()}
                for group, tallies in layers.items()
            },
            {by: {s: compact(tally) for s, tally in rows.items()} for by, rows in breakdowns.items()},
            judged,
            {layer: sum(len(getattr(one, layer)) for one in self.found) for layer in LAYERS},
            Counter(entity.label for one in self.found for entity in one.entities),
        )

    def _units(self) -> tuple[Units, Ints]:
        """The units of the chunk, and the number that each has in the corpus."""
        whole = self.scoring.gold.units
        if whole.kind == "document":
            return document_units(len(self.documents)), self.rank
        low, high = (np.searchsorted(whole.document, self.rank, side) for side in ("left", "right"))
        unit = np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)])
        document = np.repeat(np.arange(len(self.rank)), high - low)
        return Units(whole.kind, document, whole.start[unit]), unit

    def _entities(self, gold: Sequence[Annotations], units: Units) -> tuple[Task, tuple[str, ...]]:
        """The task of the entities, and their labels."""
        scoring = self.scoring
        rows, found = (
            [
                (i, entity, label)
                for i, one in enumerate(annotated)
                for entity in one.entities
                if (label := scoring.projected(entity.label, side)) is not None
            ]
            for side, annotated in (("gold", gold), ("predicted", self.found))
        )
        labels = tuple(sorted({label for *_, label in (*rows, *found)}))
        given = (_spans(rows, labels, units), _spans(found, labels, units))
        of_gold = {scoring.projected(label, "gold") for label in scoring.gold.labels}
        in_gold = np.asarray([label in of_gold for label in labels], np.bool_)
        tokens = self._tokens(scoring.spans)
        sides = (given[0].sorted(), given[1].sorted())
        return Task(*sides, len(units), len(labels), tokens, given, in_gold), labels

    def _tokens(self, schemas: Sequence[str]) -> TokenTable | None:
        """The corpus's own tokens, else ours, where a schema counts tokens."""
        if not {"token", "fuzzy", *QUOTES} & set(schemas):
            return None
        rows = [
            (i, start, end)
            for i, document in enumerate(self.documents)
            for start, end in own_tokens(document) or tokens(document.text)
        ]
        return TokenTable(*np.asarray(rows, np.int64).reshape(-1, 3).T.copy())

    def _breakdown(self, task: Task, by: str) -> dict[str, Tally]:
        """The entities under the schemas that count spans, with the group of each span for its label."""
        groups = [self._groups(spans, by) for spans in (task.gold, task.predicted)]
        fixed = length_groups() if by == "length" else ()
        names = fixed or tuple(sorted({*groups[0], *groups[1]}))
        place = {name: i for i, name in enumerate(names)}
        sides = [
            replace(spans, group=np.asarray([place[name] for name in own], np.int64))
            for spans, own in zip((task.gold, task.predicted), groups, strict=True)
        ]
        grouped = replace(task, gold=sides[0], predicted=sides[1])
        return grouped_tallies(grouped, self.scoring.spans, names, fixed=bool(fixed))

    def _groups(self, spans: Spans, by: str) -> list[str]:
        """The name of each span's group."""
        documents = [self.documents[i] for i in spans.document.tolist()]
        if by == "length":
            names = length_groups()
            return [names[i] for i in by_length(spans).tolist()]
        if by == "level":
            assert spans.level is not None
            return [str(level) for level in spans.level.tolist()]
        if by == "document":
            return [document.id for document in documents]
        if by == "surface":
            items = items_of(spans, [""] * (int(spans.label.max(initial=0)) + 1))
            texts = [span.text(self.documents[i].text) for i, span, _ in items]
            return ["seen" if text in self.scoring.seen else "unseen" for text in texts]
        return [dict(document.meta).get(by.removeprefix("meta:"), "–") for document in documents]

    def _judged(self, tally: Tally) -> Judged:
        counts = tally.counts
        assert tally.items is not None
        sides = [
            tuple((self.documents[i].id, span.fragments, label) for i, span, label in side)
            for side in tally.items
        ]
        return Judged(
            sides[0],
            counts.hits_gold[counts.gold == 1],
            sides[1],
            counts.hits_predicted[counts.predicted == 1],
        )


def _spans(rows: Sequence[tuple[int, Entity, str]], labels: Sequence[str], units: Units) -> Spans:
    # One pass over model objects: the columns are made here, everything after is columns.
    number = {label: i for i, label in enumerate(labels)}
    spans = spans_from_objects(
        [i for i, _, _ in rows],
        [entity.span for _, entity, _ in rows],
        [number[label] for _, _, label in rows],
        [0] * len(rows),
        [entity.level for _, entity, _ in rows],
        [entity.score for _, entity, _ in rows],
    )
    return replace(spans, unit=units.of(spans.document, spans.start))


def _joined(parts: Sequence[Judged]) -> Judged:
    """The items of all chunks by document, in their order within each."""
    gold = _by_document([(part.gold, part.hits) for part in parts])
    return Judged(*gold, *_by_document([(part.predicted, part.predicted_hits) for part in parts]))


def _by_document(parts: Sequence[tuple[tuple[Item, ...], Ints]]) -> tuple[tuple[Item, ...], Ints]:
    items = [item for part, _ in parts for item in part]
    order = sorted(range(len(items)), key=lambda i: items[i][0])
    return tuple(items[i] for i in order), np.concatenate([hits for _, hits in parts])[order]
