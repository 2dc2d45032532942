"""The engine of a cluster: Ray Data with a pool of actors, a shard at a time.

Each actor keeps one worker process of the local engine: a hang, a crash or a leak is dealt with beside the
document, and Ray deals with actors and machines that get lost. Actors read Parquet and JSON Lines themselves
and write the shards themselves; what comes back is a line for the manifest.
"""

from __future__ import annotations

import logging
import os
import pickle
import platform
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError, WortlautError
from wortlaut.formats.shards import Shard
from wortlaut.io.storage import Folder, is_url, local
from wortlaut.model import Text
from wortlaut.running.cluster import connected
from wortlaut.running.local import Counted, Job, Outcome, check_failures, run_local
from wortlaut.running.pool import Pool
from wortlaut.running.shards import Quarantined
from wortlaut.running.source import Piece, Source, read

#: Documents that a task has at most, where it has several shards: what is lost with it is not much.
_TOGETHER = 10_000
#: Shards that an actor puts together at a time.
_AHEAD = 2
#: Seconds that Ray Data has to end its run.
_PATIENCE = 10.0


@dataclass(frozen=True)
class Cluster:
    """Where Ray runs: ``address`` None starts it here. ``workers``: the fewest and the most actors."""

    address: str | None = None
    workers: tuple[int, int] = (1, 1)
    gpus: float = 0.0


@dataclass(frozen=True, slots=True)
class _Task:
    """Shards in a row, from ``number``: where their texts are, or the texts; what there is of them."""

    number: int
    pieces: tuple[Piece, ...]
    texts: tuple[Text, ...]
    known: Mapping[int, Shard]
    skip: Set[int]


@dataclass(frozen=True, slots=True)
class _Report:
    """What an actor says of a task."""

    outcomes: list[Outcome]
    #: What ended it before the last of its shards.
    error: WortlautError | None
    actor: tuple[str, int]
    finds: tuple[str, ...]
    notes: tuple[str, ...]
    restarts: int


def run_ray(
    job: Job,
    source: Source,
    cluster: Cluster,
    counted: Counted,
    learn: Callable[[Sequence[str], Sequence[str], int], object],
) -> Generator[Outcome, None, None]:
    """Make the shards on Ray, in the order in which they are finished. Raises WortlautError."""
    with _connected(cluster) as data:
        from ray.exceptions import RayError

        tasks = [{"task": pickle.dumps(task)} for task in _tasks(job, source)]
        if not tasks:
            raise DataError("the corpus has no documents", where=job.corpus)
        # What an actor needs of the earlier run comes with each task.
        bare = replace(job, folder=Folder(_absolute(str(job.folder))), known={}, skip=frozenset())
        fewest, most = cluster.workers
        results = data.from_items(tasks, override_num_blocks=len(tasks)).map_batches(
            _Actor,
            fn_constructor_args=[pickle.dumps(bare), str(Path.cwd())],
            batch_size=1,
            compute=data.ActorPoolStrategy(min_size=fewest, max_size=most),
            num_cpus=1,
            num_gpus=cluster.gpus or None,
        )
        restarts: dict[tuple[str, int], int] = {}
        failed: list[Quarantined] = []
        before = set(threading.enumerate())
        rows = iter(results.iter_rows())
        try:
            for row in rows:
                report: _Report = pickle.loads(row["report"])
                restarts[report.actor] = report.restarts
                learn(report.finds, report.notes, sum(restarts.values()))
                for shard, failures in report.outcomes:
                    failed += failures or ()
                    counted(shard.documents, shard.failures)
                    yield shard, failures
                if report.error is not None:
                    raise report.error
                check_failures(failed, job)
        except RayError as error:
            what = f"Ray gave up: {str(error).strip().rpartition(chr(10))[2].strip()}"
            hint = "What is finished is kept: the same command goes on."
            raise WortlautError(what, where=cluster.address or "ray", hint=hint) from error
        finally:
            _end(rows, before)


