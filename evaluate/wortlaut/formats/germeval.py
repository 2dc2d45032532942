"""GermEval 2014 (Benikova et al. 2014): TSV with the outer and the inner names in two BIO columns.

A sentence is a document: the corpus was sampled sentence by sentence. Its id is the file's name and its
number in it; the comment line before it gives ``source`` and ``date`` in ``meta``. The text is the tokens
joined by spaces, since the format does not say where none stood. ``meta`` also holds the ``tokens``. A
name that starts with I- is opened there, as conlleval does it; ``repaired_tags`` in ``meta`` counts
those. A column after the inner names, if there is one, is level 3.

Written: levels 1 and 2, ``source`` and ``date``; the file's name and the number make the ids. Lost are
the ids and bounds of documents of several sentences, white space other than a space between tokens, names
that are not whole tokens of one sentence or have other labels, everything beside a label, quotes,
clusters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, count, islice
from pathlib import Path

from wortlaut.errors import DataError, counted
from wortlaut.formats import files
from wortlaut.formats.columns import (
    LAYOUT,
    TokenView,
    decode,
    encode,
    lay_out,
    pack,
    taggable,
    write_views,
)
from wortlaut.formats.losses import Losses
from wortlaut.io.reading import lines, unpacked
from wortlaut.model import ENTITY_LABELS, Annotations, Document, Entity, Span

_SOURCE = re.compile(r"#\s*(?P<source>.*?)\s*(?:\[(?P<date>[^\]]*)\]\s*)?$")


def read(path: Path) -> Iterator[Document]:
    """Every sentence of a ``.tsv`` file or of a folder of them."""
    yield from chain.from_iterable(map(_sentences, files.find(path, "germeval", named=True)))


def _sentences(file: Path) -> Iterator[Document]:
    rows: list[tuple[int, list[str]]] = []
    comment, places = "", count(1)
    for number, line in chain(lines(file), [(0, "")]):  # the end of the file ends a sentence
        if line and not line.startswith("#"):
            rows.append(
                (number, _row(line, len(rows) + 1, len(rows[0][1]) if rows else 0, f"{file}:{number}"))
            )
            continue
        if rows:
            yield _document(file, next(places), comment, rows)
            rows, comment = [], ""
        if line and comment:
            raise DataError("a comment line follows another", where=f"{file}:{number}")
        comment = line or comment
    if comment:
        raise DataError("ends with a comment line and no sentence: is it cut off?", where=str(file))


def _row(line: str, index: int, width: int, where: str) -> list[str]:
    row = line.split("\t")
    if len(row) == 5 and not row[4]:
        del row[4]  # the published test file has such lines
    if len(row) not in (4, 5) or (width and len(row) != width):
        raise DataError(
            f"has {counted(len(row), 'column')}",
            where=where,
            hint="Expected number, token, outer tag, inner tag (and at most one more), separated by tabs.",
        )
    if row[0] != str(index):
        raise DataError(f"is token {row[0]!r} where {index} should be", where=where)
    if not row[1].strip():
        raise DataError("has no token", where=where)
    return row


def _document(file: Path, count: int, comment: str, rows: list[tuple[int, list[str]]]) -> Document:
    text, offsets = lay_out((row[1], " ") for _, row in rows)
    entities: list[Entity] = []
    repaired = 0
    for level in range(1, len(rows[0][1]) - 1):
        phrases, broken = decode(
            [row[level + 1] for _, row in rows], lambda index: f"{file}:{rows[index][0]}"
        )
        repaired += broken
        for first, _, label in (phrase for phrase in phrases if phrase[2] not in ENTITY_LABELS):
            raise DataError(
                f"unknown label {label!r}",
                where=f"{file}:{rows[first][0]}",
                hint=f"GermEval 2014 has {', '.join(ENTITY_LABELS)}.",
            )
        entities += (
            Entity(Span.of(offsets[first][0], offsets[last - 1][1]), label, level)
            for first, last, label in phrases
        )
    meta = {
        **_said(comment),
        "tokens": pack(offsets),
        **({"repaired_tags": str(repaired)} if repaired else {}),
    }
    return Document(
        f"{unpacked(file).stem}-{count:06d}", text, Annotations(tuple(entities)), tuple(meta.items())
    )


def _said(line: str) -> dict[str, str]:
    """Source and date, as far as a comment line has them."""
    found = _SOURCE.match(line)
    return {key: value for key, value in found.groupdict().items() if value} if found else {}


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write one file; it gets the name that the ids are made from."""
    ids = (f"{unpacked(path).stem}-{number:06d}" for number in count(1))

    def lines(view: TokenView, losses: Losses) -> Iterator[str]:
        first, *_ = islice(ids, len(view.sentences))
        return _written(view, first, losses)

    return write_views(path, documents, Losses("germeval"), lines)


def _written(view: TokenView, id: str, losses: Losses) -> Iterator[str]:
    document = view.document
    if document.id != id:
        losses.add("document.id", document, "ids are made from the file's name", f"becomes {id}")
    if len(view.sentences) > 1:
        losses.add("document.bounds", document, "each sentence is a document")
    comment = _source_line(document, losses)
    entities = tuple(entity for entity in document.entities if entity.label in ENTITY_LABELS)
    for entity in (entity for entity in document.entities if entity.label not in ENTITY_LABELS):
        losses.add("entity", document, "its label is none of GermEval 2014", entity.label, entity.span)
    known = document.with_annotations(replace(document.annotations, entities=entities))
    levels = taggable(replace(view, document=known), losses, (), ())
    texts = []
    for start, end in view.sentences:
        words = range(start, end)
        yield from comment
        columns = [
            encode([(f - start, t - start, e.label) for f, t, e in level if start <= f < end], len(words))
            for level in levels
        ]
        for number, (index, outer, inner) in enumerate(zip(words, *columns, strict=True), 1):
            yield f"{number}\t{view.surface(index)}\t{outer}\t{inner}"
        yield ""
        texts.append(" ".join(map(view.surface, words)))
    if len(texts) > 1 or texts[0] != document.text:
        losses.add("text", document, "one space stands between tokens, nothing else")


def _source_line(document: Document, losses: Losses) -> list[str]:
    """The comment line with source and date, as far as it gives them back; else no line."""
    meta = dict(document.meta)
    date = f" [{meta['date']}]" if "date" in meta else ""
    line = f"# {meta.get('source', '')}{date}".rstrip(" ")
    kept = {key: meta[key] for key in ("source", "date") if key in meta}
    fits = bool(kept) and _said(line) == kept and "\n" not in line and "\r" not in line
    gone = (item for item in document.meta if item[0] not in LAYOUT and not (fits and item[0] in kept))
    losses.add_all(document, meta=gone)
    return [line] if fits else []
