"""The model: texts, spans, entities, quotes and clusters. Immutable, no I/O.

Offsets are Unicode code points into the stored text, half-open ``[start, end)``. What the metadata of a field
say, :mod:`wortlaut.model.fields` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Self

#: GermEval 2014 (Benikova et al. 2014, section 3): four classes, each plain, derived, or part of a compound.
ENTITY_LABELS = tuple(base + kind for base in ("PER", "LOC", "ORG", "OTH") for kind in ("", "deriv", "part"))
#: Petersen-Frey & Biemann 2024, section 3: the five types of a quotation.
QUOTE_TYPES = ("direct", "indirect", "reported", "free indirect", "indirect/free indirect")
#: Petersen-Frey & Biemann 2024: what is represented; combinations are joined by ``/``.
MEDIA = ("speech", "thought", "writing", "none")
ATTRIBUTIONS = ("explicit", "anaphoric", "implicit")
#: The spans of a quote beside its content.
ROLES = ("cue", "speaker", "addressee", "frame")
_PARTS = ("content", *ROLES)
_PARTS_OF = attrgetter(*_PARTS)
#: What an extractor can find.
LAYERS = ("entities", "quotes", "clusters")
_SCORE = {"about": "How sure the system is: any finite number, higher is surer."}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A set of characters: one or more fragments, sorted, not empty, not touching.

    >>> Span(((613, 617), (640, 644))).discontinuous
    True
    """

    fragments: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if not self.fragments:
            raise ValueError("a span needs at least one fragment")
        last = -1
        for start, end in self.fragments:
            if not last < start < end:
                odd = start < 0 or start >= end
                what = "empty, reversed or negative" if odd else "not after the one before it"
                raise ValueError(f"fragment [{start}, {end}) is {what}")
            last = end

    @classmethod
    def of(cls, start: int, end: int) -> Self:
        """The one-fragment span ``[start, end)``."""
        return cls(((start, end),))

    @classmethod
    def joined(cls, fragments: Iterable[tuple[int, int]]) -> Self:
        """The span that covers all ``fragments``: sorted, touching and overlapping ones merged."""
        merged: list[tuple[int, int]] = []
        for start, end in sorted(fragments):
            if merged and start <= merged[-1][1] and start < end:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return cls(tuple(merged))

    @property
    def start(self) -> int:
        return self.fragments[0][0]

    @property
    def end(self) -> int:
        return self.fragments[-1][1]

    @property
    def discontinuous(self) -> bool:
        return len(self.fragments) > 1

    def __len__(self) -> int:
        """Number of covered characters (code points)."""
        return sum(end - start for start, end in self.fragments)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self.fragments)

    def overlap(self, other: Span) -> int:
        """Number of characters that both spans cover."""
        return sum(
            max(0, min(end, other_end) - max(start, other_start))
            for start, end in self.fragments
            for other_start, other_end in other.fragments
        )

    def contains(self, other: Span) -> bool:
        return self.overlap(other) == len(other)

    def text(self, source: str) -> str:
        """The covered text; `` … `` stands for what lies between two fragments."""
        return covered(self.fragments, source)

    def shifted(self, by: int) -> Self:
        return type(self)(tuple((start + by, end + by) for start, end in self.fragments))


def covered(fragments: Iterable[tuple[int, int]], source: str) -> str:
    """What :meth:`Span.text` gives, of fragments that need not be a span."""
    return " … ".join([source[start:end] for start, end in fragments])


