"""Label Studio JSON: tasks with a text, regions that have labels, and relations between regions.

Offsets are code points: since 2021 Label Studio counts those (``charsToCodePoints``), before it counted
UTF-16 code units. Each region holds the text it covers, with ``\\n`` written out for a line end. Where no
reading of a task's offsets in code points fits these texts and the one in UTF-16 units does, that is
taken; where neither does, it is an error.

Written: nodes of :mod:`wortlaut.formats.graph` as regions of a control ``label`` on an object ``text``,
values under ``meta.wortlaut`` of the region, which Label Studio keeps; ``data`` holds ``text``,
``document``, ``meta`` and ``clusters``. Nothing is lost. Read: each label of a region is an entity; what
is neither labels nor a relation (choices, text areas) is counted in ``not_read`` in ``meta``. A
task with the annotations of several people is an error; cancelled ones are passed over, as are
predictions.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError
from wortlaut.formats import files, jsonl
from wortlaut.formats.graph import Edge, Graph, Node, carried, split, to_document, to_graph
from wortlaut.formats.losses import Losses
from wortlaut.model import Document, Span
from wortlaut.text.utf16 import code_points

_LINE_END = re.compile("[\n\r]")


def read(path: Path) -> Iterator[Document]:
    """Every task of an export as JSON. A task without ``data.document`` is named by its id or its place."""
    for number, task in enumerate(jsonl.listed(path), 1):
        yield _document(task, number, f"{path}: task {number}")


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write the tasks, each with one annotation, ready to be imported."""
    losses = Losses("label-studio")
    with path.open("w", encoding="utf-8", newline="\n") as file:
        before = "[\n"
        for document in documents:
            file.write(before + json.dumps(_task(document, losses), ensure_ascii=False))
            before = ",\n"
        file.write("\n]\n" if before == ",\n" else "[]\n")
    return losses


def join(path: Path, parts: Sequence[Path]) -> None:
    """Several of these files in one, none of them without a task."""
    files.concatenate(path, parts, head=b"[\n", between=b",\n", tail=b"\n]\n")


def _task(document: Document, losses: Losses) -> dict[str, Any]:
    graph = split(to_graph(carried(document, losses)))
    regions = [
        {
            "id": node.id,
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": node.span.start,
                "end": node.span.end,
                "text": _LINE_END.sub(r"\\n", node.span.text(document.text)),
                "labels": [node.label],
            },
            **({"meta": {"wortlaut": node.values}} if node.values else {}),
        }
        for node in graph.nodes
    ]
    relations = [
        {
            "type": "relation",
            "from_id": edge.source,
            "to_id": edge.target,
            "direction": "right",
            "labels": [edge.label],
        }
        for edge in graph.edges
    ]
    data = {
        "text": document.text,
        "document": document.id,
        "meta": jsonl.meta(document, losses),
        "clusters": graph.clusters,
    }
    return {"data": data, "annotations": [{"result": [*regions, *relations]}]}


def _document(task: Any, number: int, where: str) -> Document:
    data = jsonl.get(task, "data", dict, where)
    text = jsonl.get(data, "text", str, f"{where}, data")
    done = [
        item
        for item in jsonl.maybe(task, "annotations", list, where)
        if not (isinstance(item, dict) and item.get("was_cancelled"))
    ]
    if len(done) > 1:
        raise DataError(
            f"has {len(done)} annotations", where=where, hint="Export those of one person, or of the review."
        )
    results = jsonl.get(done[0], "result", list, f"{where}, annotation") if done else []
    regions: list[tuple[dict[str, Any], str]] = []
    edges: list[Edge] = []
    unread: Counter[str] = Counter()
    for place, item in enumerate(results, 1):
        at = f"{where}, result {place}"
        kind = jsonl.get(item, "type", str, at)
        if kind == "labels":
            regions.append((item, at))
        elif kind == "relation":
            ends = jsonl.get(item, "from_id", str, at), jsonl.get(item, "to_id", str, at)
            labels = jsonl.maybe(item, "labels", list, at) or ["relation"]
            edges += (Edge(str(label), *ends) for label in labels)
        else:
            unread[kind] += 1
    graph = Graph(_nodes(regions, text), edges, jsonl.maybe(data, "clusters", list, f"{where}, data"))
    given = data.get("document")
    name = given if isinstance(given, str) else str(task.get("id", number))
    left = [f"{kind} {count}" for kind, count in sorted(unread.items())]
    meta = jsonl.strings(data, "meta", where)
    return to_document(name, text, graph, where, meta, left)


def _nodes(regions: list[tuple[dict[str, Any], str]], text: str) -> list[Node]:
    places = [_value(item, at) for item, at in regions]
    maps = [dict(enumerate(range(len(text) + 1))), code_points(text)]
    fitting = [
        units
        for units in maps
        if all(start in units and end in units and units[start] < units[end] and
               _fits(text[units[start] : units[end]], surface) for start, end, surface in places)
    ]  # fmt: skip
    if not fitting:
        for (start, end, surface), (_, at) in zip(places, regions, strict=True):
            covered = Span.text(jsonl.span(start, end, text, at), text)
            if not _fits(covered, surface):
                raise DataError(
                    f"[{start}, {end}) is {covered!r} in the text, not {surface!r}",
                    where=at,
                    hint="Neither as code points nor as UTF-16 units do the task's offsets fit its texts.",
                )
    nodes: list[Node] = []
    for (start, end, _), (item, at) in zip(places, regions, strict=True):
        span = Span.of(fitting[0][start], fitting[0][end])
        labels = jsonl.get(item["value"], "labels", list, at)
        if not labels:
            raise DataError("a region without a label", where=at)
        values = jsonl.maybe(jsonl.maybe(item, "meta", dict, at), "wortlaut", dict, at)
        name = jsonl.get(item, "id", str, at)
        nodes += (
            Node(f"{name}.{label}" if number else name, str(label), span, values)
            for number, label in enumerate(labels)
        )
    return nodes


def _value(item: dict[str, Any], at: str) -> tuple[int, int, str | None]:
    value = jsonl.get(item, "value", dict, at)
    surface = value.get("text")
    if surface is not None and not isinstance(surface, str):
        raise DataError("its text is no string", where=at)
    return jsonl.get(value, "start", int, at), jsonl.get(value, "end", int, at), surface


def _fits(covered: str, surface: str | None) -> bool:
    return surface is None or surface in (covered, _LINE_END.sub(r"\\n", covered))
