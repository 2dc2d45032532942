"""Writing the folder of an extraction; what it holds, and how it is read: ``wortlaut.formats.shards``."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING, Any

from wortlaut.errors import DataError, MissingFileError, WortlautError
from wortlaut.formats.shards import (
    FAILURES,
    MANIFEST,
    SHARDS,
    Manifest,
    annotation_columns,
    shard_bytes,
    shard_table,
)
from wortlaut.io.storage import Folder, unwritable
from wortlaut.model import Text
from wortlaut.running.worker import Failure

if TYPE_CHECKING:
    import pyarrow as pa

LOCK = ".lock"
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
    texts: int
    ids: list[str]
    digests: list[str]
    source: str
    parts: dict[int, pa.RecordBatch] = field(default_factory=dict)
    quarantined: dict[int, Quarantined] = field(default_factory=dict)

    @classmethod
    def of(cls, number: int, texts: Sequence[Text], digests: list[str], source: str) -> Assembly:
        return cls(number, len(texts), [text.id for text in texts], digests, source)

    def add(self, start: int, columns: bytes | None, failures: Sequence[Failure]) -> list[Quarantined]:
        """Take the answers to the documents from ``start``; returns those that failed."""
        import pyarrow as pa

        if columns is None:
            self.parts[start] = annotation_columns([None])
        else:
            (self.parts[start],) = pa.ipc.open_stream(columns)
        new = [
            Quarantined(self.number, self.ids[at], self.digests[at], failure.kind, failure.error)
            for failure in failures
            for at in [start + failure.index]
        ]
        self.quarantined |= {start + f.index: q for f, q in zip(failures, new, strict=True)}
        return new

    @property
    def complete(self) -> bool:
        return sum(int(part.num_rows) for part in self.parts.values()) == self.texts

    def to_bytes(self) -> bytes:
        """The shard's file: the same whatever the order in which the answers came."""
        failed = self.quarantined
        errors = [failed[i].error if i in failed else None for i in range(self.texts)]
        parts = [self.parts[start] for start in sorted(self.parts)]
        return shard_bytes(shard_table(self.ids, self.digests, errors, parts))


def write_state(folder: Folder, manifest: Manifest, failures: Sequence[Quarantined]) -> None:
    """The failures first: the manifest never counts one that has no line."""
    in_order = sorted(failures, key=lambda failure: (failure.shard, failure.id))
    lines = [json.dumps(asdict(failure), ensure_ascii=False) + "\n" for failure in in_order]
    folder.write(FAILURES, "".join(lines).encode("utf-8", "surrogatepass"))
    folder.write(MANIFEST, manifest.to_json().encode())


def read_failures(folder: Folder, shards: set[int]) -> list[Quarantined]:
    """Those of the given shards; a file that was cut short by hand raises DataError."""
    try:
        lines = folder.read(FAILURES).splitlines()
    except MissingFileError:
        return []
    try:
        found = [Quarantined(**json.loads(line)) for line in lines]
    except (ValueError, TypeError) as error:
        raise DataError(f"is no list of failures: {error}", where=f"{folder}/{FAILURES}") from error
    return [failure for failure in found if failure.shard in shards]


def clean(folder: Folder, known: set[str]) -> None:
    """Remove what a killed run left: temporary files, and shards that it did not get to count."""
    for name in folder.names(SHARDS):
        if _OURS.fullmatch(name) and f"{SHARDS}/{name}" not in known:
            folder.remove(f"{SHARDS}/{name}")
    for name in folder.names():
        if name.startswith((f".{MANIFEST}.", f".{FAILURES}.")) and name.endswith(".tmp"):
            folder.remove(name)


@contextmanager
def locked(folder: Folder) -> Iterator[None]:
    """Keep other runs out of the folder, which is made. Raises WortlautError where one is in it.

    On a disk the lock goes with the process that holds it. Behind a URL it is a file, which a run that was
    killed leaves behind; the next one on the same machine sees that its owner is dead.
    """
    owner = {"host": socket.gethostname(), "pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
    if folder.path is None:
        _take(folder, owner)
        try:
            yield
        finally:
            folder.remove(LOCK)
        return
    import fcntl

    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        lock = (folder.path / LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        raise unwritable(error, str(folder)) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The run before may have removed the file between the two lines above.
            held = os.path.samestat(os.fstat(lock.fileno()), (folder.path / LOCK).stat())
        except OSError:
            held = False
        if not held:
            lock.seek(0)
            raise _busy(folder, _owner(lock))
        with suppress(OSError):  # a full disk: the lock holds without a name on it
            lock.truncate(0)
            lock.write(json.dumps(owner))
            lock.flush()
        try:
            yield
        finally:
            with suppress(OSError):
                (folder.path / LOCK).unlink()
                folder.path.rmdir()  # what nothing was written into


def _owner(lock: IO[str]) -> Mapping[str, Any]:
    with suppress(ValueError):
        found: dict[str, Any] = json.loads(lock.read())
        return found
    return {}


def _take(folder: Folder, owner: Mapping[str, Any]) -> None:
    with suppress(MissingFileError):
        found = json.loads(folder.read(LOCK))
        if found["host"] != owner["host"] or _lives(found["pid"]):
            error = _busy(folder, found)
            error.hint += f" If it is dead, remove {folder}/{LOCK}."
            raise error
    folder.write(LOCK, json.dumps(owner).encode())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _busy(folder: Folder, owner: Mapping[str, Any]) -> WortlautError:
    who = f" ({owner['host']}, process {owner['pid']}, since {owner['since']})" if owner else ""
    return WortlautError(
        f"another run writes into this folder{who}",
        where=str(folder),
        hint="Wait for it, or name another folder.",
    )
