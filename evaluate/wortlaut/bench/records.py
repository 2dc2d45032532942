"""Files of pytest-benchmark: written, read, and compared under its own thresholds."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from wortlaut.bench.run import Bench, Change, Compared
from wortlaut.bench.speed import REFERENCE
from wortlaut.errors import ComparisonError, DataError, listed
from wortlaut.io.files import write_whole
from wortlaut.io.reading import read_json

#: Our own field beside pytest-benchmark's: seconds in units of the reference, which travel between machines.
RATIO = "ratio"
_USAGE = "FIELD:PERCENT% or FIELD:SECONDS, such as mean:10% or ratio:10%; fields are"
#: How many names a note lists.
_SHOWN = 5
_FIELDS = ("min", "max", "mean", "median", "stddev", "iqr", RATIO)


@dataclass(frozen=True)
class Threshold:
    """How much higher a field may be than it was: ``mean:10%``, ``min:0.001`` (seconds), ``ratio:10%``."""

    text: str
    check: Any

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Raises DataError for what is no threshold."""
        from pytest_benchmark.utils import (
            DifferenceRegressionCheck,
            PercentageRegressionCheck,
            parse_compare_fail,
        )

        if own := re.fullmatch(rf"{RATIO}:(?:(\d+)%|(\d*\.?\d+))", text):
            percent, difference = own.groups()
            return cls(
                text,
                PercentageRegressionCheck(RATIO, int(percent))
                if percent
                else DifferenceRegressionCheck(RATIO, float(difference)),
            )
        try:
            return cls(text, parse_compare_fail(text))
        except argparse.ArgumentTypeError:
            hint = f"Write {_USAGE} {', '.join(_FIELDS)}."
            raise DataError(f"{text!r} is no threshold", where="--compare-fail", hint=hint) from None

    def passes(self, now: Mapping[str, float], then: Mapping[str, float]) -> bool:
        return not self.check.fails(now, then)


def pytest_benchmark_data(bench: Bench) -> dict[str, Any]:
    """The run as pytest-benchmark itself would save it with all its data."""
    from pytest_benchmark import __version__
    from pytest_benchmark.utils import get_commit_info

    return {
        "machine_info": dict(bench.machine_info),
        "commit_info": get_commit_info(),
        "benchmarks": [timing.record for system in bench.systems for timing in system.timings()],
        "datetime": datetime.now(UTC).isoformat(),
        "version": __version__,
    }


def save(bench: Bench, path: Path) -> None:
    """Write the file that ``pytest-benchmark compare`` reads. Raises WortlautError."""
    write_whole(path, json.dumps(pytest_benchmark_data(bench), indent=4) + "\n")


def read(path: Path) -> dict[str, Any]:
    """A file that ``wortlaut bench --save`` wrote. Raises MissingFileError and DataError."""
    hint = "Name a file that wortlaut bench --save wrote."
    try:
        data = read_json(path, hint)
        for record in data["benchmarks"]:
            _fields(record)
            _ = record["fullname"], record["name"], record["extra_info"]["corpus"]
            _ = record["extra_info"]["reference"]
        _ = data["machine_info"]["cpu"].get("brand_raw")
    except DataError:
        raise
    except (ValueError, KeyError, TypeError, ZeroDivisionError, AttributeError) as error:
        raise DataError("is no benchmark of extractors", where=str(path), hint=hint) from error
    return dict(data)


def compare(bench: Bench, path: Path, old: Mapping[str, Any], thresholds: Sequence[Threshold]) -> Compared:
    """This run beside an older one, benchmark by benchmark.

    Raises ComparisonError where the two have no benchmark in common or were timed on different texts.
    """
    new = {record["fullname"]: record for s in bench.systems for t in s.timings() for record in [t.record]}
    before = {record["fullname"]: record for record in old["benchmarks"]}
    common = [name for name in new if name in before]
    extra = [before[name]["extra_info"] for name in common]
    if any(one["reference"] != REFERENCE for one in extra):
        raise ComparisonError(f"was timed beside another reference than {REFERENCE}", where=str(path))
    if any(one["corpus"] != bench.hash for one in extra):
        raise ComparisonError(
            "was timed on another corpus",
            where=str(path),
            hint=f"Seconds of different texts do not compare. This run: {bench.corpus} ({bench.hash[:12]}).",
        )
    if new and not common:
        raise ComparisonError(
            "has no benchmark that was run now",
            where=str(path),
            hint=f"It has {', '.join(sorted(record['name'] for record in before.values())) or 'none'}.",
        )
    sides = {name: (_fields(new[name]), _fields(before[name])) for name in common}
    changes = tuple(
        Change(
            new[name]["name"],
            new[name]["group"],
            (then["mean"], now["mean"]),
            (then[RATIO], now[RATIO]),
            tuple(threshold.text for threshold in thresholds if not threshold.passes(now, then)),
        )
        for name, (now, then) in sides.items()
    )
    return Compared(str(path), changes, tuple(_notes(bench, old, new, before)))


def _fields(record: Mapping[str, Any]) -> dict[str, float]:
    """What a threshold can be about."""
    stats = record["stats"]
    pairs = zip(stats["data"], record["extra_info"]["reference_seconds"], strict=True)
    ratio = median(system / reference for system, reference in pairs)
    return {**{name: float(stats[name]) for name in _FIELDS if name != RATIO}, RATIO: ratio}


def _notes(
    bench: Bench, old: Mapping[str, Any], new: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[str]:
    kept = ("node", "machine", "python_version", "system")
    same = all(old["machine_info"].get(key) == bench.machine_info.get(key) for key in kept)
    brands = [info["cpu"].get("brand_raw") for info in (old["machine_info"], bench.machine_info)]
    if not same or brands[0] != brands[1]:
        yield (
            "The file is of another machine or Python: seconds do not compare, the ratio to the reference"
            f" does ({RATIO}:10%)."
        )
    for what, names in (("only in the file", before.keys() - new), ("not in the file", new.keys() - before)):
        if names:
            shown = sorted((before.get(name) or new[name])["name"] for name in names)
            yield f"Not compared, {what}: {listed(shown, _SHOWN)}."
