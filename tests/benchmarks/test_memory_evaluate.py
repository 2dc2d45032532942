"""Memory of ``wortlaut evaluate`` over a folder: ``pytest tests/benchmarks/test_memory_evaluate.py -s``.

Ten thousand and a hundred thousand short documents, each with ten entities, four quotes and ten clusters,
through the command line in a process of its own, all layers, ``strict`` and ``partial``, with intervals.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from wortlaut.corpus.load import load_corpus
from wortlaut.formats import dataset
from wortlaut.model import ROLES, Annotations, Document, Span
from wortlaut.records.annotations import record

#: Runs the command and prints CPU seconds and peak memory in KiB behind its output.
PROGRAM = """
import json, resource, sys
from wortlaut.cli import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""
LENGTH = 520


def article() -> Document:
    """The beginning of the shipped article, with what is annotated in it."""
    whole = load_corpus("gold").documents[0]

    def inside(span: Span | None) -> bool:
        return span is None or span.end <= LENGTH

    entities = tuple(entity for entity in whole.entities if inside(entity.span))
    quotes = tuple(
        replace(quote, parent=None)
        for quote in whole.quotes
        if all(inside(quote.role(role)) for role in ("content", *ROLES))
    )
    named = {entity.entity for entity in entities} | {quote.speaker_entity for quote in quotes}
    clusters = tuple(
        replace(cluster, mentions=tuple(filter(inside, cluster.mentions)))
        for cluster in whole.clusters
        if cluster.id in named
    )
    return Document("one", whole.text[:LENGTH], Annotations(entities, quotes, clusters))


def write(folder: Path, count: int) -> None:
    """A corpus in which each document lacks some items, and files of 5,000 predictions that lack more."""
    one, rng = article(), random.Random(1)

    def some(share: float) -> Annotations:
        return Annotations(
            tuple(entity for entity in one.entities if rng.random() < share),
            tuple(quote for quote in one.quotes if rng.random() < share),
            one.clusters,
        )

    def documents() -> Iterator[Document]:
        for number in range(count):
            yield Document(f"doc{number:08}", one.text, some(0.9))

    folder.mkdir()
    dataset.write(folder / "corpus", documents())
    (folder / "found").mkdir()
    for first in range(0, count, 5000):
        lines = [
            json.dumps(record(f"doc{number:08}", some(0.7))) + "\n"
            for number in range(first, min(first + 5000, count))
        ]
        (folder / "found" / f"{first:08}.jsonl").write_text("".join(lines))


def test_memory_grows_by_the_counts_of_a_document_and_nothing_else(tmp_path: Path) -> None:
    peaks = {}
    for count in (10_000, 100_000):
        folder = tmp_path / str(count)
        write(folder, count)
        command = [sys.executable, "-c", PROGRAM, "evaluate", "--no-items"]
        command += ["--corpus", str(folder / "corpus"), "-e", f"preds:{folder / 'found'}"]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        seconds, peaks[count] = json.loads(done.stdout.splitlines()[-1])
        print(f"{count:>7} documents: {seconds:7.1f} s CPU, {peaks[count] / 1024:5.0f} MiB")
        assert "speakers  entity" in done.stdout
    growth = (peaks[100_000] - peaks[10_000]) * 1024 / 90_000
    print(f"{growth:.0f} bytes a document")
    assert peaks[100_000] < 1024 * 1024
    assert growth < 4096
