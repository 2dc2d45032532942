"""The process that holds the extractor: calls of our functions with it in, plain data out.

What the extractor prints goes to standard error.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, cast

from wortlaut.errors import ExtractorError, WortlautError
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.registry import Loaded, resolve
from wortlaut.extractors.run import checked_batch
from wortlaut.formats.shards import annotation_columns
from wortlaut.model import Annotations, Text

if TYPE_CHECKING:
    import pyarrow as pa

#: Pulses: an answer came; the batch begins anew, one document at a time.
ANSWER, ONE_BY_ONE = b".", b"0"
#: Characters of an extractor's error that are kept.
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a document, by its index in the batch, has no annotations."""

    index: int
    kind: str
    error: str


@dataclass(frozen=True, slots=True)
class Done:
    """A batch's answers: an Arrow stream of one record batch, null where a document failed."""

    columns: bytes
    failures: tuple[Failure, ...]
    finds: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a function returned, as plain data, and what the extractor says of itself."""

    value: Any
    finds: tuple[str, ...]
    notes: tuple[str, ...]


class CannotIsolate(ExtractorError):
    """An extractor object that no other process can be given."""


def main(messages: int, pulses: int, parent: int, bound: bool) -> None:
    """Serve on the two file descriptors until the other side closes, or ``parent`` is no longer there.

    ``bound`` says that the thread that started this process lives as long as its process does.
    """
    # Whatever is printed, by Python or not, must not look like output of the command.
    os.dup2(2, 1)
    # The parent decides what an interrupt of the terminal means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(parent, bound)
    os.set_blocking(pulses, False)
    for mine in (messages, pulses):
        os.set_inheritable(mine, False)
    with Connection(messages) as connection, suppress(EOFError, BrokenPipeError, ConnectionResetError):
        _serve(connection, connection.recv(), pulses)


def _die_with(parent: int, bound: bool) -> None:
    if bound and sys.platform == "linux":
        # PR_SET_PDEATHSIG; it works while an extractor holds the interpreter, too.
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _serve(connection: Connection, made: tuple[str, bytes | None], pulses: int) -> None:
    """``made``: the spec, and the pickled extractor where it is an object."""
    spec, packed = made
    try:
        extractor = Pulsing(
            resolve(spec) if packed is None else Loaded(spec, _unpacked(spec, packed)), pulses
        )
    except WortlautError as error:
        connection.send(error)
        return
    annotation_columns([None])  # what it imports is no part of the first document's time
    connection.send(extractor.loaded.texts_at_once)
    while work := connection.recv():
        function, *arguments = work
        connection.send(function(extractor, *arguments))
    extractor.loaded.close()


def _unpacked(spec: str, packed: bytes) -> Extractor:
    try:
        return cast(Extractor, pickle.loads(packed))
    except Exception as error:
        raise CannotIsolate(f"cannot be made in a process of its own: {error}", where=spec) from error


class Pulsing:
    """The extractor, which tells with each answer that it is alive."""

    def __init__(self, extractor: Loaded, pulses: int) -> None:
        self.loaded, self.spec, self._pulses = extractor, extractor.spec, pulses

    @property
    def finds(self) -> tuple[str, ...]:
        return self.loaded.finds

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations | Mapping[str, object]]:
        for answer in self.loaded.extract(texts):
            self.pulse(ANSWER)
            yield answer

    def pulse(self, mark: bytes) -> None:
        # A pipe that is full says enough.
        with suppress(BlockingIOError):
            os.write(self._pulses, mark)


def answer(extractor: Pulsing, pairs: Sequence[tuple[str, str]]) -> Done:
    """All answers, of pairs of id and text; where a batch fails, or an answer cannot be kept, one by one."""
    import pyarrow as pa

    failures: list[Failure] = []

    def ask(texts: Sequence[Text], first: int) -> list[pa.RecordBatch]:
        try:
            return [annotation_columns(checked_batch(extractor, texts))]
        except (Exception, SystemExit) as error:
            if len(texts) == 1:
                failures.append(_failure(first, error))
                return [annotation_columns([None])]
        extractor.pulse(ONE_BY_ONE)
        return [columns for index, text in enumerate(texts) for columns in ask([text], index)]

    texts = [Text(text, name) for name, text in pairs]
    (batch,) = pa.Table.from_batches(ask(texts, 0)).combine_chunks().to_batches()
    return Done(streamed(batch), tuple(failures), extractor.finds, extractor.loaded.notes)


def streamed(batch: pa.RecordBatch) -> bytes:
    """As an Arrow stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(sink.getvalue())


def _failure(index: int, error: BaseException) -> Failure:
    kind, reason = "refused", f"{type(error).__name__}: {error}"
    if isinstance(error, WortlautError):
        # Which document it was is known from the row.
        kind = "raised" if error.what.startswith("raised ") else "refused"
        reason = error.what if kind == "raised" or not error.hint else f"{error.what}\n  {error.hint}"
    return Failure(index, kind, reason[:_LONGEST].encode("utf-8", "backslashreplace").decode())
