"""What differs between two layers of the same texts, item by item.

Items are paired one to one: equal ones first, then those that share most characters. Ids of quotes and
clusters are names inside a file and no difference by themselves; what they refer to is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from wortlaut.annotations.file import read_documents
from wortlaut.annotations.lines import Annotation, Mention, canonical, keys_of, spans_of, to_json
from wortlaut.errors import DataError, MissingFileError
from wortlaut.model import ROLES, Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.records.record import UNWRITTEN, Count, Must, as_dict, written

_Item = TypeVar("_Item", Entity, Quote)

#: Fields that say how an annotation came about, not what it says.
REMARKS = ("score", "rule", "note")
#: Per kind, the fields that are compared, in the order in which they are told.
FIELDS = {
    kind: tuple(sorted((key for key in keys_of(kind) if key not in ("kind", "id")), key="content".__ne__))
    for kind in ("cluster", "mention", "entity", "quote")
}
_KIND = Must(enum=tuple(FIELDS))
_Reading = Annotated[Mapping[str, Any], Must(required=("kind",), properties={"kind": _KIND})]


@dataclass(frozen=True, slots=True)
class Pair:
    """What two layers say about the same place; ``None`` where one of them says nothing.

    ``fields`` are those in which the two differ: none if they are equal, or if one is ``None``.
    """

    first: Annotation | None
    second: Annotation | None
    fields: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        return self.first is not None and self.second is not None and not self.fields

    @property
    def kind(self) -> str:
        return type(self.first or self.second).__name__.lower()

    def spans(self) -> Iterator[Span]:
        """The span by which each side is found in the text; a cluster has none."""
        for side in (self.first, self.second):
            if side is not None:
                yield from islice(spans_of(side), 1)


@dataclass(frozen=True, slots=True)
class Layer:
    """One annotator's reading of some documents: the name of the layer, and document → annotations."""

    name: str
    documents: Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class Difference:
    """A pair as it is written: both readings as in an annotation file, null where a layer says nothing."""

    kind: Annotated[str, _KIND]
    fields: Annotated[tuple[str, ...], "In which the readings differ; empty where only one layer has it."]
    readings: tuple[_Reading | None, _Reading | None]


@dataclass(frozen=True, slots=True)
class DocumentDiff:
    """The pairs of a document that are not equal. ``only_in`` is set where just one layer has it."""

    document: Annotated[str, "Its id."]
    text: Annotated[str, UNWRITTEN]
    pairs: Annotated[tuple[Pair, ...], UNWRITTEN]
    only_in: Annotated[str | None, "The layer that has the document, where only one has."] = None

    @property
    @written()
    def differences(self) -> list[Difference]:
        def reading(side: Annotation | None) -> dict[str, Any] | None:
            return None if side is None else to_json(side, self.text)

        return [Difference(p.kind, p.fields, (reading(p.first), reading(p.second))) for p in self.pairs]


