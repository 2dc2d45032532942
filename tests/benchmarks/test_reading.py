"""Reading the corpora of others: ``pytest tests/benchmarks/test_reading.py -s``.

CPU seconds to columns and to documents, beside the least that a reader does: the lines, split at tabs, or the
values of the JSON files. The corpora are not part of the project; one that is absent skips.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from shared import shared_data

from wortlaut.formats import batch_reader, reader
from wortlaut.running.convert import convert


def seconds(run: Callable[[], Iterable[object]]) -> float:
    """The least of five."""
    found = []
    for _ in range(5):
        start = time.process_time()
        deque(run(), 0)
        found.append(time.process_time() - start)
    return min(found)


def bare(path: Path) -> Iterable[object]:
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.suffix == ".json":
            yield json.loads(file.read_bytes())
        elif file.is_file():
            yield [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("name", "corpus", "most"),
    [
        ("hipe", "hipe2020-de/HIPE-2022-v2.1-hipe2020-dev-de.tsv", 8),
        ("germeval", "germeval2014/NER-de-dev.tsv", 4),
        ("conllu", "uner-german-pud/de_pud-ud-test.iob2", 9),
        ("german-news-quotation", "german-news-quotation-2024/data/dev", 2),
        ("brat", "litbank-brat", 5),
    ],
)
def test_reading_costs_some_times_what_splitting_does(
    name: str, corpus: str, most: float, tmp_path: Path
) -> None:
    path = shared_data(corpus)
    if name == "conllu":  # what this project writes of a corpus that has its names in a column
        convert(f"conll:{path}", path := tmp_path / "x.conllu", name)
    times = [seconds(lambda: bare(path)), seconds(lambda: batch_reader(name)(path))]
    times.append(seconds(lambda: reader(name)(path)))
    print(f"\n{name:22}" + "".join(f"{one * 1000:9.1f} ms" for one in times))
    assert times[1] < most * times[0]
