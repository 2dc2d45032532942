"""Worker processes that may hang, crash, leak and raise: each document is answered once, or has a reason.

A batch whose worker dies, or gives no answer within the time limit, goes through again one document at a
time, the suspect first. A document that costs a worker its life when it is alone is in quarantine; after a
death that a worker's past could explain (it had answered others), it has one more try in a new worker.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Self

from wortlaut.errors import ExtractorError, WortlautError
from wortlaut.extractors.run import BATCH_SIZE
from wortlaut.model import LAYERS, Text
from wortlaut.running.child import CLOSE_TIMEOUT, LOAD_TIMEOUT, Child
from wortlaut.running.processes import children, descendants
from wortlaut.running.worker import ONE_BY_ONE, Done, Failure, answer

#: Seconds from one check of the workers to the next.
_CHECK_INTERVAL = 0.2
#: Deaths in a row while loading that end the run.
_LOAD_DEATHS = 3


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive texts of a shard, from the ``start``-th. ``fresh`` asks for a worker without a past."""

    shard: int
    start: int
    texts: tuple[Text, ...]
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """``columns`` is an Arrow stream, or None where the one document took its worker along."""

    batch: Batch
    columns: bytes | None
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """``timeout``: seconds without an answer; ``memory``: MiB of a worker with what it started, or None."""

    timeout: float = 300.0
    memory: int | None = None