@dataclass(frozen=True, slots=True)
class LayerDiff:
    """Every document in which two layers differ, by id; ``same`` counts the items that are equal."""

    format: ClassVar[Literal["wortlaut-diff/1"]] = "wortlaut-diff/1"
    layers: Annotated[tuple[str, str], "Names of the two; readings stand in this order."]
    same: Annotated[Count, "Annotations that are equal in both."]
    documents: tuple[DocumentDiff, ...]

    @property
    def equal(self) -> bool:
        return not self.documents

    @property
    @written(after="same")
    def different(self) -> Count:
        return sum(len(document.pairs) for document in self.documents)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: each difference with both readings as in an annotation file."""
        return as_dict(self)


def diff(first: Layer, second: Layer) -> LayerDiff:
    """What differs between two layers. A document that only one of them has is told, not compared."""
    found = [
        DocumentDiff(id, side.documents[id].text, (), side.name)
        for side, rest in ((first, second), (second, first))
        for id in side.documents.keys() - rest.documents.keys()
    ]
    same = 0
    for id in sorted(first.documents.keys() & second.documents.keys()):
        one, other = first.documents[id], second.documents[id]
        if one.text != other.text:
            raise DataError(
                f"{first.name} and {second.name} annotate different texts of {id}",
                hint="Compare layers of the same text.",
            )
        pairs = compare(one.annotations, other.annotations)
        unequal = tuple(pair for pair in pairs if not pair.equal)
        same += len(pairs) - len(unequal)
        if unequal:
            found.append(DocumentDiff(id, one.text, unequal))
    return LayerDiff((first.name, second.name), same, tuple(sorted(found, key=attrgetter("document"))))


def compare(first: Annotations, second: Annotations) -> list[Pair]:
    """Every item of both sides in exactly one pair: clusters, mentions, entities, quotes, in text order."""
    first, second = canonical(first), canonical(second)
    # The same referents have the same name on both sides from here on.
    second = _renamed(second, {other: one for one, other in _same_clusters(first, second).items()})
    entities = _matched(first.entities, second.entities, lambda entity: entity.span, _entity_key)
    pairs = [
        *_cluster_pairs(first, second),
        *_mention_pairs(first, second),
        *(Pair(a, b, _different(a, b)) for a, b in entities),
        *_quote_pairs(first, second),
    ]
    return sorted(pairs, key=_place)


def read_layer(ref: str, root: Path) -> Layer:
    """A layer by its name in the repository ``root`` (``gold``, or a folder in ``annotations/layers``),
    or a file or folder of native annotations.

    Raises a :class:`MissingFileError` where there is none, a :class:`DataError` for a broken file.
    """
    inside = ("gold", "layers/gold") if ref == "gold" else (f"layers/{ref}",)
    folders = (root / "annotations" / name for name in inside)
    path = Path(ref) if Path(ref).exists() else next(filter(Path.is_dir, folders), None)
    if path is None:
        there = sorted({file.parent.name for file in root.glob("annotations/layers/*/*.jsonl")})
        there += ["gold"] if any((root / "annotations" / "gold").glob("*.jsonl")) else []
        raise MissingFileError(
            "no such layer, file or folder",
            where=ref,
            hint=f"Layers here: {', '.join(there)}." if there else "Name a file or folder of annotations.",
        )
    documents: dict[str, Document] = {}
    for document in read_documents(path):
        if document.id in documents:
            raise DataError(f"the document {document.id!r} stands twice", where=ref, hint="Name one layer.")
        documents[document.id] = document
    if not documents:
        raise MissingFileError("no annotation file in this folder", where=ref)
    names = sorted({dict(document.meta)["layer"] for document in documents.values()})
    if len(names) > 1:
        raise DataError(f"holds several layers: {', '.join(names)}", where=ref, hint="Name one of them.")
    folder = path if path.is_dir() else path.parent
    if (folder.name == "gold" or folder.parent.name == "layers") and folder.name != names[0]:
        # A copied file would be compared under the name of its model.
        raise DataError(
            f'the files in {folder.name}/ say "layer": "{names[0]}"',
            where=str(path),
            hint=f'Write "layer": "{folder.name}" into the first line of each.',
        )
    return Layer(names[0], documents)


# ---------------------------------------------------------------- pairs


def _quote_pairs(first: Annotations, second: Annotations) -> Iterator[Pair]:
    pairs = _matched(first.quotes, second.quotes, lambda quote: quote.content, _quote_key)
    ids = {b.id: a.id for a, b in pairs if a is not None and b is not None}
    known = [{cluster.id for cluster in side.clusters} for side in (first, second)]
    names = [_names(side) for side in (first, second)]
    for a, b in pairs:
        if a is None or b is None:
            yield Pair(a, b)
            continue
        seen = replace(b, parent=ids.get(b.parent, "?") if b.parent else None)
        # Where a side has a plain name for its speaker, that may be the name of the other's cluster.
        plain = a.speaker_entity not in known[0] or b.speaker_entity not in known[1]
        if plain and names[0](a.speaker_entity) & names[1](b.speaker_entity):
            seen = replace(seen, speaker_entity=a.speaker_entity)
        yield Pair(a, b, _different(a, seen))


def _different(first: Any, second: Any) -> tuple[str, ...]:
    """The fields in which two items differ; none where one of them is ``None``."""
    if first is None or second is None:
        return ()
    return tuple(
        name for name in FIELDS[type(first).__name__.lower()] if getattr(first, name) != getattr(second, name)
    )


def _place(pair: Pair) -> tuple[Any, ...]:
    kind = list(FIELDS).index(pair.kind)
    places = sorted((span.start, -span.end, span.fragments) for span in pair.spans())
    name = "" if places else min(side.id for side in (pair.first, pair.second) if isinstance(side, Cluster))
    # What stands at one place is told in the order of its content, whichever side has it.
    return (kind, places[:1], name, sorted(repr(side) for side in (pair.first, pair.second)))


_entity_key = attrgetter("span", "label", "level", "entity", "qid", "metonymy", "score", "note")


def _quote_key(quote: Quote) -> tuple[Any, ...]:
    roles = tuple(span.fragments if (span := quote.role(role)) else () for role in ROLES)
    plain = attrgetter("speaker_entity", "medium", "attribution", "score", "rule", "note")
    return (quote.content, quote.type, *roles, *plain(quote))


def _matched(
    first: Sequence[_Item],
    second: Sequence[_Item],
    span: Callable[[_Item], Span],
    key: Callable[[_Item], tuple[Any, ...]],
) -> list[tuple[_Item | None, _Item | None]]:
    """One-to-one pairs of items whose spans overlap, the most similar first, and what is left alone."""
    candidates: list[tuple[Any, ...]] = []
    for i, j in overlapping([span(item) for item in first], [span(item) for item in second]):
        a: tuple[Any, ...] = key(first[i])
        b: tuple[Any, ...] = key(second[j])
        shared = a[0].overlap(b[0])
        union = len(a[0]) + len(b[0]) - shared
        alike = sum(x == y for x, y in zip(a, b, strict=True))
        # Ties are broken by what the items are, not by the side they are on.
        same_id = getattr(first[i], "id", None) == getattr(second[j], "id", None)
        candidates.append((-shared / union, -alike, not same_id, *sorted((repr(a), repr(b))), i, j))
    free, taken = dict.fromkeys(range(len(first))), dict.fromkeys(range(len(second)))
    pairs: list[tuple[_Item | None, _Item | None]] = []
    for *_, i, j in sorted(candidates):
        if i in free and j in taken:
            del free[i], taken[j]
            pairs.append((first[i], second[j]))
    return pairs + [(first[i], None) for i in free] + [(None, second[j]) for j in taken]


def overlapping(first: Sequence[Span], second: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Index pairs of spans that share a character, by a sweep over their hulls."""
    spans = (first, second)
    active: tuple[list[int], list[int]] = ([], [])
    for start, side, index in sorted(
        (span.start, which, index) for which in (0, 1) for index, span in enumerate(spans[which])
    ):
        other = 1 - side
        active[other][:] = [k for k in active[other] if spans[other][k].end > start]
        for k in active[other]:
            if spans[side][index].overlap(spans[other][k]):
                yield (index, k) if side == 0 else (k, index)
        active[side].append(index)


