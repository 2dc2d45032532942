"""Runs ``cases.py`` by pytest in a process of its own, and ends it when it hangs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wortlaut.running.processes import kill_tree, signal_name

#: The environment variable that names the job.
JOB = "WORTLAUT_BENCH"
CASES = Path(__file__).with_name("cases.py")
_POLL = 0.05
#: Seconds that pytest has to start, before the job says how long it may take.
_START = 120.0


@dataclass(frozen=True)
class Ended:
    """What a process wrote, line by line; ``failed`` is why it broke, ``late`` what took too long."""

    lines: tuple[Mapping[str, Any], ...]
    failed: str | None = None
    late: str | None = None

    def values(self, key: str) -> list[Any]:
        return [line[key] for line in self.lines if key in line]


def measure(job: Mapping[str, Any], progress: Callable[[int], object] | None = None) -> Ended:
    """Run one job; ``progress`` is called with the number of benchmarks done.

    The job: ``test``, ``spec``, ``sizes``, ``texts`` (pairs of id and text), ``corpus`` (its hash),
    ``rounds``, ``warmup``, and the limits ``timeout`` and ``point`` in seconds.
    """
    with tempfile.TemporaryDirectory(prefix="wortlaut-bench-") as name:
        folder = Path(name)
        out, said = folder / "out.jsonl", folder / "said.txt"
        out.touch()
        (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")  # nobody else's settings
        (folder / "job.json").write_text(json.dumps({**job, "out": str(out), "parent": os.getpid()}), "utf-8")
        with said.open("wb") as stream:
            # -P: as for every other command, the current folder is not on the path of modules.
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "pytest", f"{CASES}::test_{job['test']}", *_options(folder)],
                env=_environment(folder / "job.json"),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                silent = _watch(process, out, progress)
            finally:
                kill_tree(process)
        lines = tuple(map(json.loads, _whole_lines(out)))
        doing = next((line["doing"] for line in reversed(lines) if "doing" in line), "its start")
        if silent is not None:
            return Ended(lines, late=f"{doing} took longer than {silent:g} s")
        failed = next((line["failed"] for line in lines if "failed" in line), None)
        # An extractor that ends its process with exit code 0 has not finished, either.
        if failed is None and (process.returncode or not any("memory" in line for line in lines)):
            failed = f"its process {_reason(process.returncode, said)}, during {doing}"
        return Ended(lines, failed)


def _options(folder: Path) -> list[str]:
    return [
        *("-c", str(folder / "pytest.ini"), "--rootdir", str(CASES.parents[1]), "--noconftest"),
        *("-p", "pytest_benchmark.plugin", "-p", "no:cacheprovider", "--assert=plain"),
        *("--maxfail=1", "--quiet", "--tb=line", "--benchmark-quiet"),
        f"--benchmark-storage=file://{folder}/saved",  # its default makes a folder where the user is
    ]


def _environment(job: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return {**kept, JOB: str(job), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def _watch(
    process: subprocess.Popen[bytes], out: Path, progress: Callable[[int], object] | None
) -> float | None:
    """Wait for the end; the limit in seconds if nothing new was written for as long."""
    limit, size, begin = _START, 0, time.monotonic()
    while process.poll() is None:
        time.sleep(_POLL)
        if (grown := out.stat().st_size) > size:
            size, begin = grown, time.monotonic()
            lines = _whole_lines(out)
            limit = next((json.loads(line)["limit"] for line in reversed(lines) if '"limit"' in line), limit)
            if progress is not None:
                progress(sum(line.startswith('{"benchmark"') for line in lines))
        elif time.monotonic() - begin > limit:
            return limit
    return None


def _whole_lines(path: Path) -> list[str]:
    return path.read_text("utf-8").split("\n")[:-1]


def _reason(code: int, said: Path) -> str:
    if code < 0:
        name = signal_name(-code)
        return f"was ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    lines = [line.strip() for line in said.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return f"ended with exit code {code}" + (f" ({lines[-1][:200]})" if lines else "")
