"""Extraction of a corpus in shards: what comes out, from what, and when it goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from extracted import asked, cli, failures, files, found, jsonl, run, shards, texts
from faulty import SPEC
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wortlaut.cli import main
from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError, MissingExtraError, MissingFileError, UnknownNameError, WortlautError
from wortlaut.extractors import resolve
from wortlaut.extractors import run as run_extractor
from wortlaut.formats import dataset
from wortlaut.formats.shards import read_manifest
from wortlaut.io.storage import Folder
from wortlaut.model import Annotations, Document, Text
from wortlaut.reports.schemas import schema
from wortlaut.running.identity import identity
from wortlaut.running.source import Piece, Source, read


def expected(documents: dict[str, str]) -> dict[str, Annotations]:
    items = [Document(name, text) for name, text in documents.items()]
    return dict(zip(documents, run_extractor(resolve(SPEC), items), strict=True))


def test_every_document_once_with_what_the_extractor_says(tmp_path: Path) -> None:
    documents = texts(50)
    done = run(jsonl(tmp_path / "corpus.jsonl", documents), tmp_path / "out", workers=2)
    assert (done.documents, done.made, done.failures, done.finds) == (50, 50, 0, ("entities",))
    assert found(tmp_path / "out") == expected(documents)
    manifest = read_manifest(tmp_path / "out")
    assert manifest.complete
    assert [(s.number, s.documents) for s in manifest.shards] == [(0, 20), (1, 20), (2, 10)]
    assert sorted(files(tmp_path / "out")) == [
        "failures.jsonl",
        "shards/00000.parquet",
        "shards/00001.parquet",
        "shards/00002.parquet",
    ]
    table = pq.read_table(tmp_path / "out/shards/00001.parquet")
    names = table.column("id").to_pylist()
    assert names == sorted(list(documents)[20:40])
    assert table.column_names == ["id", "sha256", "error", "entities", "quotes", "clusters", "heads"]


def test_quotes_clusters_and_entities_are_kept_as_they_are(tmp_path: Path) -> None:
    gold = load_corpus("gold").documents
    run("gold", tmp_path / "out", "quotes-de", workers=1)
    assert list(found(tmp_path / "out").values()) == run_extractor(resolve("quotes-de"), gold)


def as_jsonl(folder: Path, documents: dict[str, str]) -> str:
    return jsonl(folder / "corpus.jsonl", documents)


def as_jsonl_folder(folder: Path, documents: dict[str, str]) -> str:
    (folder / "in").mkdir()
    items = list(documents.items())
    jsonl(folder / "in/1.jsonl", dict(items[:13]))
    jsonl(folder / "in/2.jsonl", dict(items[13:]))
    return f"file://{folder}/in"


def as_parquet(folder: Path, documents: dict[str, str]) -> str:
    """Two files, row groups of seven, a column that is not asked for."""
    (folder / "in").mkdir()
    table = pa.table({"id": list(documents), "other": [1] * len(documents), "text": list(documents.values())})
    pq.write_table(table.slice(0, 33), folder / "in/a.parquet", row_group_size=7)
    pq.write_table(table.slice(33), folder / "in/b.parquet", row_group_size=7)
    return str(folder / "in")


def as_dataset(folder: Path, documents: dict[str, str]) -> str:
    dataset.write(folder / "in", [Document(name, text) for name, text in documents.items()])
    return str(folder / "in")


def as_predictions(folder: Path, documents: dict[str, str]) -> str:
    return f"predictions:{jsonl(folder / 'corpus.jsonl', documents)}"


def as_pattern(folder: Path, documents: dict[str, str]) -> str:
    """Beside a card, which would make the folder a dataset."""
    as_parquet(folder, documents)
    (folder / "in/README.md").write_text("# Texts")
    return f"{folder}/in/*.parquet"


def as_memory(folder: Path, documents: dict[str, str]) -> str:
    place = Folder(f"memory://{folder.name}")
    place.write("in/corpus.jsonl", Path(jsonl(folder / "corpus.jsonl", documents)).read_bytes())
    return f"memory://{folder.name}/in/*.jsonl"


@pytest.mark.parametrize(
    "written",
    [as_jsonl, as_jsonl_folder, as_parquet, as_pattern, as_dataset, as_predictions, as_memory],
)
def test_the_same_texts_are_the_same_corpus_wherever_they_stand(written: object, tmp_path: Path) -> None:
    documents = texts(50)
    source = Source.of(written(tmp_path, documents))  # type: ignore[operator]
    assert [(text.id, str(text)) for text in source.documents()] == list(documents.items())
    assert [len(texts) for texts in source.shards(20)] == [20, 20, 10]
    assert source.total in (None, 50)
    # A file in memory has one position for all who read it: cut first, read then.
    shards_of = list(source.cut(20))
    cut = [[(t.id, str(t)) for piece in shard for t in read(piece, source.ref)] for shard in shards_of]
    assert cut == [[(t.id, str(t)) for t in texts] for texts in source.shards(20)]


def test_text_files_are_documents_with_the_names_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "in/sub").mkdir(parents=True)
    (tmp_path / "in/b.txt").write_bytes(b"Die UNO.\r\n")
    (tmp_path / "in/sub/a.txt").write_bytes("Ü NATO".encode())
    (tmp_path / "in/.hidden.txt").write_bytes(b"no")
    run(str(tmp_path / "in"), tmp_path / "out")
    assert {name: len(a.entities) for name, a in found(tmp_path / "out").items()} == {"b": 1, "sub/a": 1}
    run(str(tmp_path / "in/b.txt"), tmp_path / "one")
    assert list(found(tmp_path / "one")) == ["b"]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any), st.integers(1, 12), st.integers(1, 4))
def test_shards_are_cut_at_the_same_places_by_both_readers(sizes: list[int], size: int, group: int) -> None:
    """Over the borders of files and row groups, empty files and blank lines."""
    import fsspec

    fs = fsspec.filesystem("memory")
    fs.store.clear()
    names = iter(range(sum(sizes)))
    for number, count in enumerate(sizes):
        ids = [f"d{next(names)}" for _ in range(count)]
        table = pa.table({"id": pa.array(ids, pa.string()), "text": pa.array(ids, pa.string())})
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, row_group_size=group)
        fs.pipe_file(f"/p/{number}.parquet", bytes(sink.getvalue()))
        lines = "\n".join(
            json.dumps({"id": name, "text": name}) + "\n" * (i % 2) for i, name in enumerate(ids)
        )
        fs.pipe_file(f"/l/{number}.jsonl", f"\n{lines}".encode())
    for kind in "pl":
        source = Source.of(f"memory://{kind}")
        pieces = list(source.cut(size))
        assert all(isinstance(piece, Piece) for shard in pieces for piece in shard)
        cut = [[text.id for piece in shard for text in read(piece, "")] for shard in pieces]
        assert cut == [[text.id for text in texts] for texts in source.shards(size)]
        assert [len(shard) for shard in cut[:-1]] == [size] * (len(cut) - 1)


@pytest.mark.long
def test_the_number_of_workers_and_the_batches_do_not_show(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(70))
    run(corpus, tmp_path / "a", workers=1)
    run(corpus, tmp_path / "b", workers=2, batch_size=3)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    manifests = [(tmp_path / name / "manifest.json").read_bytes() for name in "ab"]
    assert manifests[0] == manifests[1]


@pytest.mark.long
@pytest.mark.parametrize(("batch_size", "expected"), [(None, "32, 50, 18, 20"), (30, "30, 30, 30, 10, 20")])
def test_an_extractor_gets_as_many_texts_as_it_asks_for(
    batch_size: int | None, expected: str, tmp_path: Path
) -> None:
    """The first batch waits for nobody: what an extractor asks for is known when it is loaded."""
    (tmp_path / "asking.py").write_text(
        "class Asking:\n"
        "    finds, texts_at_once, sizes = ('entities',), 50, []\n"
        "    notes = property(lambda self: [', '.join(map(str, self.sizes))])\n"
        "    def extract(self, texts):\n"
        "        self.sizes.append(len(texts))\n"
        "        return [{'entities': []} for _ in texts]\n"
    )
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(120))
    spec = f"{tmp_path / 'asking.py'}:Asking"
    done = run(corpus, tmp_path / "out", spec, shard_size=100, batch_size=batch_size)
    assert done.notes[-1] == expected


def test_the_manifest_is_as_its_schema_says(tmp_path: Path) -> None:
    described = schema("extraction")
    Draft202012Validator.check_schema(described)
    run(jsonl(tmp_path / "corpus.jsonl", texts(30, {3: "RAISE"})), tmp_path / "out")
    manifest = json.loads((tmp_path / "out/manifest.json").read_bytes())
    Draft202012Validator(described).validate(manifest)
    assert (manifest["documents"], manifest["failures"], manifest["complete"]) == (30, 1, True)


def test_a_finished_folder_is_left_as_it_is(tmp_path: Path) -> None:
    spec = f"{SPEC}?log={tmp_path / 'log'}"
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(30))
    run(corpus, tmp_path / "out", spec)
    before = files(tmp_path / "out")
    done = run(corpus, tmp_path / "out", spec)
    assert (done.documents, done.made, done.restarts) == (30, 0, 0)
    assert files(tmp_path / "out") == before
    assert len(asked(tmp_path / "log")) == 30


@pytest.mark.long
def test_it_writes_to_a_url_and_goes_on_there(tmp_path: Path) -> None:
    corpus, out = jsonl(tmp_path / "corpus.jsonl", texts(30)), f"memory://{tmp_path.name}/out"
    run(corpus, tmp_path / "out")
    run(corpus, out)
    assert shards(out) == shards(tmp_path / "out")
    assert Folder(out).names() == ["failures.jsonl", "manifest.json", "shards"]
    # The owner is dead: the process with this id has ended.
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    import socket

    Folder(out).write(
        ".lock", json.dumps({"host": socket.gethostname(), "pid": gone.pid, "since": ""}).encode()
    )
    assert run(corpus, out).made == 0
    Folder(out).write(".lock", json.dumps({"host": "elsewhere", "pid": 1, "since": "now"}).encode())
    with pytest.raises(WortlautError, match=r"another run.*elsewhere[\s\S]*remove memory:"):
        run(corpus, out)


# What is refused


def test_another_extractor_is_refused(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(5))
    mine = tmp_path / "mine.py"
    mine.write_text("def create():\n    return lambda texts: [{'entities': []} for _ in texts]\n")
    run(corpus, tmp_path / "out", f"{mine}:create")
    mine.write_text(mine.read_text() + "# changed\n")
    before = files(tmp_path / "out")
    with pytest.raises(
        DataError, match=r"the extractor has changed since .*: file .*mine.py was [0-9a-f]{12}…, is "
    ):
        run(corpus, tmp_path / "out", f"{mine}:create")
    with pytest.raises(DataError, match=r"begun with the extractor .*mine.py:create, not gazetteer"):
        run(corpus, tmp_path / "out", "gazetteer")
    with pytest.raises(DataError, match="begun with --shard-size 20, not 7"):
        mine.write_text(mine.read_text().removesuffix("# changed\n"))
        run(corpus, tmp_path / "out", f"{mine}:create", shard_size=7)
    assert files(tmp_path / "out") == before


def test_an_extractor_is_told_by_what_it_is_made_of(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/weights").write_bytes(b"1")
    spec = f"spacy:{tmp_path / 'model'}"
    before = identity(spec)
    (tmp_path / "model/weights").write_bytes(b"2")
    assert {key for key, value in identity(spec).items() if value != before[key]} == {
        f"folder {tmp_path / 'model'}"
    }
    script = tmp_path / "find.py"
    script.write_text("1")
    assert f"file {script}" in identity(f"cmd:python3 {script} --fast?timeout=3")
    assert "HanTa" in identity("hanta")
    assert "module tomllib" in identity("tomllib:loads")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run over ``texts(50)``."""
    folder = tmp_path_factory.mktemp("finished")
    run(jsonl(folder / "corpus.jsonl", texts(50)), folder / "out")
    return folder / "out"


