"""What annotation tools share: labelled spans, relations between two of them, values beside a span.

An entity is a node with its label. A quote is a node over its content, labelled ``quote-direct``,
``quote-indirect``, ``quote-reported``, ``quote-free-indirect`` or ``quote-indirect-free-indirect``; each
of its roles is a node ``cue``, ``speaker``, ``addressee`` or ``frame`` that an edge of that name leads
to; an edge ``parent`` leads to the quote around it. A cluster's further mention is a node ``mention``
whose value ``cluster`` names it. Where a tool has no discontinuous spans, each fragment is a node, and
edges ``continued`` lead from the first to the others. Two nodes of one role are one discontinuous role.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from wortlaut.errors import DataError
from wortlaut.formats.losses import NO_PLACE, NOT_READ, Losses
from wortlaut.model import QUOTE_TYPES, ROLES, Annotations, Document, Entity, Quote, Span
from wortlaut.model.fields import file_order, table
from wortlaut.records.annotations import parse
from wortlaut.records.annotations import record as to_json

#: Label of a node → type of the quote.
QUOTE_LABELS = {f"quote-{type_}".replace(" ", "-").replace("/", "-"): type_ for type_ in QUOTE_TYPES}
_LABEL_OF = {type_: label for label, type_ in QUOTE_LABELS.items()}
MENTION = "mention"
CONTINUED = "continued"
PARENT = "parent"
#: Values that may stand beside a node of each kind.
ENTITY_VALUES, QUOTE_VALUES = (
    tuple(field.name for field in file_order(model) if field.kind != "span" and field.name not in elsewhere)
    for model, elsewhere in ((Entity, ("label",)), (Quote, ("type", "parent")))
)
#: Values that are numbers; all others are strings.
NUMBERS = {
    field.name: int if field.kind == "integer" else float
    for model in (Entity, Quote)
    for field in table(model)
    if field.kind in ("integer", "number")
}


@dataclass(frozen=True, slots=True)
class Node:
    """A labelled span; ``values`` are scalars of JSON."""

    id: str
    label: str
    span: Span
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edge:
    label: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Graph:
    """``clusters`` are records of the predictions format, without their mentions, which are nodes."""

    nodes: Sequence[Node] = ()
    edges: Sequence[Edge] = ()
    clusters: Sequence[Mapping[str, object]] = ()


def to_graph(annotations: Annotations) -> Graph:
    """Nodes ``1``, ``2``, …: entities, quotes each with its roles, mentions."""
    record = to_json("", annotations)
    nodes: list[Node] = []
    edges: list[Edge] = []

    def add(label: str, span: Span, values: Mapping[str, object]) -> str:
        nodes.append(Node(str(len(nodes) + 1), label, span, values))
        return nodes[-1].id

    for entity, item in zip(annotations.entities, record["entities"], strict=True):
        add(entity.label, entity.span, {key: item[key] for key in ENTITY_VALUES if key in item})
    quotes: dict[str, str] = {}
    for quote, item in zip(annotations.quotes, record["quotes"], strict=True):
        (_, content), *roles = quote.spans()
        values = {key: item[key] for key in QUOTE_VALUES if key in item}
        quotes[quote.id] = add(_LABEL_OF[quote.type], content, values)
        edges += [Edge(role, quotes[quote.id], add(role, span, {})) for role, span in roles]
    edges += (Edge(PARENT, quotes[q.id], quotes[q.parent]) for q in annotations.quotes if q.parent)
    for cluster in annotations.clusters:
        for span in cluster.mentions:
            add(MENTION, span, {"cluster": cluster.id})
    clusters = [
        {key: value for key, value in item.items() if key != "mentions"} for item in record["clusters"]
    ]
    return Graph(nodes, edges, clusters)


def split(graph: Graph) -> Graph:
    """The same with one fragment a node."""
    nodes: list[Node] = []
    edges = list(graph.edges)
    for node in graph.nodes:
        first, *rest = node.span.fragments
        nodes.append(replace(node, span=Span((first,))))
        parts = [Node(f"{node.id}.{n}", node.label, Span((fragment,))) for n, fragment in enumerate(rest, 2)]
        nodes += parts
        edges += (Edge(CONTINUED, node.id, part.id) for part in parts)
    return Graph(nodes, edges, graph.clusters)


def to_document(
    id: str,
    text: str,
    graph: Graph,
    where: str,
    meta: Iterable[tuple[str, str]] = (),
    unread: Mapping[str, int] = MappingProxyType({}),
    losses: Losses | None = None,
) -> Document:
    """The document of a text and its graph, checked as predictions are.

    ``not_read`` in its ``meta`` tells what the graph has beside annotations, and then what is ``unread``
    (kind and number); the same is added to ``losses``, relations under that name.
    A role without a quote is an entity of that label, as other people's projects may have them. An
    entity without a level is one deeper than the deepest entity that strictly contains it.
    """
    spans = {node.id: node.span for node in graph.nodes}
    if losses is not None and losses.lenient:
        # The ends of some may have been left out.
        kept = [edge for edge in graph.edges if edge.source in spans and edge.target in spans]
        if lost := len(graph.edges) - len(kept):
            losses.include("relation", "leads to what was left out, or is not there", lost, (id,))
            graph = replace(graph, edges=kept)
    if len(spans) < len(graph.nodes):
        raise DataError("two annotations have the same id", where=where)
    labels = {node.id: node.label for node in graph.nodes}
    if outside := [span for span in spans.values() if span.end > len(text)]:
        raise DataError(f"[{outside[0].start}, {outside[0].end}) ends outside the text", where=where)
    ends = ((edge.label, end) for edge in graph.edges for end in (edge.source, edge.target))
    for label, end in ((label, end) for label, end in ends if end not in spans):
        raise DataError(f"a relation {label!r} with {end!r}, which is not there", where=where)
    whole = {node.id: node.id for node in graph.nodes}  # of a fragment: the node that it continues
    for edge in (edge for edge in graph.edges if edge.label == CONTINUED):
        head = whole[edge.source]
        if head == whole[edge.target] or spans[head].overlap(spans[edge.target]):
            raise DataError(f"annotation {edge.target} continues one that it overlaps", where=where)
        spans[head] = Span.joined((*spans[head], *spans[edge.target]))
        whole |= {id: head for id, own in whole.items() if own == edge.target}
    continued = {id for id, head in whole.items() if id != head}
    parts = set(continued)  # and the roles, which may be those of several quotes
    roles: dict[str, dict[str, Span]] = defaultdict(dict)
    parents: dict[str, str] = {}
    relations: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for edge in graph.edges:
        quote = labels[edge.source] in QUOTE_LABELS
        if quote and edge.label in ROLES and edge.target not in continued:
            own = roles[edge.source]
            own[edge.label] = Span.joined((*own.get(edge.label, ()), *spans[edge.target]))
            if labels[edge.target] == edge.label:
                parts.add(edge.target)
        elif quote and edge.label == PARENT and labels[edge.target] in QUOTE_LABELS:
            if parents.setdefault(edge.source, edge.target) != edge.target:
                raise DataError("a quote with two parents", where=where)
        elif edge.label != CONTINUED:
            relations[edge.label] += 1
    quotes: list[Node] = []
    mentions: list[tuple[object, Span]] = []
    entities: list[Node] = []
    for node in graph.nodes:
        if node.id in parts:
            left.update(f"{key} of {node.label}" for key in node.values)
        elif node.label in QUOTE_LABELS:
            quotes.append(node)
        elif node.label == MENTION and "cluster" in node.values:
            mentions.append((node.values["cluster"], spans[node.id]))
            left.update(f"{key} of {node.label}" for key in node.values if key != "cluster")
        else:
            entities.append(node)
    names = _names(quotes)
    record = {
        "id": "x",
        "entities": [
            {"spans": spans[node.id], "label": node.label, "level": level} | _some(node.values)
            for node, level in zip(entities, nesting([spans[node.id] for node in entities]), strict=True)
        ],
        "quotes": [
            {
                **_some(node.values),
                "id": names[node.id],
                "type": QUOTE_LABELS[node.label],
                "content": spans[node.id],
                **roles[node.id],
                "parent": names[parents[node.id]] if node.id in parents else None,
            }
            for node in quotes
        ],
        "clusters": _clusters(graph.clusters, mentions, where),
    }
    left_out = not_read(id, unread, losses, relations, left)
    return Document(id, text, parse(record, where=where, text=text)[1], (*meta, *left_out))


def not_read(
    id: str,
    unread: Mapping[str, int],
    losses: Losses | None,
    relations: Mapping[str, int] = MappingProxyType({}),
    left: Mapping[str, int] = MappingProxyType({}),
) -> list[tuple[str, str]]:
    """What ``meta`` says of it; it is added to the losses."""
    counted = [*sorted((Counter(relations) + Counter(left)).items()), *sorted(unread.items())]
    if losses is not None:
        for label, count in relations.items():
            losses.include("relation", NOT_READ, count, (f"{id} {label}",))
        for kind, count in (Counter(left) + Counter(unread)).items():
            losses.include(kind, NOT_READ, count, (id,))
    return [("not_read", "; ".join(f"{what} {count}" for what, count in counted))] if counted else []


def nesting(spans: Sequence[Span]) -> list[int]:
    """1 for each span, plus the depth of those that strictly contain it."""

    def within(inner: int, outer: int) -> bool:
        return spans[outer] != spans[inner] and spans[outer].contains(spans[inner])

    return depths([span.start for span in spans], [span.end for span in spans], within)


def depths(
    start: Sequence[int], end: Sequence[int], within: Callable[[int, int], bool] | None = None
) -> list[int]:
    """The same of starts and ends; ``within`` says, of places in them, which is strictly inside which."""
    levels = [1] * len(start)
    longest = max(end, default=0)
    order = [begin * longest - stop for begin, stop in zip(start, end, strict=True)]
    around: list[int] = []
    furthest = 0
    for index in sorted(range(len(start)), key=order.__getitem__):
        begin, stop = start[index], end[index]
        if begin >= furthest:
            around = []
        else:
            around = [other for other in around if end[other] > begin]
            for other in around:
                if levels[other] >= levels[index] and (
                    within(index, other)
                    if within
                    else end[other] >= stop and (start[other] < begin or end[other] > stop)
                ):
                    levels[index] = levels[other] + 1
        around.append(index)
        furthest = max(furthest, stop)
    return levels


def leveled(found: Iterable[tuple[int, int, str]]) -> Iterator[Entity]:
    """Entities of starts, ends and labels, in text order: level 1 more than the spans around it."""
    around: list[tuple[int, int]] = []
    for start, end, label in sorted(found, key=lambda one: (one[0], -one[1], one[2])):
        around = [outer for outer in around if outer[1] > start]
        inside = {outer for outer in around if outer != (start, end) and outer[1] >= end}
        yield Entity(Span.of(start, end), label, 1 + len(inside))
        around.append((start, end))


def carried(
    document: Document,
    losses: Losses,
    *,
    entity: Iterable[str] = ENTITY_VALUES,
    quote: Iterable[str] = QUOTE_VALUES,
    clusters: bool = True,
) -> Annotations:
    """Its annotations with only the values named; what it had beyond them is added to ``losses``.

    A level that is not carried is the one that :func:`to_document` derives, an id ``q1``, ``q2``, ….
    """
    kept = [item for item in document.entities if item.label not in QUOTE_LABELS]
    for item in (item for item in document.entities if item.label in QUOTE_LABELS):
        losses.add("entity", document, "its label means a quote here", item.label, item.span)

    def changed(kind: str, item: Any, what: str, span: Span, values: Mapping[str, object]) -> Any:
        changes = {key: value for key, value in values.items() if getattr(item, key) != value}
        for key in changes:
            losses.add(f"{kind}.{key}", document, NO_PLACE, f"{what} {key}", span)
        return replace(item, **changes) if changes else item

    depths = [item.level for item in kept] if "level" in entity else nesting([item.span for item in kept])
    bare = dict.fromkeys(key for key in ENTITY_VALUES if key not in entity)
    entities = (
        changed("entity", item, item.label, item.span, bare | {"level": level})
        for item, level in zip(kept, depths, strict=True)
    )
    names = {q.id: q.id if "id" in quote else f"q{number}" for number, q in enumerate(document.quotes, 1)}
    plain = dict.fromkeys(key for key in QUOTE_VALUES if key not in quote)
    quotes = (
        replace(
            changed("quote", said, said.id, said.content, plain | {"id": names[said.id]}),
            parent=names[said.parent] if said.parent else None,
        )
        for said in document.quotes
    )
    if not clusters:
        losses.add_all(document, clusters=document.clusters)
    return Annotations(tuple(entities), tuple(quotes), document.clusters if clusters else ())


def _some(values: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if value is not None}


def _names(quotes: Sequence[Node]) -> dict[str, object]:
    """The id of each quote: its own, else ``q`` and a number that no other has."""
    given = [node.values["id"] for node in quotes if "id" in node.values]
    free = (name for number in range(1, 2 * len(quotes) + 1) if (name := f"q{number}") not in given)
    return {node.id: node.values["id"] if "id" in node.values else next(free) for node in quotes}


def _clusters(
    records: Sequence[Mapping[str, object]], mentions: Sequence[tuple[object, Span]], where: str
) -> list[dict[str, object]]:
    """The records with their mentions; a cluster that only its mentions name is called by its id."""
    places: dict[str, list[Span]] = defaultdict(list)
    for name, span in mentions:
        if not isinstance(name, str) or not name:
            raise DataError(f"a mention of {name!r}, which is no name of a cluster", where=where)
        places[name].append(span)
    if not all(isinstance(item, Mapping) and isinstance(item.get("id"), str) for item in records):
        raise DataError("a cluster that is no object with an id", where=where)
    named = [{**item, "mentions": places.pop(str(item["id"]), [])} for item in records]
    return named + [{"id": name, "name": name, "mentions": spans} for name, spans in places.items()]
