"""A transformed document: the gold goes along with its characters, and nothing is lost without a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from wortlaut.model import ROLES, Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.text.edits import Edit, OffsetMap, apply

CROSSED = "an edit crosses its boundary"
NOTHING_LEFT = "nothing of it is left"


@dataclass(frozen=True, slots=True)
class Kept:
    """Which of the annotations before are the first ones after, by index: each cluster with its mentions.

    Whatever stands behind them is new.
    """

    entities: tuple[int, ...]
    quotes: tuple[int, ...]
    clusters: tuple[tuple[int, tuple[int, ...]], ...]

    def of(self, annotations: Annotations) -> Annotations:
        """The kept ones among the annotations before; a parent that is not kept is no parent."""
        quotes = [annotations.quotes[i] for i in self.quotes]
        ids = {quote.id for quote in quotes}
        return Annotations(
            tuple(annotations.entities[i] for i in self.entities),
            tuple(quote if quote.parent in ids else replace(quote, parent=None) for quote in quotes),
            tuple(
                replace(cluster, mentions=tuple(cluster.mentions[m] for m in mentions))
                for cluster, mentions in ((annotations.clusters[i], m) for i, m in self.clusters)
            ),
        )

    def of_new(self, annotations: Annotations) -> Annotations:
        """The kept ones among the annotations after."""
        return Annotations(
            annotations.entities[: len(self.entities)],
            annotations.quotes[: len(self.quotes)],
            tuple(
                replace(cluster, mentions=cluster.mentions[: len(mentions)])
                for cluster, (_, mentions) in zip(annotations.clusters, self.clusters, strict=False)
            ),
        )

    def then(self, later: Kept) -> Kept:
        """What is kept of the first by both."""
        clusters = [
            (
                self.clusters[i][0],
                tuple(self.clusters[i][1][m] for m in mentions if m < len(self.clusters[i][1])),
            )
            for i, mentions in later.clusters
            if i < len(self.clusters)
        ]
        return Kept(
            tuple(self.entities[i] for i in later.entities if i < len(self.entities)),
            tuple(self.quotes[i] for i in later.quotes if i < len(self.quotes)),
            tuple(clusters),
        )


@dataclass(frozen=True, slots=True)
class Transformed:
    """A document after a transformation.

    ``maps`` lead from the offsets of the document before to those of this one. ``dropped`` says of each
    annotation that could not be carried along why, ``left`` what the transformation did not dare to change.
    ``added`` are the parts of the text that came with gold of their own.
    """

    document: Document
    maps: tuple[OffsetMap, ...]
    kept: Kept
    dropped: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    added: tuple[Span, ...] = ()

    def span(self, span: Span) -> Span | None:
        """Where a span of the document before is now; ``None`` if nothing of it is left."""
        moved: Span | None = span
        for one in self.maps:
            moved = None if moved is None else one.span(moved)
        return moved

    def position(self, position: int) -> int:
        for one in self.maps:
            position = one.position(position)
        return position

    @property
    def monotone(self) -> bool:
        return all(one.monotone for one in self.maps)


#: What a transformation is: it draws chance from ``random`` alone, and leaves the document as it is.
Function = Callable[..., Transformed]


def edited(
    document: Document,
    edits: Iterable[Edit],
    *,
    names: Callable[[str], str] | None = None,
    left: Iterable[str] = (),
) -> Transformed:
    """The document with edits of its text, the gold carried along: see :func:`carried`."""
    text, offsets = apply(document.text, edits)
    return carried(document, text, offsets, names=names, left=left)


def carried(
    document: Document,
    text: str,
    offsets: OffsetMap,
    *,
    names: Callable[[str], str] | None = None,
    left: Iterable[str] = (),
) -> Transformed:
    """The document with another text. An annotation whose boundary an edit crosses is dropped.

    ``names`` spells the names and aliases of clusters, and speakers without one, as the text now does.
    """
    carrier = _Carrier(document, text, offsets)
    entities = carrier.entities()
    quotes = carrier.quotes()
    clusters = carrier.clusters([e for _, e in entities], [q for _, q in quotes])
    annotations = Annotations(
        tuple(entity for _, entity in entities),
        tuple(quote for _, quote in quotes),
        tuple(cluster for _, _, cluster in clusters),
    )
    if names is not None:
        annotations = renamed(annotations, names)
    kept = Kept(
        tuple(i for i, _ in entities),
        tuple(i for i, _ in quotes),
        tuple((i, mentions) for i, mentions, _ in clusters),
    )
    new = replace(document, text=text, annotations=annotations)
    return Transformed(new, (offsets,), kept, tuple(carrier.dropped), tuple(left))


def renamed(annotations: Annotations, names: Callable[[str], str]) -> Annotations:
    """Names and aliases of clusters, and speakers that are no cluster's id, in another spelling."""
    ids = {cluster.id for cluster in annotations.clusters}
    return replace(
        annotations,
        quotes=tuple(
            quote
            if quote.speaker_entity is None or quote.speaker_entity in ids
            else replace(quote, speaker_entity=names(quote.speaker_entity))
            for quote in annotations.quotes
        ),
        clusters=tuple(
            replace(cluster, name=names(cluster.name), aliases=tuple(map(names, cluster.aliases)))
            for cluster in annotations.clusters
        ),
    )


