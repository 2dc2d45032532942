"""``preds:PATH``: what another program found, or ``wortlaut extract`` did.

PATH is a file of predictions (JSON Lines), a folder of such files (``*.jsonl``), or the folder or URL of
an extraction. What stays in memory are 24 bytes a document that say where it stands; it is read when asked
for. That is fast where neighbours in a file are neighbours in the corpus as well. A path of any other format,
or ``FORMAT:PATH``, is read whole.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from wortlaut.corpus.load import annotated_batches
from wortlaut.errors import DataError
from wortlaut.extractors.matching import Matched
from wortlaut.extractors.run import checked
from wortlaut.formats import detect, names_format, plain, shards
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.formats.predictions import blocks, columns, described, merged, readable
from wortlaut.io.reading import exists, opened
from wortlaut.io.storage import Folder, is_url
from wortlaut.model import LAYERS, Annotations, Document, Text
from wortlaut.model.batch import Batch
from wortlaut.model.columns import Ints, empty_spans
from wortlaut.records import typed
from wortlaut.records.annotations import document_id
from wortlaut.records.objects import loads
from wortlaut.text.digests import text_hash

if TYPE_CHECKING:
    import pyarrow as pa

#: Shards in memory at a time.
_SHARDS = 4
#: How many documents an error names.
_NAMED = 10


class Place(NamedTuple):
    """Where a document stands: the number of the file, the line or row, and for a line where it begins."""

    file: int
    line: int
    offset: int


class Lines:
    """Files of JSON Lines."""

    what = "line"
    told: tuple[str, ...] = ()

    def __init__(self, path: str, files: Sequence[Path], losses: Losses) -> None:
        self.path, self._files, self._losses = path, files, losses
        self._keys: set[str] = set()

    def places(self) -> Iterator[tuple[list[str], list[Ints]]]:
        """Some ids, and the files, lines and offsets of their documents; in the order of the files."""
        for number, file in enumerate(self._files):
            with described(), opened(file, "Check the path after preds:.") as lines:
                offset, first = lines.tell(), 1
                for block in blocks(lines):
                    found = typed.rows(block)
                    given = [row for row in found if row is not None]
                    more = (layer for layer in LAYERS if layer not in self._keys)
                    self._keys.update(one for one in more if any(typed.has(row, one) for row in given))
                    pairs = enumerate(zip(block, found, strict=True), first)
                    ids = [row.id if row else self._id(line, f"{file}:{at}") for at, (line, row) in pairs]
                    kept = np.asarray([i for i, id in enumerate(ids) if id is not None], np.int64)
                    begin = offset + np.cumsum([0, *map(len, block)])
                    yield [id for id in ids if id is not None], [kept * 0 + number, first + kept, begin[kept]]
                    first, offset = first + len(block), int(begin[-1])

    def _id(self, line: bytes, where: str) -> str | None:
        """That of any line; None for a blank one, and leniently for one that cannot be read."""
        if line.strip():
            with tolerated(self._losses, "line"):
                record = loads(line, where)
                id = document_id(record, where)
                self._keys.update(record)
                return id
        return None

    def finds(self) -> tuple[str, ...]:
        """The layers that were looked for, known when the places are; without any key all, and in vain."""
        return tuple(layer for layer in LAYERS if layer in self._keys) or LAYERS

    def where(self, place: Place) -> str:
        return f"{self._files[place.file]}:{place.line}"

    def short(self, place: Place) -> str:
        """What tells the place apart from others here."""
        line = f"line {place.line}"
        return line if len(self._files) == 1 else f"{self._files[place.file].name}, {line}"

    def id(self, place: Place) -> str:
        with opened(self._files[place.file]) as lines:
            lines.seek(place.offset)
            return document_id(loads(lines.readline(), self.where(place)), self.where(place))

    def read(self, places: Sequence[Place], texts: Batch) -> Batch:
        """The ids and annotations of the places, each checked against its text."""
        lines: list[bytes] = []
        for file, group in groupby(places, key=itemgetter(0)):
            at = -1
            with opened(self._files[file]) as stream:
                for _, _, offset in group:
                    if offset != at:
                        stream.seek(offset)
                    lines.append(line := stream.readline())
                    at = offset + len(line)
        batch, held = columns(typed.rows(lines), texts.texts)
        others: dict[int, Document] = {}
        for i in sorted({*range(len(lines))}.difference(held)):
            text, where = texts.texts[i], self.where(places[i])
            with described():
                record = loads(lines[i], where)
                id, found = document_id(record, where), Annotations()
                with tolerated(self._losses, "document"):
                    found = readable(record, id, text, where, self._losses, words=True)
            others[i] = Document(id, text, found)
        return merged(batch, held, others)


class Shards:
    """The folder of an extraction. Documents in quarantine count as nothing found."""

    what = "row"

    def __init__(self, path: str) -> None:
        self.path = path
        self._folder = Folder(path)
        self._manifest = shards.read_manifest(self._folder)
        if not self._manifest.complete:
            raise DataError(
                f"the extraction is not complete: it has {self._manifest.documents} documents",
                where=path,
                hint="Run `wortlaut extract` again: it goes on where it stopped.",
            )
        self._table = lru_cache(_SHARDS)(self._read)
        self.told = tuple(self._manifest.extractor.notes)
        if count := self._manifest.failures:
            counted = "documents in quarantine count" if count > 1 else "document in quarantine counts"
            self.told += (f"{count} {counted} as nothing found: {shards.FAILURES} says why.",)

    def _read(self, number: int) -> pa.Table:
        return shards.read_shard(self._folder, self._manifest.shards[number])

    def places(self) -> Iterator[tuple[list[str], list[Ints]]]:
        """The ids of each shard, and its number, the rows and no offsets."""
        for number, shard in enumerate(self._manifest.shards):
            table = self._read(number)
            if len(table) != shard.documents:
                raise DataError(
                    f"holds {len(table)} documents, not the {shard.documents} that the manifest says",
                    where=f"{self.path}/{shard.name}",
                )
            row = np.arange(len(table))
            yield table.column("id").to_pylist(), [row * 0 + number, row, row * 0]

    def finds(self) -> tuple[str, ...]:
        """The layers that were looked for."""
        return tuple(layer for layer in LAYERS if layer in self._manifest.extractor.finds)

    def where(self, place: Place) -> str:
        return f"{self.path}/{self.short(place)}"

    def short(self, place: Place) -> str:
        """What tells the place apart from others here."""
        return self._manifest.shards[place.file].name

    def id(self, place: Place) -> str:
        return str(self._table(place.file).column("id")[place.line].as_py())

    def read(self, places: Sequence[Place], texts: Batch) -> Batch:
        """The ids and annotations of the places, each checked against its text."""
        rows: dict[Place, dict[str, Any]] = {}
        for number in {place.file for place in places}:
            here = [place for place in places if place.file == number]
            table = self._table(number).take([place.line for place in here])
            rows.update(zip(here, table.to_pylist(), strict=True))
        found: list[Document] = []
        for place, id, text in zip(places, texts.ids, texts.texts, strict=True):
            row = rows[place]
            if row["sha256"] != text_hash(text):
                raise DataError(
                    f"document {id!r} was extracted from another text",
                    where=self.where(place),
                    hint="Evaluate on the corpus that was extracted from, or extract anew.",
                )
            answer = Annotations() if row["error"] is not None else shards.row_annotations(row)
            where = f"preds:{self.path}, document {id}"
            found.append(Document(row["id"], text, checked(answer, Text(text, id), where)))
        return Batch.of(found)


class Predictions:
    """Looks each document up by its id; finds the layers that the files have keys for."""

    def __init__(self, files: Lines | Shards, missing: Literal["error", "empty"], losses: Losses) -> None:
        self.path = files.path
        self._files, self._missing, self._losses = files, missing, losses
        keys, *columns = array("q"), array("I"), array("I"), array("Q")
        for ids, places in files.places():
            keys.extend(_keys(ids))
            for column, values in zip(columns, places, strict=True):
                column.frombytes(values.astype(column.typecode).tobytes())
        order = np.argsort(np.asarray(keys), kind="stable")
        self._keys = np.asarray(keys)[order]
        self._columns = [np.asarray(column)[order] for column in columns]
        self.finds = files.finds()
        self._check_distinct(order)

    def __reduce__(self) -> tuple[object, ...]:
        """Another process reads the files anew: Python's hashes of ids hold in this one alone."""
        return create, (self.path, self._missing, self._losses.lenient)

    @property
    def notes(self) -> tuple[str, ...]:
        return (*self._files.told, *self._losses.notes(self.path))

    def extract(self, texts: Sequence[Text]) -> list[Annotations]:
        return _extracted(self, texts)

    def answers_in_columns(self, texts: Batch) -> Batch:
        """What the files say of each text. Raises DataError for the first that is not there or broken."""
        indices = self._find(texts.ids)
        there = np.flatnonzero(indices >= 0)
        strict = self._missing == "error" and not self._losses.lenient
        if strict and len(there) < len(texts):
            there = there[: int((indices < 0).argmax())]
        places = self._places(indices[there])
        found = self._files.read(places, texts.take(there))
        # A place is found by a hash, which another id could have as well.
        same = [k for k, i in enumerate(there.tolist()) if found.ids[k] == texts.ids[i]]
        known = dict(zip(there[same].tolist(), same, strict=True))
        before = ""
        for i, id in enumerate(texts.ids if len(known) < len(texts) else ()):
            if i in known:
                before = f"; {id!r} before it is in {self._files.short(places[known[i]])}"
            elif self._missing == "error":
                with tolerated(self._losses, "document"):
                    raise DataError(
                        f"no {self._files.what} for document {id!r}{before}",
                        where=self.path,
                        hint=f"Add the {self._files.what}, or count it as nothing found: ?missing=empty.",
                    )
        if len(known) < len(texts):
            nothing = Batch([""], [""], empty_spans(), ())
            order = [known.get(i, len(found)) for i in range(len(texts))]
            found = Batch.joined([found, nothing]).take(np.asarray(order, np.int64))
        return replace(found, ids=texts.ids, texts=texts.texts)

    def finish(self, ids: Sequence[str]) -> None:
        """Raises DataError when the files speak of documents that the corpus does not have."""
        strange = sorted(
            self._places(np.flatnonzero(~np.isin(self._keys, np.asarray(_keys(ids))))),
            key=lambda place: (place.file, place.line),
        )
        if strange:
            shown = ", ".join(
                f"{self._files.id(place)!r} ({self._files.short(place)})" for place in strange[:_NAMED]
            ) + (f" and {len(strange) - _NAMED} more" if len(strange) > _NAMED else "")
            with tolerated(self._losses, "document"):
                what = "documents" if len(strange) > 1 else "a document"
                raise DataError(
                    f"{what} that the corpus does not have: {shown}",
                    where=self._files.where(strange[0]),
                    hint=f"Remove the {self._files.what}s, or evaluate on the corpus they were made for.",
                )

    def _places(self, indices: Ints) -> list[Place]:
        return list(map(Place, *(column[indices].tolist() for column in self._columns)))

    def _find(self, ids: Sequence[str]) -> Ints:
        """The index of each id, -1 where it is not there.

        They are looked up by 64 bits of their hash, and where several have the same by themselves.
        """
        keys = np.asarray(_keys(ids))
        low, high = (np.searchsorted(self._keys, keys, side) for side in ("left", "right"))
        found = np.where(low < high, low, -1)
        for i in np.flatnonzero(high > low + 1).tolist():
            same = np.arange(low[i], high[i])
            own = [self._files.id(place) == ids[i] for place in self._places(same)]
            found[i] = same[own][0] if any(own) else -1
        return found

    def _check_distinct(self, order: Ints) -> None:
        """Raises DataError for an id that stands twice; the first of such, by where the second stands."""
        same = np.flatnonzero(self._keys[1:] == self._keys[:-1])
        for index in same[np.argsort(order[same + 1])].tolist():
            first, second = self._places(np.arange(index, index + 2))
            if (name := self._files.id(first)) == self._files.id(second):
                with tolerated(self._losses, "document"):
                    raise DataError(
                        f"document {name!r} is already in {self._files.short(first)}",
                        where=self._files.where(second),
                        hint=f"Keep one {self._files.what} for each document.",
                    )


