"""Runs extractors over a corpus and counts what they find: here, in processes beside, or on a Ray cluster."""

from __future__ import annotations

import os
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from threading import Event
from time import perf_counter

from wortlaut.errors import ExtractorError, unknown_name
from wortlaut.evaluation.scorer import Found, Part, Scoring, Source
from wortlaut.extractors.preds import is_matched
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.registry import Spec, resolve
from wortlaut.extractors.run import answers, attribute, close, finish, said
from wortlaut.model import LAYERS, Annotations, Document, Quote
from wortlaut.model.batch import Batch
from wortlaut.running.processes import usable_cores
from wortlaut.running.worker import ANSWER, Pulsing

Advance = Callable[[int], object]

#: Characters of a corpus from which on a process for each extractor saves more than its start costs.
LARGE = 1_000_000
#: Specs that stay in this process: what was found before, what waits for others or takes all cores itself,
#: and what no other process has.
_HERE = ("preds", "llm", "transformers", "gliner", "quotect", "__main__")


@dataclass(frozen=True)
class _Counts:
    """Of a chunk of ``documents`` documents that begins at document ``first`` of the corpus."""

    first: int
    documents: int
    part: Part
    annotations: Sequence[Annotations]


@dataclass(frozen=True)
class _End:
    """What an extractor says when it is closed."""

    finds: Sequence[str]
    notes: Sequence[str]
    pace: tuple[int, float] | None


@dataclass
class _Counting:
    """The work on a corpus: an extractor, made at its first chunk, runs and what it finds is scored."""

    spec: str | Extractor
    scoring: Scoring
    #: Called after each batch.
    advance: Advance | None = None
    _extractor: Extractor | None = None
    _closed: bool = False
    #: Characters and seconds of each batch.
    _batches: list[tuple[int, float]] = field(default_factory=list)

    def do(self, chunk: tuple[int, Batch]) -> _Counts:
        if self._extractor is None:
            self._extractor = resolve(self.spec) if isinstance(self.spec, str) else self.spec
        extractor, scoring, (first, gold) = self._extractor, self.scoring, chunk
        documents: Sequence[Document] = ()
        if read := getattr(extractor, "answers_in_columns", None):
            answered: Batch = read(gold)
            if self.advance is not None:
                self.advance(len(gold))
        else:
            documents = gold.documents()
            answered = gold.answered(
                answers(extractor, documents, progress=self._timed(documents), words=True)
            )
        # Behind what is timed: an extractor may remember the texts that it has just read.
        given: Sequence[Sequence[Quote]] | None = None
        if getattr(extractor, "attribute", None) and scoring.gold.sizes["quotes"]:
            quoted = any(document.quotes for document in documents)
            given = attribute(extractor, documents) if quoted else [()] * len(documents)
        layers = {layer for layer, count in answered.sizes().items() if count}
        asked = {"quotes"} if given is not None else set()
        if isinstance(spec := getattr(extractor, "spec", self.spec), str):
            scoring = scoring.of(spec)
        part = scoring.part(first, gold, answered, given, {*said(extractor)[0], *layers, *asked})
        kept = [one.annotations for one in scoring.shown(answered).documents()] if scoring.items else ()
        return _Counts(first, len(gold), part, kept)

    def _timed(self, documents: Sequence[Document]) -> Advance:
        sizes = (len(document.text) for document in documents)
        begun = perf_counter()

        def batch(count: int) -> None:
            nonlocal begun
            seconds = perf_counter() - begun
            self._batches.append((sum(islice(sizes, count)), seconds))
            if self.advance is not None:
                self.advance(count)
            begun = perf_counter()

        return batch

    def finish(self) -> _End:
        if self._extractor is None:  # an actor that had nothing to do
            return _End((), (), None)
        finish(self._extractor, self.scoring.gold.ids)
        self.close()
        # With the first batch it may load a model.
        characters, seconds = map(sum, zip((0, 0.0), *self._batches[1:], strict=True))
        # Reading what was found before says nothing about who found it.
        old = str(getattr(self._extractor, "spec", self.spec)).startswith("preds:")
        pace = (int(characters), seconds) if characters and seconds > 0 and not old else None
        return _End(*said(self._extractor), pace)

    def close(self) -> None:
        if self._extractor is not None and not self._closed:
            self._closed = True
            close(self._extractor)


def run_here(spec: str | Extractor, source: Source, scoring: Scoring, advance: Advance) -> Found:
    """In this process. Raises WortlautError."""
    work = _Counting(spec, scoring, advance)
    try:
        counts = [work.do(chunk) for chunk in source.chunks()]
        end = work.finish()
    finally:
        work.close()
    return _found(counts, [end], source, scoring, end.pace)


