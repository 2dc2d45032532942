"""The command line as a user has it: a process, its output, its exit code and the files that it leaves."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata
from pathlib import Path

import pytest
from command import WORTLAUT, run
from jsonschema import Draft202012Validator
from shared import ROOT

NAME = "000_8f5cd11ad6069882"

pytestmark = pytest.mark.skipif(not WORTLAUT.exists(), reason="the wortlaut script is not installed here")


def refused(done: subprocess.CompletedProcess[str], *messages: str) -> None:
    """Exit code 2, nothing on standard output, and the messages on standard error."""
    assert done.returncode == 2
    assert done.stdout == ""
    for message in messages:
        assert message in done.stderr


def predictions(path: Path, *records: object) -> str:
    text = "".join(record if isinstance(record, str) else json.dumps(record) + "\n" for record in records)
    path.write_text(text, "utf-8")
    return f"preds:{path.name}"


def entity(start: int = 0, end: int = 14, label: str = "LOCderiv", **more: object) -> dict[str, object]:
    return {"id": NAME, "entities": [{"start": start, "end": end, "label": label, **more}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside the checkout, with predictions that can be scored."""
    path = tmp_path_factory.mktemp("user")
    predictions(path / "good.jsonl", entity())
    return path


# Help and lists


@pytest.mark.long
def test_every_command_has_help_within_80_columns(folder: Path) -> None:
    top = run("--help", cwd=folder, environment={"COLUMNS": "80"}).stdout
    commands = re.findall(r"^│ (\w+)  +\w", top, re.MULTILINE)
    assert {"evaluate", "score", "compare", "extractors", "corpora", "validate", "build", "schema"} <= {
        *commands
    }
    for command in commands:
        done = run(command, "--help", cwd=folder, environment={"COLUMNS": "80"})
        assert done.returncode == 0
        assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.long
def test_without_arguments_it_shows_the_help(folder: Path) -> None:
    done = run(cwd=folder)
    assert done.returncode == 2
    assert "evaluate" in done.stdout + done.stderr
    misspelt = run("evaluat", cwd=folder)
    refused(misspelt, "Did you mean 'evaluate'")


@pytest.mark.long
def test_schemas_are_printed(folder: Path) -> None:
    for name in ("predictions", "evaluation", "comparison", "diff", "agreement", "incidents", "extractors"):
        done = run("schema", name, cwd=folder)
        assert done.returncode == 0
        Draft202012Validator.check_schema(json.loads(done.stdout))
    refused(run("schema", "evaluatoin", cwd=folder), "Did you mean evaluation or evaluations?")


@pytest.mark.parametrize(
    ("schema", "code", "arguments"),
    [
        ("diff", 1, ("diff", "a", "b", "--root", ROOT)),
        pytest.param(
            "agreement",
            0,
            ("agree", "a", "b", "--samples", "20", "--root", ROOT),
            marks=pytest.mark.long,
        ),
        ("incidents", 1, ("validate", ROOT / "tests" / "cases" / "validate")),
        ("extractors", 0, ("extractors",)),
    ],
)
@pytest.mark.long
def test_json_goes_to_a_file_or_to_standard_output(
    schema: str, code: int, arguments: tuple[str | Path, ...], folder: Path
) -> None:
    """By one option everywhere; what it holds follows its schema."""
    bare = run(*arguments, "--json", "-", cwd=folder)
    shown = run(*arguments, "--json", f"{schema}.json", cwd=folder)
    assert bare.returncode == shown.returncode == code
    assert (folder / f"{schema}.json").read_text("utf-8") == bare.stdout
    assert shown.stdout == run(*arguments, cwd=folder).stdout
    definition = json.loads(run("schema", schema, cwd=folder).stdout)
    assert not list(Draft202012Validator(definition).iter_errors(json.loads(bare.stdout)))
    refused(run(*arguments, "--json", "missing/x.json", cwd=folder), "its folder is not there")


def test_without_a_terminal_no_line_ends_in_blanks(
    main_job: subprocess.CompletedProcess[str], folder: Path
) -> None:
    """A table that is kept in a file has the same lines as one that is typed."""
    commands = (("extractors",), ("corpora",), ("agree", "a", "b", "--samples", "0", "--root", ROOT))
    outputs = [main_job.stdout, *(run(*command, cwd=folder).stdout for command in commands)]
    for output in outputs:
        assert output.count("\n") > 5
        assert not re.findall(r".*[^\S\n]$", output, re.MULTILINE)


