"""What an extraction survives: nothing is lost, nothing is there twice, and what went wrong is said."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from extracted import asked, cli, command, failures, files, found, jsonl, run, texts
from faulty import SPEC

from wortlaut.errors import DataError, ExtractorError, WortlautError
from wortlaut.formats.shards import iter_failures, iter_shards, read_manifest

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A corpus and the folder of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("calm")
    corpus = jsonl(folder / "corpus.jsonl", texts(120))
    run(corpus, folder / "out")
    return corpus, folder / "out"


# Documents


@pytest.mark.long
def test_each_bad_document_is_named_and_the_others_are_extracted(tmp_path: Path) -> None:
    words = {
        5: "RAISE",
        13: "GARBAGE",
        14: "NUMBER",
        30: "HANG",
        31: "SILENT",
        47: "EXIT",
        60: "SEGV",
        71: "LEAVE",
    }
    documents = texts(90, words)
    done = run(jsonl(tmp_path / "corpus.jsonl", documents), tmp_path / "out", workers=2, timeout=4)
    names = list(documents)
    kinds = {"HANG": "timeout", "EXIT": "died", "SEGV": "died", "RAISE": "raised", "LEAVE": "raised"}
    assert failures(tmp_path / "out") == {names[i]: kinds.get(word, "refused") for i, word in words.items()}
    assert found(tmp_path / "out").keys() == documents.keys() - {names[i] for i in words}
    assert all(len(annotations.entities) == 2 for annotations in found(tmp_path / "out").values())
    assert (done.documents, done.failures) == (90, 8)
    told = {row["id"]: row["error"] for row in iter_failures(tmp_path / "out")}
    assert told[names[5]] == "raised ValueError: half a pair: \\ud800"
    assert told[names[13]].startswith("entity 1: [9, 2) is reversed")
    assert told[names[14]].startswith("answered int")
    assert told[names[30]] == "no answer within 4 seconds"
    assert told[names[31]].startswith("gave 0 answers for 1 documents")
    assert told[names[47]] == "the extractor ended its process with exit code 3"
    assert told[names[60]] == "the extractor's process was ended by SIGSEGV"
    assert told[names[71]] == "raised SystemExit: 0"
    # The same stands in the shards, whose rows are all documents.
    errors = {}
    for file in sorted((tmp_path / "out/shards").iterdir()):
        table = pq.read_table(file).select(["id", "error", "entities"]).to_pylist()
        errors |= {row["id"]: row["error"] for row in table if row["error"] or row["entities"] is None}
    assert errors == told


def test_a_document_that_fails_now_and_then_is_asked_again(tmp_path: Path) -> None:
    run(jsonl(tmp_path / "corpus.jsonl", texts(20, {3: "ONCE", 12: "ONCE"})), tmp_path / "out")
    assert failures(tmp_path / "out") == {}


@pytest.mark.long
def test_too_many_failures_end_the_run_which_can_go_on(tmp_path: Path) -> None:
    spec = f"{SPEC}?log={tmp_path / 'log'}"
    documents = texts(100, dict.fromkeys((5, 45, 46, 47), "RAISE"))
    corpus = jsonl(tmp_path / "corpus.jsonl", documents)
    with pytest.raises(
        ExtractorError, match=r"more documents failed than --max-failures allows[\s\S]*f0047: raised"
    ):
        run(corpus, tmp_path / "out", spec, max_failures=3)
    assert not read_manifest(tmp_path / "out").complete
    assert [shard.number for shard in read_manifest(tmp_path / "out").shards] == [0, 1]
    assert failures(tmp_path / "out") == {"f0005": "raised"}
    with pytest.raises(ExtractorError, match="more documents failed"):
        run(corpus, tmp_path / "out", spec, max_failures=3)
    done = run(corpus, tmp_path / "out", spec, max_failures=4)
    assert (done.documents, done.failures, done.made) == (100, 4, 60)
    first = set(list(documents)[:40])
    assert sorted(name for name in asked(tmp_path / "log") if name in first) == sorted(
        [*(first - {"f0005"}), *list(documents)[:5]]  # what stood before f0005 in its batch was asked twice
    )


def test_where_nothing_can_be_extracted_the_extractor_is_at_fault(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(10, dict.fromkeys(range(10), "RAISE")))
    done = cli(corpus, "-e", SPEC, "-o", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "not one of 10 documents could be extracted; a0000: raised ValueError" in done.stderr


def test_a_second_extractor_is_not_dropped(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(2))
    done = cli(corpus, "-e", SPEC, "-e", "gazetteer", "-o", "out", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "out").exists()) == (2, False)
    assert done.stderr == "error: one extractor writes one folder\n  Run the command once for each -e.\n"


def test_failures_are_tried_again_when_asked(tmp_path: Path) -> None:
    mine, switch = tmp_path / "mine.py", tmp_path / "down"
    mine.write_text(
        "from pathlib import Path\n"
        "def create():\n"
        "    def find(texts):\n"
        "        for text in texts:\n"
        f"            if ' 3 ' in text and Path({str(switch)!r}).exists():\n"
        "                raise OSError('the server is down')\n"
        "            yield {'entities': []}\n"
        "    return find\n"
    )
    switch.touch()
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(50))
    assert run(corpus, tmp_path / "out", f"{mine}:create").failures == 1
    switch.unlink()
    assert run(corpus, tmp_path / "out", f"{mine}:create").failures == 1
    done = run(corpus, tmp_path / "out", f"{mine}:create", retry=True)
    assert (done.documents, done.failures, done.made) == (50, 0, 20)
    assert len(found(tmp_path / "out")) == 50


@pytest.mark.long
def test_what_a_process_sends_in_place_of_an_answer_calls_nothing_here(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(6, {2: "FORGE"}))
    (tmp_path / "forges.py").write_text(
        "import gc, time\nfrom multiprocessing.connection import Connection\nfrom pathlib import Path\n"
        "class Calls:\n    def __reduce__(self):\n"
        f"        return Path.touch, (Path({str(tmp_path / 'called')!r}),)\n"
        "def create():\n    def find(text):\n        if 'FORGE' in text:\n"
        "            [next(o for o in gc.get_objects() if isinstance(o, Connection)).send(Calls())]\n"
        "            time.sleep(60)\n        return {}\n    return find\n"
    )
    run(corpus, tmp_path / "out", f"{tmp_path}/forges.py:create")
    assert failures(tmp_path / "out") == {list(texts(6))[2]: "died"}
    (told,) = iter_failures(tmp_path / "out")
    assert told["error"].startswith("its process answered what is no data: ")
    assert not (tmp_path / "called").exists()


def test_an_extractor_that_cannot_be_loaded_ends_the_run(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(10))
    (tmp_path / "dies.py").write_text("import os\nos._exit(4)\n")
    with pytest.raises(ExtractorError, match=r"its process ends while it is loaded: .* with exit code 4"):
        run(corpus, tmp_path / "out", f"{tmp_path}/dies.py:create")
    assert not (tmp_path / "out").exists()


# Processes


def started(corpus: str, folder: Path, *options: str) -> subprocess.Popen[str]:
    options = ("--shard-size", "10", "--batch-size", "4", "--workers", "2", *options)
    spec = f"{SPEC}?log={folder / 'log'}&seconds=0.01"
    arguments = command(corpus, "-e", spec, "-o", "out", *options, cwd=folder)
    return subprocess.Popen(arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def waited(process: subprocess.Popen[str], log: Path, lines: int) -> None:
    """Until the extractor has answered so many documents."""
    end = time.monotonic() + 60
    while len(asked(log)) < lines:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def workers(log: Path) -> set[int]:
    return {int(line.split()[0]) for line in log.read_text("utf-8").splitlines()}


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_for_the_end_of(pids: set[int]) -> None:
    end = time.monotonic() + 60
    while any(map(alive, pids)):
        assert time.monotonic() < end
        time.sleep(0.05)


@LINUX
@pytest.mark.long
def test_killed_anywhere_it_goes_on_and_each_document_is_there_once(
    calm: tuple[str, Path], tmp_path: Path
) -> None:
    corpus, undisturbed = calm
    log = tmp_path / "log"
    kept: set[str] = set()
    for lines in (3, 60):
        process = started(corpus, tmp_path)
        waited(process, log, lines)
        process.kill()
        process.communicate()
        wait_for_the_end_of(workers(log))
        before = len(asked(log))
        if (tmp_path / "out/manifest.json").exists():
            finished = {name for _, shard in iter_shards(tmp_path / "out") for name, _, _ in shard}
            assert kept <= finished
            kept = finished
    assert 0 < len(kept) < 120
    (tmp_path / "out/shards/.00099.parquet.abc.tmp").write_bytes(b"half a sh")
    (tmp_path / "out/.manifest.json.abc.tmp").write_bytes(b"{")
    process = started(corpus, tmp_path)
    output, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert output.startswith(f"120 documents in out; {120 - len(kept)} in this run, ")
    assert kept.isdisjoint(asked(log)[before:])
    other = tmp_path / "other"
    run(corpus, other, shard_size=10)
    assert files(tmp_path / "out") == files(other)
    assert found(tmp_path / "out") == found(undisturbed)


@LINUX
@pytest.mark.long
def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(
    calm: tuple[str, Path], tmp_path: Path
) -> None:
    corpus, undisturbed = calm
    process = started(corpus, tmp_path)
    for lines in (5, 50):
        waited(process, tmp_path / "log", lines)
        for pid in workers(tmp_path / "log"):
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
    output, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert re.search(r"[2-4] workers replaced", output)
    assert found(tmp_path / "out") == found(undisturbed)
    assert failures(tmp_path / "out") == {}


@LINUX
@pytest.mark.long
def test_an_interrupt_ends_it_in_order(calm: tuple[str, Path], tmp_path: Path) -> None:
    """Ctrl-C, what a batch system sends, and then to the end."""
    corpus, undisturbed = calm
    for lines, how in ((30, signal.SIGINT), (70, signal.SIGTERM)):
        process = started(corpus, tmp_path)
        waited(process, tmp_path / "log", lines)
        process.send_signal(how)
        output, complaints = process.communicate(timeout=60)
        assert (process.returncode, output) == (130, "")
        assert complaints == "interrupted: what is finished is kept, and the same command goes on\n"
        wait_for_the_end_of(workers(tmp_path / "log"))
        assert not (tmp_path / "out/.lock").exists()
    process = started(corpus, tmp_path)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert found(tmp_path / "out") == found(undisturbed)


@LINUX
@pytest.mark.long
def test_a_leak_costs_a_worker_and_no_document(calm: tuple[str, Path], tmp_path: Path) -> None:
    corpus, undisturbed = calm
    done = run(corpus, tmp_path / "out", f"{SPEC}?leak=6&seconds=0.02", max_memory=300)
    assert done.restarts >= 2
    assert done.failures == 0
    assert found(tmp_path / "out") == found(undisturbed)


@LINUX
@pytest.mark.long
def test_a_document_that_takes_too_much_memory_is_in_quarantine(tmp_path: Path) -> None:
    documents = texts(20, {11: "BIG"})
    done = run(jsonl(tmp_path / "corpus.jsonl", documents), tmp_path / "out", max_memory=400)
    assert done.failures == 1
    (failure,) = iter_failures(tmp_path / "out")
    assert (failure["id"], failure["kind"]) == ("e0011", "memory")
    assert re.fullmatch(r"the extractor needs \d+ MiB, more than 400", failure["error"])


@LINUX
@pytest.mark.long
def test_what_a_hanging_program_has_started_ends_with_it(tmp_path: Path) -> None:
    program = tmp_path / "slow.py"
    program.write_text(
        "import json, os, sys, time\n"
        "for line in sys.stdin:\n"
        f"    open({str(tmp_path / 'pid')!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "    question = json.loads(line)\n"
        "    if 'HANG' in question['text']: time.sleep(1000)\n"
        "    print(json.dumps({'id': question['id'], 'entities': []}))\n"
    )
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(10, {4: "HANG"}))
    done = run(corpus, tmp_path / "out", f"cmd:{sys.executable} {program}", timeout=5, batch_size=1)
    assert (done.documents, failures(tmp_path / "out")) == (10, {"e0004": "timeout"})
    wait_for_the_end_of({int(line) for line in (tmp_path / "pid").read_text().split()})


@pytest.mark.long
def test_what_an_extractor_prints_does_not_end_up_in_the_output(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(20, dict.fromkeys(range(0, 20, 3), "PRINT")))
    done = cli(corpus, "-e", SPEC, "-o", "out", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("20 documents in out;") and done.stdout.count("\n") == 1
    assert done.stderr.count("this is no output of wortlaut\n") == 7
    assert len(found(tmp_path / "out")) == 20


def test_a_program_that_prints_between_its_answers_fails_there_only(tmp_path: Path) -> None:
    program = tmp_path / "chatty.py"
    program.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    question = json.loads(line)\n"
        "    if 'PRINT' in question['text']: print('Loading the model…')\n"
        "    print(json.dumps({'id': question['id'], 'entities': []}))\n"
    )
    documents = texts(20, {4: "PRINT"})
    run(jsonl(tmp_path / "corpus.jsonl", documents), tmp_path / "out", f"cmd:{sys.executable} {program}")
    (failure,) = iter_failures(tmp_path / "out")
    assert failure["id"] == "e0004"
    assert failure["error"].startswith("the program printed no JSON object for document 'e0004'")
    assert found(tmp_path / "out").keys() == documents.keys() - {"e0004"}


# Disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a file system can only be mounted by root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs")
@pytest.mark.long
def test_a_full_disk_ends_the_run_which_goes_on_when_there_is_room(
    calm: tuple[str, Path], tmp_path: Path, small_disk: Path
) -> None:
    corpus, undisturbed = calm
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 140_000)
    done = cli(
        corpus, "-e", SPEC, "-o", small_disk / "out", "--shard-size", "10", "--workers", "1", cwd=tmp_path
    )
    assert done.returncode == 2
    assert re.match(
        r"error: \S+/out/\S+: cannot be written: No space left on device\n  Make room: ", done.stderr
    )
    assert not [name for name in (small_disk / "out/shards").iterdir() if name.name.startswith(".")]
    finished = read_manifest(small_disk / "out").documents
    assert 0 < finished < 120
    ballast.unlink()
    again = run(corpus, small_disk / "out", shard_size=10)
    assert 0 < again.made <= 120 - finished
    assert found(small_disk / "out") == found(undisturbed)


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs")
@pytest.mark.long
def test_a_folder_that_cannot_be_written_is_refused_at_once(
    calm: tuple[str, Path], tmp_path: Path, small_disk: Path
) -> None:
    (small_disk / "out").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for out in (small_disk / "out", small_disk / "new"):
        done = cli(calm[0], "-e", SPEC, "-o", out, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr == (
            f"error: {out}: cannot be written: Read-only file system\n  Name a place that can be written.\n"
        )


@pytest.mark.long
def test_damaged_shards_are_made_anew_and_said(calm: tuple[str, Path], tmp_path: Path) -> None:
    corpus, undisturbed = calm
    spec = f"{SPEC}?log={tmp_path / 'log'}"
    run(corpus, tmp_path / "out", spec)
    sound = files(tmp_path / "out")
    bit, end, empty, gone = (tmp_path / f"out/shards/0000{number}.parquet" for number in (0, 2, 3, 5))
    data = bytearray(bit.read_bytes())
    data[len(data) // 2] ^= 1
    damages = (bit, bytes(data)), (end, end.read_bytes()[:-9]), (empty, b""), (gone, None)
    for shard, damaged in damages:
        whole = shard.read_bytes()
        shard.unlink() if damaged is None else shard.write_bytes(damaged)
        with pytest.raises(WortlautError, match=rf"{shard.name}: (is damaged.*|no such file)\n  Run `wort"):
            found(tmp_path / "out")
        shard.write_bytes(whole)
    for shard, damaged in damages:
        shard.unlink() if damaged is None else shard.write_bytes(damaged)
    done = run(corpus, tmp_path / "out", spec)
    assert done.damaged == tuple(f"shards/{shard.name}" for shard, _ in damages)
    assert (done.made, done.documents) == (80, 120)
    assert files(tmp_path / "out") == sound
    assert len(asked(tmp_path / "log")) == 200
    assert found(tmp_path / "out") == found(undisturbed)


def parquet(folder: Path) -> list[Path]:
    folder.mkdir()
    items = list(texts(60).items())
    for number in range(3):
        part = items[20 * number : 20 * number + 20]
        table = pa.table({"id": [name for name, _ in part], "text": [text for _, text in part]})
        pq.write_table(table, folder / f"{number}.parquet", write_page_checksum=True, compression="none")
    return sorted(folder.iterdir())


def test_a_source_that_is_cut_short_is_refused_before_the_work(tmp_path: Path) -> None:
    paths = parquet(tmp_path / "in")
    paths[1].write_bytes(paths[1].read_bytes()[:-30])
    with pytest.raises(
        DataError, match=r"in/1.parquet: cannot be read as Parquet: .*\n.*cut short or damaged"
    ):
        run(str(tmp_path / "in"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_a_source_with_a_broken_page_is_refused_where_it_breaks(tmp_path: Path) -> None:
    paths = parquet(tmp_path / "in")
    data = bytearray(paths[2].read_bytes())
    data[data.index(b"Text 50 ") + 5] ^= 1
    paths[2].write_bytes(data)
    options = ("--shard-size", "20", "--workers", "1")
    done = cli(tmp_path / "in", "-e", SPEC, "-o", "out", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert re.match(r"error: \S+/in/2.parquet: cannot be read( as Parquet)?: .*\n", done.stderr)
    assert {shard.number for shard in read_manifest(tmp_path / "out").shards} <= {0, 1}
    parquet(tmp_path / "again")
    run(str(tmp_path / "again"), tmp_path / "out")
    assert len(found(tmp_path / "out")) == 60


def test_a_manifest_that_is_broken_is_refused(calm: tuple[str, Path], tmp_path: Path) -> None:
    run(calm[0], tmp_path / "out")
    manifest = tmp_path / "out/manifest.json"
    for data in (b"", b"{}", b"[]", manifest.read_bytes()[:-40], b'{"format": "other/1"}'):
        manifest.write_bytes(data)
        with pytest.raises(
            DataError,
            match=r"manifest.json: (is no manifest|is of the format|broken JSON|expected a JSON object)",
        ):
            run(calm[0], tmp_path / "out")


def test_failures_are_listed_as_json_lines(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(30, {25: "RAISE", 4: "RAISE", 2: "RAISE"}))
    run(corpus, tmp_path / "out")
    lines = [json.loads(line) for line in (tmp_path / "out/failures.jsonl").read_text("utf-8").splitlines()]
    assert [(line["shard"], line["id"]) for line in lines] == [(0, "c0002"), (0, "e0004"), (1, "e0025")]
    assert set(lines[0]) == {"shard", "id", "sha256", "kind", "error"}
