"""Benchmarks in processes of their own: what is measured, who fails and how, and the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from command import WORTLAUT
from command import run as run_command
from jsonschema import Draft202012Validator
from made import corpus

from wortlaut.bench import process, run
from wortlaut.bench.quality import Wanted, with_quality
from wortlaut.bench.run import bench
from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError
from wortlaut.model import Document
from wortlaut.reports.schemas import schema
from wortlaut.running.processes import descendants, signal_name

BENCHMARK = Path(sys.executable).with_name("pytest-benchmark")

#: Extractors with habits.
SYSTEMS = """
import os, sys, time
from wortlaut import Annotations

class Quiet:
    finds = ("entities",)
    def __init__(self, pause: float = 0.0, square: float = 0.0, limit: int = 10**9, memory: int = 0):
        self.pause, self.square, self.limit, self.calls = pause, square, limit, 0
        self.held = b"x" * (memory << 20)
    def extract(self, texts):
        self.calls += 1
        self.act()
        time.sleep(self.pause * len(texts) + sum(self.square * len(text) ** 2 for text in texts))
        if any(len(text) > self.limit for text in texts):
            raise ValueError("[bold]too long[/bold]")
        return [Annotations() for _ in texts]
    def act(self):
        pass

class Hangs(Quiet):
    def act(self):
        if self.calls > 2:
            time.sleep(1000)

class Dies(Quiet):
    def act(self):
        os._exit(7)

class Killed(Quiet):
    def act(self):
        os.kill(os.getpid(), 9)

class Talks(Quiet):
    def act(self):
        print("to stdout"); print("to stderr", file=sys.stderr)

class Leaves(Quiet):
    def act(self):
        os._exit(0)

class Few(Quiet):
    def extract(self, texts):
        return []

class Places(Quiet):
    def extract(self, texts):
        for text in texts:
            at = [(text.find(name), len(name)) for name in ("Bonn", "Kiel", "USA")]
            yield {"entities": [{"spans": [[i, i + n]], "label": "LOC"} for i, n in at if i >= 0]}

def broken():
    raise RuntimeError("no weights")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "systems.py").write_text(SYSTEMS, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.long
def test_what_is_measured(folder: Path) -> None:
    """A known pause a document, and known memory: of each process alone."""
    seen: list[tuple[str, int, int]] = []
    specs = ["systems.py:Quiet?memory=150&pause=0.01", "systems.py:Talks"]
    result = bench(specs, corpus(4), sizes=[4, 1, 9], rounds=3, progress=lambda *what: seen.append(what))
    pausing, talking = result.systems
    assert (pausing.failed, talking.failed) == (None, None)
    assert [timing.size for timing in pausing.throughput] == [1, 4], "9 would be the same as 4"
    assert any("batches of 9 would be the same as of 4" in note for note in result.notes)
    for timing in pausing.throughput:
        assert (timing.rounds, timing.documents, timing.characters) == (3, 4, 4 * 44)
        assert timing.seconds.median >= 0.04
        assert timing.seconds.q1 <= timing.seconds.median <= timing.seconds.q3
        assert timing.rate(4) <= 100
        assert timing.relative.median < talking.throughput[0].relative.median / 5
        assert len(timing.record["extra_info"]["reference_seconds"]) == 3
    assert (
        pausing.load is not None and pausing.load > 0 and pausing.first is not None and pausing.first > 0.01
    )
    if sys.platform == "linux":
        assert pausing.memory is not None and talking.memory is not None
        assert 140 << 20 < pausing.memory - talking.memory < 250 << 20
        assert talking.memory_before is not None and talking.memory_before <= talking.memory
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {"systems.py"}
    assert {name for name, _, _ in seen} == set(specs)
    assert seen[-1] == (specs[-1], 2, 2)


@pytest.mark.long
def test_who_fails_is_named_and_the_others_go_on(folder: Path) -> None:
    reasons = {
        "systems.py:Hangs": "a pass over the texts took longer than 5 s (--timeout)",
        "systems.py:Dies": "its process ended with exit code 7, during the first document",
        "systems.py:Killed": "its process was ended by SIGKILL (out of memory?), during the first document",
        "systems.py:Leaves": "its process ended with exit code 0, during the first document",
        "systems.py:Few": "gave 0 answers for 1 documents",
        "nobody": "unknown extractor 'nobody'",
    }
    result = bench([*reasons, "systems.py:Quiet"], corpus(2), sizes=[1], rounds=1, timeout=5)
    *bad, good = result.systems
    assert good.failed is None and len(good.throughput) == 1
    for system in bad:
        assert system.failed is not None and reasons[system.name] in system.failed
        assert system.throughput == ()


@pytest.mark.long
def test_curves_end_where_a_point_takes_too_long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "LENGTHS", (2000, 4000, 8000, 16_000, 128_000))
    monkeypatch.setattr(run, "BATCHES", (1, 2))
    square, limited = bench(
        ["systems.py:Quiet?square=1e-9", "systems.py:Quiet?limit=5000"],
        corpus(2),
        sizes=[1],
        rounds=1,
        scaling=True,
        point=4,
    ).systems
    assert square.failed is None
    assert square.length is not None and square.batch is not None
    assert [point.size for point in square.length.points] == [2000, 4000, 8000, 16_000]
    assert square.length.left_out == (128_000,) and "longer than 4 s" in square.length.why
    # Pauses are exact, the reference beside them is not where other programs run; linear would be 1.
    assert square.length.exponent is not None and square.length.exponent.value > 1.3
    assert [point.documents for point in square.batch.points] == [1, 2]
    assert square.batch.exponent is None and square.batch.left_out == () and square.batch.why == ""
    # A text that breaks it is a failure of the extractor, but not of what was measured before.
    assert limited.failed is not None
    assert limited.failed.startswith("at 8,000 characters: ") and "[bold]too long" in limited.failed
    assert limited.length is not None and len(limited.length.points) == 2
    assert limited.batch is not None and len(limited.batch.points) == 2 and len(limited.throughput) == 1


