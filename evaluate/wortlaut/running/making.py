"""Shards are made of a corpus, by the processes of this machine or by actors that have one each."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, count, islice

from wortlaut.errors import DataError, ExtractorError, WortlautError
from wortlaut.formats.shards import Shard
from wortlaut.io.storage import Folder, is_url, local
from wortlaut.model import Text
from wortlaut.running.on_ray import Cluster, on_actors
from wortlaut.running.pool import Batch, Limits, Pool
from wortlaut.running.shards import Assembly, Quarantined
from wortlaut.running.source import Piece, Source, digests, read

#: Called with the number of documents that came to an end, and how many of them failed.
Counted = Callable[[int, int], object]
#: Called with the layers found, the notes of the extractor and the restarts so far.
Learn = Callable[[Sequence[str], Sequence[str], int], object]
#: A shard that was written, with its failures; None for one that was there and fits the corpus.
Outcome = tuple[Shard, list[Quarantined] | None]
#: Shards that are put together at a time, on a machine beyond one for each worker.
_AHEAD = 2
#: Documents that a task of an actor has at most, where it has several shards: what is lost with it is little.
_TASK_DOCUMENTS = 10_000


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with each shard: plain data, so that it travels.

    ``known`` are the finished shards of an earlier run: each must be made of the same texts again. Those in
    ``skip`` are not made anew. ``allowed`` failures may come on top; one more ends the run.
    """

    corpus: str
    spec: str
    folder: Folder
    shard_size: int
    #: None: as many as the extractor asks for.
    batch_size: int | None
    limits: Limits
    allowed: int
    known: Mapping[int, Shard]
    skip: Set[int]


def make_here(
    job: Job, source: Source, workers: int, counted: Counted, learn: Learn
) -> Generator[Outcome, None, None]:
    """Make the shards with worker processes of this machine. Raises WortlautError."""
    with Pool(job.spec, workers, job.limits) as pool:
        for outcome in _made(job, enumerate(source.shards(job.shard_size)), pool, counted, workers + _AHEAD):
            learn(pool.finds, pool.notes, pool.restarts)
            yield outcome


def make_on_ray(
    job: Job, source: Source, cluster: Cluster, counted: Counted, learn: Learn
) -> Generator[Outcome, None, None]:
    """Make the shards on Ray, in the order in which they are finished. Raises WortlautError.

    Actors read Parquet and JSON Lines themselves and write the shards themselves; what comes back is a line
    for the manifest. Each keeps one worker process, where a hang, a crash or a leak is dealt with.
    """
    restarts: dict[tuple[str, int], int] = {}
    failed: list[Quarantined] = []
    reports = on_actors(
        _Making(),
        _tasks(job, source),
        cluster,
        hint="Name it as `ray start` says: --address HOST:PORT.",
        lost=lambda reason: WortlautError(
            f"Ray gave up: {reason}",
            where=cluster.address or "ray",
            hint="What is finished is kept: the same command goes on.",
        ),
        restart=True,
    )
    with closing(reports):
        for report in filter(None, reports):  # at its end an actor has nothing to say
            restarts[report.actor] = report.restarts
            learn(report.finds, report.notes, sum(restarts.values()))
            for shard, failures in report.outcomes:
                failed += failures or ()
                counted(shard.documents, shard.failures)
                yield shard, failures
            if report.error is not None:
                raise report.error
            _check_failures(failed, job)


@dataclass(frozen=True, slots=True)
class _Task:
    """Shards in a row, from ``number``: their texts, or where they are. The job knows no other shards."""

    job: Job
    number: int
    parts: tuple[Piece | Text, ...]


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


@dataclass
class _Making:
    """The work of an actor: the shards of a task, with a worker process that stays from task to task."""

    pool: Pool | None = None

    def do(self, task: _Task) -> _Report:
        job = task.job
        pool = self.pool = self.pool or Pool(job.spec, 1, job.limits)
        outcomes: list[Outcome] = []
        failed = None
        try:
            outcomes.extend(_made(job, _shards(task), pool, lambda *_: None, _AHEAD))
        except WortlautError as error:
            failed = error
            # What its worker is at belongs to no task any more.
            pool.end(patient=False)
        return _Report(
            outcomes, failed, (platform.node(), os.getpid()), pool.finds, pool.notes, pool.restarts
        )

    def finish(self) -> None:
        if self.pool is not None:
            self.pool.end(patient=True)


