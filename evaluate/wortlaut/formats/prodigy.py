"""Prodigy JSON Lines: a text, its tokens, spans and relations between spans.

Offsets are code points, as in spaCy. The format holds no surfaces of spans; those of the tokens are
checked.

Written: nodes of :mod:`wortlaut.formats.graph` as ``spans``, each with an ``id`` and its values, which
Prodigy keeps, and with the tokens that it takes; ``relations`` name their ends by the same ids. Tokens
are this project's, cut where a span begins or ends, so that every span is whole tokens. ``document``,
``clusters`` and ``meta`` stand beside the text. Nothing is lost. Read: also spans and relations without
ids; then a relation's ends are the spans with its offsets and labels. Tasks that were rejected or ignored are
left out; so are such spans and their relations, and chosen options, which are counted in ``not_read`` in
``meta``. Where several people annotated a text, ``prodigy?annotator=anna:FILE`` says whose tasks are read, by
``_annotator_id``, else ``_session_id``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError
from wortlaut.formats import files, jsonl
from wortlaut.formats.graph import (
    ENTITY_VALUES,
    QUOTE_VALUES,
    Edge,
    Graph,
    Node,
    carried,
    split,
    to_document,
    to_graph,
)
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.model import Document
from wortlaut.text import segments

_VALUES = {*ENTITY_VALUES, *QUOTE_VALUES, "cluster"} - {"id"}
#: A span's own id is not that of its quote.
_QUOTE_ID = "quote_id"


def read(path: Path, *, annotator: str | None = None, losses: Losses | None = None) -> Iterator[Document]:
    """One document a line; it is named by ``document``, else by its line.

    ``annotator``: whose tasks are read.
    """
    seen: dict[str, str] = {}
    for number, (where, item) in enumerate(jsonl.objects(path, losses), 1):
        who = _who(item)
        first = seen.setdefault(_task_of(item), who)
        if annotator is None and first != who:
            hint = f"Say whose: prodigy?annotator={first or who}:FILE."
            both = f"{first or 'nobody named'!r} and {who or 'nobody named'!r}"
            raise DataError(
                f"is a text that two people or sessions annotated, {both}", where=where, hint=hint
            )
        if annotator not in (None, who):
            continue
        with tolerated(losses, "task"):
            name = str(item.get("document", number))
            if not _accepted(item):
                if losses is not None:
                    losses.add("task", Document(name, ""), f"its answer is {item['answer']!r}", where)
                continue
            text = jsonl.get(item, "text", str, where)
            _check_tokens(item, text, where)
            spans: list[tuple[Node, bool]] = []
            for place, (at, span) in enumerate(jsonl.items(item, "spans", "span", where), 1):
                with tolerated(losses, "span"):
                    spans.append((_node(span, place, text, at), _accepted(span)))
            ids = {(node.span.start, node.span.end, node.label): node.id for node, _ in spans}
            rejected = {node.id for node, accepted in spans if not accepted}
            nodes = [node for node, accepted in spans if accepted]
            edges = [
                Edge(
                    jsonl.get(relation, "label", str, at),
                    *(
                        _end(jsonl.get(relation, key, dict, at), ids, at)
                        for key in ("head_span", "child_span")
                    ),
                )
                for at, relation in jsonl.items(item, "relations", "relation", where)
            ]
            meta = [(key, str(value)) for key, value in jsonl.maybe(item, "meta", dict, where).items()]
            kept = [edge for edge in edges if not rejected & {edge.source, edge.target}]
            unread = {
                "rejected span": len(rejected),
                "relation of a rejected span": len(edges) - len(kept),
                "chosen option": len(jsonl.maybe(item, "accept", list, where)),
            }
            graph = Graph(nodes, kept, jsonl.maybe(item, "clusters", list, where))
            yield to_document(name, text, graph, where, meta, +Counter(unread), losses)
    if annotator is not None and annotator not in seen.values() and annotator not in annotators(path):
        raise DataError(f"holds no tasks of {annotator!r}", where=str(path))


def annotators(path: Path) -> list[str]:
    """Who annotated, where a text is there as several people did; else nobody."""
    people: dict[str, set[str]] = defaultdict(set)
    for _, item in jsonl.objects(path):
        if who := _who(item):
            people[_task_of(item)].add(who)
    several = any(len(one) > 1 for one in people.values())
    return sorted(set().union(*people.values())) if several else []


def _task_of(item: dict[str, Any]) -> str:
    return str(item.get("_input_hash", item.get("text")))


def _who(item: dict[str, Any]) -> str:
    return str(item.get("_annotator_id") or item.get("_session_id") or "")


def _accepted(item: dict[str, Any]) -> bool:
    return str(item.get("answer", "accept")) == "accept"


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write one task a line."""
    return jsonl.write(path, documents, Losses("prodigy"), _task)


