"""A million documents scored from Parquet: memory and time, ``pytest tests/benchmarks/test_memory.py -s``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

#: Scores two Parquet files in a process of its own and prints CPU seconds and peak memory in KiB.
PROGRAM = """
import json, resource, sys, time
import wortlaut
begun = time.process_time()
results = wortlaut.score(sys.argv[1], sys.argv[2], schema=["strict", "partial"])
seconds = time.process_time() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, peak, results["strict"].f1, results["strict"].f1_interval is not None]))
"""


def write(folder: Path, documents: int) -> tuple[Path, Path]:
    """Gold with four spans a document on average, and a noisy prediction of it."""
    rng = np.random.default_rng(1)
    document = np.repeat(np.arange(documents), rng.poisson(4, documents))
    count = len(document)
    start = rng.integers(0, 2000, count)
    order = np.lexsort((start, document))
    document, start = document[order], start[order]
    end, label = start + rng.integers(3, 30, count), rng.integers(0, 4, count)
    names = np.array(["PER", "LOC", "ORG", "OTH"])
    gold, found = folder / f"gold{documents}.parquet", folder / f"found{documents}.parquet"
    columns = {"document": document, "start": start, "end": end, "label": pa.array(names[label])}
    pq.write_table(pa.table(columns), gold)
    kept = rng.random(count) > 0.1
    moved = end + (rng.random(count) < 0.1)
    other = np.where(rng.random(count) < 0.05, (label + 1) % 4, label)
    columns = {"document": document, "start": start, "end": moved, "label": names[other]}
    pq.write_table(pa.table({name: pa.array(column[kept]) for name, column in columns.items()}), found)
    return gold, found


def test_memory_stays_below_a_gibibyte_and_time_is_linear(tmp_path: Path) -> None:
    seconds = {}
    for documents in (10_000, 100_000, 1_000_000):
        paths = write(tmp_path, documents)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *map(str, paths)], capture_output=True, check=True
        )
        seconds[documents], peak, f1, sure = json.loads(done.stdout)
        print(
            f"{documents:>9} documents: {seconds[documents]:6.2f} s CPU, {peak / 1024:5.0f} MiB, F1 {f1:.4f}"
        )
        assert sure
        assert peak < 1024 * 1024
    assert seconds[1_000_000] < 12 * seconds[100_000]
