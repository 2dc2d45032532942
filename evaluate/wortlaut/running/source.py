"""The texts of a corpus, cut into consecutive runs of N documents, the same each time.

A corpus is what ``evaluate`` takes, or texts without annotations: Parquet with the columns ``id`` and
``text``, JSON Lines with these keys (others are passed over), ``.txt`` files; one file, a folder of them, a
pattern (``data/*.parquet``), or a URL that fsspec opens. Files are read in the order of their names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import IO, Any

from wortlaut.corpus.load import stream_corpus
from wortlaut.errors import DataError, MissingFileError
from wortlaut.io import parquet, reading
from wortlaut.io.reading import content, decoded, unpacked
from wortlaut.io.storage import is_url, local, opened
from wortlaut.model import Text
from wortlaut.records.objects import loads

#: In a folder with several kinds, none is guessed.
_KINDS = (".parquet", ".jsonl", ".txt")
#: Rows in memory at a time, and files that are opened at a time to count theirs.
_ROWS, _OPENED = 256, 16


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file: rows of Parquet, bytes of JSON Lines, or all of a text."""

    file: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Source:
    """``pieces`` are whole files, where the corpus is texts; else ``stream_corpus`` reads ``ref``."""

    ref: str
    pieces: tuple[Piece, ...] = ()
    #: Documents, where that is known without reading them all.
    total: int | None = None
    #: Rows of the largest row group: to read one in the middle, those before it are decoded.
    group: int = 1

    @classmethod
    def of(cls, ref: str, max_memory: int | None = None) -> Source:
        """Raises MissingFileError, DataError and UnknownNameError for what cannot be read.

        Every Parquet file is opened, so that one that is cut short, or has a row group that takes more than
        ``max_memory`` bytes, is told before hours of work.
        """
        ref = ref if is_url(ref) else str(local(ref)) if ref.startswith("file://") else ref
        found = _files(ref)
        if not found:
            stream_corpus(ref)
            return cls(ref)
        if _kind(found[0]) == ".parquet":
            # Side by side: each is a round trip where the files are far away.
            with ThreadPoolExecutor(_OPENED) as threads:
                counts = list(threads.map(partial(_row_counts, most=max_memory), found))
            pieces = tuple(Piece(file, 0, sum(count)) for file, count in zip(found, counts, strict=True))
            return cls(
                ref,
                pieces,
                sum(map(sum, counts)),
                max(1, max((rows for file in counts for rows in file), default=0)),
            )
        pieces = tuple(Piece(file, 0, -1) for file in found)
        return cls(ref, pieces, len(found) if _kind(found[0]) == ".txt" else None)

    def documents(self) -> Iterator[Text]:
        """All texts in order."""
        if not self.pieces:
            return (Text(document.text, document.id) for document in stream_corpus(self.ref))
        return chain.from_iterable(read(piece, self.ref) for piece in self.pieces)

    def shards(self, size: int) -> Iterator[tuple[Text, ...]]:
        """The texts of each run of ``size`` documents; the last one may be shorter."""
        stream = self.documents()
        return iter(lambda: tuple(islice(stream, size)), ())

    def cut(self, size: int) -> Iterator[tuple[Piece, ...]] | Iterator[tuple[Text, ...]]:
        """The same shards, for readers side by side: as places to read them from, where there are such.

        JSON Lines are read once for it. Where they are packed, a place is far from the beginning.
        """
        kind = _kind(self.pieces[0].file) if self.pieces else ""
        packed = any(piece.file.endswith(".gz") for piece in self.pieces)
        if kind == ".parquet":
            return _cut(self.pieces, size)
        if kind == ".jsonl" and not packed:
            return _cut_lines([piece.file for piece in self.pieces], size)
        return self.shards(size)


def digests(texts: Sequence[Text], where: str) -> tuple[list[str], str]:
    """The SHA-256 of each text, and one over all ids and texts. An id that stands twice raises DataError."""
    each: list[str] = []
    total = sha256()
    for text in texts:
        try:
            name, digest = text.id.encode(), sha256(text.encode())
        except UnicodeEncodeError:
            raise DataError("holds half a surrogate pair", where=f"{where}, document {text.id!r}") from None
        total.update(len(name).to_bytes(8, "big") + name + digest.digest())
        each.append(digest.hexdigest())
    if len({text.id for text in texts}) < len(texts):
        twice = next(name for name, count in Counter(text.id for text in texts).items() if count > 1)
        raise DataError(f"the document {twice!r} stands twice in the corpus", where=where)
    return each, total.hexdigest()


def read(piece: Piece | Text, ref: str) -> Iterator[Text]:
    """The texts of a piece of the corpus ``ref``. Raises DataError, with the place, for what is not whole."""
    if isinstance(piece, Text):
        yield piece
    elif _kind(piece.file) == ".parquet":
        yield from _read_rows(piece)
    elif _kind(piece.file) == ".jsonl":
        yield from _read_lines(piece)
    else:
        with _open(piece.file) as file:
            text = decoded(file.read(), piece.file)
        folder = local(ref)
        relative = Path(piece.file).relative_to(folder) if folder.is_dir() else Path(Path(piece.file).name)
        yield Text(text, unpacked(relative).with_suffix("").as_posix())


