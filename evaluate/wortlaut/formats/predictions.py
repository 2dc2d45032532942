"""Predictions as JSON Lines, one document a line: what other programs hand in.

``wortlaut schema predictions`` prints the schema. The parser accepts nothing the schema refuses, and refuses
more: what a schema cannot say (order of offsets, the text they point into).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Annotated

import msgspec
import numpy as np
from msgspec import UNSET, Meta, UnsetType

from wortlaut.errors import DataError
from wortlaut.formats import files, jsonl
from wortlaut.formats.batch import documents
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import opened
from wortlaut.model import Annotations, Document
from wortlaut.model.batch import Batch
from wortlaut.model.columns import Spans
from wortlaut.records.annotations import LARGEST, document_id, document_text, parse, record
from wortlaut.records.objects import UNREADABLE, distinct_keys, fail, loads
from wortlaut.text.digests import text_hash

#: Bytes of lines that are in memory at a time.
_BLOCK = 1 << 18
_Name = Annotated[str, Meta(min_length=1)]
_Offset = Annotated[int, Meta(ge=0, le=LARGEST)]
_Level = Annotated[int, Meta(ge=1, le=LARGEST)]


class _Entity(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    start: _Offset
    end: _Offset
    label: _Name
    level: _Level | UnsetType = UNSET
    score: float | UnsetType | None = UNSET
    text: str | UnsetType | None = UNSET


class Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A line that columns hold: entities of one fragment, and no more than these fields."""

    id: _Name
    text: str | UnsetType | None = UNSET
    sha256: str | UnsetType | None = UNSET
    entities: tuple[_Entity, ...] | UnsetType = UNSET
    quotes: tuple[()] | UnsetType = UNSET
    clusters: tuple[()] | UnsetType = UNSET

    def has(self, layer: str) -> bool:
        return getattr(self, layer) is not UNSET


_decode = msgspec.json.Decoder(Row).decode


def blocks(file: IO[bytes]) -> Iterator[list[bytes]]:
    """The lines of a file, some at a time."""
    lines: list[bytes] = []
    size = 0
    try:
        for line in file:
            lines.append(line)
            size += len(line)
            if size >= _BLOCK:
                yield lines
                lines, size = [], 0
    except DataError:  # what stands before the damage is read
        yield lines
        raise
    yield lines


def rows(lines: Sequence[bytes]) -> list[Row | None]:
    """Each line that columns hold; None for any other, and for what may be broken."""
    found = [_row(line) for line in lines]
    good = lines if None not in found else [line for line, row in zip(lines, found, strict=True) if row]
    if distinct_keys(b"".join(good), [row for row in found if row]):
        return found
    return [row if row and distinct_keys(line, row) else None for line, row in zip(lines, found, strict=True)]


def _row(line: bytes) -> Row | None:
    try:
        return _decode(line)
    except UNREADABLE:
        return None


def columns(rows: Sequence[Row | None], texts: Sequence[str | None]) -> tuple[Batch, list[int]]:
    """Documents with these texts, and the places of their rows: those that are sound.

    A text that is None is not known: offsets are not checked against it, and the document has an empty one.
    """
    places = [
        i for i, (row, text) in enumerate(zip(rows, texts, strict=True)) if row is not None and _of(row, text)
    ]
    kept = [row for i in places if (row := rows[i]) is not None]
    own = [texts[i] for i in places]
    each = [row.entities or () for row in kept]
    found = [entity for entities in each for entity in entities]
    document = np.repeat(np.arange(len(kept)), list(map(len, each)))
    names = [entity.label for entity in found]
    labels = sorted(set(names))
    number = {label: i for i, label in enumerate(labels)}
    scores = [entity.score for entity in found]
    unscored = scores.count(None) + scores.count(UNSET)
    spans = Spans(
        document,
        np.asarray([entity.start for entity in found], np.int64),
        np.asarray([entity.end for entity in found], np.int64),
        np.asarray([number[name] for name in names], np.int64),
        document,
        level=np.asarray([entity.level or 1 for entity in found], np.int64),
        score=None if unscored else np.asarray(scores, np.float64),
    )
    limit = np.asarray([LARGEST if text is None else len(text) for text in own], np.int64)
    odd = (spans.start >= spans.end) | (spans.end > limit[document])
    if 0 < unscored < len(found):  # a column has all scores or none
        odd |= np.asarray([isinstance(score, float) for score in scores])
    for i, surface in enumerate([entity.text for entity in found]):
        if isinstance(surface, str) and (text := own[document[i]]) is not None:
            odd[i] |= surface != text[spans.start[i] : spans.end[i]]
    batch = Batch([row.id for row in kept], [text or "" for text in own], spans, labels)
    if not odd.any():
        return batch, places
    good = np.flatnonzero(~np.isin(np.arange(len(kept)), document[odd]))
    return batch.take(good), [places[i] for i in good.tolist()]


