"""Documents in columns: what readers give and scores are counted from. Objects are made when asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import pairwise, repeat
from typing import Protocol, TypeVar

import numpy as np

from wortlaut.errors import WortlautError
from wortlaut.model.columns import Ints, Spans, TokenTable, empty_spans, numbered, spans_from_objects
from wortlaut.model.document import LAYERS, Annotations, Document, Entity, Span, Unplaced

Meta = tuple[tuple[str, str], ...]
#: Documents and characters of text in a batch of documents: it ends with the one or the other.
CHUNK_DOCUMENTS, CHUNK_CHARACTERS = 1024, 500_000


@dataclass(frozen=True)
class Batch:
    """Documents in a row, with their ids and texts.

    ``entities`` are all of theirs, by document, in the order of each: ``document`` counts from 0 and is the
    ``unit``, too; ``label`` indexes ``labels``. ``whole``: the annotations of those of which columns do not
    hold everything. ``tokens`` are those of the source, small, for all documents or none. ``meta(i)`` are the
    metadata of document ``i``, ``columns`` the names that they have. ``checked``: no span ends behind
    its text, as the reader has seen.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    entities: Spans
    labels: Sequence[str]
    whole: Mapping[int, Annotations] = field(default_factory=dict)
    tokens: TokenTable | None = None
    columns: frozenset[str] = frozenset()
    meta: Callable[[int], Meta] = lambda _: ()
    checked: bool = False

    @classmethod
    def of(cls, documents: Sequence[Document]) -> Batch:
        meta = tuple(document.meta for document in documents)
        names = frozenset(name for pairs in meta for name, _ in pairs)
        batch = cls([one.id for one in documents], [one.text for one in documents], empty_spans(), ())
        whole = batch.answered([one.annotations for one in documents])
        return replace(whole, columns=names, meta=meta.__getitem__)

    def answered(self, found: Sequence[Annotations]) -> Batch:
        """The same texts with these annotations."""
        rows = [(i, entity) for i, one in enumerate(found) for entity in one.entities]
        labels = sorted({entity.label for _, entity in rows})
        number = {label: i for i, label in enumerate(labels)}
        documents = [i for i, _ in rows]
        spans = spans_from_objects(
            documents,
            [entity.span for _, entity in rows],
            [number[entity.label] for _, entity in rows],
            documents,
            [entity.level for _, entity in rows],
            [entity.score for _, entity in rows],
        )
        return Batch(self.ids, self.texts, spans, labels, dict(enumerate(found)))

    @classmethod
    def joined(cls, batches: Sequence[Batch]) -> Batch:
        """All documents of several, in their order."""
        if len(batches) == 1:
            return batches[0]
        starts = np.cumsum([0, *map(len, batches)]).tolist()
        labels = list(dict.fromkeys(label for one in batches for label in one.labels))
        number = {label: i for i, label in enumerate(labels)}
        scored = all(one.entities.score is not None for one in batches if len(one.entities))
        whole, tables, words = dict[int, Annotations](), [], []
        for start, one in zip(starts, batches, strict=False):
            place = one.entities.document + start
            code = np.asarray([number[label] for label in one.labels], np.int64)
            tables.append(replace(one.entities, document=place, unit=place, label=code[one.entities.label]))
            if one.tokens is not None:
                place = one.tokens.document.astype(np.uint32) + start
                words.append(replace(one.tokens, document=place))
            if one.entities.score is not None and not scored:
                whole |= {start + i: document.annotations for i, document in enumerate(one.documents())}
            whole |= {start + i: annotations for i, annotations in one.whole.items()}

        metas = [one.meta for one in batches]

        def meta(i: int) -> Meta:
            at = bisect_right(starts, i) - 1
            return metas[at](i - starts[at])

        return cls(
            [id for one in batches for id in one.ids],
            [text for one in batches for text in one.texts],
            Spans.joined(tables),
            labels,
            whole,
            TokenTable.joined(words).small() if words and len(words) == len(batches) else None,
            frozenset[str]().union(*(one.columns for one in batches)),
            meta,
            all(one.checked for one in batches),
        )

    def __getstate__(self) -> dict[str, object]:
        """For another process: metadata as values, and nothing that can be computed again."""
        state = {one.name: getattr(self, one.name) for one in fields(self)}
        return state | {"meta": tuple(map(self.meta, range(len(self)))).__getitem__}

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def bounds(self) -> Ints:
        """The first entity of each document, and the number of all."""
        return np.searchsorted(self.entities.document, np.arange(len(self) + 1))

    @cached_property
    def token_bounds(self) -> Ints:
        """The same of the tokens, where there are some."""
        words = np.zeros(0, np.int64) if self.tokens is None else self.tokens.document
        return np.searchsorted(words, np.arange(len(self) + 1))

    def take(self, places: Ints) -> Batch:
        """The documents at these places, in this order; one may stand several times."""
        if len(places) == len(self) and np.array_equal(places, np.arange(len(self))):
            return self
        first = self.bounds[places]
        document, rows = numbered(first, self.bounds[places + 1] - first)
        spans = replace(self.entities.take(rows), document=document, unit=document)
        words, order = self.tokens, places.tolist()
        if words is not None:
            ends = self.token_bounds
            document, rows = numbered(ends[places], ends[places + 1] - ends[places])
            words = TokenTable(document, words.start[rows], words.end[rows])
        return replace(
            self,
            ids=[self.ids[i] for i in order],
            texts=[self.texts[i] for i in order],
            entities=spans,
            whole={to: self.whole[i] for to, i in enumerate(order) if i in self.whole} if self.whole else {},
            tokens=words,
            meta=lambda i: self.meta(order[i]),
        )

    def __getitem__(self, place: int) -> Document:
        return self.take(np.asarray([place])).documents()[0]

    def documents(self) -> list[Document]:
        found = self.entities if len(self.whole) < len(self) else empty_spans()
        level, score = found.level, found.score
        parts, labels = map(Span, found.ranges()), map(self.labels.__getitem__, found.label.tolist())
        levels = repeat(1) if level is None else level.tolist()
        scores = repeat(None) if score is None else score.tolist()
        names = tuple(map(Entity, parts, labels, levels, repeat(None), repeat(None), repeat(None), scores))
        ends = pairwise(self.bounds.tolist())
        return [
            Document(id, text, self.whole[i] if i in self.whole else Annotations(names[a:b]), self.meta(i))
            for i, (id, text, (a, b)) in enumerate(zip(self.ids, self.texts, ends, strict=True))
        ]

    def sizes(self) -> dict[str, int]:
        """How many annotations of each layer there are."""
        beside = {layer: sum(len(getattr(one, layer)) for one in self.whole.values()) for layer in LAYERS}
        found = beside | {"entities": len(self.entities)}
        for said in self._said():
            found[said.layer] += 1
        return found

    def labelled(self) -> Counter[str]:
        """How many entities of each label there are."""
        counts = np.bincount(self.entities.label, minlength=len(self.labels)).tolist()
        found = Counter({label: count for label, count in zip(self.labels, counts, strict=True) if count})
        found.update(said.label for said in self._said() if said.layer == "entities")
        return found

    def _said(self) -> Iterator[Unplaced]:
        """Answers in words alone."""
        return (said for one in self.whole.values() for said in one.unplaced if said.place is None)

    def beside(self) -> list[Annotations]:
        """What is annotated in each document, without the entities of those that hold nothing else."""
        nothing = Annotations()
        return [self.whole.get(i, nothing) for i in range(len(self))]


class _Text(Protocol):
    @property
    def text(self) -> str: ...


T = TypeVar("T", bound=_Text)


def in_batches(documents: Iterable[Document]) -> Iterator[Batch]:
    """The documents, so many in a batch as fit into memory beside a model; those before a broken one, too."""
    return batched(documents, Batch.of)


def batched(documents: Iterable[T], batch: Callable[[list[T]], Batch]) -> Iterator[Batch]:
    """The same of what stands for documents, of which ``batch`` makes a batch."""
    part: list[T] = []
    size = 0
    try:
        for document in documents:
            part.append(document)
            size += len(document.text)
            if len(part) == CHUNK_DOCUMENTS or size >= CHUNK_CHARACTERS:
                yield batch(part)
                part, size = [], 0
    except WortlautError:
        if part:
            yield batch(part)
        raise
    if part:
        yield batch(part)
