"""The folder that ``wortlaut extract`` writes: what an extractor found in a corpus of any size, in shards.

::

    DIR/manifest.json          what was run on what, and which shards are done (schema: extraction)
    DIR/shards/00000.parquet   documents 0 to N-1 of the corpus; 00001 the next N, and so on
    DIR/failures.jsonl         a line for each document in quarantine: shard, id, sha256, kind, error

A shard has one row for every document of its part of the corpus, sorted by id. Columns: ``id``; ``sha256`` of
the text (UTF-8, hexadecimal); ``error`` (null, or why the document is in quarantine, and then the following
are null); ``entities``, ``quotes``, ``clusters``, ``heads``: lists of structs with the fields of the model,
in the order in which the extractor gave them. A span is a list of ``{start, end}``, code points, half-open; a
role that a quote does not have is null. The texts are not in it.

The manifest names every shard that is finished, with the SHA-256 of its file: what is not in it does not
count. ``source`` is the SHA-256 of the ids and texts that the shard was made from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from wortlaut.errors import DataError, MissingFileError
from wortlaut.io import parquet
from wortlaut.io.storage import Folder
from wortlaut.model import Annotations, Span
from wortlaut.records.annotations import PARTS
from wortlaut.records.arrow import columns, from_structs, to_columns
from wortlaut.records.objects import loads
from wortlaut.records.record import At, Count, Digest, Layers, Many, Must, as_dict, written

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

#: Notes of the extractor that a manifest holds.
MAX_NOTES = 20
MANIFEST, FAILURES, SHARDS = "manifest.json", "failures.jsonl", "shards"


@dataclass(frozen=True, slots=True)
class Shard:
    """A finished shard. ``documents`` counts all its rows, those in quarantine (``failures``) included."""

    number: Annotated[Count, "Its file is shards/ and the number, with five digits or more, .parquet."]
    documents: Many
    failures: Count
    bytes: Many
    sha256: Annotated[Digest, "Of the file."]
    source: Annotated[Digest, "Of the ids and texts that the shard was made from."]

    @property
    def name(self) -> str:
        return f"{SHARDS}/{self.number:05}.parquet"


@dataclass(frozen=True, slots=True)
class Ran:
    """What was run. ``identity`` must be the same for a run to go on."""

    spec: Annotated[str, "The extractor, as it was named."]
    identity: Annotated[
        Mapping[str, str],
        "The spec, the versions of what brings the extractor, and the SHA-256 of each file or folder that the"
        " spec names.",
        Must(required=("spec", "wortlaut")),
    ]
    finds: Annotated[Layers, "The layers that it looked for.", Must(uniqueItems=True)] = ()
    notes: Annotated[
        tuple[str, ...], "What the extractor has to say about the run.", Must(maxItems=MAX_NOTES)
    ] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in ``manifest.json``.

    ``corpus`` is the reference as it was given; ``hash`` that of its ids and texts, in order, once the run is
    complete.
    """

    format: ClassVar[Literal["wortlaut-extraction/1"]] = "wortlaut-extraction/1"
    version: Annotated[str, "Version of wortlaut that wrote it last."] = field(default="", kw_only=True)
    extractor: Ran
    corpus: Annotated[str, At(("corpus", "ref")), "The corpus, as it was named."]
    shard_size: Annotated[Many, "Documents in a shard; the last one may have fewer."]
    shards: Annotated[tuple[Shard, ...], "By number, each once."] = ()
    hash: Annotated[
        Digest | None,
        At(("corpus", "hash")),
        "SHA-256 over the source digests of all shards in order; null until all are there.",
    ] = None

    @property
    @written(after="shard_size")
    def complete(self) -> bool:
        """Whether every document of the corpus is in a shard."""
        return self.hash is not None

    @property
    @written(after="complete")
    def documents(self) -> Count:
        """Documents in the shards, those in quarantine included."""
        return sum(shard.documents for shard in self.shards)

    @property
    @written(after="documents")
    def failures(self) -> Count:
        """Documents in quarantine: a line each in failures.jsonl."""
        return sum(shard.failures for shard in self.shards)

    def to_json(self) -> str:
        """One line a shard, so that it reads and diffs well."""
        head = as_dict(self)
        shards = ",\n".join(f"  {json.dumps(shard)}" for shard in head.pop("shards"))
        lines = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
        return lines + ',\n "shards": [' + (f"\n{shards}\n ]" if shards else "]") + "\n}\n"

    @classmethod
    def from_json(cls, data: bytes, where: str) -> Self:
        """Raises DataError where it is not a manifest of this format."""
        hint = "Name a folder that `wortlaut extract` wrote."
        found: Any = loads(data.removeprefix(b"\xef\xbb\xbf"), where)
        try:
            if found["format"] != cls.format:
                what = f"is of the format {found['format']!r}, not {cls.format}"
                raise DataError(what, where=where, hint=hint)
            shards = tuple(Shard(**shard) for shard in found["shards"])
            if [shard.number for shard in shards] != sorted({shard.number for shard in shards}):
                raise DataError("the shards are not in order, each once", where=where)
            ran, corpus = Ran(**found["extractor"]), found["corpus"]
            return cls(
                ran, corpus["ref"], found["shard_size"], shards, corpus["hash"], version=found["version"]
            )
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, DataError):
                raise
            what = f"is no manifest of an extraction: {type(error).__name__}: {error}"
            raise DataError(what, where=where, hint=hint) from error


