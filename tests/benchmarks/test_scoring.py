"""How long scoring takes beside the peers, all in one run: ``pytest tests/benchmarks/test_scoring.py``.

The last test prints the table of docs/bench.md and holds the ratios that are promised. Seconds are
CPU seconds of the process, which other work on the machine disturbs least. Building the inputs is left
out, the peers run once, everything else runs several times and the best time counts.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from nervaluate import Evaluator
from pytest_benchmark.fixture import BenchmarkFixture
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as seqeval_default
from seqeval.metrics.v1 import precision_recall_fscore_support as seqeval_strict
from seqeval.scheme import IOB2
from workload import LABELS, SENTENCES, Workload, flat, nested, table, tags, tuples

import wortlaut
from wortlaut.model.columns import Spans
from wortlaut.scoring.engine import result_of, tallies_of
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.result import Result
from wortlaut.scoring.task import Task
from wortlaut.scoring.uncertainty import Resampling

SCHEMAS = ("strict", "exact", "partial", "type", "fuzzy", "overlap@0.5", "token", "character")
QUIET, JACKKNIFE, DRAWS = Resampling(samples=0), Resampling(), Resampling(samples=1000)

pytestmark = pytest.mark.benchmark(timer=time.process_time, disable_gc=True)

#: Name of a row → seconds, filled by the tests in their order.
SECONDS: dict[str, float] = {}
PEER = {
    "default": "seqeval 1.2.2, default",
    "strict": "seqeval 1.2.2, strict IOB2",
    "nervaluate": "nervaluate 1.2.1, four schemas",
}
BARE, BARE_DRAWS = "bare NumPy: sorted keys, searchsorted", "bare NumPy, 1,000 bootstraps"
STRICT = "wortlaut, engine: columns, strict"
SURE, DRAWN = "wortlaut, engine: strict, intervals", "wortlaut, engine: strict, 1,000 bootstraps, intervals"
EVERY = "wortlaut, engine: eight schemas with error classes"
NESTED_STRICT, NESTED = (
    "wortlaut, engine: nested and discontinuous, strict",
    f"{EVERY}, nested and discontinuous",
)
ARROW, ARRAYS = "wortlaut.score: Arrow tables, strict", "wortlaut.score: mapping of arrays, strict"
LISTS, TAGS = "wortlaut.score: lists of spans, strict", "wortlaut.score: BIO tags, strict"

#: Slow row, fast row, how many times faster it must be. Below 1: how much slower it may be.
PROMISES = (
    (PEER["strict"], STRICT, 200),
    (PEER["nervaluate"], STRICT, 100),
    (BARE, STRICT, 1 / 2),
    (PEER["nervaluate"], EVERY, 30),
    (PEER["strict"], LISTS, 20),
    (PEER["strict"], TAGS, 20),
    (BARE_DRAWS, DRAWN, 1 / 1.5),
    (STRICT, NESTED_STRICT, 1 / 3),
    (EVERY, NESTED, 1 / 3),
)


@pytest.fixture(scope="module")
def work() -> Workload:
    return flat()


@pytest.fixture(scope="module")
def nested_work() -> Workload:
    return nested()


def timed(benchmark: BenchmarkFixture, name: str, run: Callable[[], Any], rounds: int) -> Any:
    result = benchmark.pedantic(run, rounds=rounds, iterations=1, warmup_rounds=min(rounds - 1, 1))
    SECONDS[name] = benchmark.stats.stats.min
    return result


def task_of(work: Workload) -> Task:
    """A fresh task: what schemas share is computed within the time."""
    return Task(work.gold, work.predicted, work.sentences, len(LABELS))


def strict(work: Workload, resampling: Resampling) -> Result:
    tallies = tallies_of(task_of(work), LABELS, ["strict"], errors=False, items=False)
    return result_of(tallies["strict"], Signature(schemas=("strict",), resampling=resampling))


def all_schemas(work: Workload) -> list[Result]:
    tallies = tallies_of(task_of(work), LABELS, SCHEMAS, items=False)
    return [
        result_of(tally, Signature(schemas=(schema,), resampling=QUIET)) for schema, tally in tallies.items()
    ]


def packed(spans: Spans) -> np.ndarray:
    return ((spans.document * 32 + spans.start) * 32 + spans.end) * 8 + spans.label


def bare(work: Workload) -> tuple[float, np.ndarray]:
    """F1, and precision and recall of each label: the least that columns can cost."""
    gold, predicted = packed(work.gold), packed(work.predicted)
    gold.sort(kind="stable")
    predicted.sort(kind="stable")
    place = np.searchsorted(gold, predicted)
    place[place == len(gold)] = 0
    hit = gold[place] == predicted
    counts = np.stack([np.bincount(x & 7, minlength=len(LABELS)) for x in (predicted[hit], predicted, gold)])
    total = counts.sum(axis=1)
    return 2 * total[0] / (total[1] + total[2]), counts[0] / counts[1:]


def bare_bootstrap(work: Workload) -> np.ndarray:
    """The interval of F1 by drawing sentences a thousand times."""
    n = work.sentences
    gold, predicted = packed(work.gold), packed(work.predicted)
    gold.sort(kind="stable")
    place = np.searchsorted(gold, predicted)
    place[place == len(gold)] = 0
    hit = gold[place] == predicted
    rows = (work.predicted.document[hit], work.predicted.document, work.gold.document)
    counts = np.stack([np.bincount(row, minlength=n) for row in rows], axis=1).astype(float)
    rng = np.random.default_rng(0)
    sums = np.stack(
        [np.bincount(rng.integers(0, n, n), minlength=n).astype(float) @ counts for _ in range(1000)]
    )
    return np.quantile(2 * sums[:, 0] / (sums[:, 1] + sums[:, 2]), [0.025, 0.975])


@pytest.mark.parametrize("mode", ["default", "strict"])
def test_seqeval(benchmark: BenchmarkFixture, work: Workload, mode: str) -> None:
    gold, predicted = tags(work.gold, work.sentences), tags(work.predicted, work.sentences)

    def run() -> Any:
        # One call, P/R/F1 of each label; an average would cost a second one.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if mode == "strict":
                return seqeval_strict(gold, predicted, average=None, scheme=IOB2)
            return seqeval_default(gold, predicted, average=None)

    theirs = timed(benchmark, PEER[mode], run, 1)
    assert np.stack(theirs[:2]) == pytest.approx(bare(work)[1], abs=1e-9)


def test_nervaluate(benchmark: BenchmarkFixture, work: Workload) -> None:
    sides = [
        [
            [{"label": label, "start": start, "end": end - 1} for start, end, label in row]
            for row in tuples(side, work.sentences)
        ]
        for side in (work.gold, work.predicted)
    ]
    theirs = timed(
        benchmark,
        PEER["nervaluate"],
        lambda: Evaluator(*sides, tags=list(LABELS), loader="dict").evaluate(),
        1,
    )
    assert theirs["overall"]["strict"].f1 == pytest.approx(bare(work)[0], abs=1e-9)


def test_bare_numpy(benchmark: BenchmarkFixture, work: Workload) -> None:
    timed(benchmark, BARE, lambda: bare(work), 100)


def test_bare_numpy_bootstrap(benchmark: BenchmarkFixture, work: Workload) -> None:
    timed(benchmark, BARE_DRAWS, lambda: bare_bootstrap(work), 3)


def test_columns(benchmark: BenchmarkFixture, work: Workload) -> None:
    mine = timed(benchmark, STRICT, lambda: strict(work, QUIET), 100)
    f1, per_label = bare(work)
    assert mine.f1 == pytest.approx(f1, abs=1e-9)
    for number, label in enumerate(LABELS):
        row = mine.per_label[label]
        assert (row.precision, row.recall) == pytest.approx(tuple(per_label[:, number]), abs=1e-9)


def test_columns_with_intervals(benchmark: BenchmarkFixture, work: Workload) -> None:
    mine = timed(benchmark, SURE, lambda: strict(work, JACKKNIFE), 20)
    assert mine.f1_interval == pytest.approx(strict(work, DRAWS).f1_interval, abs=2e-4)


def test_columns_with_bootstraps(benchmark: BenchmarkFixture, work: Workload) -> None:
    mine = timed(benchmark, DRAWN, lambda: strict(work, DRAWS), 5)
    assert mine.f1_interval == pytest.approx(bare_bootstrap(work), abs=2e-4)


def test_all_schemas(benchmark: BenchmarkFixture, work: Workload) -> None:
    results = timed(benchmark, EVERY, lambda: all_schemas(work), 5)
    assert all(result.errors == results[0].errors for result in results)


def test_nested_strict(benchmark: BenchmarkFixture, nested_work: Workload) -> None:
    assert nested_work.gold.fragments is not None
    timed(benchmark, NESTED_STRICT, lambda: strict(nested_work, QUIET), 10)


def test_nested_all_schemas(benchmark: BenchmarkFixture, nested_work: Workload) -> None:
    timed(benchmark, NESTED, lambda: all_schemas(nested_work), 3)


@pytest.mark.parametrize("name", [ARROW, ARRAYS, LISTS, TAGS])
def test_public_call(benchmark: BenchmarkFixture, work: Workload, name: str) -> None:
    build: dict[str, Callable[[Spans], Any]] = {
        ARROW: lambda side: pa.table(table(side)),
        ARRAYS: table,
        LISTS: lambda side: tuples(side, work.sentences),
        TAGS: lambda side: tags(side, work.sentences),
    }
    gold, predicted = build[name](work.gold), build[name](work.predicted)
    mine = timed(benchmark, name, lambda: wortlaut.score(gold, predicted, intervals=False), 5)
    assert mine.f1 == pytest.approx(bare(work)[0], abs=1e-9)


def test_the_table_and_its_promises(capsys: pytest.CaptureFixture[str]) -> None:
    if len(SECONDS) < 14:
        pytest.skip("only some of the timings ran")
    reference = {"seqeval strict": PEER["strict"], "nervaluate": PEER["nervaluate"], "bare NumPy": BARE}
    lines = [
        f"{SENTENCES:,} sentences, one run, CPU seconds, the best of each",
        "",
        "| | seconds | " + " | ".join(f"times faster than {name}" for name in reference) + " |",
        "| --- | ---: |" + " ---: |" * len(reference),
    ]
    for name, seconds in SECONDS.items():
        ratios = " | ".join(f"{SECONDS[other] / seconds:.3g}" for other in reference.values())
        lines.append(f"| {name} | {seconds:.3g} | {ratios} |")
    kept = [(slow, fast, least, SECONDS[slow] / SECONDS[fast]) for slow, fast, least in PROMISES]
    lines += ["", "| promise | at least | measured |", "| --- | ---: | ---: |"]
    lines += [f"| {slow} / {fast} | {least:.3g} | {ratio:.3g} |" for slow, fast, least, ratio in kept]
    with capsys.disabled():
        print("\n\n" + "\n".join(lines))
    assert not [f"{fast}: {ratio:.3g} < {least:.3g}" for _, fast, least, ratio in kept if ratio < least]
