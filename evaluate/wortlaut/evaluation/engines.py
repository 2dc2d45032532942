"""Runs an extractor over a corpus and counts what it finds, chunk by chunk: here, or on a Ray cluster."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from wortlaut.errors import ExtractorError, WortlautError, unknown_name
from wortlaut.evaluation.scorer import Part, Scoring, Source
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.registry import resolve
from wortlaut.extractors.run import answers, attribute, close, finish
from wortlaut.model import LAYERS, Annotations, Document, Quote
from wortlaut.running.cluster import connected

#: Chunks that wait at each actor beside the one that it works on.
_WAITING = 1

Advance = Callable[[int], object]


@dataclass(frozen=True)
class Found:
    """What a run leaves behind: the counts of each chunk, and the annotations where they are kept."""

    parts: Sequence[Part]
    finds: Sequence[str]
    notes: Sequence[str] = ()
    annotations: Sequence[Annotations] = ()
    #: Characters, and the seconds that they took, where that was measured.
    pace: tuple[int, float] | None = None


class _Clock:
    """Times an extractor from its second batch on: with the first it may load a model."""

    def __init__(self) -> None:
        self._warm = False
        self._characters, self._seconds = 0, 0.0

    def started(self, documents: Sequence[Document], advance: Advance) -> Advance:
        """What is called after each batch, as ``advance`` would be."""
        sizes = (len(document.text) for document in documents)
        at = perf_counter()

        def batch(count: int) -> None:
            nonlocal at
            seconds, characters = perf_counter() - at, sum(islice(sizes, count))
            if self._warm:
                self._seconds += seconds
                self._characters += characters
            self._warm = True
            advance(count)
            at = perf_counter()

        return batch

    def pace(self) -> tuple[int, float] | None:
        return (self._characters, self._seconds) if self._characters and self._seconds > 0 else None


def run_here(spec: str | Extractor, source: Source, scoring: Scoring, advance: Advance) -> Found:
    """In this process. Raises WortlautError."""
    extractor = resolve(spec) if isinstance(spec, str) else spec
    parts: list[Part] = []
    kept: list[Annotations] = []
    clock = _Clock()
    try:
        for first, documents in source.chunks():
            part, found = _counted(extractor, scoring, first, documents, advance, clock)
            parts.append(part)
            if scoring.items:
                kept += found
        finish(extractor, source.gold.ids)
    finally:
        close(extractor)
    finds = tuple(extractor.finds)
    # Reading what was found before says nothing about who found it.
    pace = None if str(getattr(extractor, "spec", spec)).startswith("preds:") else clock.pace()
    return Found(_completed(parts, source, scoring, finds), finds, _notes(extractor), kept, pace)


def run_ray(spec: str | Extractor, source: Source, scoring: Scoring, advance: Advance) -> Found:
    """On the cluster that Ray is connected to, that ``RAY_ADDRESS`` names, or else one of this machine.

    One actor for each core loads the extractor once, runs it and scores; the corpus is read here and goes out
    chunk by chunk, what comes back are counts. Raises WortlautError; MissingExtraError without Ray.
    """
    parts: dict[int, Part] = {}
    kept: dict[int, list[Annotations]] = {}
    address = os.environ.get("RAY_ADDRESS")
    hint = "RAY_ADDRESS names one as `ray start` says, HOST:PORT; unset, Ray is started here."
    with connected(address, hint, log_to_driver=False, logging_level=logging.ERROR) as (ray, _):
        shared = ray.put(scoring)
        actor = ray.remote(num_cpus=1)(_Actor)
        count = max(1, int(ray.cluster_resources().get("CPU", 1)))
        actors = [actor.remote(spec, shared, str(Path.cwd())) for _ in range(count)]
        under_way: dict[Any, tuple[int, int, int]] = {}

        def collect(limit: int) -> int:
            """Wait until at most so many chunks are under way; the actor that was done last."""
            done = 0
            while len(under_way) > limit:
                ready, _ = ray.wait(list(under_way))
                first, size, done = under_way.pop(ready[0])
                parts[first], kept[first] = _value(ray, ready[0])
                advance(size)
            return done

        for first, documents in source.chunks():
            # One after the other at first, then each to the one that has the least to do.
            free = collect(count * (1 + _WAITING) - 1)
            busy = [sum(number == at for _, _, at in under_way.values()) for number in range(count)]
            number = free if busy[free] == min(busy) else busy.index(min(busy))
            under_way[actors[number].part.remote(first, documents)] = (first, len(documents), number)
        collect(0)
        _value(ray, actors[0].finish.remote(source.gold.ids))
        ends = [_value(ray, one.close.remote()) for one in actors]
    finds = tuple(layer for layer in LAYERS if any(layer in found for found, _ in ends))
    notes = tuple(dict.fromkeys(note for _, told in ends for note in told))
    order = sorted(parts)
    whole = _completed([parts[first] for first in order], source, scoring, finds)
    return Found(whole, finds, notes, [one for first in order for one in kept[first]])


ENGINES = {"local": run_here, "ray": run_ray}


def engine(name: str) -> Callable[[str | Extractor, Source, Scoring, Advance], Found]:
    """The engine of a name. Raises UnknownNameError."""
    if name not in ENGINES:
        raise unknown_name("engine", name, ENGINES)
    return ENGINES[name]


class _Actor:
    """Lives on a node as long as the run, with the extractor in it."""

    def __init__(self, spec: str | Extractor, scoring: Scoring, folder: str) -> None:
        # Specs may name files; on this machine the folder is there, elsewhere it may be.
        with suppress(OSError):
            os.chdir(folder)
        self._spec, self._scoring = spec, scoring
        self._made: Extractor | None = None

    def _extractor(self) -> Extractor:
        if self._made is None:
            self._made = resolve(self._spec) if isinstance(self._spec, str) else self._spec
        return self._made

    def part(
        self, first: int, documents: Sequence[Document]
    ) -> tuple[Part, list[Annotations]] | WortlautError:
        try:
            part, found = _counted(self._extractor(), self._scoring, first, documents)
        except WortlautError as error:
            return error
        return part, found if self._scoring.items else []

    def finish(self, ids: Sequence[str]) -> WortlautError | None:
        try:
            finish(self._extractor(), ids)
        except WortlautError as error:
            return error
        return None

    def close(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What was looked for, and notes; nothing of an actor that had nothing to do."""
        if self._made is None:
            return (), ()
        close(self._made)
        return tuple(self._made.finds), _notes(self._made)