def _made(
    job: Job, shards: Iterable[tuple[int, Sequence[Text]]], pool: Pool, counted: Counted, ahead: int
) -> Iterator[Outcome]:
    """Make the shards, at most ``ahead`` of them in memory at a time. Raises WortlautError."""
    open_shards: dict[int, Assembly] = {}
    done: list[Outcome] = []
    failed: list[Quarantined] = []
    for answer in pool.run(_batches(job, shards, pool, open_shards, done, counted, ahead)):
        yield from done
        done.clear()
        shard = open_shards[answer.batch.shard]
        failed += shard.add(answer.batch.start, answer.columns, answer.failures)
        counted(len(answer.batch.texts) if answer.columns else 1, len(answer.failures))
        _check_failures(failed, job)
        if shard.complete:
            del open_shards[shard.number]
            yield _written(job, shard), list(shard.quarantined.values())
    yield from done


def _batches(
    job: Job,
    shards: Iterable[tuple[int, Sequence[Text]]],
    pool: Pool,
    open_shards: dict[int, Assembly],
    done: list[Outcome],
    counted: Counted,
    ahead: int,
) -> Iterator[Batch | None]:
    for number, texts in shards:
        first = number * job.shard_size
        each, source = digests(texts, f"{job.corpus}, documents from {first}")
        known = job.known.get(number)
        if known is not None and known.source != source:
            raise corpus_changed(
                job, f"documents {first} to {first + known.documents - 1} are not those of {known.name}"
            )
        if known is not None and number in job.skip:
            done.append((known, None))
            counted(len(texts), known.failures)
            continue
        while len(open_shards) >= ahead:
            yield None
        open_shards[number] = Assembly(number, [text.id for text in texts], each, source)
        start = 0
        while start < len(texts):
            batch = texts[start : start + (job.batch_size or pool.texts_at_once)]
            yield Batch(number, start, tuple(batch))
            start += len(batch)


def _written(job: Job, shard: Assembly) -> Shard:
    data = shard.to_bytes()
    made = Shard(
        shard.number,
        len(shard.ids),
        len(shard.quarantined),
        len(data),
        sha256(data).hexdigest(),
        shard.source,
    )
    job.folder.write(made.name, data)
    return made


def corpus_changed(job: Job, how: str) -> DataError:
    """The corpus is another one than when the finished shards were made."""
    return DataError(
        f"the corpus has changed since {job.folder} was begun: {how}",
        where=job.corpus,
        hint="Name the corpus as it was, or another folder with -o.",
    )


def _check_failures(failed: Sequence[Quarantined], job: Job) -> None:
    """Raises ExtractorError when there are more than allowed."""
    if len(failed) > job.allowed:
        last = "".join(f"\n  {one.id}: {one.error.partition(chr(10))[0]}" for one in failed[-3:])
        raise ExtractorError(
            f"more documents failed than --max-failures allows; the last ones:{last}",
            where=job.spec,
            hint="What is finished is kept: with a higher --max-failures the same command goes on.",
        )


def _shards(task: _Task) -> Iterator[tuple[int, Sequence[Text]]]:
    stream = chain.from_iterable(read(part, task.job.corpus) for part in task.parts)
    size = task.job.shard_size
    return enumerate(iter(lambda: tuple(islice(stream, size)), ()), task.number)


def _tasks(job: Job, source: Source) -> Iterator[_Task]:
    # Several shards to a task where they share a row group, which is decoded for each task.
    together = max(1, min(-(-source.group // job.shard_size), _TASK_DOCUMENTS // job.shard_size))
    shards, folder = source.cut(job.shard_size), Folder(_absolute(str(job.folder)))
    for first in count(0, together):
        parts = _joined(chain.from_iterable(islice(shards, together)))
        if not parts:
            break
        known = {i: job.known[i] for i in range(first, first + together) if i in job.known}
        yield _Task(replace(job, folder=folder, known=known, skip=job.skip & known.keys()), first, parts)


def _joined(parts: Iterable[Piece | Text]) -> tuple[Piece | Text, ...]:
    """Pieces that follow one another in a file as one; actors need not be where this process is."""
    joined: list[Piece | Text] = []
    for part in parts:
        if isinstance(part, Piece):
            part = replace(part, file=_absolute(part.file))
            before = joined[-1] if joined else None
            if isinstance(before, Piece) and (before.file, before.stop) == (part.file, part.start):
                joined.pop()
                part = replace(part, start=before.start)
        joined.append(part)
    return tuple(joined)


def _absolute(ref: str) -> str:
    return ref if is_url(ref) else str(local(ref).resolve())
