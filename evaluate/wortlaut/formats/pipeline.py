"""What a token classification pipeline of Hugging Face or GLiNER returned, as JSON. Read only, as
predictions.

One list of spans a text, in one JSON list of them or one a line (``.jsonl``); the list of a single text is
a file of one document. A list may stand in an object with the ``id`` or the ``text`` of its document,
under any key: ``{"id": "a", "entities": […]}``. A span has ``start`` and ``end`` in code points, the label
as ``entity_group`` (``label`` in GLiNER), ``score``, and its words as ``word`` (``text``). Without
``aggregation_strategy`` a pipeline returns tags of word pieces as ``entity``; they are joined as its
strategy ``simple`` does: a piece goes on with the entity before it where it has the same label, the next
``index``, and no ``B-``.

A document without an id or a text is taken in order. Then the words of each span are compared with the
text that it is taken for, less white space, case, accents and marks of word pieces, so that a list that is
not of the same texts is told. As a corpus of its own, as for ``convert``, each needs its text. Described
at huggingface.co/docs/transformers/main_classes/pipelines and github.com/urchade/GLiNER.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from wortlaut.errors import DataError
from wortlaut.formats import jsonl
from wortlaut.formats.graph import nesting
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.model import Annotations, Document, Entity
from wortlaut.records.annotations import parse

#: Of ``meta``: the words of each entity, a line each.
SURFACES = "surfaces"
#: A span as a record of predictions, its words, and of a tag its prefix and index.
_Piece = tuple[dict[str, Any], str, str, Any]
_HINT = "Expected a list of spans for each text: [{entity_group, score, word, start, end}, …]."


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """The documents of a file in which each has its text."""
    for document in filter(None, _lists(path, losses)):
        with tolerated(losses, "document"):
            if not document.text:
                way = f"wortlaut score GOLD pipeline:{path}"
                hint = f"Score it: {way}. A corpus needs the text beside each list."
                raise DataError("holds spans without their texts", where=str(path), hint=hint)
            yield document


def read_predictions(path: Path, losses: Losses | None = None) -> Iterator[Document]:
    """The documents of a file; one that has its text elsewhere has an empty one here.

    Nothing is found in one that cannot be read: the lists behind it keep their places.
    """
    for number, document in enumerate(_lists(path, losses), 1):
        yield document or Document(f"list {number}", "")


def _lists(path: Path, losses: Losses | None) -> Iterator[Document | None]:
    """The document of each list, None for one that cannot be read."""
    found = list(jsonl.values(path, losses))
    if any(isinstance(item, dict) and "start" in item for _, item in found):
        found = [(str(path), [item for _, item in found])]
    for number, (where, item) in enumerate(found, 1):
        # No id of a corpus is called like that by chance.
        name, text, spans = f"list {number}", "", item
        document = None
        with tolerated(losses, "list"):
            if isinstance(item, dict):
                text = jsonl.maybe(item, "text", str, where)
                name = str(item.get("id", name))
                lists = [key for key in item if isinstance(item[key], list)]
                if len(lists) != 1:
                    raise DataError(
                        f"has {len(lists)} lists beside id and text, not one", where=where, hint=_HINT
                    )
                spans = item[lists[0]]
            if not isinstance(spans, list):
                raise DataError("is no list of spans", where=where, hint=_HINT)
            document = _document(name, text, spans, where, losses)
        yield document


def of_text(spans: list[Any]) -> Annotations:
    """What a pipeline returned for one text, in Python: its numbers may be NumPy's. Raises DataError."""
    plain = [
        {key: value.item() if hasattr(value, "item") else value for key, value in span.items()}
        if isinstance(span, dict)
        else span
        for span in spans
    ]
    return _document("text", "", plain, "", None).annotations


def _document(name: str, text: str, spans: list[Any], where: str, losses: Losses | None) -> Document:
    pieces: list[_Piece] = []
    for place, span in enumerate(spans, 1):
        with tolerated(losses, "span"):
            pieces.append(_piece(span, f"{where}, span {place}"))
    entities: list[Entity] = []
    surfaces: list[str] = []
    for item, word in _joined(pieces):
        with tolerated(losses, "span"):
            record = {"id": name, "entities": [item]}
            entities += parse(record, where=where, text=text or None)[1].entities
            surfaces.append(" ".join(word.split()))
    levels = nesting([entity.span for entity in entities])
    leveled = (replace(entity, level=level) for entity, level in zip(entities, levels, strict=True))
    return Document(name, text, Annotations(tuple(leveled)), ((SURFACES, "\n".join(surfaces)),))


def _piece(span: Any, at: str) -> _Piece:
    if not isinstance(span, dict) or None in (span.get("start"), span.get("end")):
        hint = "A slow tokenizer gives no offsets: load the model with a fast one. " + _HINT
        raise DataError("has no start and end", where=at, hint=hint)
    tag = str(span.get("entity", ""))
    prefixed = tag[1:2] == "-" and tag[0] in "BIESLU"
    label = next(
        (span[key] for key in ("entity_group", "label") if key in span), tag[2:] if prefixed else tag
    )
    item = {"start": span["start"], "end": span["end"], "label": label}
    if span.get("score") is not None:
        # What is no number for JSON, as NumPy's, is often written as a string.
        with suppress(ValueError, TypeError):
            item["score"] = float(span["score"]) if isinstance(span["score"], str) else span["score"]
    word = str(span.get("word", span.get("text", "")))
    if tag and not word.isascii():
        word = ""  # pieces of byte pairs are not spelt as the text is
    return item, word, tag[:1] if prefixed else "I" if tag else "", span.get("index")


def _joined(pieces: list[_Piece]) -> list[tuple[dict[str, Any], str]]:
    """The records and words, with tags of word pieces joined; the score of several is their mean."""
    groups: list[list[_Piece]] = []
    for piece in pieces:
        item, _, prefix, index = piece
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and prefix in ("I", "E", "L")
            and isinstance(last[3], int)
            and index == last[3] + 1
            and last[0]["label"] == item["label"]
        ):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    found = []
    for group in groups:
        record = group[0][0] | {"end": group[-1][0]["end"]}
        scores = [item["score"] for item, *_ in group if isinstance(item.get("score"), int | float)]
        if len(scores) > 1:
            record["score"] = fmean(scores)
        words = [word for _, word, *_ in group]
        found.append((record, "".join(words) if all(words) else ""))
    return found
