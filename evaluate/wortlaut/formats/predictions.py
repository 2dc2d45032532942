"""Predictions as JSON Lines, one document a line: what other programs hand in.

``wortlaut schema predictions`` prints the schema. The parser accepts nothing the schema refuses, and refuses
more: what a schema cannot say (order of offsets, the text they point into).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Any

import numpy as np

from wortlaut.errors import DataError
from wortlaut.formats import files, jsonl
from wortlaut.formats.batch import documents
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import opened
from wortlaut.model import Annotations, Document
from wortlaut.model.batch import Batch
from wortlaut.model.columns import Fragments, Ints, Spans
from wortlaut.model.document import covered
from wortlaut.records import typed
from wortlaut.records.annotations import LARGEST, document_id, document_text, parse, record
from wortlaut.records.objects import fail, loads
from wortlaut.text.digests import text_hash

#: Bytes of lines that are in memory at a time.
_BLOCK = 1 << 16


@contextmanager
def described() -> Iterator[None]:
    """An error that says what is wrong with a line, and not what to do, says what a line may hold."""
    try:
        yield
    except DataError as error:
        error.hint = error.hint or "What a line may hold: wortlaut schema predictions"
        raise


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


def columns(rows: Sequence[Any], texts: Sequence[str | None]) -> tuple[Batch, list[int]]:
    """Documents with these texts, and the places of their rows, of :func:`typed.rows`: those that are sound.

    A text that is None is not known: offsets are not checked against it, and the document has an empty one.
    """
    places = [i for i, (row, text) in enumerate(zip(rows, texts, strict=True)) if row and _of(row, text)]
    kept, own = [rows[i] for i in places], [texts[i] for i in places]
    each = [row.entities or () for row in kept]
    found = [entity for entities in each for entity in entities]
    document = np.repeat(np.arange(len(kept)), list(map(len, each)))
    names = [entity.label for entity in found]
    labels = sorted(set(names))
    number = {label: i for i, label in enumerate(labels)}
    scores = [entity.score for entity in found]
    unscored = scores.count(None)
    start, end, fragments = _places(found)
    spans = Spans(
        document,
        start,
        end,
        np.asarray([number[name] for name in names], np.int64),
        document,
        fragments,
        level=np.asarray([entity.level or 1 for entity in found], np.int64),
        score=None if unscored else np.asarray(scores, np.float64),
    )
    limit = np.asarray([LARGEST if text is None else len(text) for text in own], np.int64)
    odd = (start < 0) | (start >= end) | (end > limit[document])
    for i, surface in enumerate([entity.text for entity in found]):
        if surface is not None and (text := own[document[i]]) is not None:
            odd[i] |= surface != covered(found[i].spans or ((start[i], end[i]),), text)
    wrong = {*document[odd].tolist()}
    more = np.asarray([not typed.plain(entity) for entity in found], np.bool_)
    if 0 < unscored < len(found):  # a column has all scores or none
        more |= np.asarray([score is not None for score in scores])
    rich = {*document[more].tolist(), *(i for i, row in enumerate(kept) if row.quotes or row.clusters)}
    several = sorted(rich - wrong)
    whole = {}
    try:
        read = typed.read([kept[i] for i in several], limit[several].tolist())
        whole = dict(zip(several, read, strict=True))
    except (ValueError, DataError):
        wrong.update(several)  # one of them
    batch = Batch(
        [row.id for row in kept], [text or "" for text in own], spans, labels, whole, checked=None not in own
    )
    if not wrong:
        return batch, places
    good = [i for i in range(len(kept)) if i not in wrong]
    return batch.take(np.asarray(good, np.int64)), [places[i] for i in good]


def _places(entities: Sequence[Any]) -> tuple[Ints, Ints, Fragments | None]:
    """Where they start and end, and their fragments if one has several; a start of -1 is unsound."""
    starts, ends = [one.start for one in entities], [one.end for one in entities]
    own = [(i, one.spans) for i, one in enumerate(entities) if one.spans]
    for i, spans in own:
        both = starts[i] >= 0 or ends[i] >= 0
        starts[i], ends[i] = (-1, -1) if both else (spans[0][0], spans[-1][1])
    fragments = None
    if any(len(spans) > 1 for _, spans in own):
        every = [((start, end),) for start, end in zip(starts, ends, strict=True)]
        for i, spans in own:
            every[i] = spans
        pieces = [(i, start, end) for i, spans in enumerate(every) for start, end in spans]
        fragments = Fragments(*np.asarray(pieces, np.int64).T.copy())
    return np.asarray(starts, np.int64), np.asarray(ends, np.int64), fragments


def merged(batch: Batch, places: Sequence[int], others: Mapping[int, Document]) -> Batch:
    """The documents of the batch, which stand at the places, and others at theirs, in order."""
    if not others:
        return batch
    return Batch.joined([batch, Batch.of([*others.values()])]).take(np.argsort([*places, *others]))


def _of(row: Any, text: str | None) -> bool:
    """Whether the row's own text and checksum are those of the text, if it is known."""
    if text is None or (row.text is text and row.sha256 is None):
        return True
    if row.text is not None and row.text != text:
        return False
    return row.sha256 is None or row.sha256.lower() == text_hash(text)


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
        with described(), opened(self.path, "Check the path after preds:.") as file:
            for lines in filter(None, blocks(file)):
                yield from self._block(first, lines)
                first += len(lines)

    def _block(self, first: int, lines: Sequence[bytes]) -> Iterator[Batch]:
        found = typed.rows(lines)
        texts = [row.text if row else None for row in found]
        if self.texts is None:
            found = [None if text is None else row for row, text in zip(found, texts, strict=True)]
        elif self.texts:
            known = self.texts.get
            texts = [(row and known(row.id)) or text for row, text in zip(found, texts, strict=True)]
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
