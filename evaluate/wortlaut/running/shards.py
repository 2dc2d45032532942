"""Writing the folder of an extraction; what it holds, and how it is read: ``wortlaut.formats.shards``."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats.shards import (
    FAILURES,
    MANIFEST,
    SHARDS,
    Manifest,
    annotation_columns,
    shard_bytes,
    shard_table,
)
from wortlaut.io.storage import Folder
from wortlaut.running.worker import Failure

if TYPE_CHECKING:
    import pyarrow as pa

#: A shard, or one that was being written.
_OURS = re.compile(r"\d{5,}\.parquet|\.\d{5,}\.parquet\..+\.tmp")


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A document that has no annotations, and why: a line of ``failures.jsonl``."""

    shard: int
    id: str
    sha256: str
    kind: str
    error: str


@dataclass(slots=True)
class Assembly:
    """The answers to a shard's documents as they come in."""

    number: int
    ids: list[str]
    digests: list[str]
    source: str
    parts: dict[int, pa.RecordBatch] = field(default_factory=dict)
    quarantined: dict[int, Quarantined] = field(default_factory=dict)

    def add(self, start: int, columns: bytes | None, failures: Sequence[Failure]) -> list[Quarantined]:
        """Take the answers to the documents from ``start``; returns those that failed."""
        import pyarrow as pa

        if columns is None:
            self.parts[start] = annotation_columns([None])
        else:
            (self.parts[start],) = pa.ipc.open_stream(columns)
        new = {
            at: Quarantined(self.number, self.ids[at], self.digests[at], failure.kind, failure.error)
            for failure in failures
            for at in [start + failure.index]
        }
        self.quarantined |= new
        return list(new.values())

    @property
    def complete(self) -> bool:
        return sum(int(part.num_rows) for part in self.parts.values()) == len(self.ids)

    def to_bytes(self) -> bytes:
        """The shard's file: the same whatever the order in which the answers came."""
        failed = self.quarantined
        return shard_bytes(
            shard_table(
                self.ids,
                self.digests,
                [failed[i].error if i in failed else None for i in range(len(self.ids))],
                [self.parts[start] for start in sorted(self.parts)],
            )
        )


def write_state(folder: Folder, manifest: Manifest, failures: Sequence[Quarantined]) -> None:
    """The failures first: the manifest never counts one that has no line."""
    in_order = sorted(failures, key=attrgetter("shard", "id"))
    lines = (json.dumps(asdict(failure), ensure_ascii=False) + "\n" for failure in in_order)
    folder.write(FAILURES, "".join(lines).encode("utf-8", "surrogatepass"))
    folder.write(MANIFEST, manifest.to_json().encode())


def read_failures(folder: Folder, shards: set[int]) -> list[Quarantined]:
    """Those of the given shards; a file that was cut short by hand raises DataError."""
    try:
        found = [Quarantined(**json.loads(line)) for line in folder.read(FAILURES).splitlines()]
    except MissingFileError:
        return []
    except (ValueError, TypeError) as error:
        raise DataError(f"is no list of failures: {error}", where=f"{folder}/{FAILURES}") from error
    return [failure for failure in found if failure.shard in shards]


def clean(folder: Folder, known: set[str]) -> None:
    """Remove what a killed run left: temporary files, and shards that it did not get to count."""
    ours = (f"{SHARDS}/{name}" for name in folder.names(SHARDS) if _OURS.fullmatch(name))
    half = (f".{MANIFEST}.", f".{FAILURES}.")
    temporary = (name for name in folder.names() if name.startswith(half) and name.endswith(".tmp"))
    for name in ({*ours} - known) | {*temporary}:
        folder.remove(name)
