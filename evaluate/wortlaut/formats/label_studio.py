"""Label Studio JSON: tasks with a text, regions that have labels, and relations between regions.

Offsets are code points: since 2021 Label Studio counts those (``charsToCodePoints``), before it counted
UTF-16 code units. Each region holds the text it covers, with ``\\n`` written out for a line end. Where no
reading of a task's offsets in code points fits these texts and the one in UTF-16 units does, that is
taken; where neither does, it is an error.

Written: nodes of :mod:`wortlaut.formats.graph` as regions of a control ``label`` on an object ``text``,
values under ``meta.wortlaut`` of the region, which Label Studio keeps; ``data`` holds ``text``,
``document``, ``meta`` and ``clusters``. Nothing is lost. Beside ``tasks.json`` the labelling interface,
``tasks.view.xml``. Read: each label of a region is an entity; what
is neither labels nor a relation (choices, text areas) is counted in ``not_read`` in ``meta``, as are regions
of another text. The text is the one in ``data`` that the regions' ``to_name`` names, else ``text``, else the
only one that there is, or ``label-studio?text=KEY:FILE``. Where several people annotated a task, it must be
said whose annotations are read: ``label-studio?annotator=1:FILE``, by the id or mail address in
``completed_by``; other people's tasks are left out. ``annotator=predictions`` reads what models predicted
(which, where there are several, the ``model_version`` says, in place of ``predictions``). Cancelled
annotations are passed over. ``completions`` are the annotations of versions before 1.0.
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
from wortlaut.formats.graph import MENTION, Edge, Graph, Node, carried, split, to_document, to_graph
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.formats.projects import label_studio_view
from wortlaut.model import Document, Span
from wortlaut.text.utf16 import code_points

_LABELS = "labels"
_LINE_END = re.compile("[\n\r]")


def read(
    path: Path, *, text: str | None = None, annotator: str | None = None, losses: Losses | None = None
) -> Iterator[Document]:
    """Every task of an export as JSON. A task without ``data.document`` is named by its id or its place."""
    annotated = predicted = False
    kinds: set[str] = set()
    for number, task in enumerate(jsonl.listed(path), 1):
        where = f"{path}: task {number}"
        with tolerated(losses, "task"):
            done = _annotations(task, annotator, where)
            annotated, predicted = (
                annotated or bool(done),
                predicted or bool(jsonl.maybe(task, "predictions", list, where)),
            )
            if done or annotator is None:
                yield _document(task, done, number, text, where, losses)
                kinds.update(str(item["type"]) for one in done for item in one["result"])
    if (others := sorted(kind for kind in kinds if kind.endswith("labels"))) and _LABELS not in kinds:
        raise DataError(
            f"holds {', '.join(others)}, and no labels of a plain text",
            where=str(path),
            hint="Only those are read: of <Text>, not of <HyperText>, <Paragraphs> and the like.",
        )
    if not annotated and annotator is not None:
        raise DataError(f"holds no annotations by {annotator!r}", where=str(path))
    if predicted and not annotated:
        raise DataError(
            "holds predictions and no annotations",
            where=str(path),
            hint="To read what the model predicted: label-studio?annotator=predictions:FILE.",
        )


def annotators(path: Path) -> list[str]:
    """Who annotated the tasks of an export in which a task has several annotations; else nobody."""
    people: set[str] = set()
    several = False
    for number, task in enumerate(jsonl.listed(path), 1):
        found = [_who(item) for item in _finished(task, f"{path}: task {number}")]
        several = several or len(found) > 1
        people.update(found)
    return sorted(people) if several else []


def _finished(task: Any, where: str) -> list[Any]:
    return [
        item
        for key in ("annotations", "completions")
        for item in jsonl.maybe(task, key, list, where)
        if not (isinstance(item, dict) and (item.get("was_cancelled") or item.get("skipped")))
    ]


def _who(item: Any) -> str:
    by = item.get("completed_by") if isinstance(item, dict) else None
    return str(by.get("email") or by.get("id")) if isinstance(by, dict) else str(by)


def _annotations(task: Any, annotator: str | None, where: str) -> list[Any]:
    """The one annotation that is read; none where there is none."""
    done = _finished(task, where)
    if annotator is not None:
        predicted = jsonl.maybe(task, "predictions", list, where)
        done = [item for item in done if _who(item) == annotator] or [
            item
            for item in predicted
            if annotator == "predictions"
            or (isinstance(item, dict) and item.get("model_version") == annotator)
        ]
    if len(done) > 1:
        people = sorted(set(map(_who, done)) - {"None"})
        models = sorted({str(item.get("model_version")) for item in done if isinstance(item, dict)})
        names = models if annotator == "predictions" else people
        hint = (
            f"Say whose: label-studio?annotator={names[0]}:FILE." if len(names) > 1 else "Leave one of them."
        )
        by = f", by {', '.join(names)}" if names else ""
        raise DataError(f"has {len(done)} annotations{by}", where=where, hint=hint)
    return done


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


#: What stands beside a file that is written ends so, and is made from the labels in it.
BESIDE = ".view.xml"


def beside(labels: Iterable[str]) -> str:
    """The interface that a project needs before it takes the tasks."""
    return label_studio_view(dict.fromkeys(sorted(labels), "") | {MENTION: "mention of a cluster"})


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


def _text_key(data: dict[str, Any], results: list[Any], where: str) -> str:
    """Where in ``data`` the text is that the regions are about."""
    texts = [key for key, value in data.items() if isinstance(value, str)]
    about = {str(item.get("to_name")) for item in results if isinstance(item, dict)}
    named = [key for key in texts if key in about]
    keys = named or ([key for key in texts if key == "text"] or texts)
    if len(keys) != 1:
        found = f"has the texts {', '.join(map(repr, keys))}" if keys else "has no text"
        hint = f"Say which is meant: label-studio?text={keys[0] if keys else 'KEY'}:FILE."
        raise DataError(found, where=f"{where}, data", hint=hint)
    return keys[0]


def _document(
    task: Any, done: list[Any], number: int, key: str | None, where: str, losses: Losses | None
) -> Document:
    data = jsonl.get(task, "data", dict, where)
    results = jsonl.get(done[0], "result", list, f"{where}, annotation") if done else []
    key = key or _text_key(data, results, where)
    text = jsonl.get(data, key, str, f"{where}, data")
    regions: list[tuple[dict[str, Any], str]] = []
    others: set[str] = set()  # regions of another text
    edges: list[Edge] = []
    unread: Counter[str] = Counter()
    for place, item in enumerate(results, 1):
        at = f"{where}, result {place}"
        kind = jsonl.get(item, "type", str, at)
        if (
            kind == _LABELS
            and item.get("to_name") != key
            and isinstance(data.get(str(item.get("to_name"))), str)
        ):
            unread["region of another text"] += 1
            others.add(str(item.get("id")))
        elif kind == _LABELS:
            regions.append((item, at))
        elif kind == "relation":
            ends = jsonl.get(item, "from_id", str, at), jsonl.get(item, "to_id", str, at)
            labels = jsonl.maybe(item, "labels", list, at) or ["relation"]
            if others & {*ends}:
                unread["relation"] += 1
            else:
                edges += (Edge(str(label), *ends) for label in labels)
        else:
            unread[kind] += 1
    graph = Graph(_nodes(regions, text, losses), edges, jsonl.maybe(data, "clusters", list, f"{where}, data"))
    given = data.get("document")
    name = given if isinstance(given, str) else str(task.get("id", number))
    meta = jsonl.strings(data, "meta", where)
    return to_document(name, text, graph, where, meta, unread, losses)


def _nodes(regions: list[tuple[dict[str, Any], str]], text: str, losses: Losses | None) -> list[Node]:
    found = []
    for item, at in regions:
        with tolerated(losses, "span"):
            found.append((*_value(item, at), item, at))
    maps = [dict(enumerate(range(len(text) + 1))), code_points(text)]
    fitting = [
        [
            start in units
            and end in units
            and units[start] < units[end]
            and _fits(text[units[start] : units[end]], surface)
            for start, end, surface, *_ in found
        ]
        for units in maps
    ]
    best = fitting.index(max(fitting, key=sum))
    if not all(fitting[best]) and (losses is None or not losses.lenient):
        best = 0
    nodes: list[Node] = []
    for fits, (start, end, surface, item, at) in zip(fitting[best], found, strict=True):
        with tolerated(losses, "span"):
            if not fits:
                covered = Span.text(jsonl.span(start, end, text, at), text)
                raise DataError(
                    f"[{start}, {end}) is {covered!r} in the text, not {surface!r}",
                    where=at,
                    hint="Neither as code points nor as UTF-16 units do the task's offsets fit its texts.",
                )
            span = Span.of(maps[best][start], maps[best][end])
            labels = jsonl.get(item["value"], "labels", list, at)
            if not labels:
                raise DataError("a region without a label", where=at)
            values = jsonl.maybe(jsonl.maybe(item, "meta", dict, at), "wortlaut", dict, at)
            name = str(item.get("id", at))  # predictions need none
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
