"""What extraction costs beside the extractor: ``pytest tests/benchmarks/test_scale.py -s`` (ten minutes).

100,000 documents are drawn from the sentences of the shipped article, with a fixed seed. The tables are those
of docs/scale.md. CPU seconds are those of the process and of its children; times by the clock mean something
only where nothing else runs on the cores.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from wortlaut.corpus.load import load_corpus
from wortlaut.extractors import resolve
from wortlaut.extractors.run import answers
from wortlaut.formats.shards import read_manifest
from wortlaut.model import Document
from wortlaut.running.extraction import extract
from wortlaut.text.segments import sentences

DOCUMENTS, SENTENCES, SEED = int(os.environ.get("WORTLAUT_BENCH_DOCUMENTS", "100000")), 8, 7
#: Documents for the rate of one extractor.
SAMPLE = 500
#: Load up to which times by the clock are judged.
_QUIET = 0.7
#: It answers at once: what is left is what the engine costs.
NOTHING = "def create():\n    return lambda texts: [{'entities': []} for _ in texts]\n"


@dataclass(frozen=True)
class Cost:
    """``own`` and ``children`` are CPU seconds, ``wall`` seconds by the clock."""

    wall: float
    own: float
    children: float

    @property
    def cpu(self) -> float:
        return self.own + self.children


class Clock:
    """``with Clock() as clock: …``; then ``clock.cost``."""

    def __enter__(self) -> Clock:
        self._begun = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        self.cost = Cost(*(now - then for now, then in zip(self._now(), self._begun, strict=True)))

    def _now(self) -> tuple[float, float, float]:
        own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return (
            time.perf_counter(),
            own.ru_utime + own.ru_stime,
            children.ru_utime + children.ru_stime,
        )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (gold,) = load_corpus("gold").documents
    pool = [gold.text[start:end] for start, end in sentences(gold.text)]
    dice = random.Random(SEED)
    path = tmp_path_factory.mktemp("scale") / "corpus.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(DOCUMENTS):
            text = " ".join(dice.sample(pool, SENTENCES))
            file.write(json.dumps({"id": f"d{number:07}", "text": text}, ensure_ascii=False) + "\n")
    return path


def documents(corpus: Path, count: int) -> Iterator[Document]:
    with corpus.open(encoding="utf-8") as lines:
        for _, line in zip(range(count), lines, strict=False):
            row = json.loads(line)
            yield Document(row["id"], row["text"])


def shown(capsys: pytest.CaptureFixture[str], *lines: str) -> None:
    with capsys.disabled():
        print("\n\n" + "\n".join(lines))


def size(out: Path, documents: int) -> float:
    """Bytes of a shard for a document."""
    return sum(shard.bytes for shard in read_manifest(out).shards) / documents


def run(corpus: Path, spec: str, workers: int, **options: int) -> tuple[Cost, Path]:
    out = corpus.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    with Clock() as clock:
        done = extract(str(corpus), spec, str(out), workers=workers, **options)
    assert (done.documents, done.failures) == (DOCUMENTS, 0)
    return clock.cost, out


def test_overhead_and_efficiency(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """quotes-de, which does nothing but compute."""
    quiet = os.getloadavg()[0] < _QUIET
    extractor = resolve("quotes-de")
    answers(extractor, documents(corpus, 64))
    batches = documents(corpus, DOCUMENTS)
    with Clock() as clock:
        # Kept for a batch only, as in a loop that writes what it finds.
        while answers(extractor, [document for _, document in zip(range(32), batches, strict=False)]):
            pass
    loop = clock.cost
    one, _ = run(corpus, "quotes-de", 1)
    two, out = run(corpus, "quotes-de", 2)
    rows = (("the extractor in a loop", loop), ("1 worker", one), ("2 workers", two))
    overhead, efficiency = one.wall / loop.wall - 1, one.wall / two.wall / 2
    shown(
        capsys,
        f"| {DOCUMENTS:,} documents, quotes-de | seconds | documents/s | CPU seconds | of them parent |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {cost.wall:.1f} | {DOCUMENTS / cost.wall:,.0f} | {cost.cpu:.1f} | "
            + (f"{cost.own:.1f} |" if cost.children else "|")
            for name, cost in rows
        ),
        f"\noverhead of 1 worker {overhead:.1%} by the clock, {one.cpu / loop.cpu - 1:.1%} of CPU time",
        f"efficiency of 2 workers {efficiency:.2f}; their CPU time is {two.cpu / one.cpu:.2f} that of 1",
        f"{size(out, DOCUMENTS):.0f} bytes a document in shards, {corpus.stat().st_size / DOCUMENTS:,.0f} in"
        " the corpus",
    )
    assert one.cpu / loop.cpu - 1 < 0.15
    if quiet:
        assert overhead < 0.15
        assert efficiency >= 0.8
    else:
        shown(capsys, "other programs were running: times by the clock are not judged")


def test_what_the_engine_can_feed(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An extractor that does nothing: the parent's rate, and that of going over what is finished."""
    nothing = corpus.parent / "nothing.py"
    nothing.write_text(NOTHING)
    cost, out = run(corpus, f"{nothing}:create", 2)
    with Clock() as clock:
        assert extract(str(corpus), f"{nothing}:create", str(out)).made == 0
    again = clock.cost
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shown(
        capsys,
        f"nothing extracted: {DOCUMENTS / cost.wall:,.0f} documents/s,"
        f" {DOCUMENTS / cost.own:,.0f} a CPU second of the parent, {DOCUMENTS / cost.cpu:,.0f} of all",
        f"gone over when finished: {DOCUMENTS / again.wall:,.0f} documents/s,"
        f" {DOCUMENTS / again.cpu:,.0f} a CPU second; peak memory of this process {peak:,.0f} MiB",
    )
    assert cost.own < 0.001 * DOCUMENTS


def test_rates(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Documents a second and core of each built-in extractor, loading left out, and what a document needs."""
    lines = []
    sample = corpus.parent / "sample.jsonl"
    sample.write_text("".join(corpus.read_text("utf-8").splitlines(keepends=True)[:SAMPLE]), "utf-8")
    for spec in ("gazetteer", "hanta", "quotes-de"):
        with Clock() as clock:
            extractor = resolve(spec)
        loading = clock.cost.cpu
        answers(extractor, documents(corpus, 64))
        with Clock() as clock:
            answers(extractor, documents(corpus, SAMPLE))
        out = corpus.parent / f"rates-{spec}"
        extract(str(sample), spec, str(out))
        rate = SAMPLE / clock.cost.cpu
        lines.append(f"| {spec} | {loading:.1f} | {rate:,.0f} | {size(out, SAMPLE):,.0f} |")
        assert clock.cost.cpu > 0
    characters = sum(len(document.text) for document in documents(corpus, SAMPLE)) / SAMPLE
    shown(
        capsys,
        f"| {characters:,.0f} characters each | seconds to load | documents/s a core | bytes a document |",
        "| --- | ---: | ---: | ---: |",
        *lines,
    )