def _end(rows: Iterator[Any], before: set[threading.Thread]) -> None:
    """End Ray Data's run, its threads too: one that calls Ray after its shutdown ends this process."""
    if close := getattr(rows, "close", None):
        close()
    until = time.monotonic() + _PATIENCE
    for thread in set(threading.enumerate()) - before:
        if thread.name == "Prefetcher":  # waits for blocks that nobody asks for any more, and never ends
            continue
        thread.join(max(0.0, until - time.monotonic()))


class _Actor:
    """Lives on a node as long as the run, with one worker process and the extractor in it."""

    def __init__(self, job: bytes, folder: str) -> None:
        # Specs may name files; on this machine the folder is there, elsewhere it may be.
        with suppress(OSError):
            os.chdir(folder)
        self._job: Job = pickle.loads(job)
        self._pool = Pool(self._job.spec, 1, self._job.limits)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[bytes]]:
        return {"report": [pickle.dumps(self._report(pickle.loads(task))) for task in batch["task"]]}

    def _report(self, task: _Task) -> _Report:
        job = replace(self._job, known=task.known, skip=task.skip)
        outcomes: list[Outcome] = []
        failed = None
        try:
            for outcome in run_local(job, _shards(task, job), self._pool, lambda *_: None, _AHEAD):
                outcomes.append(outcome)
        except WortlautError as error:
            failed = error
            # What they are at belongs to no task any more.
            self._pool.end(patient=False)
        pool, actor = self._pool, (platform.node(), os.getpid())
        return _Report(outcomes, failed, actor, pool.finds, pool.notes, pool.restarts)


def _shards(task: _Task, job: Job) -> Iterator[tuple[int, Sequence[Text]]]:
    if task.texts:
        yield task.number, task.texts
        return
    stream = chain.from_iterable(read(piece, job.corpus) for piece in task.pieces)
    for number in count(task.number):
        if not (texts := tuple(islice(stream, job.shard_size))):
            return
        yield number, texts


def _tasks(job: Job, source: Source) -> Iterator[_Task]:
    cut = source.cut(job.shard_size)
    if cut is None:
        for number, texts in source.shards(job.shard_size):
            yield _task(job, range(number, number + 1), (), tuple(texts))
        return
    # Several shards to a task where they share a row group, which is decoded for each task.
    together = max(1, min(-(-source.group // job.shard_size), _TOGETHER // job.shard_size))
    first = 0
    while shards := list(islice(cut, together)):
        yield _task(job, range(first, first + len(shards)), _joined(chain.from_iterable(shards)), ())
        first += len(shards)


def _task(job: Job, numbers: range, pieces: tuple[Piece, ...], texts: tuple[Text, ...]) -> _Task:
    known = {number: job.known[number] for number in numbers if number in job.known}
    return _Task(numbers.start, pieces, texts, known, job.skip & known.keys())


def _joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Pieces that follow one another in a file as one."""
    joined: list[Piece] = []
    for piece in pieces:
        piece = replace(piece, file=_absolute(piece.file))
        if joined and (joined[-1].file, joined[-1].stop) == (piece.file, piece.start):
            piece = replace(piece, start=joined.pop().start)
        joined.append(piece)
    return tuple(joined)


def _absolute(ref: str) -> str:
    return ref if is_url(ref) else str(local(ref).resolve())


@contextmanager
def _connected(cluster: Cluster) -> Iterator[Any]:
    """``ray.data``, with Ray running."""
    options: dict[str, Any] = {"logging_level": logging.WARNING}
    if not cluster.address:
        options["num_cpus"] = cluster.workers[1]
    hint = "Name it as `ray start` says: --address HOST:PORT."
    with connected(cluster.address, hint, **options) as (here, mine):
        import ray.data

        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        if mine and not cluster.address and cluster.gpus > here.cluster_resources().get("GPU", 0):
            what, hint = "this machine has fewer GPUs", "Leave out --gpus, or name a cluster by --address."
            raise WortlautError(what, where=f"--gpus {cluster.gpus:g}", hint=hint)
        yield ray.data