def one_after_another(document: Document, functions: Iterable[tuple[Function, Random]]) -> Transformed:
    """Several transformations, each of what the one before made: its dropped and left are kept together."""
    whole = unchanged(document)
    for function, random in functions:
        next_ = function(whole.document, random)
        added = [moved for span in whole.added if (moved := next_.span(span)) is not None]
        whole = Transformed(
            next_.document,
            (*whole.maps, *next_.maps),
            whole.kept.then(next_.kept),
            (*whole.dropped, *next_.dropped),
            (*whole.left, *next_.left),
            (*added, *next_.added),
        )
    return whole


def unchanged(document: Document) -> Transformed:
    a = document.annotations
    kept = Kept(
        tuple(range(len(a.entities))),
        tuple(range(len(a.quotes))),
        tuple((i, tuple(range(len(cluster.mentions)))) for i, cluster in enumerate(a.clusters)),
    )
    return Transformed(document, (), kept)


def boundaries(document: Document) -> frozenset[int]:
    """The offsets at which an annotation begins or ends: no edit may replace text on both sides of one."""
    return frozenset(
        place for _, span in document.annotations.spans() for fragment in span for place in fragment
    )


@dataclass
class _Carrier:
    document: Document
    text: str
    offsets: OffsetMap
    dropped: list[str] = field(default_factory=list)

    def span(self, span: Span) -> Span | str:
        """The span in the new text, or why there is none."""
        moved = settled(self.offsets.span, self.text, span, self.document.text)
        if moved is None:
            return NOTHING_LEFT
        return CROSSED if self.offsets.crossed(span) else moved

    def drop(self, what: str, span: Span, reason: str) -> None:
        shown = span.text(self.document.text)
        shown = shown if len(shown) <= 60 else f"{shown[:40]} … {shown[-15:]}"
        self.dropped.append(f"{what} {shown!r}: {reason}")

    def entities(self) -> list[tuple[int, Entity]]:
        found: list[tuple[int, Entity]] = []
        seen: set[tuple[Span, int]] = set()
        outer = [entity.span for entity in self.document.entities if entity.level == 1]
        places = Counter((entity.span, entity.level) for entity in self.document.entities)
        # Outer names first, since an inner one goes with the name that it is part of.
        for i, entity in sorted(enumerate(self.document.entities), key=lambda pair: (pair[1].level, pair[0])):
            moved = self.span(entity.span)
            inner = entity.level == 2 and any(span.contains(entity.span) for span in outer)
            if isinstance(moved, Span):
                if inner and not any(level == 1 and name.contains(moved) for name, level in seen):
                    moved = "the name that it is part of is dropped"
                elif (moved, entity.level) in seen and places[entity.span, entity.level] == 1:
                    moved = "it coincides with another one"
            if isinstance(moved, str):
                self.drop(f"entity {entity.label}", entity.span, moved)
                continue
            seen.add((moved, entity.level))
            found.append((i, replace(entity, span=moved)))
        return sorted(found, key=lambda pair: pair[0])

    def quotes(self) -> list[tuple[int, Quote]]:
        found: list[tuple[int, Quote]] = []
        seen: dict[tuple[Any, ...], Quote] = {}
        for i, quote in enumerate(self.document.quotes):
            moved: dict[str, Any] = {
                role: self.span(span)
                for role in ("content", *ROLES)
                if (span := quote.role(role)) is not None
            }
            reasons = [
                why if role == "content" else f"its {role}: {why}"
                for role, why in moved.items()
                if isinstance(why, str)
            ]
            if not reasons:
                new = replace(quote, **moved)
                twin = seen.setdefault((new.type, new.content, new.speaker_entity), quote)
                if twin is not quote and twin.content != quote.content:
                    reasons = [f"it coincides with {twin.id}"]
            if reasons:
                self.drop(f"quote {quote.id}", quote.content, reasons[0])
            else:
                found.append((i, new))
        contents = {quote.id: quote.content for _, quote in found}
        before = {quote.id: quote.content for quote in self.document.quotes}
        for n, (i, quote) in enumerate(found):
            parent = quote.parent
            if parent in before and (
                parent not in contents
                or (
                    before[parent].contains(before[quote.id]) and not contents[parent].contains(quote.content)
                )
            ):
                self.dropped.append(f"quote {quote.id}: its parent {parent} is dropped, it now has none")
                found[n] = (i, replace(quote, parent=None))
        return found

    def clusters(
        self, entities: list[Entity], quotes: list[Quote]
    ) -> list[tuple[int, tuple[int, ...], Cluster]]:
        used = {entity.entity for entity in entities} | {quote.speaker_entity for quote in quotes}
        before = {e.entity for e in self.document.entities} | {q.speaker_entity for q in self.document.quotes}
        found = []
        for i, cluster in enumerate(self.document.clusters):
            seen = {entity.span for entity in entities if entity.entity == cluster.id}
            known = {entity.span for entity in self.document.entities if entity.entity == cluster.id}
            mentions: list[tuple[int, Span]] = []
            for m, span in enumerate(cluster.mentions):
                moved = self.span(span)
                if isinstance(moved, Span) and moved in seen and span not in known:
                    moved = "it coincides with another one"
                if isinstance(moved, str):
                    self.drop(f"mention of {cluster.id}", span, moved)
                    continue
                seen.add(moved)
                known.add(span)
                mentions.append((m, moved))
            if not mentions and cluster.id not in used and (cluster.mentions or cluster.id in before):
                self.dropped.append(f"cluster {cluster.id}: nothing refers to it any more")
                continue
            new = replace(cluster, mentions=tuple(span for _, span in mentions))
            found.append((i, tuple(m for m, _ in mentions), new))
        return found


def settled(move: Callable[[Span], Span | None], text: str, span: Span, before: str) -> Span | None:
    """Where ``move`` leads to in ``text``, without white space at the edges of what had none ``before``.

    A fragment that neither began nor ended in white space, which breaks a rule, must not do so now.
    """
    fragments: list[tuple[int, int]] = []
    for start, end in span:
        whole = before[start:end]
        for a, b in move(Span.of(start, end)) or ():
            inside = text[a:b]
            if whole == whole.strip():
                a, b = a + len(inside) - len(inside.lstrip()), a + len(inside.rstrip())
            if a < b:
                fragments.append((a, b))
    return Span.joined(fragments) if fragments else None