@pytest.mark.parametrize("how", ["a text", "an id", "one more", "one fewer", "a shard fewer", "the order"])
def test_another_corpus_is_refused(how: str, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "out")
    before = files(tmp_path / "out")
    items = list(texts(50).items())
    match how:
        case "a text":
            items[30] = (items[30][0], "Another")
        case "an id":
            items[30] = ("another", items[30][1])
        case "one more":
            items.append(("more", "More."))
        case "one fewer":
            items.pop()
        case "a shard fewer":
            items = items[:20]
        case "the order":
            items.reverse()
    with pytest.raises(DataError, match=r"the corpus has changed since .*out was begun"):
        run(jsonl(tmp_path / "corpus.jsonl", dict(items)), tmp_path / "out")
    assert files(tmp_path / "out") == before


def test_a_corpus_that_moved_is_the_same_corpus(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "out")
    assert run(as_parquet(tmp_path, texts(50)), tmp_path / "out").made == 0


@pytest.mark.long
def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(40))
    first = subprocess.Popen(
        [sys.executable, "-c", f"from extracted import *; run({corpus!r}, 'out', SPEC + '?seconds=0.1')"],
        cwd=tmp_path,
        env={"PYTHONPATH": os.pathsep.join(map(str, Path(__file__).parents[:2]))},
    )
    try:
        while not (tmp_path / "out/.lock").exists() or not (tmp_path / "out/.lock").read_bytes():
            assert first.poll() is None
        with pytest.raises(WortlautError, match=rf"another run is writing it \(.*, process {first.pid},"):
            run(corpus, tmp_path / "out", f"{SPEC}?seconds=0.1")
        assert first.wait(60) == 0
    finally:
        first.kill()
        first.wait()
    assert len(found(tmp_path / "out")) == 40
    assert not (tmp_path / "out/.lock").exists()


