"""spaCy's JSON: documents, training data of versions 2 and 3, lists of texts with entities. Read only.

Offsets are code points. Four forms, in one JSON value, a list of them, or one a line (``.jsonl``):

- ``doc.to_json()`` of version 3: ``text``, ``ents``, ``spans`` (groups by name), ``tokens``, ``sents``,
  ``cats``;
- training data of version 2: ``paragraphs`` with ``raw`` and ``sentences`` of ``tokens``, whose ``orth``
  is the word and ``ner`` a tag of BILUO; a tag ``-`` is not known, and counted in ``not_read``. Words may
  be those of the Penn Treebank (``-LRB-``). Without ``raw`` the words are joined by a space where
  ``space`` does not say otherwise. Each paragraph is a document;
- ``["text", {"entities": [[start, end, "LABEL"], …]}]``, as version 2 was trained on, also inside of
  ``{"classes": …, "annotations": [...]}``, as the NER Annotator for spaCy writes it; ``null`` there is
  left out;
- ``{"text": …, "entities": …}``, or with ``words`` in place of the text, and then tags of BILUO as
  ``entities``.

A document is named by its ``id``, else by its place. Names are in ``ents`` or ``entities``;
``spacy-json?spans=KEY:FILE`` reads a group of spans in their place. A ``kb_id`` that is a Wikidata id is a
link. Lost are other groups, ``cats``, other links, and what spaCy knows of tokens. Described at
spacy.io/api/data-formats, spacy.io/api/doc#to_json and v2.spacy.io/api/annotation#json-input.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError
from wortlaut.formats import jsonl
from wortlaut.formats.columns import decode, lay_out, pack
from wortlaut.formats.graph import Graph, Node, to_document
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.model import Document

#: Words of the Penn Treebank → how they stand in a text.
_PENN = {"``": '"', "''": '"', "-LRB-": "(", "-RRB-": ")"}
_QID = re.compile(r"Q[1-9][0-9]*|NIL")


def read(path: Path, *, spans: str = "", losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a file; ``spans``: the group of spans that is read in place of the entities."""
    left: Counter[str] = Counter()
    found = False
    for number, (where, item) in enumerate(_items(path, losses), 1):
        if item is None:
            if losses is not None:
                losses.add("document", Document(str(number), ""), "it is null: nobody has annotated it")
            continue
        with tolerated(losses, "document"):
            for document, groups in _documents(item, number, spans, where, losses):
                left += groups
                found = found or bool(document.entities)
                yield document
    if left and not found:
        hint = f"Say which group is meant: spacy-json?spans={next(iter(left))}:{path}"
        raise DataError(
            f"holds no entities, but groups of spans: {', '.join(left)}", where=str(path), hint=hint
        )


def _items(path: Path, losses: Losses | None) -> Iterator[tuple[str, Any]]:
    """Each JSON value, behind where it stands."""
    for where, item in jsonl.values(path, losses):
        if isinstance(item, dict) and "annotations" in item and "text" not in item:
            yield from jsonl.items(item, "annotations", "annotation", where)
        else:
            yield where, item


def _documents(
    item: Any, number: int, spans: str, where: str, losses: Losses | None
) -> Iterator[tuple[Document, Counter[str]]]:
    """The documents of a value, each with the sizes of its groups of spans that are not read."""
    if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str):
        item = (item[1] if isinstance(item[1], dict) else {"entities": item[1]}) | {"text": item[0]}
    given = item.get("id") if isinstance(item, dict) else None
    name = str(number if not isinstance(given, str | int) else given)
    if not isinstance(item, dict) or not item.keys() & {"paragraphs", "ents", "entities", "spans"}:
        raise DataError(
            "is no document of spaCy",
            where=where,
            hint="Expected paragraphs, ents, entities or spans, or [text, {entities}].",
        )
    if "paragraphs" not in item:
        yield _document(item, name, spans, where, losses)
        return
    parts = [*jsonl.items(item, "paragraphs", "paragraph", where)]
    for place, (at, part) in enumerate(parts, 1):
        yield _document(_flat(part, at), name if len(parts) == 1 else f"{name}-{place}", spans, at, losses)


def _flat(paragraph: Any, where: str) -> dict[str, Any]:
    """A paragraph of version 2 as the words and tags of its tokens."""
    sentences = [
        [*jsonl.items(sentence, "tokens", "token", at)]
        for at, sentence in jsonl.items(paragraph, "sentences", "sentence", where)
    ]
    tokens = [token for sentence in sentences for token in sentence]
    ends = [sum(map(len, sentences[:place])) for place in range(len(sentences) + 1)]
    return {
        "text": paragraph.get("raw"),
        "words": [jsonl.get(token, "orth", str, at) for at, token in tokens],
        "spaces": [token.get("space") is not False for _, token in tokens],
        "entities": [token.get("ner") or "-" for _, token in tokens],
        "cats": {str(place): cat for place, cat in enumerate(jsonl.maybe(paragraph, "cats", list, where))},
        "sentences": pack(pairwise(ends)),
    }


