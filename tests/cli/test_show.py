"""`wortlaut show`: a document of a corpus or a text file, as a terminal, JSON and displaCy have it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from wortlaut.cli.common import app
from wortlaut.errors import DataError, UnknownNameError, WortlautError
from wortlaut.evaluation.evaluate import BUILT_IN
from wortlaut.extractors.registry import ExtractorInfo
from wortlaut.reports.schemas import schema

import wortlaut.cli  # isort: skip # noqa: F401 (its commands join the application)

TEXT = "Anna Müller wohnt in Berlin. „Ja“, sagte sie.\r\n"
NAME = "000_8f5cd11ad6069882"
SCHEMA = schema("show")


def show(*arguments: str, code: int = 0, columns: int = 80) -> str:
    """Standard output; an error of the input is raised."""
    done = CliRunner(env={"COLUMNS": str(columns), "NO_COLOR": None, "FORCE_COLOR": None}).invoke(
        app, ["show", *arguments]
    )
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code
    return done.stdout


@pytest.fixture
def text_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "my.txt"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    return path


@pytest.fixture
def predictions(text_file: Path) -> str:
    """Of this text and of another one, which is no error here."""
    rows = [
        {
            "id": "my",
            "entities": [
                {"start": 0, "end": 11, "label": "PER"},
                {"start": 5, "end": 11, "label": "PER", "level": 2},
                {"spans": [[12, 17], [21, 27]], "label": "OTH"},
            ],
        },
        {"id": "other", "entities": []},
    ]
    path = text_file.with_name("found.jsonl")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return f"preds:{path.name}"


def test_the_only_document_needs_no_name() -> None:
    output = show()
    assert output.startswith(f"{NAME} (2823 characters)\n")
    assert "gold └LOCderiv────┘" in output
    assert "└q01 speaker────────┘ └────┘q01 cue┄┄┄" in output
    assert (
        "by Südkoreanische Beamte (explicit)" not in output and "südkoreanische Beamte (explicit)" in output
    )
    assert max(map(len, output.splitlines())) <= 80
    assert show(NAME) == output


def test_the_width_is_that_of_the_terminal() -> None:
    assert 100 < max(map(len, show("--layer", "entities", columns=120).splitlines())) <= 120


def test_systems_stand_below_the_gold() -> None:
    output = show("-e", "quotes-de", "--layer", "quotes")
    assert "\nquotes-de └q1 frame" in output
    assert "LOCderiv" not in output
    assert "quotes-de, spans of quotes: " in output
    assert "not shown: " in output


def test_a_text_file_is_what_the_extractor_says(text_file: Path, predictions: str) -> None:
    output = show("my.txt", "-e", predictions)
    assert "gold" not in output
    assert "A = preds:found.jsonl" in output
    assert "A └PER──────┘" in output
    assert "└OTH┘┄┄┄┄└────┘" in output


def test_a_text_file_alone_is_read_by_the_built_in_extractors(
    text_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["wortlaut.cli.show"]
    ready = module._built_in()
    assert "quotes-de" in ready and set(ready) <= set(BUILT_IN)
    monkeypatch.setattr(module, "_built_in", lambda: ["quotes-de"])
    output = show("my.txt")
    assert "\nquotes-de  " in output
    assert "direct" in output and "„Ja“" in output


def test_a_built_in_extractor_that_cannot_run_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = ExtractorInfo("hanta", ("entities",), "", "wortlaut", ("HanTa",), "Install it so.")
    monkeypatch.setattr("wortlaut.evaluation.evaluate.available", lambda: [lacking])
    assert sys.modules["wortlaut.cli.show"]._built_in() == ["gazetteer", "quotes-de"]
    assert capsys.readouterr().err == "note: hanta is left out: it lacks HanTa. Install it so.\n"


def test_json_follows_its_schema(text_file: Path, predictions: str) -> None:
    for arguments in (("--json", "-"), ("my.txt", "-e", predictions, "--json", "-")):
        data = json.loads(show(*arguments))
        Draft202012Validator(SCHEMA).validate(data)
    assert data["document"] == "my"
    assert data["text"] == TEXT.replace("\r\n", "\n")
    assert [lane["gold"] for lane in data["lanes"]] == [False]
    assert len(data["lanes"][0]["entities"]) == 3
    assert json.loads(show("--json", "-"))["lanes"][0]["gold"] is True


def test_displacy_takes_what_is_printed(text_file: Path, predictions: str) -> None:
    from spacy import displacy

    done = CliRunner().invoke(app, ["show", "my.txt", "-e", predictions, "--displacy"])
    made = json.loads(done.stdout)
    assert [(e["start"], e["end"], e["label"]) for e in made[0]["ents"]] == [(0, 11, "PER")]
    assert "OTH [12, 17) + [21, 27) is in pieces" in done.stderr
    html = displacy.render(made, style="ent", manual=True, jupyter=False)
    assert "Anna Müller" in html and "PER" in html and "my: preds:found.jsonl" in html
    html = displacy.render(made, style="span", manual=True, jupyter=False)
    assert html.count("OTH") == 2


@pytest.mark.parametrize(
    ("arguments", "kind", "what", "hint"),
    [
        (("000_8f5cd11ad606988",), UnknownNameError, "unknown document", f"Did you mean {NAME}?"),
        (("my.txt", "--corpus", "gold"), UnknownNameError, "unknown document 'my.txt'", "without --corpus"),
        (("my.txt", "--layer", "entity"), UnknownNameError, "unknown layer", "entities"),
        (("my.txt", "-e", "hantaa"), UnknownNameError, "hantaa", "hanta"),
        (("--json", "-", "--displacy"), WortlautError, "two outputs", "one"),
        (("latin.txt",), DataError, "is not UTF-8: invalid start byte at byte 2", "iconv"),
        (("my.tx",), UnknownNameError, "unknown document 'my.tx'", "Did you mean my.txt?"),
        (("nothere.txt",), UnknownNameError, "unknown document 'nothere.txt'", "no such file, either"),
    ],
)
def test_mistakes_are_told(
    arguments: tuple[str, ...], kind: type[WortlautError], what: str, hint: str, text_file: Path
) -> None:
    text_file.with_name("latin.txt").write_bytes("Müller".encode("latin-1"))
    with pytest.raises(kind) as caught:
        show(*arguments)
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_several_documents_need_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text("Anna ging.", "utf-8")
        (tmp_path / f"{name}.ann").write_text("T1\tPER 0 4\tAnna\n", "utf-8")
    with pytest.raises(WortlautError, match="has 2 documents") as caught:
        show("--corpus", "brat:.")
    assert "a, b" in caught.value.hint
    assert "└──┘PER" in show("b", "--corpus", "brat:.")