def holders(spans: Sequence[Span]) -> list[list[int]]:
    """For each span the numbers of the larger ones that contain it, the smallest first."""
    sizes = [len(span) for span in spans]
    hulls = [(span.start, span.end) for span in spans]
    return [
        sorted(
            (
                place
                for place, (begin, stop) in enumerate(hulls)
                if begin <= start and end <= stop and size < sizes[place] and spans[place].contains(span)
            ),
            key=sizes.__getitem__,
        )
        for span, size, (start, end) in zip(spans, sizes, hulls, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Entity:
    """A name: a span with one of the corpus's labels.

    ``level`` 1 is the outer name, 2 the one nested inside. ``entity`` is the id of the cluster
    (who or what it names), ``qid`` a Wikidata id or ``NIL`` (certainly not there), ``metonymy``
    the label that the name stands for when it is not its own (``Pjöngjang`` for a government: ORG).
    """

    span: Span
    label: str = field(metadata={"about": "A label of the corpus, such as PER, LOCderiv, ORGpart."})
    level: int = field(
        default=1,
        metadata={
            "about": "1 is the outer name, 2 the one nested inside.",
            "hint": "The level is 1 (outer), 2 (nested inside) or deeper.",
        },
    )
    entity: str | None = field(default=None, metadata={"about": "Id of the cluster: who or what it names."})
    qid: str | None = field(
        default=None,
        metadata={
            "about": "Wikidata id, or NIL for certainly not there; a system may rank several: Q64|Q1055."
        },
    )
    metonymy: str | None = field(
        default=None, metadata={"about": "The label that the name stands for, when it is not its own."}
    )
    score: float | None = field(default=None, metadata=_SCORE)
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody said, with the roles around it.

    ``speaker_entity`` is the id of a cluster of the same document or, where the source has no
    clusters, a name. ``parent`` is the id of the quote that this one is nested in.
    """

    id: str = field(
        metadata={
            "about": "Id within the document. Without one it is q and the place in the list, from 1.",
            "numbered": "q",
        }
    )
    type: str = field(metadata={"known": QUOTE_TYPES, "called": "quote type"})
    content: Span = field(metadata={"about": "What was said."})
    medium: str | None = field(
        default=None,
        metadata={"about": "speech, thought, writing, none; several joined by /.", "before": "content"},
    )
    cue: Span | None = field(
        default=None,
        metadata={"about": "The word that introduces it: a verb with its particle, or such as laut."},
    )
    speaker: Span | None = field(default=None, metadata={"about": "The mention of who said it."})
    addressee: Span | None = None
    frame: Span | None = field(
        default=None, metadata={"about": "The words around it that say that something was said."}
    )
    speaker_entity: str | None = field(
        default=None, metadata={"about": "Who said it: a name, or the id of a cluster."}
    )
    attribution: str | None = field(default=None, metadata={"known": ATTRIBUTIONS, "called": "attribution"})
    parent: str | None = field(
        default=None, metadata={"about": "Id of the quote that this one is nested in."}
    )
    score: float | None = field(default=None, metadata=_SCORE)
    rule: str | None = field(default=None, metadata={"about": "The rule of the system that found it."})
    note: str | None = None

    def role(self, name: str) -> Span | None:
        """The span of ``content`` or of one of :data:`ROLES`."""
        if name not in _PARTS:
            raise ValueError(f"{name!r} is no role of a quote")
        return getattr(self, name)  # type: ignore[no-any-return]

    def spans(self) -> Iterator[tuple[str, Span]]:
        """Its content and the roles that it has, with what they are called."""
        return (pair for pair in zip(_PARTS, _PARTS_OF(self), strict=True) if pair[1] is not None)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Someone or something that mentions refer to: a coreference cluster with its link.

    ``mentions`` are the spans beyond the entities that carry this id: noun phrases, pronouns.
    ``aliases`` are further names under which a prediction may call it.
    """

    id: str
    name: str
    type: str | None = field(default=None, metadata={"about": "PER, LOC, ORG or OTH."})
    named: bool = True
    qid: str | None = None
    aliases: tuple[str, ...] = field(default=(), metadata={"about": "Further names.", "one": "alias"})
    mentions: tuple[Span, ...] = field(
        default=(), metadata={"about": "Each mention a span: a list of [start, end).", "one": "mention"}
    )
    note: str | None = None


def _with_spans(quote: Quote, change: Callable[[Span], Span]) -> Quote:
    changed: dict[str, Any] = {role: change(span) for role, span in quote.spans()}
    return replace(quote, **changed)


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An answer in words that say not where they stand: an entity, or a quote with such a part.

    ``parts`` are the words of an entity, under ``entity``, or the content and roles of a quote, each as words
    or as a span; ``label`` is the entity's label or the quote's type. ``place`` is where an extractor has put
    an entity that could stand elsewhere as well: it is among the entities, too.
    """

    label: str
    parts: tuple[tuple[str, str | Span], ...]
    place: Span | None = None

    @property
    def layer(self) -> str:
        return "entities" if self.parts[0][0] == "entity" else "quotes"

    def with_spans(self, change: Callable[[Span], Span]) -> Unplaced:
        parts = ((role, part if isinstance(part, str) else change(part)) for role, part in self.parts)
        return Unplaced(self.label, tuple(parts), self.place and change(self.place))


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """The head of a mention: the token in it on which its other words depend, as CorefUD marks it.

    A mention is a set of characters, so whatever has these characters (an entity, a cluster's mention) has
    this head.
    """

    mention: Span = field(metadata={"about": "All of the mention."})
    head: Span = field(metadata={"about": "Its head: a token inside it."})


@dataclass(frozen=True, slots=True)
class Annotations:
    """What one annotator or extractor says about one text; ``unplaced`` can be scored, and no more.

    ``heads`` are those of mentions, where they are known: at most one a mention.
    """

    entities: tuple[Entity, ...] = ()
    quotes: tuple[Quote, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    heads: tuple[Head, ...] = ()

    def __post_init__(self) -> None:
        if type(self.entities) is tuple and type(self.quotes) is tuple and type(self.clusters) is tuple:
            return
        for layer in LAYERS:  # a list is equal to no tuple
            object.__setattr__(self, layer, tuple(getattr(self, layer)))

    def with_spans(self, change: Callable[[Span], Span]) -> Annotations:
        """The same with each span changed."""
        return Annotations(
            tuple(replace(one, span=change(one.span)) for one in self.entities),
            tuple(_with_spans(one, change) for one in self.quotes),
            tuple(replace(one, mentions=tuple(map(change, one.mentions))) for one in self.clusters),
            tuple(one.with_spans(change) for one in self.unplaced),
            tuple(Head(change(one.mention), change(one.head)) for one in self.heads),
        )

    def spans(self) -> Iterator[tuple[str, Span]]:
        """Every span with the place it stands in, for checks that concern all of them."""
        for index, entity in enumerate(self.entities):
            yield f"entity {index + 1}", entity.span
        for quote in self.quotes:
            yield from ((f"quote {quote.id}, {role}", span) for role, span in quote.spans())
        for cluster in self.clusters:
            yield from ((f"cluster {cluster.id}", span) for span in cluster.mentions)
        for number, one in enumerate(self.heads, 1):
            yield from ((f"head {number}", span) for span in (one.mention, one.head))


def sizes(annotations: Iterable[Annotations]) -> str:
    """``54 entities, 16 quotes, 0 clusters``: what they hold together."""
    each = list(annotations)
    return ", ".join(f"{sum(len(getattr(one, layer)) for one in each)} {layer}" for layer in LAYERS)


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """A text and its gold annotations. ``meta`` holds string columns such as the source or the date.

    Its ``repr`` holds no text: a notebook that is published would publish it. ``wortlaut.show`` shows it.
    """

    id: str
    text: str
    annotations: Annotations = field(default_factory=Annotations)
    meta: tuple[tuple[str, str], ...] = ()

    @property
    def entities(self) -> tuple[Entity, ...]:
        return self.annotations.entities

    @property
    def quotes(self) -> tuple[Quote, ...]:
        return self.annotations.quotes

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        return self.annotations.clusters

    def mentions(self, cluster_id: str) -> tuple[Span, ...]:
        """Every span that refers to the cluster, names first, each once, in text order."""
        named = {entity.span for entity in self.entities if entity.entity == cluster_id}
        other = {span for cluster in self.clusters if cluster.id == cluster_id for span in cluster.mentions}
        return tuple(sorted(named | other))

    def with_annotations(self, annotations: Annotations) -> Document:
        return replace(self, annotations=annotations)

    def __repr__(self) -> str:
        return f"<Document {self.id!r}: {len(self.text)} characters, {sizes([self.annotations])}>"


class Text(str):
    """A document's text as an extractor gets it: a string that knows its document's ``id``."""

    id: str

    def __new__(cls, text: str, id: str) -> Self:
        self = super().__new__(cls, text)
        self.id = id
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.id)
