"""What is timed, as tests on pytest-benchmark: the process that :mod:`wortlaut.bench.process` starts.

The job is a JSON file that ``WORTLAUT_BENCH`` names. Results are lines of JSON, written as they come: a
process that has to be ended by force leaves what it measured.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from wortlaut.bench.process import JOB
from wortlaut.bench.scaling import paragraph_texts, text_of_length
from wortlaut.bench.speed import REFERENCE, reference_pass, seconds, system_pass
from wortlaut.errors import WortlautError
from wortlaut.extractors.registry import Loaded, resolve
from wortlaut.model import Text
from wortlaut.running.processes import descendants
from wortlaut.text.segments import tokens

#: A round repeats a short pass until it should take this many seconds, as one of the reference does.
_ROUND = 0.05
_PASS = "a pass over the texts"
#: Rounds fill this many seconds, within the bounds; those of a point on a curve, up to so many.
_SECONDS, _LEAST, _MOST = 3.0, 3, 20
_POINT_SECONDS, _POINT_MOST = 2.0, 5


@dataclass
class Subject:
    """The extractor under test, and where its numbers go."""

    job: Mapping[str, Any]
    texts: Sequence[Text]
    extractor: Loaded | None = None
    #: Size and seconds of the last point of the curve.
    last: list[tuple[int, float]] = field(default_factory=list)

    def tell(self, **line: object) -> None:
        with Path(self.job["out"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def step(self, doing: str, limit: str = "timeout") -> None:
        """Something begins that may take as long as the limit of that name says."""
        if os.getppid() != self.job["parent"]:
            pytest.exit("nobody waits for the numbers any more", 1)
        self.tell(doing=doing, limit=self.job[limit])

    @contextmanager
    def failure_noted(self) -> Iterator[None]:
        """Whatever goes wrong inside is written down as the reason."""
        try:
            yield
        except (Exception, SystemExit) as error:
            said = "" if isinstance(error, WortlautError) else f"{type(error).__name__}: "
            self.tell(failed=f"{said}{error}")
            raise

    def pass_over(self, texts: Sequence[Text], batch_size: int) -> None:
        assert self.extractor is not None
        system_pass(self.extractor, texts, batch_size)


def _job() -> dict[str, Any]:
    return dict(json.loads(Path(os.environ[JOB]).read_text("utf-8")))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    job = _job()
    cases = [(job["spec"], size) for size in job["sizes"]]
    metafunc.parametrize(("spec", "size"), cases, ids=[f"{spec}-{size}" for spec, size in cases])


@pytest.fixture(scope="session")
def subject() -> Iterator[Subject]:
    job = _job()
    it = Subject(job, [Text(text, id) for id, text in job["texts"]])
    before = peak_memory()
    try:
        with it.failure_noted():
            it.step("loading it")
            begin = perf_counter()
            it.extractor = resolve(job["spec"])
            loaded = perf_counter() - begin
            it.step("the first document")
            it.tell(load=loaded, first=seconds(partial(it.pass_over, it.texts[:1], 1), 0))
        yield it
        held, on_gpu = peak_memory(), gpu_memory()
    finally:
        if it.extractor is not None:
            with it.failure_noted():
                it.step("closing it")
                it.extractor.close()
    # The last word: who does not come to it has not finished.
    it.tell(memory=held, memory_before=before, gpu_memory=on_gpu)


@pytest.mark.benchmark(group="throughput")
def test_throughput(benchmark: Any, subject: Subject, spec: str, size: int) -> None:
    """Passes over the corpus in batches of ``size`` documents."""
    system = partial(subject.pass_over, subject.texts, size)
    warmup, rounds, spent = subject.job["warmup"], subject.job["rounds"], _ROUND
    with subject.failure_noted():
        if warmup:
            subject.step(_PASS)
            spent = seconds(system, 0)
        repeated = max(math.ceil(_ROUND / spent), 1)
        rounds = rounds or min(max(int(_SECONDS / (spent * repeated)), _LEAST), _MOST)
        _measure(benchmark, subject, system, subject.texts, rounds, repeated, max(warmup - 1, 0))


@pytest.mark.benchmark(group="length")
def test_length(benchmark: Any, subject: Subject, spec: str, size: int) -> None:
    """One text of ``size`` characters."""
    _point(benchmark, subject, [Text(text_of_length(subject.texts, size), f"{size}-characters")], size)


@pytest.mark.benchmark(group="batch")
def test_batch(benchmark: Any, subject: Subject, spec: str, size: int) -> None:
    """One batch of ``size`` short texts."""
    _point(benchmark, subject, paragraph_texts(subject.texts, size), size)


def _point(benchmark: Any, subject: Subject, texts: Sequence[Text], size: int) -> None:
    # How long a point takes is foreseen from the one before it, as if time were proportional.
    before, spent = subject.last[-1] if subject.last else (size, _ROUND)
    spent *= size / before
    repeated = max(math.ceil(_ROUND / spent), 1)
    rounds = min(max(int(_POINT_SECONDS / (spent * repeated)), 1), _POINT_MOST)
    with subject.failure_noted():
        _measure(
            benchmark,
            subject,
            partial(subject.pass_over, texts, len(texts)),
            texts,
            rounds,
            repeated,
            limit="point",
        )
    subject.last.append((size, benchmark.stats.stats.median))


def _measure(
    benchmark: Any,
    subject: Subject,
    system: Callable[[], None],
    texts: Sequence[Text],
    rounds: int,
    repeated: int,
    warmup: int = 0,
    limit: str = "timeout",
) -> None:
    """Rounds of the system, each followed by one of the reference, so that both have the same weather."""
    reference: list[float] = []

    def teardown() -> None:
        # After a long pass the reference takes longer, too: what it meets shall be no moment's accident.
        spent = max(benchmark.stats.stats.data[-1:], default=0.0) * repeated
        reference.append(seconds(partial(reference_pass, texts), max(_ROUND, spent / 10)))
        subject.step(_PASS, limit)

    subject.step(_PASS, limit)
    benchmark.pedantic(system, teardown=teardown, rounds=rounds, iterations=repeated, warmup_rounds=warmup)
    benchmark.extra_info.update(
        corpus=subject.job["corpus"],
        documents=len(texts),
        characters=sum(map(len, texts)),
        tokens=sum(len(tokens(text)) for text in texts),
        reference=REFERENCE,
        # What is repeated is run once more at the end, for its result.
        reference_seconds=reference[warmup : warmup + rounds],
    )
    subject.tell(benchmark=benchmark.stats.as_dict())


def peak_memory() -> int | None:
    """The most memory this process and those it started have held, in bytes; ``None`` where nothing tells."""
    # On Linux ru_maxrss begins with what the parent held when it started us; the kernel's own mark does not.
    if (own := _high_water(os.getpid())) is not None:
        return own + sum(_high_water(child) or 0 for child in descendants(os.getpid()))
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def gpu_memory() -> int | None:
    """The most memory that PyTorch has had in use on the GPUs, in bytes; ``None`` where it uses none."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return sum(int(torch.cuda.max_memory_allocated(gpu)) for gpu in range(torch.cuda.device_count()))


def _high_water(process: int) -> int | None:
    try:
        status = (Path("/proc") / str(process) / "status").read_text("utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), None)