def _value(ray: Any, reference: Any) -> Any:
    try:
        value = ray.get(reference)
    except ray.exceptions.RayError as error:
        what = f"a worker failed: {str(error).strip().rpartition(chr(10))[2]}"
        raise ExtractorError(what, where="--engine ray") from error
    if isinstance(value, WortlautError):
        raise value
    return value


def _notes(extractor: Extractor) -> tuple[str, ...]:
    return tuple(getattr(extractor, "notes", ()))


def _counted(
    extractor: Extractor,
    scoring: Scoring,
    first: int,
    documents: Sequence[Document],
    advance: Advance | None = None,
    clock: _Clock | None = None,
) -> tuple[Part, list[Annotations]]:
    """Run an extractor on a chunk that begins at document ``first`` of the corpus, and score it."""
    if clock is not None and advance is not None:
        advance = clock.started(documents, advance)
    found = answers(extractor, documents, progress=advance)
    # Behind what is timed: an extractor may remember the texts that it has just read.
    given: Sequence[Sequence[Quote]] | None = None
    if getattr(extractor, "attribute", None) and scoring.gold.sizes["quotes"]:
        quoted = any(document.quotes for document in documents)
        given = attribute(extractor, documents) if quoted else [()] * len(documents)
    layers = {layer for layer in LAYERS if any(getattr(one, layer) for one in found)}
    asked = {"quotes"} if given is not None else set()
    return scoring.part(first, documents, found, given, {*extractor.finds, *layers, *asked}), found


def _completed(parts: Sequence[Part], source: Source, scoring: Scoring, finds: Sequence[str]) -> list[Part]:
    """The parts with every layer that is looked for: a function's is known when it first finds something."""
    wanted = set(scoring.wanted(finds))
    if all(wanted <= part.layers.keys() for part in parts):
        return list(parts)
    whole = []
    for part, (first, documents) in zip(parts, source.chunks(), strict=True):
        nothing = [Annotations()] * len(documents)
        lacking = wanted - part.layers.keys()
        whole.append(part.with_layers(scoring.part(first, documents, nothing, None, lacking)))
    return whole