def _document(
    item: dict[str, Any], name: str, spans: str, where: str, losses: Losses | None
) -> tuple[Document, Counter[str]]:
    groups = jsonl.maybe(item, "spans", dict, where)
    if spans and spans not in groups:
        has = f"It has {', '.join(groups)}." if groups else "It has none."
        raise DataError(f"no group of spans {spans!r}", where=where, hint=has)
    key = "ents" if "ents" in item else "entities"
    found = jsonl.get(groups, spans, list, where) if spans else jsonl.maybe(item, key, list, where)
    unread: Counter[str] = Counter()
    meta: list[tuple[str, str]] = []
    if "words" in item:
        text, offsets = _words(item, where)
        meta.append(("tokens", pack(offsets)))
        if "sentences" in item:
            meta.append(("sentences", item["sentences"]))
        if all(isinstance(one, str) for one in found):
            unread["token whose tag is not known"] += found.count("-")
            found = _phrases(found, offsets, where)
    else:
        text = jsonl.get(item, "text", str, where)
        offsets = [_place(one, at)[:2] for at, one in jsonl.items(item, "tokens", "token", where)]
        meta += [("tokens", pack(offsets))] if offsets else []
    nodes: list[Node] = []
    for place, one in enumerate(found, 1):
        at = f"{where}, entity {place}"
        with tolerated(losses, "span"):
            start, end, label, link = _place(one, at)
            if not isinstance(label, str) or not label:
                raise DataError("has no label", where=at)
            linked = isinstance(link, str) and _QID.fullmatch(link)
            unread["link that is no Wikidata id"] += bool(link) and not linked
            values = {"qid": link} if linked else {}
            nodes.append(Node(str(place), label, jsonl.span(start, end, text, at), values))
    left = Counter({key: len(jsonl.get(groups, key, list, where)) for key in groups if key != spans})
    unread.update({f"span group {key}": count for key, count in left.items()})
    unread["entity"] += len(jsonl.maybe(item, key, list, where)) if spans else 0
    unread["label of the text"] += len(jsonl.maybe(item, "cats", dict, where))
    return to_document(name, text, Graph(nodes), where, meta, +unread, losses), +left


def _place(one: Any, at: str) -> tuple[Any, Any, Any, Any]:
    """Start, end, label and link of an entity, which is an object or a list of them."""
    if isinstance(one, dict):
        return one.get("start"), one.get("end"), one.get("label", one.get("tag")), one.get("kb_id")
    if not isinstance(one, list) or not 3 <= len(one) <= 5:
        raise DataError("is not [start, end, label]", where=at)
    return one[0], one[1], one[2], one[3] if len(one) > 3 else None


def _words(item: dict[str, Any], where: str) -> tuple[str, list[tuple[int, int]]]:
    """The text of the words, and the offsets of each."""
    words, spaces = jsonl.get(item, "words", list, where), jsonl.maybe(item, "spaces", list, where)
    if not words or not all(isinstance(word, str) and word for word in words):
        raise DataError("its words are no list of strings", where=where)
    text = item.get("text")
    if text is None:
        after = [
            " " if space else "" for space in (spaces if len(spaces) == len(words) else [True] * len(words))
        ]
        return lay_out(zip(words, after, strict=True))
    text, end = jsonl.get(item, "text", str, where), 0
    offsets: list[tuple[int, int]] = []
    for place, word in enumerate(words, 1):
        start = text.find(word, end)
        if word in _PENN and (start < 0 or text[end:start].strip()):
            start = text.find(word := _PENN[word], end)
        if start < 0 or text[end:start].strip():
            raise DataError(
                f"the text goes on with {text[end : end + 20]!r}, not {word!r}",
                where=f"{where}, token {place}",
            )
        offsets.append((start, end := start + len(word)))
    return text, offsets


def _phrases(tags: Sequence[str], offsets: Sequence[tuple[int, int]], where: str) -> list[list[Any]]:
    if len(tags) != len(offsets):
        raise DataError(f"has {len(tags)} tags for {len(offsets)} words", where=where)
    known = ["O" if tag == "-" else tag for tag in tags]
    phrases, _ = decode(known, lambda index: f"{where}, token {index + 1}", "BILOU")
    return [[offsets[first][0], offsets[last - 1][1], label] for first, last, label in phrases]