def test_what_cannot_be_begun_leaves_nothing(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(5))
    for spec, error in (("gazeteer", UnknownNameError), (f"{tmp_path}/no.py:f", MissingFileError)):
        with pytest.raises(error):
            run(corpus, tmp_path / "out", spec)
    with pytest.raises(MissingFileError):
        run(f"predictions:{tmp_path}/none.jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.tex").write_text("years of work")
    with pytest.raises(DataError, match=r"holds other files \(thesis.tex\)"):
        run(corpus, tmp_path / "full")
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "the corpus has no documents"),
        ('{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n', "'a' stands twice"),
        ('{"id": "a", "text": "x"}\n{"id": "b"}\n', r"corpus.jsonl:2: the text of 'b' is missing"),
        ('{"id": 7, "text": "x"}\n', r"corpus.jsonl:1: the id is 7"),
        ('{"id": "a", "text": "x"', r"corpus.jsonl:1: broken JSON"),
        ('{"id": "a", "text": "\\ud83d"}', r"document 'a': holds half a surrogate pair"),
    ],
)
def test_a_corpus_that_is_broken_is_refused_with_the_place(lines: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(lines, "utf-8")
    with pytest.raises(DataError, match=message):
        run(str(tmp_path / "corpus.jsonl"), tmp_path / "out")


def test_folders_and_columns_that_are_not_texts_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(MissingFileError, match="holds no file that ends in"):
        Source.of(str(tmp_path / "in"))
    pq.write_table(pa.table({"id": ["a"], "body": ["x"]}), tmp_path / "in/a.parquet")
    with pytest.raises(DataError, match=r"a.parquet: has no column 'text'\n.*there are id, body"):
        Source.of(str(tmp_path / "in"))
    (tmp_path / "in/a.txt").write_text("x")
    with pytest.raises(DataError, match=r"several kinds: .parquet, .txt\n.*by a pattern"):
        Source.of(str(tmp_path / "in"))
    with pytest.raises(DataError, match=r"nosuch"):
        Source.of("nosuch://bucket/x")
    with pytest.raises(UnknownNameError):
        Source.of("golf")


def test_ray_is_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"python -m pip install 'wortlaut\[ray\]'"):
        run(jsonl(tmp_path / "corpus.jsonl", texts(5)), tmp_path / "out", engine="ray")


