"""GermEval 2014 (Benikova et al. 2014): TSV with the outer and the inner names in two BIO columns.

A sentence is a document: the corpus was sampled sentence by sentence. Its id is the file's name and
its number in it; the comment line before it gives ``source`` and ``date`` in ``meta``. The text is
the tokens joined by spaces, since the format does not say where none stood. ``meta`` also holds the
``tokens``. A name that starts with I- is opened there, as conlleval does it; ``repaired_tags`` in
``meta`` counts those. A column after the inner names, if there is one, is level 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wortlaut.document import ENTITY_LABELS, Annotations, Document, Entity, Span
from wortlaut.errors import DataError
from wortlaut.formats.columns import decode, files, lay_out, lines, pack, unique_stems

_SOURCE = re.compile(r"#\s*(?P<source>.*?)\s*(?:\[(?P<date>[^\]]*)\]\s*)?$")


def read(path: Path) -> Iterator[Document]:
    """Every sentence of a ``.tsv`` file or of a folder of them."""
    paths = files(path, ".tsv")
    unique_stems(paths)
    for file in paths:
        yield from _sentences(file)


def _sentences(file: Path) -> Iterator[Document]:
    rows: list[tuple[int, list[str]]] = []
    comment, count = "", 0
    for number, line in lines(file):
        if line and not line.startswith("#"):
            rows.append(
                (number, _row(line, len(rows) + 1, len(rows[0][1]) if rows else 0, f"{file}:{number}"))
            )
            continue
        if rows:
            count += 1
            yield _document(file, count, comment, rows)
            rows, comment = [], ""
        if line:
            if comment:
                raise DataError("a comment line follows another", where=f"{file}:{number}")
            comment = line
    if rows:
        yield _document(file, count + 1, comment, rows)
    elif comment:
        raise DataError("ends with a comment line and no sentence: is it cut off?", where=str(file))


def _row(line: str, index: int, width: int, where: str) -> list[str]:
    row = line.split("\t")
    if len(row) not in (4, 5) or (width and len(row) != width):
        raise DataError(
            f"has {len(row)} columns",
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
        for first, last, label in phrases:
            if label not in ENTITY_LABELS:
                raise DataError(
                    f"unknown label {label!r}",
                    where=f"{file}:{rows[first][0]}",
                    hint=f"GermEval 2014 has {', '.join(ENTITY_LABELS)}.",
                )
            entities.append(Entity(Span.of(offsets[first][0], offsets[last - 1][1]), label, level))
    source = _SOURCE.match(comment)
    named = {} if source is None else {key: value for key, value in source.groupdict().items() if value}
    meta = {**named, "tokens": pack(offsets), **({"repaired_tags": str(repaired)} if repaired else {})}
    return Document(f"{file.stem}-{count:06d}", text, Annotations(tuple(entities)), tuple(meta.items()))
