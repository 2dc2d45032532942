"""TEI P5 stand-off: a folder with one file a document, its text in the body, annotations in ``standOff``.

Files without spans in ``standOff`` are read by what is marked in the text itself, as
:mod:`wortlaut.formats.tei_inline` says. Their documents are called as the files.

Offsets are code points, counted by the pointer scheme ``string-range`` from the start of the ``ab`` that
holds the text: ``#string-range(text,0,5,12,5)`` is two fragments, each as offset and length. The text of
a span is checked.

Written: nodes of :mod:`wortlaut.formats.graph` as ``span`` with the label as ``type`` and the covered
text as content, values as a feature structure that ``ana`` points to; edges as ``link``; clusters and
``meta`` as feature structures. A carriage return is ``&#13;``. Lost are documents with characters that
XML forbids, and ``meta`` whose key cannot be a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from wortlaut.errors import DataError
from wortlaut.formats import files, jsonl, xml
from wortlaut.formats.graph import NUMBERS, Edge, Graph, Node, carried, to_document, to_graph
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.formats.tei_inline import inline
from wortlaut.io.reading import unpacked
from wortlaut.model import Document, Span

TEI = "{http://www.tei-c.org/ns/1.0}"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_NAME = re.compile(r"[^\W\d][\w.-]*")
_RANGE = re.compile(r"#string-range\((?P<about>[^,()]+)(?P<numbers>(?:,[0-9]{1,18})+)\)")
_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0">
<teiHeader><fileDesc>
<titleStmt><title>{title}</title></titleStmt>
<publicationStmt><p>Written by wortlaut convert.</p></publicationStmt>
<sourceDesc><p>The text in the body.</p></sourceDesc>
</fileDesc></teiHeader>
<text><body><ab xml:id="text" xml:space="preserve">{text}</ab></body></text>
<standOff>
<spanGrp type="wortlaut">"""


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a folder, or the one of an ``.xml`` file."""
    for file in files.find(path, "tei"):
        with tolerated(losses, "document"):
            yield _document(file, losses)


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write the folder ``path``, which must not be there."""
    losses = Losses("tei")
    return files.write_folder(path, xml.holdable(documents, losses), losses, _contents)


def _contents(document: Document, _: str, losses: Losses) -> dict[str, str]:
    return {".xml": "".join(f"{line}\n" for line in _lines(document, losses))}


def _lines(document: Document, losses: Losses) -> Iterator[str]:
    graph = to_graph(carried(document, losses))
    meta = jsonl.meta(document, losses, "the key cannot be a name in XML", _NAME.fullmatch)
    yield _HEAD.format(title=_text(document.id), text=_text(document.text))
    for node in graph.nodes:
        numbers = ",".join(f"{start},{end - start}" for start, end in node.span)
        surface = _text(" ".join(document.text[start:end] for start, end in node.span))
        ana = f' ana="#v{node.id}"' if node.values else ""
        head = f'<span xml:id="n{node.id}" type={quoteattr(node.label, _ENTITIES)}{ana}'
        yield f'{head} target="#string-range(text,{numbers})">{surface}</span>'
    yield "</spanGrp>"
    links = [
        f'<link type={quoteattr(edge.label)} target="#n{edge.source} #n{edge.target}"/>'
        for edge in graph.edges
    ]
    if links:
        yield from ('<linkGrp type="wortlaut">', *links, "</linkGrp>")
    yield from (
        _features("values", node.values, f' xml:id="v{node.id}"') for node in graph.nodes if node.values
    )
    yield from (_features("cluster", cluster) for cluster in graph.clusters)
    if meta:
        yield _features("meta", meta)
    yield "</standOff>\n</TEI>"


_ENTITIES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def _text(content: str) -> str:
    # A parser reads a bare carriage return as a line feed.
    return escape(content, {"\r": "&#13;"})


def _features(type_: str, values: Mapping[str, object], id: str = "") -> str:
    inner = "".join(f'<f name="{key}">{_value(value)}</f>' for key, value in values.items())
    return f'<fs type="{type_}"{id}>{inner}</fs>'


def _value(value: object) -> str:
    if isinstance(value, list):
        return f'<vColl org="list">{"".join(map(_value, value))}</vColl>'
    if isinstance(value, bool):
        return f'<binary value="{str(value).lower()}"/>'
    if isinstance(value, int | float):
        return f'<numeric value="{value!r}"/>'
    return f"<string>{_text(str(value))}</string>"