join = files.concatenate


def _task(document: Document, losses: Losses) -> dict[str, object]:
    graph = split(to_graph(carried(document, losses)))
    text = document.text
    tokens = _tokens(text, graph)
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    places = {
        node.id: {
            "id": node.id,
            "start": node.span.start,
            "end": node.span.end,
            "token_start": bisect_left(starts, node.span.start),
            "token_end": bisect_left(ends, node.span.end),
            "label": node.label,
        }
        for node in graph.nodes
    }
    return {
        "text": text,
        "tokens": [
            {"text": text[start:end], "start": start, "end": end, "id": number,
             "ws": end not in starts[number + 1 : number + 2] and end < len(text)}
            for number, (start, end) in enumerate(tokens)
        ],
        "spans": [
            places[node.id] | {_QUOTE_ID if key == "id" else key: node.values[key] for key in node.values}
            for node in graph.nodes
        ],
        "relations": [
            {
                "head": places[edge.source]["token_end"],
                "child": places[edge.target]["token_end"],
                "head_span": places[edge.source],
                "child_span": places[edge.target],
                "label": edge.label,
            }
            for edge in graph.edges
        ],
        "document": document.id,
        "clusters": graph.clusters,
        "meta": jsonl.meta(document, losses),
        "answer": "accept",
    }  # fmt: skip


def _tokens(text: str, graph: Graph) -> list[tuple[int, int]]:
    """Every character is in a token or is the one space after it, as in spaCy."""
    edges = {offset for node in graph.nodes for fragment in node.span for offset in fragment}
    cuts = sorted({0, len(text), *edges, *(offset for word in segments.tokens(text) for offset in word)})
    found: list[tuple[int, int]] = []
    for start, end in pairwise(cuts):
        space = text[start:end] == " " and found and found[-1][1] == start
        if not space or start in edges or end in edges:
            found.append((start, end))
    return found


def _check_tokens(item: dict[str, Any], text: str, where: str) -> None:
    for place, token in enumerate(jsonl.maybe(item, "tokens", list, where)):
        at = f"{where}, token {place}"
        start, end = (jsonl.get(token, key, int, at) for key in ("start", "end"))
        if text[start:end] != token.get("text"):
            raise DataError(f"[{start}, {end}) is {text[start:end]!r}, not {token.get('text')!r}", where=at)


def _node(span: Any, place: int, text: str, at: str) -> Node:
    start, end = jsonl.get(span, "start", int, at), jsonl.get(span, "end", int, at)
    values = {key: value for key, value in span.items() if key in _VALUES}
    if _QUOTE_ID in span:
        values["id"] = span[_QUOTE_ID]
    label = jsonl.get(span, "label", str, at)
    return Node(str(span.get("id", f"span {place}")), label, jsonl.span(start, end, text, at), values)


def _end(span: dict[str, Any], ids: dict[tuple[Any, Any, Any], str], at: str) -> str:
    if "id" in span:
        return str(span["id"])
    key = span.get("start"), span.get("end"), span.get("label")
    if key not in ids:
        raise DataError(f"a relation with a span {key} that is not there", where=at)
    return ids[key]
