"""spaCy's DocBin: documents with tokens of ``spacy.blank("de")``, entities and span groups.

Offsets are tokens in the file and code points in the model. A span that begins or ends inside a token
(``CDU-Chef`` is one) is lost and reported: it is not widened, since a widened span is another one. White
space is kept.

Written: span groups ``entities`` (label, Wikidata id as ``kb_id``), ``quotes`` (label: the type),
``cue``, ``speaker``, ``addressee``, ``frame``, ``mentions``; a span's ``id`` tells what it belongs to,
and the fragments of a discontinuous one share it. ``doc.ents`` are the entities of level 1 and one
fragment, of two that overlap the longer. ``doc.user_data["wortlaut"]`` holds the rest: id, ``meta``,
clusters, values by id. Read: without a group ``entities``, ``doc.ents``.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError, raised_as
from wortlaut.formats import files, jsonl
from wortlaut.formats.columns import INSIDE
from wortlaut.formats.graph import MENTION, QUOTE_LABELS, Edge, Graph, Node, carried, to_document, to_graph
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io import memory
from wortlaut.io.reading import read_bytes
from wortlaut.model import ROLES, Annotations, Document, Entity, Quote, Span

_OWN = "wortlaut"
_BROKEN = "It may be cut short or damaged: write it anew."
_GROUPS = {"quotes": "", **{role: role for role in ROLES}, "mentions": MENTION, "entities": ""}


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a ``.spacy`` file, or of a folder of them, one file in memory at a time.

    A document that this project did not write is named by its place: ``7``, in a folder ``train-7``.
    """
    import spacy
    from spacy.tokens import DocBin

    for file in files.find(path, "docbin"):
        data = read_bytes(file)
        memory.check(_unpacked_size(data), str(file))
        with raised_as(DataError, "is not a DocBin:", str(file), _BROKEN):
            docs = DocBin().from_bytes(data)
            size = _longest(docs)
        memory.check(size, str(file))
        # A vocabulary keeps every word that it has met: each file gets a new one.
        found = docs.get_docs(spacy.blank("de").vocab)
        for number in range(1, len(docs) + 1):
            where = f"{file}: doc {number}"
            with raised_as(DataError, "is not a DocBin:", where, _BROKEN):
                doc = next(found)
            with tolerated(losses, "document"):
                yield from_doc(doc, f"{number}" if file == path else f"{file.stem}-{number}", where)


def _unpacked_size(data: bytes) -> int:
    """What zlib makes of it, counted and not kept."""
    unpacker, size = zlib.decompressobj(), 0
    with suppress(zlib.error):  # no DocBin, as its reader will say
        while data:
            size += len(unpacker.decompress(data, 1 << 20))
            data = unpacker.unconsumed_tail
    return size