def test_corpora_are_listed_with_language_and_size(folder: Path) -> None:
    """What was counted here, and of which part; nothing of a corpus that nobody could count."""
    entries = re.split(r"\n(?=\S)", run("corpora", cwd=folder).stdout)
    lines = {entry.split("\n")[0]: [line.strip() for line in entry.split("\n")[2:]] for entry in entries}
    assert lines["gold"][:2] == ["language: de", "size: 1 document, 16 quotes, 54 entities"]
    own = lines["german-news-quotation:FOLDER"]
    assert own[:2] == ["language: de", "size: 850 documents, 3,530 quotes (train and dev)"]
    assert not [line for line in lines["hub:NAME"] if line.startswith(("language", "size"))]


@pytest.mark.long
def test_what_is_nested_too_deeply_is_told_with_its_place(folder: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    for name in ("deep.jsonl", "deep.json"):
        (folder / name).write_text(f"{deep}\n", "utf-8")
    for arguments in (
        ("convert", "deep.jsonl", "x", "--to", "doccano"),
        ("convert", "label-studio:deep.json", "x", "--to", "doccano"),
        ("convert", "german-news-quotation:deep.json", "x", "--to", "doccano"),
        ("score", "gold", "deep.jsonl"),
        ("evaluate", "--labels", "deep.json"),
        ("compare", "deep.json"),
    ):
        refused(run(*arguments, cwd=folder), "nested too deeply")
    assert "nested too deeply" in run("validate", "deep.jsonl", cwd=folder).stdout


# The main job


@pytest.fixture(scope="module")
def main_job(folder: Path) -> subprocess.CompletedProcess[str]:
    return run("evaluate", "--json", "result.json", cwd=folder)


def test_the_main_job_scores_the_built_in_extractors(
    main_job: subprocess.CompletedProcess[str], folder: Path
) -> None:
    assert (main_job.returncode, main_job.stderr) == (0, "")
    data = json.loads((folder / "result.json").read_text("utf-8"))
    schema = json.loads(run("schema", "evaluation", cwd=folder).stdout)
    errors = [f"{list(e.absolute_path)}: {e.message}" for e in Draft202012Validator(schema).iter_errors(data)]
    assert not errors
    # One signature, on a line of its own however long it is.
    assert data["signature"] in main_job.stdout.splitlines()
    assert {"entities", "quotes", "cues", "speakers"} <= {
        layer for system in data["systems"] for layer in system["scores"]
    }
    assert "sentences of one document" in main_job.stdout
    assert not list(folder.glob(".*"))  # no temporary files


@pytest.mark.long
def test_systems_of_a_result_are_compared(main_job: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert main_job.returncode == 0
    done = run("compare", "result.json", "--trials", "200", "--json", "-", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    schema = json.loads(run("schema", "comparison", cwd=folder).stdout)
    data = json.loads(done.stdout)
    assert not list(Draft202012Validator(schema).iter_errors(data))
    assert {(row["a"], row["b"]) for row in data["rows"]} == {("gazetteer", "hanta")}
    shown = run("compare", "result.json", "--trials", "200", "--flips", "1", cwd=folder).stdout
    assert "hanta is right" in shown and "more (--flips, --json)" in shown
    told = run("compare", "result.json", "--trials", "200", "--margin", ".5", "--json", "-", cwd=folder)
    data = json.loads(told.stdout)
    assert not list(Draft202012Validator(schema).iter_errors(data))
    assert {row["margin"]["new"] for row in data["rows"]} == {"hanta"}
    shown = run("compare", "result.json", "--trials", "200", "--margin", ".02", cwd=folder).stdout
    assert "does it lose more than .02 of F1?" in shown and "cannot tell" in shown


@pytest.mark.long
def test_no_line_is_wider_than_a_terminal_of_80_columns(folder: Path) -> None:
    """The main job under a pseudo terminal: tables, notes and signature fit, and colours are allowed."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [WORTLAUT, "evaluate", "-e", "gazetteer", "-e", "preds:good.jsonl", "--all", "--by-label"],
        cwd=folder,
        env={**kept, "TERM": "xterm"},
        stdin=child,
        stdout=child,
        stderr=child,
    )
    os.close(child)
    chunks = []
    while True:
        try:
            chunk = os.read(parent, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(parent)
    assert process.wait(timeout=60) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(chunks).decode("utf-8"))
    lines = [line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").split("\n")]
    assert any("strict" in line for line in lines)
    assert [line for line in lines if len(line) > 80] == []


# Bad predictions: one run, every file in it


BAD = {
    "broken": ('{"id": "' + NAME + '", "entities": [\n', "broken.jsonl:1: broken JSON"),
    "outside": (
        entity(0, 50_000),
        "outside.jsonl:1: entity 1: [0, 50000) ends after the text, which has 2823",
    ),
    "empty": (entity(5, 5), "empty.jsonl:1: entity 1: [5, 5) is empty"),
    "reversed": (entity(9, 5), "reversed.jsonl:1: entity 1: [9, 5) is reversed"),
    "negative": (entity(-1, 5), "negative.jsonl:1: entity 1: [-1, 5) starts before the text"),
    "surface": (entity(text="Nordkoreanische"), "surface.jsonl:1: prediction for the wrong text"),
    "sha": ({"id": NAME, "sha256": "00"}, "sha.jsonl:1: prediction for the wrong text"),
    "surrogate": (
        entity(label="LO\ud800C"),
        "surrogate.jsonl:1: entity 1: label holds the lone surrogate U+D800",
    ),
    "none": ("", "none.jsonl: no line for document"),
}


def test_each_bad_file_is_told_with_its_place_and_the_good_ones_are_scored(folder: Path) -> None:
    specs = [predictions(folder / f"{name}.jsonl", record) for name, (record, _) in BAD.items()]
    specs.append(predictions(folder / "strange.jsonl", entity(), {"id": "zz"}))
    specs.append(predictions(folder / "twice.jsonl", entity(), entity()))
    (folder / "latin.jsonl").write_bytes(b'{"id": "\xff"}\n')
    (folder / "folder").mkdir(exist_ok=True)
    specs += ["preds:latin.jsonl", "preds:folder", "preds:missing.jsonl", "preds:", "gazeteer", "good.jsonl"]
    arguments = [part for spec in ["preds:good.jsonl", *specs] for part in ("-e", spec)]
    done = run("evaluate", *arguments, "--samples", "0", "--json", "mixed.json", cwd=folder)
    assert done.returncode == 2
    for _, message in BAD.values():
        assert message in done.stderr
    for message in (
        "strange.jsonl:2: a document that the corpus does not have: 'zz'",
        f"twice.jsonl:2: document '{NAME}' is already in line 1",
        "latin.jsonl:1: not UTF-8",
        "folder: the folder holds neither predictions",
        "missing.jsonl: no such file",
        "preds:: nothing after preds:",
        "Did you mean gazetteer?",
        "unknown extractor 'good.jsonl'",
        "write preds:good.jsonl",
    ):
        assert message in done.stderr
    assert done.stderr.count("has no scores") == len(specs)
    assert "good" in done.stdout and "strict" in done.stdout
    data = json.loads((folder / "mixed.json").read_text("utf-8"))
    scored = {system["name"]: "failed" not in system for system in data["systems"]}
    assert scored.pop("good") is True
    assert len(scored) == len(specs) and not any(scored.values())
    assert {"strange", "twice", "latin", "preds:", "gazeteer", "good.jsonl"} <= scored.keys()
    assert data["systems"][0]["scores"]["entities"]["strict"]["correct"] == 1


def test_an_extractor_that_raises_or_exits_takes_nobody_with_it(folder: Path) -> None:
    (folder / "own.py").write_text(
        "def raising(): return lambda texts: [{}['boom'] for text in texts]\n"
        "def leaving(): return lambda texts: exit(3)\n"
        "def number(): return lambda texts: [3 for text in texts]\n",
        "utf-8",
    )
    names = ("raising", "leaving", "number")
    arguments = [part for name in names for part in ("-e", f"own.py:{name}")]
    done = run("evaluate", *arguments, "-e", "preds:good.jsonl", "--json", "-", cwd=folder)
    assert done.returncode == 2
    assert "raised KeyError: 'boom'" in done.stderr
    assert "raised SystemExit: 3" in done.stderr
    assert "answered int" in done.stderr
    data = json.loads(done.stdout)  # nothing but JSON
    assert [bool(system["scores"]) for system in data["systems"]] == [False, False, False, True]


# Bad corpora and options: refused before anything runs


def changed_gold(folder: Path, name: str, change: object) -> str:
    root = folder / name
    for part in (f"seeds/{NAME}.txt", f"annotations/gold/{NAME}.jsonl"):
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        data = (ROOT / part).read_bytes()
        (root / part).write_bytes(change(data) if part.startswith("seeds") else data)  # type: ignore[operator]
    return f"native:{name}/annotations/gold"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("nfd", lambda data: unicodedata.normalize("NFD", data.decode()).encode(), "normal form NFC"),
        ("return", lambda data: data.replace(b"\n", b"\r"), "carriage return"),
        ("latin", lambda data: data.replace("ü".encode(), b"\xfc"), "not UTF-8"),
        ("surrogate", lambda data: data + b"\xed\xa0\x80", "half a surrogate pair"),
        ("other", lambda data: b"x" + data, NAME),
    ],
)
def test_a_text_that_is_not_the_annotated_one_is_refused(
    folder: Path, name: str, change: object, message: str
) -> None:
    done = run("evaluate", "--corpus", changed_gold(folder, name, change), cwd=folder)
    refused(done, message)


@pytest.mark.long
def test_corpora_that_cannot_be_read(folder: Path) -> None:
    (folder / "bare").mkdir(exist_ok=True)
    (folder / "nothing.conll").write_bytes(b"")
    refused(run("evaluate", "--corpus", "gld", cwd=folder), "unknown corpus 'gld'", "Did you mean gold?")
    refused(run("evaluate", "--corpus", "bare", cwd=folder), "bare: the folder holds no dataset card")
    refused(run("evaluate", "--corpus", "native:bare", cwd=folder), "no documents")
    refused(run("evaluate", "--corpus", "native:missing", cwd=folder), "no such file or folder")
    refused(run("evaluate", "--corpus", "conll:nothing.conll", cwd=folder), "nothing.conll")


@pytest.mark.long
def test_options_that_cannot_be(folder: Path) -> None:
    (folder / "list.json").write_text("[1]", "utf-8")
    (folder / "half.json").write_text('{"LOC": ', "utf-8")
    (folder / "number.json").write_text('{"LOC": 3}', "utf-8")
    for option, value, message in (
        ("--samples", "-1", "must be 0 or more, not -1"),
        ("--samples", "1000000000000", "1000000000000 resamples are more than 1,000,000"),
        ("--samples", "many", "valid integer"),
        ("--seed", "-1", "greater than or equal to 0"),
        ("--schema", "strickt", "Did you mean strict?"),
        ("--schema", "overlap@2", "a threshold above 0 and at most 1"),
        ("--labels", "conll", "Did you mean conll4?"),
        ("--labels", "missing.json", "missing.json: no such file"),
        ("--labels", "list.json", "list.json: is not a JSON object"),
        ("--labels", "half.json", "half.json:1: is not JSON"),
        ("--labels", "number.json", "maps 'LOC' to 3"),
        ("--labels", "LOC=", "'LOC=' maps no label"),
        ("--only", "PERS", "no span on either side has the label 'PERS'"),
        ("--json", "missing/r.json", "missing/r.json: its folder is not there"),
        ("--json", ".", "is a folder"),
    ):
        done = run("evaluate", "-e", "preds:good.jsonl", option, value, cwd=folder)
        refused(done, message)


@pytest.mark.long
def test_several_corpora_have_a_table_each_and_one_page_and_are_compared(folder: Path) -> None:
    texts = ("Anna lebt in Bonn.", "Berta lebt in Ulm.")
    names = []
    for name in ("one", "two"):
        rows = [{"text": f"{name} {i}: {text}", "spans": []} for i in range(6) for text in texts]
        for row in rows:
            start = str(row["text"]).index(" in ") + 4
            row["spans"] = [{"start": start, "end": len(str(row["text"])) - 1, "label": "LOC"}]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        names += ["--corpus", f"prodigy:{name}.jsonl"]
    (folder / "found.py").write_text("def none(text):\n    return []\n", "utf-8")
    (folder / "cut.conll").write_text("Bonn B-LOC\n\nli\n", "utf-8")
    systems = ("-e", "gazetteer", "-e", "found.py:none", "--schema", "strict")
    done = run("evaluate", *systems, *names, "--json", "both.json", "--html", "both.html", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "prodigy:one.jsonl (12 documents" in done.stdout and "prodigy:two.jsonl (12" in done.stdout
    assert "scores on different corpora are not averaged" in done.stderr
    assert {path.name for path in folder.glob("both*")} == {
        "both.json",
        "both.html",
    }
    data = json.loads((folder / "both.json").read_text("utf-8"))
    described = run("schema", "evaluations", cwd=folder).stdout
    Draft202012Validator(json.loads(described)).validate(data)
    compared = run("compare", "both.json", "--trials", "100", "--json", "c.json", cwd=folder)
    assert "mean over 2 corpora, each counted the same" in compared.stdout, compared.stderr
    told = json.loads((folder / "c.json").read_text("utf-8"))
    Draft202012Validator(json.loads(run("schema", "corpora-comparison", cwd=folder).stdout)).validate(told)
    for arguments, message in (
        (("evaluate", *systems, *names, *names[:2]), "prodigy:one.jsonl is named twice"),
        (("evaluate", *systems, *names, "--corpus", "conll:nothere"), "nothere: no such file"),
        (("evaluate", *systems, *names, "--corpus", "conll:cut.conll"), "cut.conll:3: has 1 column, not 2"),
        (("compare", "both.json", "both.json"), "both.json is given 2 times"),
        (("compare", "both.json", "--layer", "quotes"), "unknown layer of these results 'quotes'"),
    ):
        refused(run(*arguments, cwd=folder), message)
    lenient = run("evaluate", *systems, *names[:2], "--corpus", "conll:cut.conll", "--lenient", cwd=folder)
    assert lenient.returncode == 0 and "conll:cut.conll (1 document" in lenient.stdout, lenient.stderr


def test_results_that_cannot_be_compared(folder: Path) -> None:
    (folder / "other.json").write_text("{}", "utf-8")
    refused(run("compare", "missing-result.json", cwd=folder), "missing-result.json: no such file")
    refused(run("compare", "other.json", cwd=folder), "is no result of `wortlaut evaluate`")
    refused(run("compare", cwd=folder), "Missing argument")


@pytest.mark.long
def test_files_that_cannot_be_scored(folder: Path) -> None:
    refused(run("score", "gold", "missing.txt", cwd=folder), "missing.txt: no such file or folder")
    predictions(folder / "far.jsonl", entity(0, 50_000))
    refused(run("score", "gold", "far.jsonl", cwd=folder), "far.jsonl:1: entity 1: [0, 50000)")
    good = run("score", "gold", "good.jsonl", "--samples", "0", cwd=folder)
    assert (good.returncode, good.stderr) == (0, "")


def test_the_table_shows_coreference_and_says_what_it_hides(tmp_path: Path) -> None:
    row = {
        "id": "a",
        "text": "Uhl, er",
        "clusters": [{"id": "c", "name": "Uhl", "mentions": [[[0, 3]], [[5, 7]]]}],
    }
    (tmp_path / "x.jsonl").write_text(json.dumps(row))
    shown = run("score", "x.jsonl", "x.jsonl", "--samples", "0", cwd=tmp_path).stdout
    assert re.search(r"^ clusters +conll +1\.000", shown, re.M) and " lea " not in shown
    assert "\n7 more rows (other measures of clusters) with --all" in shown


@pytest.mark.long
def test_validation_ends_with_1_where_a_rule_is_broken(folder: Path) -> None:
    assert run("validate", cwd=folder).returncode == 0  # the shipped gold
    (folder / "bad").mkdir(exist_ok=True)
    (folder / "bad" / "x.jsonl").write_bytes(b"{}\n")
    assert run("validate", "bad", cwd=folder).returncode == 1
    refused(run("validate", "missing", cwd=folder), "missing: no such file or folder")


# Streams


@pytest.mark.long
def test_a_closed_pipe_a_full_disk_and_closed_streams(folder: Path) -> None:
    for command, code in (
        (f"'{WORTLAUT}' schema predictions | head -n 1", 0),
        (f"'{WORTLAUT}' extractors | true", 0),
        (f"'{WORTLAUT}' schema predictions >&-", 0),
        (f"'{WORTLAUT}' schema nothing 2>&-", 2),
        (f"'{WORTLAUT}' schema predictions > /dev/full", 2),
    ):
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == code, command
        assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
        assert ("No space left on device" in done.stderr) == command.endswith("/dev/full")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [WORTLAUT, "schema", "predictions"], stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, ""), "1 would be a verdict"
