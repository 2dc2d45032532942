"""Figures: whole files, text that stays text, the same bytes each time, the numbers of the scores."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

import wortlaut
from wortlaut import Annotations, Corpus, Document, Entity, Evaluation, Quote, Span, Text
from wortlaut.cli.common import app
from wortlaut.errors import MissingExtraError, WortlautError
from wortlaut.evaluation.corpora import CorporaComparison, RankRow
from wortlaut.reports import figures
from wortlaut.reports.figures import write_figures, write_ranks

import wortlaut.cli  # isort: skip

WORDS = ("Anna", "Bonn", "Caro", "Kiel", "Emil", "Rhein")
TEXT = "Anna sah Bonn und Caro Kiel; Emil rief: „Rhein“."
LABELS = ("PER", "LOC", "PER", "LOC", "PER", "LOCderiv")


def gold(number: int) -> Annotations:
    entities = tuple(
        Entity(Span.of(TEXT.index(w), TEXT.index(w) + len(w)), label)
        for w, label in zip(WORDS, LABELS, strict=True)
    )
    start = TEXT.index("„")
    return Annotations(entities, (Quote("q1", "direct", Span.of(start, start + 7)),))


def corpus() -> Corpus:
    return Corpus.of("made", [Document(f"d{i:02}", TEXT, gold(i)) for i in range(12)])


@dataclass
class Noisy:
    """Finds what the gold has, a part of it wrong: with the number of the document and of the name."""

    spec: str
    step: int
    scores: bool = True
    finds: Sequence[str] = field(default=("entities", "quotes"))

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for text in texts:
            number = int(text.id[1:])
            said = gold(number)
            entities = []
            for i, entity in enumerate(said.entities):
                kind = (number * 5 + i * 3) % (self.step + 4)
                confidence = round(1 / (1 + kind), 3) if self.scores else None
                if kind == 1:
                    entity = replace(entity, label="ORG")
                elif kind == 2:
                    entity = replace(entity, span=Span.of(entity.span.start, entity.span.end + 1))
                elif kind == 3:
                    continue
                entities.append(replace(entity, score=confidence))
            quotes = [replace(q, score=0.5 if self.scores else None) for q in said.quotes if number % 3]
            yield Annotations(tuple(entities), tuple(quotes))


HOSTILE = "_$x_1$ <b>&\u202e %"


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return wortlaut.evaluate([Noisy("one", 3), Noisy(HOSTILE, 1)], corpus(), by=["length"], samples=50)


@pytest.fixture(scope="module")
def folder(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("figures") / "new"
    written, notes = write_figures(evaluation, out)
    assert sorted(written) == sorted(out.iterdir())
    assert "by-length: strict" in notes
    return out


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def texts(path: Path) -> list[str]:
    root = ElementTree.parse(path).getroot()
    return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_every_figure_is_there_in_both_formats(folder: Path) -> None:
    stems = {path.stem for path in folder.iterdir()}
    assert {"scores", "errors", "precision-recall", "calibration", "by-length"} <= stems
    assert {"confusion-entities-one", "confusion-entities-_-x_1-b"} <= stems
    assert names(folder) == {f"{stem}.{kind}" for stem in stems for kind in ("svg", "pdf")}


def test_text_stays_text(folder: Path) -> None:
    for path in folder.glob("*.svg"):
        assert texts(path), path
    assert {"entities", "quotes", "one", "strict", "partial", "F1 with its 95% interval"} <= set(
        texts(folder / "scores.svg")
    )
    assert any("_$x_1$ <b>&⟨U+202E⟩ %" in text for text in texts(folder / "scores.svg"))
    assert {"missed", "spurious", "PER", "LOC", "gold", "found"} <= set(
        texts(folder / "confusion-entities-one.svg")
    )
    assert {"wrong label", "too long", "missed"} <= set(texts(folder / "errors.svg"))
    assert any(text.startswith("one (AP 0.") for text in texts(folder / "precision-recall.svg"))
    for path in folder.glob("*.pdf"):
        data = path.read_bytes()
        assert b"/FontFile2" in data and b"/Type3" not in data


def test_scores_are_a_column_wide(folder: Path) -> None:
    for name, inches in (("scores", 3.3), ("errors", 3.3), ("by-length", 6.9), ("calibration", 6.9)):
        root = ElementTree.parse(folder / f"{name}.svg").getroot()
        assert float(root.attrib["width"].removesuffix("pt")) == pytest.approx(72 * inches)


@pytest.mark.long
def test_the_same_evaluation_gives_the_same_bytes(
    evaluation: Evaluation, folder: Path, tmp_path: Path
) -> None:
    write_figures(evaluation, tmp_path)
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
        assert b"CreationDate" not in path.read_bytes()
        assert not re.search(rb"<dc:date>", path.read_bytes())


def rows(annotated: Iterable[Annotations]) -> list[list[dict[str, object]]]:
    """The entities as :func:`wortlaut.curves` takes them."""
    return [
        [
            {"start": e.span.start, "end": e.span.end, "label": e.label}
            | ({} if e.score is None else {"score": e.score})
            for e in one.entities
        ]
        for one in annotated
    ]


@pytest.mark.parametrize("labels", [None, "conll4"])
def test_curves_are_those_of_the_scores(labels: str | None) -> None:
    made = wortlaut.evaluate([Noisy("one", 3), Noisy("two", 1)], corpus(), labels=labels, samples=0)
    reference = rows(document.annotations for document in made.corpus.documents)
    found = figures._curves(made, made.systems)
    for system in made.systems:
        expected = wortlaut.curves(reference, rows(system.found), labels=labels)
        assert found["entities"][system.name].to_dict() == expected.to_dict()
        assert found["quotes"][system.name].gold == 12


def test_a_schema_with_a_threshold_is_drawn_and_scores_on_matched_quotes_are_not() -> None:
    made = wortlaut.evaluate([Noisy("one", 3)], corpus(), schema=["strict", "overlap@0.5"], samples=0)
    drawn = {layer: set(scores) for layer, _, scores in figures._score_rows(made.systems)}
    assert drawn["entities"] == {"strict", "overlap@0.5"}
    assert "strict@matched" in made.systems[0].scores["speakers"]
    assert "strict@matched" not in drawn["speakers"]


def test_what_is_not_drawn_is_said(tmp_path: Path) -> None:
    silent = wortlaut.evaluate([Noisy("one", 3, scores=False)], corpus(), samples=0)
    _, notes = write_figures(silent, tmp_path)
    assert "no precision-recall and calibration: no system gives its findings a score" in notes
    assert any("--by length" in note for note in notes)
    assert "F1" in texts(tmp_path / "scores.svg")
    assert "precision-recall.svg" not in names(tmp_path)
    failed = wortlaut.evaluate(["nothere"], corpus(), samples=0, on_error="keep")
    assert write_figures(failed, tmp_path / "none") == ([], ["no system has scores: nothing to draw"])


def test_without_a_schema_of_spans_there_are_no_errors_to_draw(tmp_path: Path) -> None:
    made = wortlaut.evaluate([Noisy("one", 3)], corpus(), schema=["nervaluate"], samples=0)
    _, notes = write_figures(made, tmp_path)
    assert any(note.startswith("no errors and confusion") for note in notes)
    assert not any(name.startswith(("errors", "confusion")) for name in names(tmp_path))


@pytest.mark.long
def test_ranks_on_several_corpora_have_a_bar_over_those_that_do_not_differ(tmp_path: Path) -> None:
    names, ranks = ("best", "_second", "third", "last"), (1.1, 1.4, 3.2, 4.0)
    rows = tuple(RankRow("entities", "strict", names[:n], ranks[:n], 12, 1.0, 0.01) for n in (4, 3))
    written, left_out = write_ranks(CorporaComparison((), (), rows), tmp_path)
    assert ([path.name for path in written[::2]], left_out) == (
        ["ranks-entities-strict.svg", "ranks-entities-strict-2.svg"],
        [],
    )
    shown = set(texts(written[0]))
    assert {"best 1.10", "_second 1.40", "last 4.00", "CD 1.00"} <= {text.strip() for text in shown}
    assert [figures._alike(row) for row in rows] == [[(1.1, 1.4), (3.2, 4.0)], [(1.1, 1.4)]]
    assert write_ranks(CorporaComparison((), (), ()), tmp_path)[1][0].startswith("no ranks: it takes three")


@pytest.mark.long
def test_many_labels_and_groups_are_cut_and_counted(tmp_path: Path) -> None:
    text = " ".join(f"wort{i:02}" for i in range(40))
    entities = tuple(Entity(Span.of(7 * i, 7 * i + 6), f"L{i:02}") for i in range(40))
    many = Corpus.of("many", [Document(f"d{i:02}", text, Annotations(entities)) for i in range(35)])

    class All:
        finds = ("entities",)
        spec = "all"

        def extract(self, texts: Sequence[Text]) -> list[Annotations]:
            return [Annotations(entities) for _ in texts]

    _, notes = write_figures(wortlaut.evaluate([All()], many, by=["document"], samples=0), tmp_path)
    assert "confusion-entities-all: the 10 rarest labels are not drawn" in notes
    assert "by-document: the 5 groups with the least gold are not drawn" in notes


def test_nothing_is_written_where_a_figure_fails(
    evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(figures, "_errors", broken)
    with pytest.raises(RuntimeError):
        write_figures(evaluation, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_matplotlib_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError) as caught:
        figures.check_folder(tmp_path)
    assert caught.value.hint == "Install it: python -m pip install 'wortlaut[plots]'"


def test_a_folder_that_cannot_be_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, what in ((tmp_path / "file", "is a file"), (tmp_path / "a" / "b", "its folder is not there")):
        with pytest.raises(WortlautError, match=what):
            figures.check_folder(path)


def test_the_command_lists_what_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["evaluate", "-e", "quotes-de", "--samples", "0", "--figures", "out", "--json", "-"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0
    assert done.stdout.startswith("{")
    listed = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert sorted(listed) == sorted(f"out/{name}" for name in names(tmp_path / "out"))
    assert "note: no precision-recall" in done.stderr