@pytest.mark.long
def test_nothing_is_left_running(folder: Path) -> None:
    job = {"test": "throughput", "spec": "cmd:sleep 98764", "sizes": [1], "texts": [["a", "Ein Text."]]}
    job |= {"corpus": "", "rounds": 1, "warmup": 0, "timeout": 3.0, "point": 3.0}
    assert process.measure(job).late == "the first document took longer than 3 s"
    if Path("/proc/self/cmdline").exists():
        # On a busy machine the kernel may take a moment to let a killed process go.
        end = time.monotonic() + 10
        while any(b"sleep" in line and b"98764" in line for line in _running()) and time.monotonic() < end:
            time.sleep(0.1)
        assert not any(b"sleep" in line and b"98764" in line for line in _running())


def _running() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes())
    return found


def test_signals_have_names_or_numbers() -> None:
    assert [signal_name(number) for number in (15, 99)] == ["SIGTERM", "signal 99"]


@pytest.mark.long
def test_without_its_parent_a_measurement_ends(folder: Path) -> None:
    """Whoever ends ``wortlaut bench`` by force does not leave a process that computes on."""
    program = "from wortlaut.bench.run import bench; from made import corpus; "
    program += "bench(['systems.py:Quiet?pause=0.05'], corpus(1), sizes=[1], rounds=100000)"
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    parent = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path})
    try:
        begun = time.monotonic()
        while not (children := descendants(parent.pid)) and time.monotonic() - begun < 30:
            time.sleep(0.1)
        if not children:
            pytest.skip("the system does not tell which processes a process has started")
        time.sleep(2)
    finally:
        parent.kill()
        parent.wait()
    begun = time.monotonic()
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() - begun < 30
        time.sleep(0.1)


