"""Every label is a label; which count, and under which name, is said on either side, and noted."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from command import run

from wortlaut import evaluate, score
from wortlaut.cli.common import read_labels
from wortlaut.corpus.load import Corpus
from wortlaut.errors import ComparisonError, DataError, WortlautError
from wortlaut.evaluation.comparison import compare
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.gate.baseline import baseline_of, read_baseline, to_text
from wortlaut.gate.run import Settings
from wortlaut.model import Annotations, Document, Entity, Span, Text
from wortlaut.reports.page import report_page
from wortlaut.scoring.labels import projection

TEXT = "Anna sah Bonn"
GOLD = [(0, 4, "PER"), (9, 13, "LOC")]
FOUND = [(0, 4, "PERSON"), (5, 8, "DATE"), (9, 13, "LOC")]
ALIAS = "Labels that the gold lacks are spurious: DATE 1, PERSON 1. The same under another name? --labels "
MAPPED = "1 predicted span counted under another label: PERSON as {} 1."

#: Options, right and found ones under strict, notes.
CASES: list[tuple[dict[str, Any], tuple[int, int, int], tuple[str, ...]]] = [
    ({}, (1, 2, 3), (ALIAS + "PERSON=PER",)),
    (
        {"labels": {"PERSON": "PER", "DATE": None}},
        (2, 2, 2),
        (
            "1 predicted span counted under another label: PERSON as PER 1.",
            "1 predicted span left out: DATE 1.",
        ),
    ),
    (
        {"labels": {"gold": {"PER": "PERSON"}, "predicted": {"DATE": None}}},
        (2, 2, 2),
        ("1 gold span counted under another label: PER as PERSON 1.", "1 predicted span left out: DATE 1."),
    ),
    (
        {"labels": {"predicted": {"PERSON": "PER"}, "PER": "X"}, "only": ["X"]},
        (1, 1, 1),
        (
            "1 gold span counted under another label: PER as X 1.",
            "1 gold span left out: LOC 1.",
            MAPPED.format("X"),
            "2 predicted spans left out: DATE 1, LOC 1.",
        ),
    ),
    (
        {"labels": {"predicted": {"LOC": "PLACE", "PERSON": "PER", "DATE": None}}},
        (1, 2, 2),
        (
            "2 predicted spans counted under another label: LOC as PLACE 1, PERSON as PER 1.",
            "1 predicted span left out: DATE 1.",
            ALIAS.replace("DATE 1, PERSON 1", "PLACE 1") + "PLACE=LOC",
        ),
    ),
    (
        {"only": ["LOC", "DATE"]},
        (1, 1, 2),
        (
            "1 gold span left out: PER 1.",
            "--only: the gold has no 'DATE', but LOC, PER.",
            "1 predicted span left out: PERSON 1.",
            "Labels that the gold lacks are spurious: DATE 1.",
        ),
    ),
]


class Finds:
    spec, finds = "finds", ("entities",)

    def extract(self, texts: Sequence[Text]) -> Any:
        return [annotated(FOUND) for _ in texts]


def annotated(rows: Sequence[tuple[int, int, str]]) -> Annotations:
    return Annotations(tuple(Entity(Span.of(start, end), label) for start, end, label in rows))


def evaluated(**options: Any) -> Evaluation:
    corpus = Corpus.of("made", [Document("d", TEXT, annotated(GOLD))])
    return evaluate(Finds(), corpus, schema=["strict", "hipe"], samples=0, items=True, **options)


@pytest.mark.parametrize(("options", "counts", "notes"), CASES)
def test_labels_count_and_are_noted(
    options: dict[str, Any], counts: tuple[int, int, int], notes: tuple[str, ...], tmp_path: Path
) -> None:
    result = score([GOLD], [FOUND], samples=0, **options)
    evaluation = evaluated(**options)
    ours = evaluation.systems[0].scores["entities"]["strict"]
    for one in (result, ours):
        assert (one.correct, one.gold, one.predicted) == counts
    assert result.notes == notes
    assert (*evaluation.notes, *evaluation.systems[0].notes) == notes
    known = {label for _, _, label in GOLD} if not options else set(ours.per_label)
    peer = evaluation.systems[0].scores["entities"]["hipe/strict"]
    assert peer.correct == counts[0] and set(peer.per_label) <= known
    # What it was made with comes back from every file.
    assert Evaluation.from_dict(evaluation.to_dict()).to_dict() == evaluation.to_dict()
    (tmp_path / "b.json").write_text(to_text(baseline_of(evaluation)), "utf-8")
    settings = Settings.of(read_baseline(tmp_path / "b.json").signature)
    assert settings.labels == evaluation.signature.projection


@pytest.mark.parametrize(
    ("options", "early", "late"),
    [
        # Whoever waits for models learns it before they run; a label may be predicted only, so it is a note.
        ({"only": ["PER", "DATE"]}, ["--only: the gold has no 'DATE', but LOC, PER."], []),
        (
            {"labels": {"gold": {"PRE": "PER"}}},
            ["--labels of gold: the gold has no 'PRE', but LOC, PER."],
            [],
        ),
        (
            {"labels": {"DAET": None, "LOC": "LOC", "X": "X", "predicted": {"PERS": "PER"}}},
            [],
            ["--labels: no span has the label 'DAET' or 'PERS'."],
        ),
        ({"labels": {"predicted": {"PERSON": "PERS"}, "PERS": "PER"}}, [], []),
        ({"labels": "conll4"}, [], []),
    ],
)
def test_labels_that_nothing_has_are_told(options: dict[str, Any], early: list[str], late: list[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        notes = evaluated(**options).notes
    assert [str(one.message) for one in caught] == early
    assert [note for note in notes if note.startswith("--")] == [*early, *late]
    result = score([GOLD], [FOUND], samples=0, **options)
    assert [note for note in result.notes if note.startswith("--")] == [*early, *late]


def test_what_is_told_early_is_a_note_of_the_command(tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text("Anna B-PER\n")
    said = run(
        "evaluate",
        "--corpus",
        "conll:x.conll",
        "-e",
        "preds:x.conll",
        "--only",
        "PRE",
        "--samples",
        "0",
        cwd=tmp_path,
    )
    assert said.returncode == 2 and "note: --only: the gold has no 'PRE', but PER.\n" in said.stderr


def test_the_page_has_the_labels_as_they_were_scored() -> None:
    page = report_page(evaluated(**CASES[3][0]))
    assert re.search(r'"names":\s*\["X"\]', page)


def test_scores_of_other_labels_are_not_compared() -> None:
    for other in ({"only": ["PER", "LOC"]}, {"labels": {"predicted": {"PERSON": "PER"}}}):
        with pytest.raises(ComparisonError, match="projection"):
            compare({"all": evaluated(), "some": evaluated(**other)})


def test_a_label_that_is_nowhere_cannot_be_asked_for() -> None:
    for asked in (lambda: score([GOLD], [FOUND], only=["PERS"]), lambda: evaluated(only=["PERS", "LOC"])):
        with pytest.raises(DataError, match="the label 'PERS'") as error:
            asked()
        assert error.value.hint == "The labels there are: DATE, LOC, PER, PERSON."


@pytest.mark.parametrize(
    ("given", "only", "labels", "kept"),
    [
        (["A=B,C=-"], None, {"A": "B", "C": None}, ()),
        (
            ["gold:A=B", "pred:A = C", "D=E"],
            "B, C",
            {"gold": {"A": "B"}, "predicted": {"A": "C"}, "D": "E"},
            ["B", "C"],
        ),
        (["lines.txt"], None, {"A": "B", "C": None}, ()),
        (["pred:map.json"], None, {"predicted": {"A": None}}, ()),
        (["coarse"], "PER", "coarse", ["PER"]),
        (None, "PER", None, ["PER"]),
    ],
)
def test_labels_are_mapped_inline_or_by_a_file(
    given: list[str] | None, only: str | None, labels: Any, kept: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lines.txt").write_text("# ours\nA=B\n\nC=-\n", "utf-8")
    Path("map.json").write_text('{"A": null}', "utf-8")
    assert read_labels(given, only) == projection(labels, kept)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["A=B", "A=C"], "'A' is mapped to 'B' and to 'C'"),
        (["A="], "'A=' maps no label"),
        (["A"], "Known: coarse"),
        (["map.txt"], "a file of this name is not there, either"),
    ],
)
def test_mappings_that_say_nothing_are_refused(given: list[str], message: str) -> None:
    with pytest.raises(WortlautError) as error:
        read_labels(given, None)
    assert message in str(error.value)
