"""Every command on a corpus whose names would steer a terminal: they are shown in it and do nothing.

Labels, ids, file names, meta keys and values, speakers, notes and errors of extractors hold :data:`BAD`.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import run
from shared import ROOT
from typer.main import get_command

from wortlaut.cli import app
from wortlaut.errors import WortlautError
from wortlaut.formats import predictions, prodigy
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span

#: A title, colours, an erased screen, a reversed line, mark-up of Rich, a line of its own for U+2028.
BAD = "\x1b]0;t\x07\x1b[38;5;199m\x9b2J\x7f\u202e[/][link=https:x]\u2028"
#: As a file is called.
FILE = BAD.replace("/", "")
TEXT = f"Anna sah Bonn. „Es ist spät“, sagte Caro. {BAD}\n"
#: No document is a copy of another.
LAST = [" ".join(f"{word}{number}" for number in range(200)) for word in ("Hund", "Brot", "Haus")]
EXTRACTOR = """
import time
from wortlaut.model import Annotations, Entity, Span

BAD = {bad!r}

class Made:
    finds = ("entities",)
    notes = (BAD,)

    def __init__(self, fails, slow):
        self.fails, self.slow = fails, slow
        self.spec = "made" + BAD

    def extract(self, texts):
        for text in texts:
            time.sleep(0.5 if self.slow else 0)
            if self.fails:
                raise ValueError(BAD)
            yield Annotations((Entity(Span.of(1, 4), "LOC" + BAD),))

def create(fails="", slow=""):
    return Made(fails, slow)