def _document(file: Path, losses: Losses | None) -> Document:
    root = xml.root(file)
    where = str(file)
    marked = [item for item in root.iter(f"{TEI}text") if root.find(f"{TEI}standOff/{TEI}spanGrp") is None]
    if marked:
        text, graph, unread = inline(marked[0])
        return to_document(unpacked(file).stem, text, graph, where, (), unread, losses)
    blocks = {item.get(_ID): item for item in root.iter() if item.get(_ID)}
    block = root.find(f"{TEI}text/{TEI}body/{TEI}ab")
    if block is None or len(block):
        raise DataError(
            "has no text in one ab without elements in it",
            where=where,
            hint="Expected <text><body><ab xml:id='text'>…</ab></body></text>, annotations in <standOff>.",
        )
    text = block.text or ""
    nodes = [
        _node(span, text, block.get(_ID), blocks, f"{where}: span {number}")
        for number, span in enumerate(root.iterfind(f"{TEI}standOff/{TEI}spanGrp/{TEI}span"), 1)
    ]
    edges = []
    for number, link in enumerate(root.iterfind(f"{TEI}standOff/{TEI}linkGrp/{TEI}link"), 1):
        ends = [end.removeprefix("#") for end in link.get("target", "").split()]
        if len(ends) != 2:
            raise DataError("does not link one span to another", where=f"{where}: link {number}")
        edges.append(Edge(link.get("type", "link"), *ends))
    clusters, metas = (
        [
            _read_features(fs, where)
            for fs in root.iterfind(f"{TEI}standOff/{TEI}fs")
            if fs.get("type") == kind
        ]
        for kind in ("cluster", "meta")
    )
    meta = [(key, str(value)) for found in metas for key, value in found.items()]
    title = root.find(f"{TEI}teiHeader/{TEI}fileDesc/{TEI}titleStmt/{TEI}title")
    name = "".join(title.itertext()) if title is not None else ""
    return to_document(name or unpacked(file).stem, text, Graph(nodes, edges, clusters), where, meta)


def _node(
    span: ElementTree.Element,
    text: str,
    about: str | None,
    blocks: Mapping[str | None, ElementTree.Element],
    where: str,
) -> Node:
    pointer = _RANGE.fullmatch(span.get("target", ""))
    numbers = [int(number) for number in pointer["numbers"][1:].split(",")] if pointer else []
    if pointer is None or pointer["about"] != about or len(numbers) % 2:
        raise DataError(
            f"the target {span.get('target')!r} is no range of the text",
            where=where,
            hint=f"Expected #string-range({about},OFFSET,LENGTH).",
        )
    fragments = [
        jsonl.span(start, start + length, text, where).fragments[0]
        for start, length in zip(numbers[::2], numbers[1::2], strict=True)
    ]
    covered = " ".join(text[start:end] for start, end in fragments)
    surface = "".join(span.itertext())
    if surface and surface != covered:
        raise DataError(f"covers {covered!r} in the text, not {surface!r}", where=where)
    values = span.get("ana", "").removeprefix("#")
    if values and values not in blocks:
        raise DataError(f"there is no {values!r}", where=where)
    found = _read_features(blocks[values], where) if values else {}
    label, name = span.get("type"), span.get(_ID)
    if not label:
        raise DataError("has no type", where=where)
    return Node(name or where, label, Span.joined(fragments), found)


def _read_features(structure: ElementTree.Element, where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in structure.iterfind(f"{TEI}f"):
        name = item.get("name")
        if not name or len(item) != 1:
            raise DataError("a feature without a name or with several values", where=where)
        found[name] = _read_value(item[0], name, where)
    return found


def _read_value(item: ElementTree.Element, name: str, where: str) -> Any:
    kind = item.tag.removeprefix(TEI)
    if kind == "vColl":
        return [_read_value(part, name, where) for part in item]
    if kind == "string":
        return "".join(item.itertext())
    value = item.get("value", "")
    try:
        return {"true": True, "false": False}[value] if kind == "binary" else NUMBERS[name](value)
    except (KeyError, ValueError):
        raise DataError(f"the feature {name} cannot be {kind} {value!r}", where=where) from None