def read_manifest(folder: str | Path | Folder) -> Manifest:
    """The manifest of an extraction. Raises MissingFileError, DataError."""
    place = _folder(folder)
    data = _read(place, MANIFEST, "Name a folder that `wortlaut extract` wrote.")
    return Manifest.from_json(data, f"{place}/{MANIFEST}")


def read_shard(folder: str | Path | Folder, shard: Shard) -> pa.Table:
    """A finished shard as columns, in the schema of :func:`schema`.

    Raises DataError, with the file, where its content is not what the manifest says.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = _folder(folder)
    where = f"{place}/{shard.name}"
    hint = "Run `wortlaut extract` again: it makes the shard anew."
    data = _read(place, shard.name, hint)
    if sha256(data).hexdigest() != shard.sha256:
        what = f"is damaged: {len(data):,} bytes with another checksum than the manifest says"
        raise DataError(what, where=where, hint=hint)
    with parquet.opened(BytesIO(data), where):
        # Arrow's threads, where they are still at it when a short program ends, abort it.
        return pq.read_table(pa.BufferReader(data), schema=schema(), use_threads=False, pre_buffer=False)


def iter_tables(folder: str | Path | Folder) -> Iterator[tuple[int, pa.Table]]:
    """Number and columns of each finished shard, one in memory at a time; checked as by :func:`read_shard`.

    Rows with an ``error`` are documents in quarantine. Whether the run is complete, its manifest says.
    """
    place = _folder(folder)
    for shard in read_manifest(place).shards:
        yield shard.number, read_shard(place, shard)


def iter_shards(
    folder: str | Path | Folder,
) -> Iterator[tuple[int, list[tuple[str, str, Annotations]]]]:
    """Of each finished shard the number and, by id, ``(id, sha256 of the text, annotations)``.

    Documents in quarantine are left out: :func:`iter_failures` names them.
    """
    return ((number, list(rows(found))) for number, found in iter_tables(folder))


def iter_failures(folder: str | Path | Folder) -> Iterator[dict[str, Any]]:
    """The documents in quarantine: ``shard``, ``id``, ``sha256``, ``kind``, ``error``."""
    place = _folder(folder)
    if read_manifest(place).failures:
        yield from map(json.loads, place.read(FAILURES).splitlines())


def rows(table: pa.Table) -> Iterator[tuple[str, str, Annotations]]:
    """``(id, sha256, annotations)`` of every row that has no error."""
    found = (row for row in table.to_pylist() if row["error"] is None)
    return ((row["id"], row["sha256"], row_annotations(row)) for row in found)


def row_annotations(row: Mapping[str, Any]) -> Annotations:
    """The annotations of a row that is a plain dict: what the extractor gave, in its order."""
    return from_structs(row, _span)


def _span(fragments: Sequence[Mapping[str, int]]) -> Span:
    return Span(tuple((fragment["start"], fragment["end"]) for fragment in fragments))


@cache
def schema() -> pa.Schema:
    """The columns of a shard."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema({"id": text, "sha256": text, "error": text} | columns())


def annotation_columns(found: Sequence[Annotations | None]) -> pa.RecordBatch:
    """The columns ``entities``, ``quotes``, ``clusters`` and ``heads``, null where there are no annotations.

    Raises what Arrow or Python raise over a value that a column cannot hold.
    """
    import pyarrow as pa

    return pa.RecordBatch.from_arrays(
        list(to_columns(found).values()), schema=pa.schema([schema().field(name) for name in PARTS])
    )


def shard_table(
    ids: Sequence[str], digests: Sequence[str], errors: Sequence[str | None], found: Iterable[pa.RecordBatch]
) -> pa.Table:
    """The rows of a shard, sorted by id; ``found`` are :func:`annotation_columns` in the order of ``ids``."""
    import pyarrow as pa

    text = pa.string()
    columns = pa.Table.from_batches(found, pa.schema([schema().field(name) for name in PARTS]))
    sides = [pa.chunked_array([pa.array(side, text)]) for side in (ids, digests, errors)]
    table = pa.Table.from_arrays([*sides, *columns.columns], schema=schema())
    # Sorted as Python sorts strings, by code points, as UTF-8 does.
    return table.take(pa.array(sorted(range(len(ids)), key=ids.__getitem__))).combine_chunks()


def shard_bytes(table: pa.Table) -> bytes:
    """The Parquet file of a shard: the same bytes for the same rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True, store_schema=False)
    return bytes(sink.getvalue())


def _folder(folder: str | Path | Folder) -> Folder:
    return folder if isinstance(folder, Folder) else Folder(folder)


def _read(folder: Folder, name: str, hint: str) -> bytes:
    try:
        return folder.read(name)
    except MissingFileError as error:
        error.hint = hint
        raise
