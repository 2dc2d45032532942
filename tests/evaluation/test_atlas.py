"""The atlas on small made corpora: what is found by its layout, scored, left out, and told."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from command import run

from wortlaut.corpus.known import KNOWN
from wortlaut.corpus.parts import KEPT, PARTS, found_in
from wortlaut.evaluation.atlas import atlas
from wortlaut.formats import FORMATS

SAID = "“ It is late , ” said Ann Lee ."
LITBANK = "QUOTE\tQ1\t0\t0\t0\t5\t“ It is late , ”\nATTRIB\tQ1\tAnn_Lee-1\n"
COREF = "MENTION\tT1\t0\t7\t0\t8\tAnn Lee\tPER\tPROP\nCOREF\tT1\tAnn_Lee-1\n"
POLNEAR = (
    "T1\tSource 22 29\tAnn Lee\nT2\tCue 17 21\tsaid\nT3\tContent 0 16\t“ It is late , ”\n"
    "T4\tAttribution 17 21\tsaid\nE1\tAttribution:T4 Source:T1 Cue:T2 Content:T3\n"
)


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def made(root: Path) -> Path:
    """Two corpora, a test split of one, a folder and a file that are none."""
    return written(
        root,
        {
            "lit/quotations/tsv/a_brat.ann": LITBANK,
            "lit/quotations/tsv/a_brat.txt": SAID,
            "lit/coref/tsv/a_brat.ann": COREF,
            "pol/data/dev/attributions/a_x.ann": POLNEAR,
            "pol/data/dev/text/a.txt": SAID,
            "pol/data/test/attributions/a_x.ann": "broken",
            "other/notes.json": "{}",
            "stray.txt": SAID,
        },
    )


def test_every_part_is_of_a_known_corpus_and_none_is_a_test_split() -> None:
    known = {corpus.ref.partition(":")[0] for corpus in KNOWN}
    for part in PARTS:
        assert part.format in known & set(FORMATS)
        assert part.protocols
        assert not KEPT & {*part.files.split("/"), part.split}
        assert part.articles_of in {"", *(other.name for other in PARTS)}


@pytest.mark.long
def test_tables(tmp_path: Path) -> None:
    folder = made(tmp_path / "all")
    told = run("atlas", "all", "--json", "a.json", "--latex", "a.tex", "--csv", "a.csv", "--html", "a.html",
               cwd=tmp_path)  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert max(map(len, told.stdout.splitlines()[:30])) <= 80
    for left_out in ("other: nothing", "stray.txt: nothing", "LitBank: its gold has nothing for cues strict"):
        assert f"note: {left_out}" in told.stdout
    result = json.loads((tmp_path / "a.json").read_text())
    scores = {
        (r["corpus"], r["protocol"], r["score"]): r["scores"]["f1"] for r in result["rows"] if not r["quoted"]
    }
    assert scores["LitBank", "for all", "quotes strict"] == 1
    assert scores["LitBank", "speakers of given quotes", "speakers"] == 1
    assert scores["PolNeAR, dev", "for all", "joint overlap"] == 1
    assert scores["PolNeAR, dev", "PARC, exact", "joint"] == 1
    assert ("LitBank", "for all", "cues strict") not in scores
    (lit,) = (one for one in result["corpora"] if one["corpus"]["name"] == "LitBank")
    assert set(lit["systems"][0]["scores"]) == {"quotes", "speakers"}  # not cues, of which it has none
    quoted = [row for row in result["rows"] if row["quoted"]]
    assert {row["protocol"] for row in quoted} == {"published"}
    assert all(row["corpus"] == "LitBank" and row["scores"]["f1_interval"] is None for row in quoted)
    latex = (tmp_path / "a.tex").read_text(encoding="utf-8")
    assert "† : published".replace(" ", "") in latex.replace(" ", "")
    rows = list(csv.DictReader((tmp_path / "a.csv").open(encoding="utf-8")))
    assert len(rows) == len(result["rows"])
    assert "github.com/booknlp" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert folder.is_dir()


def test_a_test_split_is_neither_found_nor_read(tmp_path: Path) -> None:
    written(tmp_path, {"g/data/test/dev/a.json": "{}", "g/eval/dev/task1/b.json": "{}", "g/x.txt": ""})
    assert found_in(tmp_path) == ([], [tmp_path / "g"])


@pytest.mark.long
@pytest.mark.parametrize(
    ("files", "arguments", "said"),
    [
        (
            {"lit/quotations/tsv/a_brat.ann": "QUOTE\t1"},
            (),
            "LitBank has no scores: lit/quotations/tsv/a_brat.txt: no such file",
        ),
        ({"s/dev/task1/a.json": "{"}, (), "SpkAtt-2023 task 1, dev cannot be read: "),
        ({}, ("-e", "quotes-simple", "-e", "nobody"), "nobody on PolNeAR, dev: unknown extractor 'nobody'"),
    ],
    ids=["a file that is broken", "a file of no format", "a system that is none"],
)
def test_what_fails_is_told_beside_what_does_not(
    tmp_path: Path, files: dict[str, str], arguments: tuple[str, ...], said: str
) -> None:
    sound = {"pol/data/dev/attributions/a_x.ann": POLNEAR, "pol/data/dev/text/a.txt": SAID}
    written(tmp_path, sound | files)
    told = run("atlas", ".", *arguments, cwd=tmp_path)
    assert told.returncode == 2
    assert said in told.stderr
    assert "Traceback" not in told.stderr
    assert "PolNeAR, dev: PARC, exact" in told.stdout


@pytest.mark.long
def test_one_corpus_is_counted_once(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "lit")
    shutil.copytree(tmp_path / "lit", tmp_path / "copy")
    told = run("atlas", ".", "-e", "quotes-simple", "-e", "gazetteer", cwd=tmp_path)
    assert "LitBank once more, counted once" in told.stdout
    assert "gazetteer marks nothing that LitBank has" in told.stdout


def test_two_versions_of_a_corpus_have_rows_of_their_own(tmp_path: Path) -> None:
    more = LITBANK.replace("Q1\t0\t0\t0\t5\t“ It is late , ”", "Q1\t0\t1\t0\t3\tIt is late")
    for name, quotes in (("a", LITBANK), ("b", more)):
        files = {f"{name}/quotations/tsv/x_brat.ann": quotes, f"{name}/quotations/tsv/x_brat.txt": SAID}
        written(tmp_path, files)
    made = atlas(tmp_path, ["quotes-simple?language=en"])
    strict = [(row.corpus, row.scores.f1) for row in made.rows if row.score == "quotes strict"]
    assert strict == [("LitBank", 1.0), ("LitBank (b)", 0.0)]
    assert "LitBank (b) is another version of a corpus above: they share texts" in made.left_out
    shown = repr(made)
    assert "LitBank (b)" in shown


@pytest.mark.parametrize("folder, said", [("none", "no such folder"), ("empty", "no corpus of quotes")])
def test_nothing_to_score(tmp_path: Path, folder: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    told = run("atlas", folder, cwd=tmp_path)
    assert (told.returncode, said in told.stderr) == (2, True)