"""
CORPUS, MADE = f"prodigy:c{FILE}.jsonl", f"./e{FILE}.py:create"
FAILS, SLOW = f"{MADE}?fails=1", f"{MADE}?slow=1"
PREDICTIONS, CHANGED, OTHER = f"preds:p{FILE}.jsonl", f"preds:q{FILE}.jsonl", f"prodigy:o{FILE}.jsonl"
ON = ("--corpus", CORPUS)
LAYERS = ("a", "b", "--root", "layers")
#: The arguments of each command; ``OUT`` is a path that is not there yet.
COMMANDS: list[tuple[str, tuple[str, ...]]] = [
    ("evaluate", (*ON, "-e", PREDICTIONS, "-e", SLOW, "-e", FAILS, "--samples", "10", "--by-label", "--all",
                  "--by", f"meta:k{BAD}", "--html", "OUT.html")),
    ("score", (CORPUS, OTHER, "--samples", "10", "--json", "-")),
    ("score", (CORPUS, OTHER, "--samples", "0", "--markdown", "-?caption", "--latex", f"OUT{FILE}.tex")),
    ("compare", (f"r{FILE}.json", "--samples", "10", "--trials", "10")),
    ("passport", (f"r{FILE}.json", "-o", f"OUT{FILE}")),
    ("verify", (f"s{FILE}", *ON, "--predictions", f"made=p{FILE}.jsonl")),
    ("audit", (f"r{FILE}.json",)),
    ("atlas", (".", "-e", MADE)),
    ("plan", (*ON, "-e", PREDICTIONS)),
    ("extractors", ("--json", f"no{BAD}/x")),
    ("corpora", (BAD,)),
    ("schema", (BAD,)),
    ("show", (f"0{BAD}", *ON, "-e", PREDICTIONS, "--layer", "entities", "--layer", "quotes")),
    ("show", (f"0{BAD}", *ON, "--json", "-")),
    ("show", (BAD, *ON)),
    ("stress", (*ON, "-e", MADE, "-t", "lower", "--samples", "10", "--all")),
    ("check", (*ON, "-e", CHANGED, "--baseline", f"b{FILE}.json", "--html", f"OUT{FILE}")),
    ("history add", (f"r{FILE}.json", "--out", f"OUT{FILE}.jsonl", "--commit", BAD, "--date", "2026-03-01")),
    ("history show", (f"h{FILE}.jsonl", "--against", BAD, "--html", "OUT.html")),
    ("comment", (f"no{FILE}", "--name", BAD)),
    ("baseline write", (*ON, "-e", PREDICTIONS, "--out", f"OUT{FILE}.json")),
    ("bench", (*ON, "-e", MADE, "-e", FAILS, "--rounds", "1", "--warmup", "0", "--batch", "1")),
    ("init", (f"OUT{FILE}", "--labels", BAD)),
    ("add", (f"{FILE}.txt", "--root", "OUT")),
    ("annotate", ("-e", "quotes-de", BAD, "--root", "repo")),
    ("reanchor", ("--root", f"no{FILE}")),
    ("import", (CORPUS, "--layer", "OUT", "--root", "layers")),
    ("diff", LAYERS),
    ("adjudicate", (*LAYERS, "--out", f"OUT{FILE}")),
    ("agree", (*LAYERS, "--samples", "0", "--json", f"OUT{FILE}/x")),
    ("validate", (f"v{FILE}",)),
    ("rules", (BAD,)),
    ("build", ("repo", "--out", f"OUT{FILE}")),
    ("publish", (f"OUT{FILE}", "--root", "repo", "--dry-run")),
    ("merge", (f"no{FILE}", f"no{FILE}", "--out", "OUT")),
    ("convert", (CORPUS, f"OUT{FILE}.conll", "--to", "conll")),
    ("probes", ("--only", BAD)),
    ("export", ("spacy", f"OUT{FILE}", *ON)),
    ("extract", (CORPUS, "-e", FAILS, "--out", f"OUT{FILE}", "--workers", "1")),
]  # fmt: skip
#: What these print goes the same way where it is no terminal.
SLOWEST = ("baseline write", "bench", "check", "extract", "stress")
#: Colours, and what moves the cursor of a progress bar.
OURS = re.compile(r"\x1b\[[\d;]*m|\x1b\[\?25[lh]|\x1b\[\d*[AK]|\r(?=\n|\x1b)|\r$")


def document(number: int, label: str, who: str, start: int) -> Document:
    quote = Quote(f"q{BAD}", "direct", Span.of(15, 28), speaker=Span.of(36, 40), speaker_entity=f"{who}{BAD}")
    cluster = Cluster(f"{who}{BAD}", f"Caro{BAD}", mentions=(Span.of(36, 40),))
    entities = (Entity(Span.of(start, 4), f"{label}{BAD}"), Entity(Span.of(9, 13), f"LOC{BAD}"))
    said = Annotations(entities, (quote,), (cluster,))
    return Document(f"{number}{BAD}", TEXT + LAST[number], said, ((f"k{BAD}", f"v{BAD}"),))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hostile")
    gold = [document(number, "PER", "c", 0) for number in range(3)]
    found = [document(number, ("PER", "LOC", "PER")[number], "d", number) for number in range(3)]
    prodigy.write(made / f"c{FILE}.jsonl", gold)
    prodigy.write(made / f"o{FILE}.jsonl", found)
    for name in "pq":
        predictions.write(made / f"{name}{FILE}.jsonl", gold)
    (made / f"e{FILE}.py").write_text(EXTRACTOR.format(bad=BAD), "utf-8")
    (made / f"{FILE}.txt").write_text(TEXT, "utf-8")
    for name in ("annotations", "seeds"):
        shutil.copytree(ROOT / name, made / "repo" / name)
        shutil.copytree(ROOT / name, made / "layers" / name)
    (provenance,) = made.glob("repo/seeds/*.jsonl")
    line = json.loads(provenance.read_text("utf-8")) | {"rights": BAD}
    provenance.write_text(json.dumps(line, ensure_ascii=False) + "\n", "utf-8")
    (layer,) = made.glob("layers/annotations/layers/b/*")
    note = json.dumps({"note": BAD}, ensure_ascii=False)[1:]
    lines = layer.read_text("utf-8").splitlines()
    noted = [
        f"{line[:-1]}, {note}" if '"entity", "span"' in line and '"note"' not in line else line
        for line in lines
    ]
    layer.write_text("".join(f"{line}\n" for line in noted), "utf-8")
    (made / f"v{FILE}").mkdir()
    (made / f"v{FILE}/{FILE}.jsonl").write_text(json.dumps({"kind": BAD, BAD: BAD}) + "\n", "utf-8")
    for command in (
        ("baseline", "write", *ON, "-e", CHANGED, "--out", f"b{FILE}.json"),
        ("evaluate", *ON, "-e", PREDICTIONS, "-e", MADE, "--json", f"r{FILE}.json"),
        ("passport", f"r{FILE}.json", "-o", f"s{FILE}"),
        ("history", "add", f"r{FILE}.json", "-o", f"h{FILE}.jsonl", "--commit", BAD, "--date", "2026-03-01"),
    ):
        done = run(*command, cwd=made)
        assert done.returncode == 0, done.stderr
    predictions.write(made / f"q{FILE}.jsonl", found)
    return made


def named(group: object, before: str = "") -> Iterator[str]:
    for name, command in getattr(group, "commands", {}).items():
        below = list(named(command, f"{before}{name} "))
        yield from below or [f"{before}{name}"]


def clean(text: str) -> None:
    rest = OURS.sub("", text)
    hidden = {c for c in rest if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c not in "\n\t"}
    assert not hidden, ascii(rest)
    assert "\x1b[38;5;199m" not in text


def test_every_command_is_tried_and_tells_what_was_typed_by_our_own_errors() -> None:
    group = get_command(app)
    assert set(named(group)) == {name for name, _ in COMMANDS}
    for name in named(group):
        with pytest.raises(WortlautError, match="No such option") as caught:
            group.main([*name.split(), f"--{BAD}"], "wortlaut")
        assert f"Try 'wortlaut {name} --help'" in caught.value.hint


@pytest.mark.long
@pytest.mark.parametrize(("name", "given"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_a_command_on_a_hostile_corpus(name: str, given: tuple[str, ...], folder: Path) -> None:
    for terminal in (True,) if name in SLOWEST else (False, True):
        out = f"{name.replace(' ', '-')}-{terminal}"
        arguments = [argument.replace("OUT", out) for argument in given]
        done = run(*name.split(), *arguments, cwd=folder, terminal=terminal, environment={"TERM": "xterm"})
        for text in (done.stdout, done.stderr):
            clean(text)
        assert re.search(r"\\u001b|\\x1b|U\+001B", done.stdout + done.stderr), "it is shown"
        assert done.returncode in (0, 1, 2)
        if given[-2:] == ("--json", "-"):
            assert repr(BAD)[1:-1] in repr(json.loads(done.stdout)), "the values are the same"
