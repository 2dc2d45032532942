"""W3C Web Annotation (JSON-LD): a folder with a ``.txt`` and a ``.jsonld`` file a document.

Offsets are Unicode code points, as the recommendation demands ("in terms of unicode code points, not in
terms of code units"). A ``TextQuoteSelector`` beside the ``TextPositionSelector`` is checked against the
text.

Written: an ``AnnotationPage`` whose items are the nodes of :mod:`wortlaut.formats.graph`, the label as a
tagging body, a Wikidata id as an identifying body, one target a fragment; edges link two annotations.
Everything else stands under ``wortlaut``, which the context declares as JSON: values of an annotation,
and of the page id, ``meta`` and clusters. Nothing is lost. Read: a page, or a list of annotations; the
text is the target's ``source`` beside the file. An annotation with several tags is an entity of each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from wortlaut.errors import DataError
from wortlaut.formats import files, jsonl
from wortlaut.formats.graph import Edge, Graph, Node, carried, to_document, to_graph
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import read_json, unpacked
from wortlaut.model import Document, Span

_CONTEXT = [
    "http://www.w3.org/ns/anno.jsonld",
    {"wortlaut": {"@id": "urn:wortlaut:values", "@type": "@json"}},
]
_WIKIDATA = "http://www.wikidata.org/entity/"
#: Characters of context in a quote selector.
_AROUND = 20


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a folder, or the one of a ``.jsonld`` file."""
    for file in files.find(path, "web-annotation"):
        with tolerated(losses, "document"):
            yield _document(file, losses)


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write the folder ``path``, which must not be there."""
    return files.write_folder(path, documents, Losses("web-annotation"), _contents)


def _contents(document: Document, name: str, losses: Losses) -> dict[str, str]:
    page = _page(document, quote(f"{name}.txt"), losses)
    return {".txt": document.text, ".jsonld": json.dumps(page, ensure_ascii=False, indent=1) + "\n"}


def _page(document: Document, source: str, losses: Losses) -> dict[str, Any]:
    graph = to_graph(carried(document, losses))
    spans = (
        {
            "id": f"#{node.id}",
            "type": "Annotation",
            "motivation": "tagging",
            "body": _body(node),
            "target": [_target(document.text, source, *fragment) for fragment in node.span],
            **({"wortlaut": node.values} if node.values else {}),
        }
        for node in graph.nodes
    )
    links = (
        {
            "id": f"#{edge.source}-{edge.label}-{edge.target}",
            "type": "Annotation",
            "motivation": "linking",
            "body": [
                {"type": "TextualBody", "purpose": "tagging", "value": edge.label},
                {"id": f"#{edge.target}", "type": "Annotation"},
            ],
            "target": f"#{edge.source}",
        }
        for edge in graph.edges
    )
    items: list[dict[str, Any]] = [*spans, *links]
    own = {"document": document.id, "meta": jsonl.meta(document, losses), "clusters": graph.clusters}
    return {"@context": _CONTEXT, "type": "AnnotationPage", "wortlaut": own, "items": items} | (
        {} if items else {"source": source}
    )


def _body(node: Node) -> list[dict[str, Any]]:
    tag = {"type": "TextualBody", "purpose": "tagging", "value": node.label}
    qid = node.values.get("qid")
    linked = isinstance(qid, str) and qid.startswith("Q")
    link = {"type": "SpecificResource", "purpose": "identifying", "source": f"{_WIKIDATA}{qid}"}
    return [tag, link] if linked else [tag]


def _target(text: str, source: str, start: int, end: int) -> dict[str, Any]:
    quoted = {
        "type": "TextQuoteSelector",
        "exact": text[start:end],
        "prefix": text[max(0, start - _AROUND) : start],
        "suffix": text[end : end + _AROUND],
    }
    return {
        "source": source,
        "selector": [{"type": "TextPositionSelector", "start": start, "end": end}, quoted],
    }


def _document(file: Path, losses: Losses | None) -> Document:
    page = read_json(file)
    items = page if isinstance(page, list) else jsonl.get(page, "items", list, str(file))
    own = jsonl.maybe(page, "wortlaut", dict, str(file)) if isinstance(page, dict) else {}
    links: list[tuple[str, dict[str, Any]]] = []
    spans: list[tuple[str, dict[str, Any]]] = []
    for place, item in enumerate(items, 1):
        where = f"{file}: item {place}"
        linking = jsonl.get(item, "type", str, where) and item.get("motivation") == "linking"
        (links if linking else spans).append((where, item))
    text = _text(file, page, spans)
    nodes = [node for where, item in spans for node in _nodes(item, text, where)]
    edges = [_edge(item, where) for where, item in links]
    graph = Graph(nodes, edges, jsonl.maybe(own, "clusters", list, str(file)))
    meta = jsonl.strings(own, "meta", str(file))
    name = str(own.get("document", unpacked(file).stem))
    return to_document(name, text, graph, str(file), meta, losses=losses)


def _text(file: Path, page: Any, spans: list[tuple[str, dict[str, Any]]]) -> str:
    sources = {
        jsonl.get(target, "source", str, where)
        for where, item in spans
        for target in _list(item.get("target"))
    } or {page.get("source", f"{quote(unpacked(file).stem)}.txt") if isinstance(page, dict) else ""}
    if len(sources) > 1:
        raise DataError(
            f"the annotations are of {len(sources)} texts", where=str(file), hint="One file a text."
        )
    return files.text_beside(file, unquote(sources.pop().rpartition("/")[2]))


def _nodes(item: dict[str, Any], text: str, where: str) -> list[Node]:
    fragments = [_fragment(target, text, where) for target in _list(item.get("target"))]
    if not fragments:
        raise DataError("has no target", where=where)
    values = dict(jsonl.maybe(item, "wortlaut", dict, where))
    labels = []
    for body in _list(item.get("body")):
        if isinstance(body, dict) and body.get("purpose") == "identifying":
            source = jsonl.get(body, "source", str, where)
            if source.rpartition("/")[2][:1] == "Q":
                values["qid"] = source.rpartition("/")[2]
        elif isinstance(body, dict) and body.get("purpose", "tagging") == "tagging":
            labels.append(jsonl.get(body, "value", str, where))
        else:
            raise DataError("a body that is neither a tag nor a Wikidata id", where=where)
    if not labels:
        raise DataError("has no tag", where=where, hint="Expected a body with the purpose 'tagging'.")
    name = jsonl.maybe(item, "id", str, where) or where
    return [
        Node(name.removeprefix("#") + (f" {number}" if number else ""), label, Span.joined(fragments), values)
        for number, label in enumerate(labels)
    ]


def _fragment(target: Any, text: str, where: str) -> tuple[int, int]:
    selectors = _list(target.get("selector") if isinstance(target, dict) else None)
    kinds = {str(selector.get("type")): selector for selector in selectors if isinstance(selector, dict)}
    if "TextPositionSelector" not in kinds:
        raise DataError("has no TextPositionSelector", where=where)
    position = kinds["TextPositionSelector"]
    span = jsonl.span(position.get("start"), position.get("end"), text, where)
    exact = kinds.get("TextQuoteSelector", {}).get("exact")
    if exact is not None and span.text(text) != exact:
        raise DataError(
            f"[{span.start}, {span.end}) is {span.text(text)!r} in the text, not {exact!r}",
            where=where,
            hint="Positions are code points of the text as it is.",
        )
    return span.fragments[0]


def _edge(item: dict[str, Any], where: str) -> Edge:
    bodies = [body for body in _list(item.get("body")) if isinstance(body, dict)]
    ends = [str(body["id"]) for body in bodies if "id" in body]
    labels = [str(body["value"]) for body in bodies if "value" in body]
    source = item.get("target")
    if len(ends) != 1 or len(labels) > 1 or not isinstance(source, str):
        raise DataError("does not link one annotation to another", where=where)
    return Edge(labels[0] if labels else "linking", source.removeprefix("#"), ends[0].removeprefix("#"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