@contextmanager
def side_by_side(
    runs: Sequence[tuple[str, str | Extractor]],
    advances: Mapping[str, Advance],
    source: Source,
    scoring: Scoring,
) -> Iterator[Mapping[tuple[str, int], Future[Found]]]:
    """What :func:`run_here` gives for those that gain from a process of their own, one on each core.

    ``runs`` are the names of systems with what answers in each run of them, whose number is in the answer.

    None of them in a small corpus, or where fewer than two can go at once; and no objects, which their owner
    may look at afterwards.
    """
    numbers: Counter[str] = Counter()
    apart = {}
    for name, spec in runs:
        if isinstance(spec, str) and spec.partition(":")[0] not in _HERE:
            apart[name, numbers[name]] = spec
        numbers[name] += 1
    cores = usable_cores()
    at_once = min(cores, len(apart))
    if at_once < 2 or source.gold.characters < LARGE:
        yield {}
        return
    from wortlaut.running.isolated import Isolated

    stopped = Event()

    def run(spec: str, advance: Advance) -> Found:
        def beat(shown: int) -> None:
            if stopped.is_set():
                raise KeyboardInterrupt
            if shown:
                advance(shown)

        extractor = Isolated(spec, beat=beat, threads=cores // at_once)
        try:
            found: Found = pickle.loads(extractor.call(_found_there, source, scoring))
        finally:
            extractor.end()
        return found

    with ThreadPoolExecutor(at_once) as pool:
        try:
            yield {place: pool.submit(run, spec, advances[place[0]]) for place, spec in apart.items()}
        finally:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)


def _found_there(extractor: Pulsing, source: Source, scoring: Scoring) -> bytes:
    def advance(count: int) -> None:
        extractor.pulse(ANSWER * count)

    return pickle.dumps(run_here(extractor.loaded, source, scoring, advance))


def run_ray(spec: str | Extractor, source: Source, scoring: Scoring, advance: Advance) -> Found:
    """On the cluster that Ray is connected to, that ``RAY_ADDRESS`` names, or else one of this machine.

    One actor for each core loads the extractor once, runs it and scores; one in all where a file is matched
    as a whole. The corpus is read here and goes out chunk by chunk, what comes back are counts. Raises
    WortlautError; MissingExtraError without Ray.
    """
    from wortlaut.running.on_ray import Cluster, on_actors

    counts: list[_Counts] = []
    ends: list[_End] = []
    kind, _, path = Spec.parse(spec).target.partition(":") if isinstance(spec, str) else ("", "", "")
    whole = kind == "preds" and is_matched(path)
    for answer in on_actors(
        _Counting(spec, scoring),
        ((first, Batch.of(gold.documents())) for first, gold in source.chunks()),
        Cluster(os.environ.get("RAY_ADDRESS"), workers=(1, 1) if whole else None),
        hint="RAY_ADDRESS names one as `ray start` says, HOST:PORT; unset, Ray is started here.",
        lost=lambda reason: ExtractorError(f"a worker failed: {reason}", where="--engine ray"),
        restart=False,
        quiet=True,
    ):
        if isinstance(answer, _End):
            ends.append(answer)
        else:
            counts.append(answer)
            advance(answer.documents)
    return _found(counts, ends, source, scoring, None)


def _found(
    counts: Sequence[_Counts],
    ends: Sequence[_End],
    source: Source,
    scoring: Scoring,
    pace: tuple[int, float] | None,
) -> Found:
    """In the order of the corpus, with every layer that is looked for."""
    counts = sorted(counts, key=lambda one: one.first)
    finds = tuple(layer for layer in LAYERS if any(layer in end.finds for end in ends))
    notes = tuple(dict.fromkeys(note for end in ends for note in end.notes))
    parts = [one.part for one in counts]
    wanted = set(scoring.wanted(finds))
    # That a function looks for a layer is known when it first finds something there.
    if any(wanted - part.layers.keys() for part in parts):
        parts = [
            part.with_layers(scoring.part(first, gold, gold.answered(()), None, wanted - part.layers.keys()))
            for part, (first, gold) in zip(parts, source.chunks(), strict=True)
        ]
    return Found(parts, finds, notes, [each for one in counts for each in one.annotations], pace)


ENGINES = {"local": run_here, "ray": run_ray}


def engine(name: str) -> Callable[[str | Extractor, Source, Scoring, Advance], Found]:
    """The engine of a name. Raises UnknownNameError."""
    if name not in ENGINES:
        raise unknown_name("engine", name, ENGINES)
    return ENGINES[name]
