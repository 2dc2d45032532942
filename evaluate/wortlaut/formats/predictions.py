"""Predictions as JSON Lines, one document a line: what other programs hand in.

``wortlaut schema predictions`` prints the schema. The parser accepts nothing the schema refuses, and refuses
more: what a schema cannot say (order of offsets, the text they point into).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from wortlaut.formats import files, jsonl
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import opened
from wortlaut.model import Annotations, Document
from wortlaut.records.annotations import document_id, document_text, parse, record
from wortlaut.records.objects import fail


def read_records(
    path: Path | str, losses: Losses | None = None
) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Where (``FILE:LINE``), the document id and the JSON object of each line, in file order.

    Blank lines are passed over. Raises DataError for what is no JSON object with an id of its own.
    """
    path = Path(path)
    seen: dict[str, int] = {}
    with opened(path, "Check the path after preds:.") as lines:
        for number, where, record in jsonl.numbered(lines, path, losses):
            with tolerated(losses, "document"):
                name = document_id(record, where)
                if name in seen:
                    fail(
                        f"document {name!r} is already in line {seen[name]}",
                        where,
                        "Keep one line for each document.",
                    )
                seen[name] = number
                yield where, name, record


def readable(
    item: dict[str, object], name: str, text: str | None, where: str, losses: Losses | None
) -> Annotations:
    """Those of a line; leniently, without the entities that cannot be read."""
    found = item.get("entities")
    if losses is not None and losses.lenient and isinstance(found, list):
        kept = []
        for number, one in enumerate(found, 1):
            with tolerated(losses, "span"):
                parse(
                    {"id": name, "entities": [one]},
                    where=f"{where}, entity {number} of {len(found)}",
                    text=text,
                )
                kept.append(one)
        item = item | {"entities": kept}
    return parse(item, where=where, text=text)[1]


def read_predictions(
    path: Path | str, texts: Mapping[str, str] | None = None, losses: Losses | None = None
) -> list[Document]:
    """The documents of the file, checked against their ``texts`` where given, else against those in it.

    One that has its text in neither has an empty one.
    """
    found: list[Document] = []
    for where, name, item in read_records(path, losses):
        with tolerated(losses, "document"):
            text = (texts or {}).get(name) or document_text(item, where)
            found.append(Document(name, text or "", readable(item, name, text, where, losses)))
    return found


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """The documents of a file whose lines all hold their ``text``."""
    for where, name, item in read_records(path, losses):
        with tolerated(losses, "document"):
            text = document_text(item, where)
            if text is None:
                fail(
                    "the line has no text",
                    where,
                    "A document needs its text: write it into each line, or score the file as it is.",
                )
            yield Document(name, text, readable(item, name, text, where, losses))


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write one line a document, with its text. What is lost is ``meta``."""
    return jsonl.write(path, documents, Losses("predictions"), _line)


join = files.concatenate


def _line(document: Document, losses: Losses) -> dict[str, object]:
    losses.add_all(document, meta=document.meta)
    return {"id": document.id, "text": document.text} | record(document.id, document.annotations)