class Others:
    """What stands in a file of another format; finds the layers that it has anything of."""

    def __init__(self, path: str, losses: Losses) -> None:
        self.path, self._losses = plain(path), losses
        batch = Batch.joined([*annotated_batches(path, losses=losses)])
        self._matched = Matched(self.path, batch, losses)
        sizes = batch.sizes()
        there = tuple(layer for layer in LAYERS if sizes[layer])
        self.finds = there or LAYERS  # without anything all, and in vain

    @property
    def notes(self) -> tuple[str, ...]:
        return self._losses.notes(self.path)

    def answers_in_columns(self, texts: Batch) -> Batch:
        return self._matched.answers(texts)

    def extract(self, texts: Sequence[Text]) -> list[Annotations]:
        return _extracted(self, texts)

    def finish(self, ids: Sequence[str]) -> None:
        self._matched.finish()


def _extracted(reader: Predictions | Others, texts: Sequence[Text]) -> list[Annotations]:
    found = reader.answers_in_columns(Batch([text.id for text in texts], texts, empty_spans(), ()))
    return [document.annotations for document in found.documents()]


def is_matched(path: str) -> bool:
    """Whether one reader must be asked for all texts, as its documents may be matched by their order."""
    if path.startswith("predictions:"):
        return False
    return names_format(path) or (exists(Path(path)) and _other_format(Path(path)))