def test_settings_of_others_do_not_reach_the_measurement(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", "utf-8")
    (folder / "conftest.py").write_text("raise RuntimeError('not mine')\n", "utf-8")
    (folder / "json.py").write_text("raise RuntimeError('shadowed')\n", "utf-8")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    assert bench(["systems.py:Quiet"], corpus(1), sizes=[1], rounds=1).systems[0].failed is None


def test_what_cannot_be_timed_is_refused() -> None:
    with pytest.raises(DataError, match="no text"):
        bench(["gazetteer"], Corpus.of("empty", [Document("a", " ")]))
    with pytest.raises(DataError, match="a batch of 0"):
        bench(["gazetteer"], corpus(1), sizes=[0])


@pytest.mark.long
def test_quality_beside_speed(folder: Path) -> None:
    made = corpus(2)
    timed = bench(["systems.py:Places", "systems.py:Quiet"], made, sizes=[1], rounds=1)
    scored = with_quality(timed, made, Wanted.parse("entities.strict.recall"))
    names, nothing = scored.systems
    assert names.quality is not None and names.quality.interval is not None
    assert names.quality.value == 0.4, "two of five names are places"
    assert nothing.quality is not None and nothing.quality.value == 0
    missing = with_quality(timed, made, Wanted.parse("quotes.strict.f1"))
    assert [system.quality for system in missing.systems] == [None, None]
    assert any(
        "systems.py:Places has no quotes.strict.f1. It has entities." in note for note in missing.notes
    )


# --- the command ---

needs_script = pytest.mark.skipif(not WORTLAUT.exists(), reason="the wortlaut script is not installed here")


def wortlaut(*arguments: str, code: int) -> subprocess.CompletedProcess[str]:
    done = run_command(*arguments, cwd=Path.cwd())
    assert done.returncode == code, done.stdout + done.stderr
    return done


@needs_script
@pytest.mark.long
def test_the_command_saves_compares_and_fails(folder: Path) -> None:
    options = ["--batch", "1", "--rounds", "3"]
    fast, slow = "systems.py:Quiet?pause=0.001", "systems.py:Quiet?pause=0.1"
    first = wortlaut("bench", "-e", fast, *options, "--save", "old.json", "--json", "own.json", code=0)
    assert "× reference (quartiles)" in first.stdout and "one article" in first.stdout
    described = schema("bench")
    Draft202012Validator(described).validate(json.loads(Path("own.json").read_text("utf-8")))
    # The same name, slower: as when the code behind a spec changed.
    old = Path("old.json").read_text("utf-8")
    Path("old.json").write_text(old.replace(fast, slow), "utf-8")
    compared = ["--compare", "old.json", "--compare-fail", "mean:100%", "--compare-fail", "ratio:100%"]
    done = wortlaut("bench", "-e", slow, *options, *compared, "--save", "new.json", "--json", "-", code=1)
    data = json.loads(done.stdout)
    Draft202012Validator(described).validate(data)
    assert data["compared"]["changes"][0]["failed"] == ["mean:100%", "ratio:100%"]
    done = wortlaut(
        "bench", "-e", slow, *options, "--compare", "new.json", "--compare-fail", "ratio:5000%", code=0
    )
    assert "nothing is slower than allowed" in done.stdout
    # pytest-benchmark's own program reads both.
    table = subprocess.run(
        [BENCHMARK, "compare", "old.json", "new.json", "--columns=mean,rounds"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert "benchmark 'throughput': 2 tests" in table.stdout and table.stdout.count(slow) == 2


@needs_script
@pytest.mark.long
def test_a_failure_ends_with_2_and_the_plot_is_drawn_of_the_others(folder: Path) -> None:
    done = wortlaut(
        *(
            "bench",
            "-e",
            "systems.py:broken",
            "-e",
            "systems.py:Places",
            "--rounds",
            "1",
            "--plot",
            "plot.svg",
        ),
        code=2,
    )
    assert "error: systems.py:broken failed" in done.stderr and "no weights" in done.stderr
    assert "systems.py:Places" in done.stdout
    assert Path("plot.svg").read_text("utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--compare-fail", "mean:10%"), "--compare-fail without --compare"),
        (("--compare", "none.json"), "no such file"),
        (("--compare", "systems.py"), "Name a file that wortlaut bench --save wrote"),
        (("--compare", "none.json", "--compare-fail", "speed:1%"), "no threshold"),
        (("--quality", "entities.strict"), "names no score"),
        (("--plot", "no/such/folder.svg"), "its folder is not there"),
        (("--corpus", "nowhere"), "nowhere"),
    ],
)
def test_options_that_cannot_be_used_are_told_before_the_run(
    arguments: tuple[str, ...], message: str, folder: Path
) -> None:
    done = run_command("bench", "-e", "systems.py:Hangs", *arguments, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr and done.stdout == ""


# --- in a user's own tests ---

USERS = """
import pytest
from wortlaut.extractors import resolve

@pytest.mark.wortlaut(extractor="systems.py:Places", schema="strict")
def test_names(benchmark, quality):
    documents = quality.evaluation.corpus.documents
    extractor = resolve("systems.py:Places")
    texts = [document.text for document in documents]
    benchmark.pedantic(lambda: PAUSE or list(extractor.extract(texts)), rounds=5, warmup_rounds=1)
    assert quality.entities.strict.f1 >= 0.01
"""


@pytest.mark.skipif(not WORTLAUT.exists(), reason="the package is not installed here")
@pytest.mark.long
def test_a_users_own_benchmark_fails_when_it_gets_slower(folder: Path) -> None:
    def pytest_run(pause: str, *options: str) -> subprocess.CompletedProcess[str]:
        source = USERS.replace("PAUSE", pause)
        Path("test_users.py").write_text(f"import time\n{source}", "utf-8")
        # A user's run, even where this one is a worker of xdist, under which nothing is timed.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        # Others, of which there may be many, are not loaded.
        plugins = ("-p", "pytest_benchmark.plugin", "-p", "wortlaut.pytest_plugin", "-p", "no:cacheprovider")
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "test_users.py", *plugins, *options],
            env={**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    assert pytest_run("None", "--benchmark-save=first").returncode == 0
    slower = pytest_run("time.sleep(0.5)", "--benchmark-compare", "--benchmark-compare-fail=median:200%")
    assert slower.returncode != 0
    assert "Performance has regressed" in slower.stdout + slower.stderr