@dataclass
class Pool:
    """Workers with the extractor ``spec``; a context, at whose end none of them is left."""

    spec: str
    #: The most that there are at a time.
    size: int
    limits: Limits
    #: How often a worker had to be replaced.
    restarts: int = 0
    #: Process → the layers that it looked for, and its notes.
    _reports: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    #: Texts that the extractor is best given at a time; it says so when it is loaded.
    texts_at_once: int = BATCH_SIZE
    _load_deaths: int = 0
    _workers: list[_Worker] = field(default_factory=list)
    #: Batches that are to be done again, the next first.
    _retries: deque[Batch] = field(default_factory=deque)

    def __post_init__(self) -> None:
        if os.name != "posix":
            raise WortlautError("extract needs Linux or macOS", hint="On Windows, run it in WSL.")
        if self.limits.memory is not None and _memory(os.getpid(), {}) is None:
            raise WortlautError("the memory of a process cannot be read here", hint="Leave out --max-memory.")

    @property
    def finds(self) -> tuple[str, ...]:
        """The layers that any worker looked for."""
        return tuple(layer for layer in LAYERS if any(layer in finds for finds, _ in self._reports.values()))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the extractors have to say, each sentence once."""
        return tuple(dict.fromkeys(note for _, notes in self._reports.values() for note in notes))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(patient=kind is None)

    def end(self, *, patient: bool) -> None:
        """Let the workers close their extractors, or kill them at once; a new run starts new ones."""
        # One that still loads has nothing to close.
        closing = [worker for worker in self._workers if patient and worker.idle]
        for worker in closing:
            worker.send(None)
        for worker in self._workers:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(CLOSE_TIMEOUT if worker in closing else 0.0)
            worker.kill()
        self._workers = []

    def run(self, batches: Iterable[Batch | None]) -> Iterator[Answer]:
        """An answer to every batch, or several for its parts, in the order in which they come.

        ``None`` among the batches means: not before another answer has been taken. Raises WortlautError where
        the extractor cannot be loaded.
        """
        stream = iter(batches)
        # No more workers than there are batches: each loads its model.
        self._retries = deque(batch for batch in islice(stream, self.size) if batch is not None)
        self._workers += [_Worker(self.spec) for _ in range(len(self._retries) - len(self._workers))]
        more = True
        checked = time.monotonic()
        while True:
            # Those without a past first: a batch may ask for one.
            for worker in sorted(self._workers, key=lambda worker: worker.answers > 0):
                if not worker.idle:
                    continue
                batch = self._retries.popleft() if self._retries else next(stream, _END) if more else _END
                more = more and batch is not _END
                if batch is _END or batch is None:
                    break
                assert isinstance(batch, Batch)
                dead = worker.process.poll() is not None  # it has died of something else
                if not dead and not (batch.fresh and worker.answers):
                    worker.assign(batch)
                    continue
                self._retries.appendleft(batch)
                if not dead and any(other.batch is None and not other.answers for other in self._workers):
                    break  # one without a past is about to be ready
                self._replace(worker)
            working = [worker for worker in self._workers if not worker.idle]
            if not working:
                return
            if not more and not self._retries and all(worker.batch is None for worker in working):
                return  # those who still load have come too late
            ready = wait([worker.messages for worker in working], _CHECK_INTERVAL)
            for worker in working:
                if worker.messages in ready:
                    yield from self._receive(worker)
            if time.monotonic() - checked >= _CHECK_INTERVAL:
                known = children() if self.limits.memory is not None else {}
                for worker in self._workers:
                    yield from self._check(worker, known)
                checked = time.monotonic()

    def _receive(self, worker: _Worker) -> Iterator[Answer]:
        try:
            message = worker.receive()
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            told = isinstance(error, pickle.UnpicklingError)
            yield from self._recover(worker, "died", str(error) if told else worker.cause_of_death())
            return
        if isinstance(message, WortlautError):
            raise message
        self._load_deaths = 0
        # The number of texts at a time says that it has loaded.
        batch, worker.batch, worker.idle = worker.batch, None, True
        if isinstance(message, Done):
            assert batch is not None
            self._reports[worker.process.pid] = (message.finds, message.notes)
            worker.answers += len(batch.texts)
            yield Answer(batch, message.columns, message.failures)
        else:
            self.texts_at_once = int(message)

    def _check(self, worker: _Worker, known: Mapping[int, Sequence[int]]) -> Iterator[Answer]:
        """See whether a worker is dead, silent for too long or too large."""
        worker.read_pulses()
        if worker.messages.poll():
            return  # it has answered, which is received next
        limit = self.limits.memory
        used = 0 if limit is None else _memory(worker.process.pid, known) or 0
        if worker.idle:
            if limit is not None and used > limit:
                self._replace(worker)
            return
        timeout = LOAD_TIMEOUT if worker.batch is None else self.limits.timeout
        if worker.process.poll() is not None:
            # Something that it started may hold its connection open.
            yield from self._recover(worker, "died", worker.cause_of_death())
        elif worker.silent > timeout:
            if worker.batch is None:
                raise ExtractorError(f"is not loaded within {timeout:g} seconds", where=self.spec)
            yield from self._recover(worker, "timeout", f"no answer within {timeout:g} seconds")
        elif limit is not None and used > limit:
            yield from self._recover(worker, "memory", f"the extractor needs {used} MiB, more than {limit}")

    def _recover(self, worker: _Worker, kind: str, reason: str) -> Iterator[Answer]:
        """Replace a worker that is dead or has to go, and decide what becomes of its batch."""
        batch, past, suspect = worker.batch, worker.answers, worker.suspect
        self._replace(worker)
        if batch is None:
            self._load_deaths += 1
            if self._load_deaths >= _LOAD_DEATHS:
                raise ExtractorError(f"its process ends while it is loaded: {reason}", where=self.spec)
        elif len(batch.texts) > 1:
            single = [Batch(batch.shard, batch.start + i, (text,)) for i, text in enumerate(batch.texts)]
            self._retries.extendleft(reversed(single[suspect:] + single[:suspect]))
        elif kind != "timeout" and past:
            self._retries.appendleft(replace(batch, fresh=True))
        else:
            yield Answer(batch, None, (Failure(0, kind, reason),))

    def _replace(self, worker: _Worker) -> None:
        self.restarts += 1
        worker.kill()
        self._workers[self._workers.index(worker)] = _Worker(self.spec)


_END = object()


class _Worker(Child):
    """A process that is given batches."""

    def __init__(self, spec: str) -> None:
        super().__init__()
        self.send((spec, None))
        self.idle = False
        self.batch: Batch | None = None
        #: Documents that this process has answered.
        self.answers = 0
        self.suspect = 0

    def assign(self, batch: Batch) -> None:
        self.read_pulses()
        self.listen()
        self.idle, self.batch, self.suspect = False, batch, 0
        self.send((answer, [(text.id, str(text)) for text in batch.texts]))

    def read_pulses(self) -> None:
        """Take note of which document it is at, and that it lives."""
        if pulses := self.pulses():
            known = 0 if ONE_BY_ONE in pulses else self.suspect
            self.suspect = known + len(pulses.rpartition(ONE_BY_ONE)[2])
        if self.batch is not None:
            self.suspect = min(self.suspect, len(self.batch.texts) - 1)

    def cause_of_death(self) -> str:
        self.read_pulses()
        return super().cause_of_death()


def _memory(pid: int, known: Mapping[int, Sequence[int]]) -> int | None:
    """MiB that a process and what it started have in memory; None where the system does not say."""
    total = None
    for each in (pid, *descendants(pid, known)):
        with suppress(OSError, ValueError, IndexError):
            pages = int(Path(f"/proc/{each}/statm").read_text().split()[1])
            total = (total or 0) + pages * os.sysconf("SC_PAGE_SIZE")
    return None if total is None else total >> 20