def _longest(docs: Any) -> int:
    """Characters of the longest text, in which a word can stand any number of times."""
    from spacy.attrs import ORTH
    from spacy.strings import get_string_id

    lengths = {get_string_id(word): len(word) for word in docs.strings}
    words = docs.attrs.index(ORTH)
    texts = (sum(lengths.get(word, 0) for word in tokens[:, words].tolist()) for tokens in docs.tokens)
    return max(texts, default=0)


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write all documents into one file; spaCy builds it in memory."""
    import spacy
    from spacy.tokens import DocBin

    losses = Losses("docbin")
    tokenizer = spacy.blank("de").make_doc
    docs = DocBin(attrs=["ENT_IOB", "ENT_TYPE", "ENT_KB_ID"], store_user_data=True)
    for document in documents:
        docs.add(_doc(document, tokenizer(document.text), losses))
    path.write_bytes(docs.to_bytes())
    return losses


def join(path: Path, parts: Sequence[Path]) -> None:
    """Several of these files in one, in memory, where ``path`` ends in .spacy; else in a folder."""
    from spacy.tokens import DocBin

    if path.suffix == ".spacy" and len(parts) > 1:
        whole = DocBin(store_user_data=True).from_disk(parts[0])
        for part in parts[1:]:
            whole.merge(DocBin(store_user_data=True).from_disk(part))
        whole.to_disk(path)
    elif path.suffix == ".spacy":
        files.link_or_copy(parts[0], path)
    else:
        path.mkdir()
        for number, part in enumerate(parts):
            files.link_or_copy(part, path / f"{number:05}.spacy")


def _doc(document: Document, doc: Any, losses: Losses) -> Any:
    annotations = carried(_fitting(document, doc, losses), losses)
    graph = to_graph(annotations)
    groups: dict[str, list[Any]] = {name: [] for name in _GROUPS}
    for node in graph.nodes:
        groups[_group(node, graph)] += (
            doc.char_span(start, end, node.label, kb_id=node.values.get("qid") or "", span_id=node.id)
            for start, end in node.span
        )
    for name, spans in groups.items():
        if spans or name == "entities":
            doc.spans[name] = spans
    doc.ents = _flat(annotations.entities, doc)
    doc.user_data[_OWN] = {
        "document": document.id,
        "meta": jsonl.meta(document, losses),
        "clusters": list(graph.clusters),
        "values": {node.id: dict(node.values) for node in graph.nodes if node.values},
        "relations": [[edge.label, edge.source, edge.target] for edge in graph.edges],
    }
    return doc


def _group(node: Node, graph: Graph) -> str:
    if node.label in QUOTE_LABELS:
        return "quotes"
    if node.label in ROLES and any(edge.target == node.id for edge in graph.edges):
        return node.label
    return "mentions" if node.label == MENTION and "cluster" in node.values else "entities"


def _flat(entities: Iterable[Entity], doc: Any) -> list[Any]:
    from spacy.util import filter_spans

    spans = [
        doc.char_span(entity.span.start, entity.span.end, entity.label, kb_id=entity.qid or "")
        for entity in entities
        if entity.level == 1 and not entity.span.discontinuous
    ]
    # spaCy takes no entity of white space alone.
    return list(filter_spans(span for span in spans if span.text.strip()))


def _fitting(document: Document, doc: Any, losses: Losses) -> Document:
    """The document with the spans that are whole tokens."""
    starts = {token.idx for token in doc}
    ends = {token.idx + len(token.text) for token in doc}

    def kept(kind: str, what: str, span: Span) -> bool:
        fits = all(start in starts and end in ends for start, end in span)
        if not fits:
            losses.add(kind, document, INSIDE, what, span)
        return fits

    entities = tuple(entity for entity in document.entities if kept("entity", entity.label, entity.span))
    quotes: dict[str, Quote] = {}
    for quote in document.quotes:
        (_, content), *roles = quote.spans()
        if kept("quote", quote.id, content):
            gone = {r: None for r, span in roles if not kept(f"quote.{r}", f"{r} of {quote.id}", span)}
            quotes[quote.id] = replace(quote, **gone)  # type: ignore[arg-type]
    for id, quote in quotes.items():
        if quote.parent is not None and quote.parent not in quotes:
            losses.add("quote.parent", document, "its parent is lost", id)
            quotes[id] = replace(quote, parent=None)
    clusters = tuple(
        replace(cluster, mentions=tuple(m for m in cluster.mentions if kept("mention", cluster.id, m)))
        for cluster in document.clusters
    )
    return document.with_annotations(Annotations(entities, tuple(quotes.values()), clusters))


def from_doc(doc: Any, name: str, where: str, spans_key: str = "") -> Document:
    """The document of a spaCy ``Doc``, called ``name`` unless this project wrote it.

    The spans of the group ``spans_key`` are entities, too. Raises DataError.
    """
    if not hasattr(doc, "ents"):
        raise DataError(f"{doc!r:.80} is no spaCy document", where=where)
    own = doc.user_data.get(_OWN, {})
    labels: dict[str, str] = {}
    fragments: dict[str, list[tuple[int, int]]] = defaultdict(list)
    values: dict[str, dict[str, Any]] = defaultdict(dict)
    spans = [span for name in _GROUPS if name in doc.spans for span in doc.spans[name]]
    if "entities" not in doc.spans:
        spans += doc.ents
    if spans_key:
        if spans_key not in doc.spans:
            has = f"It has {', '.join(doc.spans)}." if doc.spans else "It has none."
            raise DataError(f"no span group {spans_key!r}", where=where, hint=has)
        spans += doc.spans[spans_key]
    for place, span in enumerate(spans, 1):
        id = span.id_ or f"span {place}"
        if labels.setdefault(id, span.label_) != span.label_:
            raise DataError(f"two spans of the id {id!r} have different labels", where=where)
        fragments[id].append((span.start_char, span.end_char))
        if span.kb_id_:
            values[id]["qid"] = span.kb_id_
    for id, found in own.get("values", {}).items():
        values[id].update(found)
    nodes = [Node(id, label, Span.joined(fragments[id]), values[id]) for id, label in labels.items()]
    edges = [Edge(*relation) for relation in own.get("relations", ())]
    graph = Graph(nodes, edges, own.get("clusters", ()))
    return to_document(own.get("document", name), doc.text, graph, where, own.get("meta", {}).items())