def merged(batch: Batch, places: Sequence[int], others: Mapping[int, Document]) -> Batch:
    """The documents of the batch, which stand at the places, and others at theirs, in order."""
    if not others:
        return batch
    return Batch.joined([batch, Batch.of([*others.values()])]).take(np.argsort([*places, *others]))


def _of(row: Row, text: str | None) -> bool:
    """Whether the row's own text and checksum are those of the text, if it is known."""
    if text is None or (row.text is text and row.sha256 is UNSET):
        return True
    if isinstance(row.text, str) and row.text != text:
        return False
    return not isinstance(row.sha256, str) or row.sha256.lower() == text_hash(text)


def batches(path: Path, *, losses: Losses | None = None) -> Iterator[Batch]:
    """The documents of a file whose lines all hold their ``text``."""
    return _File(path, None, losses).batches()


read = documents(batches)


def checked_batches(
    path: Path | str,
    texts: Mapping[str, str] | None = None,
    losses: Losses | None = None,
    *,
    words: bool = False,
) -> Iterator[Batch]:
    """The documents of the file, checked against their ``texts`` where given, else against those in it.

    One that has its text in neither has an empty one. With ``words`` answers may have no offsets.
    """
    return _File(Path(path), texts or {}, losses, words).batches()


@dataclass(frozen=True)
class _File:
    """A file, read once. ``texts``: None where each line must hold its own. ``seen``: the line of each id."""

    path: Path
    texts: Mapping[str, str] | None
    losses: Losses | None
    words: bool = False
    seen: dict[str, int] = field(default_factory=dict)

    def batches(self) -> Iterator[Batch]:
        first = 1
        with opened(self.path, "Check the path after preds:.") as file:
            for lines in filter(None, blocks(file)):
                yield from self._block(first, lines)
                first += len(lines)

    def _block(self, first: int, lines: Sequence[bytes]) -> Iterator[Batch]:
        found = rows(lines)
        texts = [row.text if row and isinstance(row.text, str) else None for row in found]
        if self.texts is None:
            found = [None if text is None else row for row, text in zip(found, texts, strict=True)]
        elif self.texts:
            known = self.texts.get
            pairs = zip(found, texts, strict=True)
            texts = [(row and known(row.id)) or text for row, text in pairs]
        batch, places = columns(found, texts)
        new = dict(zip(batch.ids, count(first)))
        if len(new) == len(lines) and self.seen.keys().isdisjoint(new):
            self.seen.update(new)
            yield batch
        else:
            yield from self._mixed(first, lines, batch, places)

    def _mixed(
        self, first: int, lines: Sequence[bytes], batch: Batch, places: Sequence[int]
    ) -> Iterator[Batch]:
        """The documents of lines, of which columns hold those at the places; up to one that is broken."""
        held = dict(zip(places, count()))
        kept: dict[int, int] = {}
        others: dict[int, Document] = {}
        fault = None
        try:
            for i, line in enumerate(lines):
                row, number = held.get(i), first + i
                if row is not None and self.seen.setdefault(batch.ids[row], number) == number:
                    kept[i] = row
                elif line.strip() and (document := self._document(line, number)) is not None:
                    others[i] = document
        except DataError as error:
            fault = error
        if kept or others:
            yield merged(batch.take(np.asarray([*kept.values()], np.int64)), [*kept], others)
        if fault is not None:
            raise fault

    def _document(self, line: bytes, number: int) -> Document | None:
        """That of any line; leniently, None for one that cannot be read. Raises DataError."""
        where = f"{self.path}:{number}"
        with tolerated(self.losses, "line"):
            item = loads(line, where)
            with tolerated(self.losses, "document"):
                name = document_id(item, where)
                if (before := self.seen.setdefault(name, number)) != number:
                    what = f"document {name!r} is already in line {before}"
                    fail(what, where, "Keep one line for each document.")
                text = (self.texts or {}).get(name) or document_text(item, where)
                if text is None and self.texts is None:
                    hint = "A document needs its text: write it into each line, or score the file as it is."
                    fail("the line has no text", where, hint)
                return Document(
                    name, text or "", readable(item, name, text, where, self.losses, words=self.words)
                )
        return None


def readable(
    item: dict[str, object],
    name: str,
    text: str | None,
    where: str,
    losses: Losses | None,
    *,
    words: bool = False,
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
                    words=words,
                )
                kept.append(one)
        item = item | {"entities": kept}
    return parse(item, where=where, text=text, words=words)[1]


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write one line a document, with its text. What is lost is ``meta``."""
    return jsonl.write(path, documents, Losses("predictions"), _line)


join = files.concatenate


def _line(document: Document, losses: Losses) -> dict[str, object]:
    losses.add_all(document, meta=document.meta)
    return {"id": document.id, "text": document.text} | record(document.id, document.annotations)