# ---------------------------------------------------------------- clusters


def _mentions(annotations: Annotations) -> dict[str, set[Span]]:
    """Every span that refers to a cluster, by the cluster's id."""
    found = defaultdict(set, {cluster.id: set(cluster.mentions) for cluster in annotations.clusters})
    for entity in annotations.entities:
        if entity.entity is not None:
            found[entity.entity].add(entity.span)
    return found


def _same_clusters(first: Annotations, second: Annotations) -> dict[str, str]:
    """Ids of the clusters that are the same on both sides: by id, then by mentions, then by name."""
    one, other = _mentions(first), _mentions(second)
    common = {cluster.id for cluster in first.clusters} & {cluster.id for cluster in second.clusters}
    same = {id: id for id in common}
    holders: dict[Span, list[Cluster]] = defaultdict(list)
    named: dict[str, list[Cluster]] = defaultdict(list)
    for b in second.clusters:
        if b.id not in common:
            named[b.name].append(b)
            for span in other[b.id]:
                holders[span].append(b)
    candidates: set[tuple[Any, ...]] = set()
    for a in first.clusters:
        if a.id in common:
            continue
        near = {b.id: b for span in one[a.id] for b in holders.get(span, ())}
        for b in [*near.values(), *named.get(a.name, ())]:
            shared = len(one[a.id] & other[b.id])
            dice = 2 * shared / max(len(one[a.id]) + len(other[b.id]), 1)
            candidates.add((-dice, a.name != b.name, *sorted((a.id, b.id)), a.id, b.id))
    for *_, one_id, other_id in sorted(candidates):
        if one_id not in same and other_id not in same.values():
            same[one_id] = other_id
    return same


def _renamed(annotations: Annotations, names: Mapping[str, str]) -> Annotations:
    """The same annotations with the clusters called as in ``names``."""

    def call(id: str | None) -> str | None:
        return names.get(id, id) if id is not None else None

    return Annotations(
        tuple(replace(entity, entity=call(entity.entity)) for entity in annotations.entities),
        tuple(replace(quote, speaker_entity=call(quote.speaker_entity)) for quote in annotations.quotes),
        tuple(replace(cluster, id=names.get(cluster.id, cluster.id)) for cluster in annotations.clusters),
    )


def _cluster_pairs(first: Annotations, second: Annotations) -> Iterator[Pair]:
    one, other = (
        {cluster.id: replace(cluster, mentions=()) for cluster in side.clusters} for side in (first, second)
    )
    for id in sorted({*one, *other}):
        a, b = one.get(id), other.get(id)
        yield Pair(a, b, _different(a, b))


def _mention_pairs(first: Annotations, second: Annotations) -> Iterator[Pair]:
    """Mention lines: a span that the other side calls the same by an entity line is no difference."""
    one, other = _mentions(first), _mentions(second)
    lines = [
        {Mention(cluster.id, span) for cluster in side.clusters for span in cluster.mentions}
        for side in (first, second)
    ]
    for mention in sorted(lines[0] | lines[1], key=lambda mention: (mention.cluster, mention.span)):
        both = all(mention.span in side.get(mention.cluster, ()) for side in (one, other))
        in_first = mention in lines[0] or both
        yield Pair(mention if in_first else None, mention if not in_first or both else None)


def _names(annotations: Annotations) -> Callable[[str | None], set[str]]:
    """What a speaker can be called: the id of his cluster, its name and aliases, or a plain name."""
    clusters = {cluster.id: {cluster.id, cluster.name, *cluster.aliases} for cluster in annotations.clusters}
    return lambda id: set() if id is None else clusters.get(id, {id})