def _other_format(path: Path) -> bool:
    """Whether it is neither predictions, nor what an extraction left, nor of no format at all."""
    if (path / shards.MANIFEST).is_file() or any(path.glob("*.jsonl")):
        return False
    try:
        return detect(path) != "predictions"
    except DataError:
        return False


def _keys(ids: Sequence[str]) -> array[int]:
    return array("q", map(hash, ids))


def create(
    path: str, missing: Literal["error", "empty"] = "error", lenient: bool = False
) -> Predictions | Others:
    """``lenient``: what cannot be read, is not there or not asked for is left out, and counted in notes."""
    losses = Losses("")
    losses.lenient = lenient
    if is_matched(path):
        return Others(path, losses)
    path = path.removeprefix("predictions:")
    folder = Path(path)
    if is_url(path) or (folder / shards.MANIFEST).exists() or (folder / shards.SHARDS).is_dir():
        return Predictions(Shards(path), missing, losses)
    files = [folder]
    if folder.is_dir():
        files = sorted(folder.glob("*.jsonl"))
        if not files:
            raise DataError(
                "the folder holds neither predictions (*.jsonl) nor an extraction (manifest.json)",
                where=path,
                hint="Name the file or folder that holds them.",
            )
    return Predictions(Lines(path, files, losses), missing, losses)
