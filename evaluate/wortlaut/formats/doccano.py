"""doccano JSON Lines: spans with a label, relations between spans.

Offsets are UTF-16 code units, as doccano counts them unless a project counts grapheme clusters (issue
2290); those projects cannot be read here. The format holds no surfaces to check.

Written: for a project with relations, ``entities`` and ``relations``, as nodes and edges of
:mod:`wortlaut.formats.graph`; ``document`` and every key of ``meta`` beside the text, where doccano keeps
further columns. doccano has no place for anything beside a label: qids, levels, scores, notes, clusters
are lost. Read: ``entities`` with ``relations``, ``label`` triples (also ``labels``), or the ``annotations``
of old versions, which hold numbers for labels and for people: ``doccano?label=12=LOC&annotator=1:FILE`` says
what they are called and whose are read. The text is ``text`` or ``data``. A further column that is no string
is kept in ``meta`` as JSON, an empty one is not. Labels of a whole text and comments are counted in
``not_read``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError
from wortlaut.formats import files, jsonl
from wortlaut.formats.graph import Edge, Graph, Node, carried, split, to_document, to_graph
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.model import Document
from wortlaut.text.utf16 import code_point, code_points, utf16_offsets

#: Columns that are not ``meta``.
_OWN = (
    *("id", "document", "text", "data", "entities", "relations", "label", "labels", "annotations"),
    *("Comments", "comments"),
)


def read(
    path: Path,
    *,
    label: str | tuple[str, ...] = (),
    annotator: str | None = None,
    losses: Losses | None = None,
) -> Iterator[Document]:
    """One document a line; it is named by ``document``, else by doccano's id, else by its line.

    ``label``: pairs ``12=LOC``, for labels that are numbers; ``annotator``: whose ``annotations`` are read.
    """
    names = dict(pair.partition("=")[::2] for pair in ((label,) if isinstance(label, str) else label))
    for number, (where, item) in enumerate(jsonl.objects(path, losses), 1):
        with tolerated(losses, "document"):
            text = jsonl.get(item, "text" if "text" in item else "data", str, where)
            points = code_points(text)
            unread: Counter[str] = Counter()
            nodes: list[Node] = []
            found = (
                *jsonl.items(item, "entities", "entity", where),
                *_by(annotator, item, where),
            )
            for at, entity in found:
                with tolerated(losses, "span"):
                    offsets = (
                        jsonl.get(entity, "start_offset", int, at),
                        jsonl.get(entity, "end_offset", int, at),
                        _name(entity.get("label"), names, at),
                    )
                    nodes.append(_node(offsets, entity.get("id", at), text, points, at))
            edges = [
                Edge(
                    jsonl.get(relation, "type", str, at),
                    *(str(jsonl.get(relation, end, int, at)) for end in ("from_id", "to_id")),
                )
                for at, relation in jsonl.items(item, "relations", "relation", where)
            ]
            triples = [*jsonl.maybe(item, "label", list, where), *jsonl.maybe(item, "labels", list, where)]
            for place, triple in enumerate(triples, 1):
                at = f"{where}, label {place}"
                if isinstance(triple, str):
                    unread["label of the text"] += 1
                    continue
                with tolerated(losses, "span"):
                    if not isinstance(triple, list) or len(triple) != 3:
                        raise DataError("is not [start, end, label]", where=at)
                    nodes.append(_node(triple, f"label {place}", text, points, at))
            name = item.get("document", item.get("id"))
            unread["comment"] += sum(len(jsonl.maybe(item, key, list, where)) for key in _OWN[-2:])
            meta = [
                (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
                for key, value in item.items()
                if key not in _OWN and value not in (None, {}, [])
            ]
            id = str(number if name is None else name)
            yield to_document(id, text, Graph(nodes, edges), where, meta, +unread, losses)


def annotators(path: Path) -> list[str]:
    """Whose ``annotations`` stand in lines that have those of several people; else nobody."""
    people = [
        {
            str(one.get("user"))
            for _, one in jsonl.items(item, "annotations", "annotation", where)
            if isinstance(one, dict)
        }
        for where, item in jsonl.objects(path)
    ]
    return sorted(set().union(*people)) if any(len(one) > 1 for one in people) else []


def _by(annotator: str | None, item: dict[str, Any], where: str) -> list[tuple[str, Any]]:
    """The ``annotations`` of one person, each behind where it stands."""
    found = [*jsonl.items(item, "annotations", "annotation", where)]
    people = sorted({str(one.get("user")) for _, one in found if isinstance(one, dict)})
    if annotator is None and len(people) > 1:
        raise DataError(
            f"has annotations of {len(people)} people: {', '.join(people)}",
            where=where,
            hint=f"Say whose: doccano?annotator={people[0]}:FILE.",
        )
    return [(at, one) for at, one in found if annotator in (None, str(one.get("user")))]


def _name(label: object, names: Mapping[str, str], at: str) -> object:
    if isinstance(label, int) and str(label) not in names:
        hint = f"Say what it is called: doccano?label={label}=LOC:FILE, with one more &label= for each other."
        raise DataError(f"the label is the number {label}, not a name", where=at, hint=hint)
    return names[str(label)] if isinstance(label, int) else label


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write one document a line."""
    return jsonl.write(path, documents, Losses("doccano"), _line)


join = files.concatenate


def _line(document: Document, losses: Losses) -> dict[str, object]:
    graph = split(to_graph(carried(document, losses, entity=(), quote=(), clusters=False)))
    units = utf16_offsets(document.text)
    numbers = {node.id: number for number, node in enumerate(graph.nodes, 1)}
    meta = jsonl.meta(document, losses, "doccano has a column of this name", lambda key: key not in _OWN)
    return {
        "document": document.id,
        "text": document.text,
        "entities": [
            {
                "id": numbers[node.id],
                "label": node.label,
                "start_offset": units[node.span.start],
                "end_offset": units[node.span.end],
            }
            for node in graph.nodes
        ],
        "relations": [
            {"id": number, "from_id": numbers[edge.source], "to_id": numbers[edge.target], "type": edge.label}
            for number, edge in enumerate(graph.edges, 1)
        ],
        **meta,
    }


def _node(place: Sequence[Any], id: object, text: str, points: Mapping[int, int], at: str) -> Node:
    start, end, label = place
    if not isinstance(label, str) or not label:
        raise DataError("has no label", where=at)
    if type(start) is not int or type(end) is not int:
        raise DataError(f"{start!r} and {end!r} are not two offsets", where=at)
    span = jsonl.span(code_point(points, start, at), code_point(points, end, at), text, at)
    return Node(str(id), label, span)
