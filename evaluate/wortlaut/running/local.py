"""The engine of one machine: texts go to worker processes in batches, and come back as shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256

from wortlaut.errors import DataError, ExtractorError
from wortlaut.formats.shards import Shard
from wortlaut.io.storage import Folder
from wortlaut.model import Text
from wortlaut.running.pool import Batch, Limits, Pool
from wortlaut.running.shards import Assembly, Quarantined
from wortlaut.running.source import digests

#: Called with the number of documents that came to an end, and how many of them failed.
Counted = Callable[[int, int], object]
#: A shard that was written, with its failures; None for one that was there and fits the corpus.
Outcome = tuple[Shard, list[Quarantined] | None]


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
    batch_size: int
    limits: Limits
    allowed: int
    known: Mapping[int, Shard]
    skip: Set[int]


def run_local(
    job: Job, shards: Iterable[tuple[int, Sequence[Text]]], pool: Pool, counted: Counted, ahead: int
) -> Iterator[Outcome]:
    """Make the shards, at most ``ahead`` of them in memory at a time. Raises WortlautError."""
    open_shards: dict[int, Assembly] = {}
    done: list[Outcome] = []
    failed: list[Quarantined] = []
    for answer in pool.run(_batches(job, shards, open_shards, done, counted, ahead)):
        yield from done
        done.clear()
        shard = open_shards[answer.batch.shard]
        failed += shard.add(answer.batch.start, answer.columns, answer.failures)
        counted(len(answer.batch.texts) if answer.columns else 1, len(answer.failures))
        check_failures(failed, job)
        if shard.complete:
            del open_shards[shard.number]
            yield _written(job, shard), list(shard.quarantined.values())
    yield from done


def _batches(
    job: Job,
    shards: Iterable[tuple[int, Sequence[Text]]],
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
            raise changed(
                job, f"documents {first} to {first + known.documents - 1} are not those of {known.name}"
            )
        if known is not None and number in job.skip:
            done.append((known, None))
            counted(len(texts), known.failures)
            continue
        while len(open_shards) >= ahead:
            yield None
        open_shards[number] = Assembly.of(number, texts, each, source)
        for start in range(0, len(texts), job.batch_size):
            yield Batch(number, start, tuple(texts[start : start + job.batch_size]))


def _written(job: Job, shard: Assembly) -> Shard:
    data = shard.to_bytes()
    digest = sha256(data).hexdigest()
    made = Shard(shard.number, shard.texts, len(shard.quarantined), len(data), digest, shard.source)
    job.folder.write(made.name, data)
    return made


def changed(job: Job, how: str) -> DataError:
    """The corpus is another one than when the finished shards were made."""
    hint = "Name the corpus as it was, or another folder with -o."
    return DataError(
        f"the corpus has changed since {job.folder} was begun: {how}", where=job.corpus, hint=hint
    )


def check_failures(failed: Sequence[Quarantined], job: Job) -> None:
    """Raises ExtractorError when there are more than allowed."""
    if len(failed) > job.allowed:
        last = "".join(f"\n  {one.id}: {one.error.partition(chr(10))[0]}" for one in failed[-3:])
        raise ExtractorError(
            f"more documents failed than --max-failures allows; the last ones:{last}",
            where=job.spec,
            hint="What is finished is kept: with a higher --max-failures the same command goes on.",
        )
