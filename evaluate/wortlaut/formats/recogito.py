"""Recogito 2: the annotations of plain texts that it exports as CSV and as JSON-LD; Recogito Studio: as CSV.
Read only.

Neither holds a text: it is read from beside the export, where it is called as ``FILE`` says (with or
without ``.txt``), else as the export is, with ``.txt``; or ``recogito?text=letter.txt:annotations.csv``.
An anchor ``char-offset:120`` counts UTF-16 units; the quotations tell what fits, as in
:mod:`wortlaut.formats.bioc`.

``TYPE`` is the label (PLACE, PERSON, EVENT); ``recogito?label=tags:FILE`` takes each tag as one. ``URI``
is the cluster, or its Wikidata id. Lost are annotations without a label or of images and TEI (export the
TEI itself), tags and comments beside the label; what a gazetteer says of a place is left there. In
Recogito Studio, which has a row for each tag and comment and no types, the tags are the labels. The
exports are described in the tutorial at recogito.pelagios.org/help, their making in
github.com/pelagios/recogito2 and github.com/recogito/recogito-client (``annotationsToCSV.ts``).
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from wortlaut.errors import DataError, MissingFileError, unknown_name
from wortlaut.formats import files, jsonl
from wortlaut.formats.bioc import Mention, placed
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import read_text, unpacked
from wortlaut.model import Document

_ANCHOR = re.compile(r"char-offset:([0-9]{1,15})")
_STUDIO = re.compile(r"start=([0-9]{1,15});end=([0-9]{1,15})")
_CLASSES = ("PLACE", "PERSON", "EVENT")


@dataclass(frozen=True, slots=True)
class _Row:
    """An annotation: where it stands, of which file, its offsets (-1: of no plain text), what is said.

    ``kind``: None where an export has no types.
    """

    where: str
    file: str
    start: int
    end: int
    quote: str
    kind: str | None
    uri: str
    tags: tuple[str, ...]
    comments: int


def read(
    path: Path, *, text: str = "", label: str = "type", losses: Losses | None = None
) -> Iterator[Document]:
    """The texts of an export, or of a folder of exports, each with its annotations.

    ``text``: where the text is; ``label``: whether the ``type`` or each of the ``tags`` is a label.
    """
    if label not in ("type", "tags"):
        raise unknown_name("label", label, ("type", "tags"))
    for export in files.find(path, "recogito"):
        by_file: dict[str, list[_Row]] = defaultdict(list)
        for row in _from_json(export) if unpacked(export).suffix == ".jsonld" else _from_csv(export):
            by_file[row.file].append(row)
        for name, rows in by_file.items():
            with tolerated(losses, "document"):
                yield _document(export, name, rows, text, label, losses)


def _document(
    export: Path, name: str, rows: list[_Row], text: str, label: str, losses: Losses | None
) -> Document:
    stem = unpacked(export).stem
    candidates = [text] if text else [name, f"{name}.txt", f"{stem}.txt"]
    beside = [export.parent / PurePath(one).name if not text else Path(one) for one in candidates if one]
    found = next((one for one in beside if one.suffix in (".txt", ".md", "") and one.is_file()), None)
    if found is None:
        hint = f"Put it beside the export, as {beside[0].name}, or name it: recogito?text=FILE:{export}"
        raise MissingFileError("the text of the annotations is not there", where=str(beside[0]), hint=hint)
    unread: Counter[str] = Counter()
    mentions: list[Mention] = []
    for row in rows:
        tagged = label == "tags" or row.kind is None
        labels = row.tags if tagged else (row.kind,) if row.kind else ()
        if row.start < 0:
            unread["annotation of no plain text"] += 1
            continue
        unread["annotation without a label"] += not labels
        unread["tag"] += 0 if tagged else len(row.tags)
        unread["comment"] += row.comments
        for one in labels:
            mentions.append(Mention(row.where, [(row.start, row.end)], row.quote, one, row.uri))
    id = PurePath(name).stem if name else stem
    return placed(id, [(0, read_text(found))], mentions, str(export), (), +unread, losses)


def _from_csv(export: Path) -> Iterator[_Row]:
    content = read_text(export)
    dialect = ";" if content[:5].strip('"') == "UUID;" else ","
    rows = csv.DictReader(content.splitlines(keepends=True), delimiter=dialect, strict=True)
    try:
        if {"annotation_id", "text_quote", "target"} <= set(rows.fieldnames or ()):
            yield from _from_studio(export, rows)
            return
        missing = {"QUOTE_TRANSCRIPTION", "ANCHOR", "TYPE"} - set(rows.fieldnames or ())
        if missing:
            what = f"has no column {min(missing)}: it is no CSV of Recogito"
            raise DataError(what, where=f"{export}:1", hint="Download Options, Annotations, CSV.")
        for row in rows:
            where = f"{export}:{rows.line_num}"
            value = {key: row.get(key) or "" for key in rows.fieldnames or ()}
            anchor, quote = _ANCHOR.fullmatch(value["ANCHOR"]), value["QUOTE_TRANSCRIPTION"]
            if not value["ANCHOR"]:
                raise DataError("has no anchor", where=where)
            start = int(anchor[1]) if anchor else -1
            yield _Row(
                where,
                value.get("FILE", ""),
                start,
                start + len(quote.encode("utf-16-le")) // 2,
                quote,
                value["TYPE"],
                value.get("URI", ""),
                tuple(filter(None, value.get("TAGS", "").split("|"))),
                len(list(filter(None, value.get("COMMENTS", "").split("|")))),
            )
    except csv.Error as error:
        raise DataError(f"is no CSV: {error}", where=f"{export}:{rows.line_num}") from None


def _from_studio(export: Path, rows: csv.DictReader[str]) -> Iterator[_Row]:
    """One for each annotation, whose tags and comments have a row each."""
    found: dict[str, list[tuple[str, dict[str, str]]]] = defaultdict(list)
    for row in rows:
        value = {key: row.get(key) or "" for key in rows.fieldnames or ()}
        found[value["annotation_id"]].append((f"{export}:{rows.line_num}", value))
    for own in found.values():
        where, first = own[0]
        span = _STUDIO.fullmatch(first["target"])
        start, end = (int(span[1]), int(span[2])) if span else (-1, -1)
        tags = [value.get("body_value", "") for _, value in own if value.get("body_purpose") == "tagging"]
        comments = len(own) - len(tags)
        name, quote = first.get("document", ""), first["text_quote"]
        yield _Row(where, name, start, end, quote, None, "", tuple(filter(None, tags)), comments)


def _from_json(export: Path) -> Iterator[_Row]:
    source = ""
    for number, item in enumerate(jsonl.listed(export), 1):
        where = f"{export}: annotation {number}"
        bodies = [body for _, body in jsonl.items(item, "body", "body", where)]
        target = jsonl.get(item, "target", dict, where)
        own = jsonl.maybe(target, "source", str, where)
        if source and own != source:
            raise DataError("holds annotations of several texts", where=where, hint="Export it as CSV.")
        source = own
        selectors = {
            jsonl.get(one, "type", str, at): one
            for at, one in jsonl.items(target, "selector", "selector", where)
        }
        position = selectors.get("TextPositionSelector")
        start, end = (jsonl.get(position, key, int, where) if position else -1 for key in ("start", "end"))
        said: dict[str, list[str]] = defaultdict(list)
        kind = ""
        for body in bodies:
            purpose = jsonl.maybe(body, "purpose", str, where)
            value = jsonl.maybe(body, "id", str, where) or jsonl.maybe(body, "value", str, where)
            said[purpose].append(value)
            kind = kind or _kind(body, purpose)
        yield _Row(
            where,
            "",
            start,
            end,
            jsonl.maybe(selectors.get("TextQuoteSelector", {}), "exact", str, where),
            kind,
            next((one for one in said["identifying"] if ":" in one), ""),
            tuple(filter(None, said["tagging"])),
            len(said["commenting"]),
        )


def _kind(body: Any, purpose: str) -> str:
    """PLACE, PERSON or EVENT: JSON-LD names the class only where there is no URI."""
    if body.get("value") in _CLASSES:
        return str(body["value"])
    return "PLACE" if purpose == "georeferencing" else ""
