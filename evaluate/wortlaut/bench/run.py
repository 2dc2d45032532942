"""Times extractors on a corpus: throughput, latency, load time, memory, and how time grows."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from itertools import cycle
from statistics import median, quantiles
from typing import Annotated, Any, ClassVar, Literal

from wortlaut.bench.process import Ended, measure
from wortlaut.bench.scaling import BATCH_TEXT, BATCHES, LENGTHS, Exponent, exponent
from wortlaut.bench.speed import REFERENCE
from wortlaut.corpus.load import Corpus, load_corpus
from wortlaut.errors import DataError, counted
from wortlaut.evaluation.evaluate import built_in
from wortlaut.evaluation.systems import System, of_one_run
from wortlaut.records.record import (
    OPTIONAL,
    UNWRITTEN,
    At,
    Count,
    Digest,
    Many,
    Must,
    Positive,
    Share,
    as_dict,
    written,
)
from wortlaut.running.processes import usable_cores
from wortlaut.text.segments import tokens
from wortlaut.version import VERSION

#: Documents of a batch, unless others are asked for.
SIZES = (1, 32)
#: Seconds that one pass over the corpus may take, and one point of a curve.
TIMEOUT, POINT = 300.0, 20.0

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Spread:
    """The median of rounds and their quartiles."""

    median: Positive
    q1: Positive
    q3: Positive

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        q1, middle, q3 = quantiles(values, n=4, method="inclusive")
        return cls(middle, q1, q3)


@dataclass(frozen=True)
class Timing:
    """Rounds of one pass, each beside one of the reference over the same texts.

    ``size`` is documents in a batch (throughput, batch) or characters (length). ``seconds`` are those of a
    pass, ``relative`` is how many times as fast as the reference it is, round by round. ``record`` is what
    pytest-benchmark keeps of it.
    """

    size: Many
    rounds: Many
    documents: Annotated[Many, "Texts of one pass."]
    characters: Annotated[Many, "Characters of one pass."]
    tokens: Annotated[Count, "Tokens of one pass, as the reference counts."]
    seconds: Annotated[Spread, "Of one pass of the extractor."]
    reference: Annotated[Spread, At(("reference_seconds",)), "Of the reference over the same texts."]
    relative: Annotated[Spread, "How many times as fast as the reference the extractor is, round by round."]
    record: Annotated[Mapping[str, Any], UNWRITTEN] = field(repr=False, compare=False)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Timing:
        own, extra = record["stats"]["data"], record["extra_info"]
        reference = extra["reference_seconds"]
        return cls(
            record["params"]["size"],
            len(own),
            extra["documents"],
            extra["characters"],
            extra["tokens"],
            Spread.of(own),
            Spread.of(reference),
            Spread.of([r / s for r, s in zip(reference, own, strict=True)]),
            record,
        )

    def rate(self, count: int) -> float:
        """``count`` things a pass, a second."""
        return count / self.seconds.median

    @property
    @written()
    def documents_per_second(self) -> Positive:
        return self.rate(self.documents)

    @property
    @written()
    def tokens_per_second(self) -> Annotated[float, Must(minimum=0)]:
        return self.rate(self.tokens)

    @property
    @written()
    def characters_per_second(self) -> Positive:
        return self.rate(self.characters)


@dataclass(frozen=True)
class Curve:
    """Time at growing sizes. ``left_out`` are the sizes that were not reached, and ``why``."""

    points: tuple[Timing, ...]
    exponent: Exponent | None
    left_out: Annotated[tuple[Many, ...], "Sizes that were not measured."] = ()
    why: Annotated[str, "Empty where nothing is left out."] = ""


@dataclass(frozen=True)
class Quality:
    """A score in [0, 1] with its interval, named ``layer.schema.measure``."""

    name: Annotated[str, At(("score",)), "layer.schema.measure"]
    value: Share
    interval: Annotated[tuple[Share, Share] | None, "95% interval by the bootstrap."]


@dataclass(frozen=True)
class Measured:
    """What one extractor takes. Seconds and bytes; ``failed`` says why something is missing."""

    name: str
    load: Annotated[
        Positive | None,
        At(("load_seconds",)),
        "Making the extractor in a fresh process, with its imports; null where it failed.",
    ] = None
    first: Annotated[
        Positive | None, At(("first_document_seconds",)), "From the first text to its answer, after loading."
    ] = None
    memory: Annotated[
        Count | None,
        At(("peak_memory_bytes",)),
        "The most memory that the process and those it started held.",
    ] = None
    memory_before: Annotated[
        Count | None, At(("memory_before_bytes",)), "What of it was there before the extractor was made."
    ] = None
    gpu_memory: Annotated[
        Count | None,
        At(("gpu_memory_bytes",)),
        OPTIONAL,
        "The most memory that PyTorch had in use on the GPUs.",
    ] = None
    throughput: Annotated[tuple[Timing, ...], "One for each batch size: passes over the corpus."] = ()
    length: Annotated[Curve | None, OPTIONAL, "One text; size is its characters."] = None
    batch: Annotated[Curve | None, OPTIONAL, "One batch; size is its texts."] = None
    quality: Annotated[Quality | None, OPTIONAL] = None
    failed: Annotated[str | None, OPTIONAL, "Why something is missing."] = None
    spec: Annotated[str, UNWRITTEN] = ""

    def best(self) -> Timing | None:
        """At the batch size with the most documents a second."""
        return max(self.throughput, key=lambda timing: timing.rate(timing.documents), default=None)

    def timings(self) -> list[Timing]:
        curves = [curve for curve in (self.length, self.batch) if curve is not None]
        return [*self.throughput, *(point for curve in curves for point in curve.points)]


@dataclass(frozen=True)
class Change:
    """One benchmark in both runs; ``failed`` are the thresholds that it broke."""

    name: Annotated[str, "That of pytest-benchmark."]
    group: Literal["throughput", "length", "batch"]
    mean: Annotated[tuple[Positive, Positive], "Mean seconds of a pass, then and now."]
    ratio: Annotated[
        tuple[Positive, Positive], "Seconds in units of the reference, the median of the rounds."
    ]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """Changes against a file, then first: pairs are (then, now)."""

    path: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    @property
    def regressed(self) -> bool:
        return any(change.failed for change in self.changes)


@dataclass(frozen=True)
class Machine:
    """Where the times were taken."""

    cpu: str
    cores: Annotated[Many, "Those that the run could use."]
    python: str
    system: str
    load: Annotated[
        tuple[float | None, float | None],
        "Load average of a minute at the beginning and at the end; null where the system has none.",
    ]


@dataclass(frozen=True)
class Bench:
    """All extractors on one corpus; plain data by :meth:`to_dict`, documented by a JSON Schema."""

    format: ClassVar[Literal["wortlaut-bench/1"]] = "wortlaut-bench/1"
    version: ClassVar[Annotated[str, "Version of wortlaut."]] = VERSION
    corpus: Annotated[str, At(("corpus", "name"))]
    hash: Annotated[Digest, At(("corpus", "hash")), "Hash of the corpus's content, and of --texts."]
    documents: Annotated[Many, At(("corpus", "documents"))]
    characters: Annotated[Many, At(("corpus", "characters"))]
    tokens: Annotated[Count, At(("corpus", "tokens")), "Tokens of the reference."]
    reference: ClassVar[
        Annotated[str, "What each extractor is timed beside: one pass of this tokeniser over the same texts."]
    ] = REFERENCE
    machine: Machine
    notes: Annotated[tuple[str, ...], "What a reader of the numbers must know."]
    systems: tuple[Measured, ...]
    #: What pytest-benchmark says of the machine.
    machine_info: Annotated[Mapping[str, Any], UNWRITTEN] = field(repr=False)
    compared: Annotated[Compared | None, OPTIONAL, "With --compare."] = None

    def to_dict(self) -> dict[str, Any]:
        return as_dict(self)


def bench(
    extractors: Sequence[str] | None = None,
    corpus: str | Corpus = "gold",
    *,
    sizes: Sequence[int] = SIZES,
    rounds: int | None = None,
    warmup: int = 1,
    scaling: bool = False,
    texts: int | None = None,
    timeout: float = TIMEOUT,
    point: float = POINT,
    progress: Progress | None = None,
) -> Bench:
    """Time each extractor (a spec; by default the built-in ones) in a process of its own.

    Parameters
    ----------
    sizes
        Documents in a batch.
    rounds, warmup
        Timed passes over the corpus (by default what fits in three seconds, 3 to 20), and those before them.
    scaling
        Also one text of 1,000 to 1,000,000 characters, and batches of 1 to 512 texts.
    texts
        Texts of a pass: those of the corpus again and again, or the first of them.
    timeout, point
        Seconds that loading or one pass may take, and one pass at a point of the curves.
    progress
        Called with the system's name, the benchmarks done and their number.

    An extractor that fails or hangs has its reason in ``failed``; the others go on. Raises WortlautError for
    a corpus or a number that cannot be used.
    """
    loaded = corpus if isinstance(corpus, Corpus) else load_corpus(corpus)
    pairs = [(document.id, document.text) for document in loaded.documents]
    name, content = loaded.name, loaded.hash
    notes: list[str] = []
    if not extractors:
        extractors, notes = built_in()
    if texts is not None and texts != len(pairs):
        notes.append(_how_repeated(len(pairs), texts))
        name += f", {'repeated' if texts > len(pairs) else 'in part'}"
        # Seconds compare with those of as many texts.
        content = sha256(f"{content} {texts}".encode()).hexdigest()
        pairs = repeated(pairs, texts)
    if not any(text.strip() for _, text in pairs):
        raise DataError("the corpus has no text to time extractors on", where=loaded.name)
    fitting = _fitting(sizes, len(pairs), notes)
    job = {
        "texts": pairs,
        "corpus": content,
        "rounds": rounds,
        "warmup": warmup,
        "timeout": timeout,
        "point": point,
    }
    begin = _load()
    total = len(fitting) + (len(LENGTHS) + len(BATCHES) if scaling else 0)

    def advance(spec: str, before: int, done: int) -> None:
        if progress is not None:
            progress(spec, before + done, total)

    systems = []
    for system in of_one_run(list(dict.fromkeys(extractors))):
        own, told = {**job, "spec": system.spec}, partial(advance, system.name)
        systems.append(_throughput(system, own, fitting, told))
        if scaling and systems[-1].failed is None:
            systems[-1] = _curves(systems[-1], own, len(fitting), told)
    characters = sum(len(text) for _, text in pairs)
    info = _machine_info()
    return Bench(
        name,
        content,
        len(pairs),
        characters,
        sum(len(tokens(text)) for _, text in pairs),
        _machine(info, begin),
        (*notes, *_notes(len(pairs), characters, scaling), *_busy(systems)),
        tuple(systems),
        info,
    )


def _fitting(sizes: Sequence[int], documents: int, notes: list[str]) -> list[int]:
    """Each size once; of those that put the whole corpus in one batch, the smallest."""
    wanted = sorted(set(sizes))
    if not wanted or wanted[0] < 1:
        raise DataError(f"a batch of {wanted[0] if wanted else 'no'} documents", hint="1 or more.")
    whole = next((size for size in wanted if size >= documents), wanted[-1])
    if left := [size for size in wanted if size > whole]:
        what = "one document" if documents == 1 else f"{documents} documents"
        notes.append(
            f"The corpus has {what}: batches of {', '.join(map(str, left))} would be the same as of {whole}."
            " --scaling measures larger ones on made texts."
        )
    return [size for size in wanted if size <= whole]


def _throughput(
    system: System, job: Mapping[str, Any], sizes: Sequence[int], advance: Callable[[int, int], None]
) -> Measured:
    ended = measure({**job, "test": "throughput", "sizes": sizes}, partial(advance, 0))
    known: dict[str, Any] = {key: value for line in ended.lines for key, value in line.items()}
    return Measured(
        system.name,
        known.get("load"),
        known.get("first"),
        known.get("memory"),
        known.get("memory_before"),
        known.get("gpu_memory"),
        tuple(map(Timing.of, ended.values("benchmark"))),
        failed=ended.failed if ended.late is None else f"{ended.late} (--timeout)",
        spec=system.spec,
    )


def _curves(
    system: Measured, job: Mapping[str, Any], done: int, advance: Callable[[int, int], None]
) -> Measured:
    curves: list[Curve] = []
    failed = []
    for test, sizes, unit in (("length", LENGTHS, "characters"), ("batch", BATCHES, "texts in a batch")):
        before = done + len(LENGTHS) * len(curves)
        ended = measure({**job, "test": test, "sizes": sizes}, partial(advance, before))
        curves.append(_curve(ended, sizes))
        if ended.failed is not None:
            failed.append("".join(f"at {size:,} {unit}: " for size in curves[-1].left_out[:1]) + ended.failed)
    return replace(system, length=curves[0], batch=curves[1], failed="\n  ".join(failed) or None)


def _curve(ended: Ended, sizes: Sequence[int]) -> Curve:
    points = tuple(map(Timing.of, ended.values("benchmark")))
    reached = [point.size for point in points]
    left_out = tuple(size for size in sizes if size not in reached)
    return Curve(
        points,
        # In units of the reference, whose own time is proportional to the text, so that the machine's moods
        # between two points cancel out.
        exponent(reached, [point.characters / point.relative.median for point in points]),
        left_out,
        ended.failed or ended.late or "",
    )


def _notes(documents: int, characters: int, scaling: bool) -> Iterator[str]:
    if documents == 1:
        yield (
            f"The corpus is one article of {characters:,} characters: short passes, and a text that an"
            " extractor may suit by chance. Name a corpus like your own for numbers to plan with."
        )
    if scaling:
        yield (
            "Longer texts and batches repeat the paragraphs of the corpus; a text in a batch has"
            f" {BATCH_TEXT:,} characters. Words that an extractor has seen cost it less than new ones."
        )


def repeated(pairs: Sequence[tuple[str, str]], count: int) -> list[tuple[str, str]]:
    """So many pairs of id and text: these again and again, each time with other ids.

    >>> repeated([("a", "Eins."), ("b", "Zwei.")], 3)
    [('a', 'Eins.'), ('b', 'Zwei.'), ('a 2', 'Eins.')]
    """
    rounds = (number // len(pairs) for number in range(count))
    return [(f"{id} {n + 1}" if n else id, text) for n, (id, text) in zip(rounds, cycle(pairs), strict=False)]


def _how_repeated(documents: int, texts: int) -> str:
    if texts < documents:
        return f"Of the {documents:,} documents of the corpus the first {texts:,} are timed (--texts)."
    return (
        f"The corpus has {counted(documents, 'document')}, repeated to {texts:,} (--texts). Words that an"
        " extractor has seen cost it less than new ones."
    )


def _busy(systems: Sequence[Measured]) -> Iterator[str]:
    """Said where other work on the machine shows in the numbers."""
    spreads = [
        (timing.reference.q3 - timing.reference.q1) / timing.reference.median
        for system in systems
        for timing in system.throughput
    ]
    if spreads and median(spreads) > 0.1:
        yield (
            f"The reference itself varied by {median(spreads):.0%} between rounds (quartiles): the machine"
            " is busy. Trust the ratio to the reference more than the rates."
        )


def _machine_info() -> dict[str, Any]:
    from pytest_benchmark.plugin import pytest_benchmark_generate_machine_info

    return dict(pytest_benchmark_generate_machine_info())


def _machine(info: Mapping[str, Any], load: float | None) -> Machine:
    return Machine(
        info["cpu"].get("brand_raw", info["machine"]),
        usable_cores(),
        info["python_version"],
        f"{platform.system()} {platform.machine()}",
        (load, _load()),
    )


def _load() -> float | None:
    """Processes that want the processor, a mean of the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