# The command


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(30))
    done = cli(corpus, "-e", SPEC, "-o", "out", "--workers", "1", "--shard-size", "20", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("30 documents in out; 30 in this run, ")
    again = cli(corpus, "-e", SPEC, "-o", "out", "--shard-size", "20", cwd=tmp_path)
    assert again.returncode == 0
    assert again.stdout == "out is complete: nothing was left to do\n30 documents in out\n"


def test_documents_in_quarantine_are_exit_code_1(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(30, {4: "RAISE"}))
    done = cli(corpus, "-e", SPEC, "-o", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == [
        "1 document is in quarantine, see out/failures.jsonl; --retry tries again"
    ]
    assert failures(tmp_path / "out") == {"e0004": "raised"}


def test_what_cannot_be_done_is_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda *_: None)  # this process keeps its own
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(3))
    for arguments, message in (
        ((corpus, "-e", "gazeteer", "-o", "out"), "unknown extractor 'gazeteer'"),
        (("none.jsonl", "-e", SPEC, "-o", "out"), "unknown corpus 'none.jsonl'"),
        ((corpus, "-e", SPEC, "-o", "corpus.jsonl"), "corpus.jsonl: cannot be written: "),
        ((corpus, "-e", SPEC, "-o", ""), "the name of a folder is empty"),
        ((corpus, "-e", SPEC, "-o", "out", "--gpus", "1"), "--gpus is for --engine ray"),
    ):
        monkeypatch.setattr(sys, "argv", ["wortlaut", "extract", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        assert (ended.value.code, told.out) == (2, "")
        assert told.err.startswith("error: ") and message in told.err
    assert not (tmp_path / "out").exists()


def test_ids_of_any_kind_are_sorted_by_code_points(tmp_path: Path) -> None:
    names = ["ä", "\U0001f642", "a b", "Z", "\uffff", "a/b", "\x00"]
    run(jsonl(tmp_path / "corpus.jsonl", dict.fromkeys(names, "UNO")), tmp_path / "out")
    assert list(found(tmp_path / "out")) == sorted(names)


def test_texts_know_their_ids() -> None:
    """The extractor gets what it gets elsewhere."""
    assert isinstance(next(Source.of("gold").documents()), Text)