def _files(ref: str) -> list[str]:
    """The files that hold texts only, sorted; none where the reference is a corpus of another kind."""
    if is_url(ref) or ("*" in ref and ":" not in ref):
        fs, path = opened(ref)
        try:
            found = fs.glob(path) if "*" in path else fs.find(path)
            names = sorted(str(fs.unstrip_protocol(name)) for name in found)
        except OSError as error:
            raise DataError(f"cannot be listed: {error}", where=ref) from error
    else:
        place = local(ref)
        if place.exists() and not place.is_dir() and unpacked(place).suffix in _KINDS:
            return [str(place)]
        # A dataset folder has a card, and is read as a corpus.
        if not ref or not place.is_dir() or (place / "README.md").is_file():
            return []
        names = sorted(str(file) for file in place.rglob("*") if not file.is_dir())
    names = [name for name in names if not name.rpartition("/")[2].startswith((".", "_"))]
    kinds = {_kind(name) for name in names} - {""}
    if not kinds:
        what = f"holds no file that ends in {', '.join(_KINDS)}"
        raise MissingFileError(what, where=ref, hint="Name the file or folder that holds the texts.")
    if len(kinds) > 1:
        raise DataError(
            f"holds files of several kinds: {', '.join(sorted(kinds))}",
            where=ref,
            hint=f"Name those that are meant by a pattern, as '{ref}/*.jsonl'.",
        )
    (kind,) = kinds
    return [name for name in names if _kind(name) == kind]


def _kind(name: str) -> str:
    """How the name ends when it is unpacked, if that is one of the kinds."""
    return next((kind for kind in _KINDS if name.removesuffix(".gz").endswith(kind)), "")


@contextmanager
def _open(file: str) -> Iterator[IO[Any]]:
    try:
        if is_url(file):
            fs, path = opened(file)
            stream = content(fs.open(path, "rb"), file)
        else:
            stream = reading.opened(local(file))
        with stream:
            yield stream
    except FileNotFoundError:
        raise MissingFileError("no such file", where=file) from None
    except OSError as error:
        raise DataError(f"cannot be read: {_first_line(error)}", where=file, hint=_BROKEN) from error


_BROKEN = "It may be cut short or damaged: fetch it again."


def _row_counts(file: str, most: int | None) -> list[int]:
    """Of each row group, which take no more than so many bytes."""
    with _parquet(file, most) as table:
        return [table.metadata.row_group(i).num_rows for i in range(table.num_row_groups)]


@contextmanager
def _parquet(file: str, most: int | None = None) -> Iterator[Any]:
    with _open(file) as stream, parquet.opened(stream, file, most) as table:
        for name in ("id", "text"):
            if name not in table.schema_arrow.names:
                there = ", ".join(table.schema_arrow.names)
                raise DataError(
                    f"has no column {name!r}", where=file, hint=f"Needed are id and text; there are {there}."
                )
        yield table


def _read_rows(piece: Piece) -> Iterator[Text]:
    with _parquet(piece.file) as table:
        sizes = [table.metadata.row_group(i).num_rows for i in range(table.num_row_groups)]
        ends = list(accumulate(sizes))
        groups = [i for i, end in enumerate(ends) if end > piece.start and end - sizes[i] < piece.stop]
        row = ends[groups[0]] - sizes[groups[0]] if groups else 0
        for batch in table.iter_batches(_ROWS, row_groups=groups, columns=["id", "text"]):
            skip = max(0, piece.start - row)
            rows = batch.slice(skip, max(0, piece.stop - row - skip))
            for number, (name, text) in enumerate(
                zip(rows.column("id").to_pylist(), rows.column("text").to_pylist(), strict=True), row + skip
            ):
                yield _text(name, text, f"{piece.file}, row {number}")
            row += len(batch)


def _read_lines(piece: Piece) -> Iterator[Text]:
    with _open(piece.file) as file:
        if piece.start:
            file.seek(piece.start)
        position = file.tell()
        for number, line in enumerate(file, 1):
            if position == piece.stop:
                break
            behind = f" (from byte {piece.start})" if piece.start else ""
            position += len(line)
            if line.strip():
                where = f"{piece.file}:{number}{behind}"
                record = loads(line, where)
                yield _text(record.get("id"), record.get("text"), where)


def _text(name: object, text: object, where: str) -> Text:
    if not isinstance(name, str) or not name:
        raise DataError(f"the id is {name!r}", where=where, hint="An id is a string that is not empty.")
    if not isinstance(text, str):
        raise DataError(f"the text of {name!r} is {'missing' if text is None else 'no string'}", where=where)
    return Text(text, name)


def _cut(files: Sequence[Piece], size: int) -> Iterator[tuple[Piece, ...]]:
    """Runs of ``size`` rows over the borders of files."""
    shard: list[Piece] = []
    room = size
    for file in files:
        start = 0
        while start < file.stop:
            stop = min(file.stop, start + room)
            shard.append(Piece(file.file, start, stop))
            room -= stop - start
            start = stop
            if not room:
                yield tuple(shard)
                shard, room = [], size
    if shard:
        yield tuple(shard)


def _cut_lines(files: Sequence[str], size: int) -> Iterator[tuple[Piece, ...]]:
    shard: list[Piece] = []
    count = 0
    for name in files:
        with _open(name) as file:
            start = position = file.tell()
            for line in file:
                position += len(line)
                count += bool(line.strip())
                if count == size:
                    yield (*shard, Piece(name, start, position))
                    shard, count, start = [], 0, position
        if position > start and count:
            shard.append(Piece(name, start, position))
    if shard:
        yield tuple(shard)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
