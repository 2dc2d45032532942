"""Citron's JSON: a file a document, with quotes of a cue, sources and contents. Read only; *unverified*.

``text``, ``quotes`` (``cue``, ``sources`` and ``contents``, each ``start``, ``end`` and ``text``, in code
points; ``id``, ``confidence``) and ``coreference_groups``, lists of such spans, as ``docs/data_format.md`` of
github.com/bbc/citron says. No corpus in this format is public.

Quotes are as :mod:`wortlaut.formats.attributions` has them, ``confidence`` is the score. A group is a cluster
called by its longest mention; one that mentions a source is ``speaker_entity``. Lost are the
``coreferences`` of a quote, which repeat its group, and other keys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError
from wortlaut.formats import attributions, files, jsonl
from wortlaut.formats.graph import not_read
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import read_json, unpacked
from wortlaut.model import Annotations, Cluster, Document, Span

_KEYS = {"text", "quotes", "coreference_groups", "cue", "sources", "contents", "id", "confidence"}


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a folder, or the one of a file."""
    for file in files.find(path, "citron", named=True):
        with tolerated(losses, "document"):
            yield _document(unpacked(file).stem, read_json(file), str(file), losses)


def _document(name: str, item: Any, where: str, losses: Losses | None) -> Document:
    text = jsonl.get(item, "text", str, where)
    if "quotes" not in item:
        raise DataError("has no 'quotes' of type list", where=where)
    clusters = []
    for number, group in enumerate(jsonl.maybe(item, "coreference_groups", list, where), 1):
        at = f"{where}, group {number}"
        mentions = [_span(span, text, at) for _, span in jsonl.items({"": group}, "", "span", at)]
        if mentions:
            longest = max(mentions, key=len).text(text)
            clusters.append(Cluster(f"e{number}", " ".join(longest.split()), mentions=tuple(mentions)))
    unread: Counter[str] = Counter(key for key in item if key not in _KEYS)
    found: dict[str, dict[str, list[tuple[int, int]]]] = {}
    more: dict[str, dict[str, Any]] = {}
    for number, (at, quote) in enumerate(jsonl.items(item, "quotes", "quote", where), 1):
        sources = [_span(span, text, place) for place, span in jsonl.items(quote, "sources", "source", at)]
        contents = [_span(span, text, place) for place, span in jsonl.items(quote, "contents", "content", at)]
        cue = jsonl.maybe(quote, "cue", dict, at)
        id = str(quote.get("id") or f"q{number}")
        if id in found:
            raise DataError(f"two quotes are called {id!r}", where=at)
        found[id] = {
            role: [fragment for span in spans for fragment in span]
            for role, spans in {
                "content": contents,
                "cue": [_span(cue, text, f"{at}, cue")] if cue else [],
                "speaker": sources,
            }.items()
        }
        entities = [one.id for one in clusters if {*sources} & {*one.mentions}]
        score = quote.get("confidence")
        if score is not None and (type(score) not in (int, float)):
            raise DataError("has no 'confidence' that is a number", where=at)
        more[id] = {"score": score, "speaker_entity": entities[0] if entities else None}
        unread.update(key for key in quote if key not in _KEYS)
    quotes = tuple(replace(one, **more[one.id]) for one in attributions.quotes(text, found, unread))
    annotations = Annotations(quotes=quotes, clusters=tuple(clusters))
    return Document(name, text, annotations, tuple(not_read(name, +unread, losses)))


def _span(item: Any, text: str, where: str) -> Span:
    start, end = (jsonl.get(item, key, int, where) for key in ("start", "end"))
    span = jsonl.span(start, end, text, where)
    if "text" in item and item["text"] != span.text(text):
        what = f"[{span.start}, {span.end}) is {span.text(text)!r} in the text, not {item['text']!r}"
        raise DataError(
            what, where=where, hint="Offsets are code points into 'text', from 0, the end excluded."
        )
    return span
