"""``wortlaut extract``: an extractor over a corpus of any size, each document once, stopped anywhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

from wortlaut.errors import DataError, ExtractorError, MissingFileError, WortlautError
from wortlaut.formats.shards import FAILURES, MANIFEST, MAX_NOTES, SHARDS, Manifest, Ran, Shard, read_manifest
from wortlaut.io.locks import LOCK, locked
from wortlaut.io.storage import Folder
from wortlaut.model import LAYERS
from wortlaut.running.identity import identity
from wortlaut.running.making import Job, Outcome, corpus_changed, make_here, make_on_ray
from wortlaut.running.on_ray import Cluster
from wortlaut.running.pool import Limits
from wortlaut.running.shards import Quarantined, clean, read_failures, write_state
from wortlaut.running.source import Source
from wortlaut.version import VERSION

#: Called with documents done, their number where it is known, and those in quarantine.
Progress = Callable[[int, int | None, int], object]
#: Seconds from one writing of the manifest to the next.
_PAUSE = 1.0


@dataclass(frozen=True)
class Extraction:
    """What a run did. ``documents`` and ``failures`` are those of the folder, ``made`` those of this run."""

    folder: str
    documents: int
    failures: int
    made: int
    seconds: float
    restarts: int
    finds: tuple[str, ...]
    notes: tuple[str, ...] = ()
    #: Finished shards whose files were no longer what they had been; they were made anew.
    damaged: tuple[str, ...] = ()


def extract(
    corpus: str,
    extractor: str,
    out: str,
    *,
    engine: Literal["local", "ray"] = "local",
    workers: int = 1,
    shard_size: int = 1000,
    batch_size: int | None = None,
    timeout: float = 300.0,
    max_memory: int | None = None,
    max_failures: int = 100,
    retry: bool = False,
    cluster: Cluster | None = None,
    progress: Progress | None = None,
) -> Extraction:
    """Run the extractor over the corpus and write what it finds into the folder ``out``, shard by shard.

    The same call goes on where an earlier one stopped, for whatever reason it did.

    Parameters
    ----------
    corpus
        What :func:`wortlaut.load_corpus` takes; or Parquet (columns ``id`` and ``text``), JSON Lines (these
        keys) or ``.txt`` files: one, a folder of them, or a URL that fsspec opens.
    extractor
        A spec string; the extractor is made in each worker process.
    out
        A folder, or a URL of an object store. Its layout is told in ``wortlaut.formats.shards``.
    engine, workers
        ``local``: so many processes. ``ray``: see ``cluster``.
    shard_size, batch_size
        Documents in a file, and those that the extractor is given at a time: 32, or as many as it asks for.
    timeout
        Seconds without an answer after which a worker is replaced.
    max_memory
        MiB that a worker, with what it started, may hold.
    max_failures
        Documents that may fail before the run ends.
    retry
        Make shards with failures anew.

    Raises WortlautError where the corpus, the extractor or the folder cannot be used, where they changed
    since the folder was begun, and where more documents fail than allowed; what is finished is kept.
    """
    for name, value in (("workers", workers), ("shard_size", shard_size), ("batch_size", batch_size)):
        if value is not None and value < 1:
            raise DataError(f"{name} is {value}", hint="It must be 1 or more.")
    begun = time.monotonic()
    folder = Folder(out)
    mine = identity(extractor)
    source = Source.of(corpus, max_memory and max_memory << 20)
    with locked(folder):
        old = _earlier(folder, mine, shard_size)
        kept, damaged = _kept(folder, old)
        retried = {shard.number for shard in kept.values() if retry and shard.failures}
        clean(folder, {shard.name for shard in kept.values()})
        ran = replace(old.extractor, identity=mine) if old else Ran(mine["spec"], mine)
        manifest = Manifest(ran, corpus, shard_size, version=VERSION)
        book = _Book(folder, manifest, dict(kept), read_failures(folder, set(kept)))
        job = Job(
            corpus,
            extractor,
            folder,
            shard_size,
            batch_size,
            Limits(timeout, max_memory),
            max_failures - sum(shard.failures for shard in kept.values() if shard.number not in retried),
            {shard.number: shard for shard in old.shards} if old else {},
            kept.keys() - retried,
        )
        done = [0, 0]

        def counted(documents: int, failures: int) -> None:
            done[0] += documents
            done[1] += failures
            if progress is not None:
                progress(done[0], source.total, done[1])

        if engine == "ray":
            outcomes = make_on_ray(job, source, cluster or Cluster(), counted, book.learn)
        else:
            outcomes = make_here(job, source, workers, counted, book.learn)
        seen = book.keep(outcomes)
        if not seen:
            raise DataError("the corpus has no documents", where=corpus, hint="Is it whole?")
        missing = sorted(set(job.known) - seen)
        if missing:
            raise corpus_changed(job, f"it ends before {job.known[missing[0]].name}")
        manifest = book.close()
    if manifest.documents == manifest.failures:
        first = min(book.failures, key=lambda failure: (failure.shard, failure.id))
        raise ExtractorError(
            f"not one of {manifest.documents} documents could be extracted; {first.id}: {first.error}",
            where=extractor,
            hint=f"The reasons are in {folder}/{FAILURES}. Run with --retry when it is mended.",
        )
    return Extraction(
        str(folder),
        manifest.documents,
        manifest.failures,
        sum(shard.documents for shard in manifest.shards if shard.number not in job.skip),
        time.monotonic() - begun,
        book.restarts,
        tuple(manifest.extractor.finds),
        tuple(manifest.extractor.notes),
        damaged,
    )


def _earlier(folder: Folder, mine: dict[str, str], shard_size: int) -> Manifest | None:
    """What an earlier run left to go on with. Raises DataError where it was another one."""
    try:
        old = read_manifest(folder)
    except MissingFileError:
        strange = sorted(
            name for name in {*folder.names()} - {LOCK, SHARDS, FAILURES} if not name.endswith(".tmp")
        )
        if strange:
            raise DataError(
                f"holds other files ({', '.join(strange[:3])}), and no {MANIFEST}",
                where=str(folder),
                hint="Name a new folder with -o.",
            ) from None
        return None
    hint = "Run it as before, or name another folder with -o."
    theirs = old.extractor.identity
    if theirs["spec"] != mine["spec"]:
        raise DataError(
            f"was begun with the extractor {theirs['spec']}, not {mine['spec']}", where=str(folder), hint=hint
        )
    if theirs != mine:
        parts = sorted(key for key in {*theirs, *mine} if theirs.get(key) != mine.get(key))
        shown = "; ".join(f"{key} was {_short(theirs.get(key))}, is {_short(mine.get(key))}" for key in parts)
        raise DataError(
            f"the extractor has changed since it was begun: {shown}", where=str(folder), hint=hint
        )
    if old.shard_size != shard_size:
        raise DataError(
            f"was begun with --shard-size {old.shard_size}, not {shard_size}", where=str(folder), hint=hint
        )
    return old


def _short(value: str | None) -> str:
    return "not there" if value is None else f"{value[:12]}…" if len(value) == 64 else value


def _kept(folder: Folder, old: Manifest | None) -> tuple[dict[int, Shard], tuple[str, ...]]:
    """The finished shards whose files are what they were, and the names of those that are not."""
    shards = old.shards if old else ()
    kept = {}
    for shard in shards:
        with suppress(WortlautError):
            if sha256(folder.read(shard.name)).hexdigest() == shard.sha256:
                kept[shard.number] = shard
    return kept, tuple(shard.name for shard in shards if shard.number not in kept)


@dataclass
class _Book:
    """The state of the run, and when it is written: in a folder that always says what is done."""

    folder: Folder
    manifest: Manifest
    shards: dict[int, Shard]
    failures: list[Quarantined]
    restarts: int = 0

    def learn(self, finds: Sequence[str], notes: Sequence[str], restarts: int) -> None:
        """What the workers of this run had to say so far."""
        ran = self.manifest.extractor
        self.manifest = replace(
            self.manifest,
            extractor=replace(
                ran,
                finds=tuple(layer for layer in LAYERS if layer in {*ran.finds, *finds}),
                notes=tuple(dict.fromkeys([*ran.notes, *notes]))[:MAX_NOTES],
            ),
        )
        self.restarts = restarts

    def keep(self, outcomes: Generator[Outcome, None, None]) -> set[int]:
        """Take in the shards as they are finished; what is finished is kept, whatever ends the run."""
        seen = set()
        due, dirty, finished = 0.0, False, False
        try:
            for shard, failures in outcomes:
                seen.add(shard.number)
                if failures is None:
                    continue
                self.failures = [one for one in self.failures if one.shard != shard.number] + failures
                self.shards[shard.number] = shard
                dirty = True
                if time.monotonic() >= due:
                    begun = time.monotonic()
                    self.save()
                    dirty = False
                    # Saving may take a twentieth of the time: a manifest of many shards is long.
                    due = time.monotonic() + max(_PAUSE, 20 * (time.monotonic() - begun))
            finished = True
        finally:
            outcomes.close()
            if dirty and not finished:
                # On a full disk nothing more can be said than what ended the run.
                with suppress(WortlautError):
                    self.save()
        return seen

    def save(self) -> None:
        self.manifest = replace(self.manifest, shards=tuple(self.shards[i] for i in sorted(self.shards)))
        write_state(self.folder, self.manifest, self.failures)

    def close(self) -> Manifest:
        """Every shard is there: the corpus has its hash."""
        total = sha256("".join(self.shards[number].source for number in sorted(self.shards)).encode())
        self.manifest = replace(self.manifest, hash=total.hexdigest())
        self.save()
        return self.manifest
