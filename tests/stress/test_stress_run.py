"""Scores before and after: paired on the same items, whatever moved; and what is shown."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from command import WORTLAUT, run
from jsonschema import Draft202012Validator
from rich.cells import cell_len

from wortlaut.corpus.load import Corpus, load_corpus
from wortlaut.errors import DataError
from wortlaut.model import Annotations, Document, Entity, Quote, Span, Text
from wortlaut.reports.console import Console
from wortlaut.reports.schemas import schema
from wortlaut.reports.stress import list_view, stress_page, stress_view
from wortlaut.stress import available, stress
from wortlaut.stress.run import Row, Stress

TEXT = "Anna sah Bonn. Caro sah Kiel. „Ja“, sagte Emil."
NAMES = {"Anna": "PER", "Bonn": "LOC", "Caro": "PER", "Kiel": "LOC", "Emil": "PER"}
GOLD = tuple(Entity(Span.of(TEXT.index(n), TEXT.index(n) + 4), label) for n, label in NAMES.items())
QUOTE = Quote("q", "direct", Span.of(30, 34), cue=Span.of(36, 41), speaker=Span.of(42, 46))


def corpus(documents: int) -> Corpus:
    annotations = Annotations(GOLD, (QUOTE,))
    return Corpus.of("made", [Document(f"d{i:02}", TEXT, annotations) for i in range(documents)])


@dataclass
class Reader:
    """Finds the five names as they are spelt, and quotes in German marks with their cue and speaker."""

    spec: str = "reader"
    finds: Sequence[str] = ("entities", "quotes")
    breaks_on: str = "\0"
    #: A line for each time that it was closed, in whatever process.
    log: str = os.devnull

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for text in texts:
            if self.breaks_on in text:
                raise RuntimeError("cannot read this")
            entities = tuple(
                Entity(Span.of(m.start(), m.end()), NAMES[m.group()])
                for m in re.finditer("|".join(NAMES), text)
            )
            quotes = tuple(
                Quote(
                    f"q{m.start()}",
                    "direct",
                    Span.of(*m.span(1)),
                    cue=Span.of(*m.span(2)),
                    speaker=Span.of(*m.span(3)),
                )
                for m in re.finditer(r"(„.*?“),\s(sagte)\s(\w+)", text)
            )
            yield Annotations(entities, quotes)

    def close(self) -> None:
        with Path(self.log).open("a") as log:
            log.write("closed\n")


def rows(report: Stress) -> dict[tuple[str, str], Row]:
    return {(row.transform, row.layer): row for row in report.rows}


@pytest.mark.parametrize("documents", [1, 3, 12])
@pytest.mark.long
def test_what_changes_nothing_for_the_system_changes_no_score(documents: int) -> None:
    names = [
        "nbsp",
        "long?characters=900",
        "boilerplate",
        "joined",
        "sentences-shuffled",
        "truncated",
        "ss+nfd",
    ]
    report = stress(Reader(), corpus(documents), ["quotes-straight", *names], samples=20, trials=50)
    assert report.failures == ()
    assert report.unit == ("document" if documents >= 10 else "sentence")
    found = rows(report)
    for name in names:
        if name == "ss+nfd":
            assert (name, "entities") not in found, "it has nothing to change here"
            continue
        for layer in ("entities", "quotes", "cues", "speakers", "joint"):
            row = found.get((name, layer))
            if name == "truncated" and layer != "entities":
                assert row is None, "its only quote is cut off"
                continue
            assert row is not None
            assert (row.before, row.after, row.change, row.same.share) == (1.0, 1.0, 0.0, 1.0), row
            assert row.cases == () and row.test is not None and row.test.p_randomisation == 1.0
    assert any("Nothing here to change for ss+nfd" in note for note in report.notes)
    straight = found["quotes-straight", "quotes"]
    assert (straight.before, straight.after, straight.same.share, straight.lost) == (1.0, 0.0, 0.0, documents)
    assert found["quotes-straight", "entities"].change == 0


def test_a_drop_is_counted_where_it_happens_and_told_in_context() -> None:
    report = stress(Reader(), corpus(12), ["capitals", "lower+capitals"], samples=50, trials=2000)
    row = rows(report)["capitals", "entities"]
    assert (row.before, row.after, row.lost, row.spurious) == (1.0, 0.0, 60, 0)
    assert row.test is not None and row.test.interval == (-1.0, -1.0) and row.test.units == 12
    assert row.p_holm is not None and row.p_holm < 0.05
    assert row.same.interval is not None and row.same.interval[0] == 0.0
    assert (row.same.share, row.same.before, row.same.after, row.same.both) == (0.0, 60, 0, 0)
    case = row.cases[0]
    assert (case.kind, case.label, case.before) == ("lost", "PER", "⟦Anna⟧ sah Bonn. Caro sah Kiel…")
    assert case.after == "⟦ANNA⟧ SAH BONN. CARO SAH KIEL…" and case.found == ""
    [one, chain] = report.applied
    assert (one.name, one.meaning, chain.name) == ("capitals", "blurred", "lower+capitals")


def test_new_errors_are_told_and_errors_that_were_there_are_none() -> None:
    class Eager(Reader):
        """Takes every word in capitals, and the first one always, for an organisation."""

        def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
            for text in texts:
                words = [m for m in re.finditer(r"\w+", text) if m.start() == 0 or m.group().isupper()]
                yield Annotations(tuple(Entity(Span.of(*m.span()), "ORG") for m in words))

    row = rows(stress(Eager(), corpus(1), ["capitals"], samples=10, trials=10))["capitals", "entities"]
    assert row.spurious == 8 and row.lost == 0
    assert {case.after for case in row.cases if "⟦ANNA⟧" in case.after} == set()
    assert row.same.both == 1


def test_sums_of_sentences_follow_their_sentences() -> None:
    """Shuffled sentences: an error moves with its sentence, so no unit differs."""

    class Half(Reader):
        def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
            for found in super().extract(texts):
                yield Annotations(found.entities[:0], found.quotes)

    for seed in range(6):
        report = stress(Half(), corpus(2), ["sentences-shuffled"], samples=10, trials=10, seed=seed)
        for row in report.rows:
            assert row.test is not None and row.test.differing == 0


@pytest.mark.long
def test_a_system_that_breaks_on_a_changed_text_is_told_and_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    reader = Reader(breaks_on="ANNA", log=str(log))
    report = stress(reader, corpus(2), ["capitals", "nbsp"], samples=10, trials=10)
    [failure] = report.failures
    assert (failure.system, failure.transform) == ("reader", "capitals") and "cannot read this" in failure.why
    assert {row.transform for row in report.rows} == {"nbsp"}
    assert log.read_text().split() == ["closed", "closed"]
    broken = stress(Reader(breaks_on="Anna"), corpus(2), ["nbsp"], samples=10, trials=10)
    assert [f.transform for f in broken.failures] == [""] and broken.rows == ()


@pytest.mark.long
def test_the_order_of_documents_is_nothing() -> None:
    one = corpus(11)
    other = Corpus.of("made", reversed(one.documents))
    names = ["typos", "names-rare", "sentences-shuffled"]
    first, second = (stress(Reader(), c, names, samples=20, trials=20).to_dict() for c in (one, other))
    assert first == second


@pytest.mark.parametrize("schema", ["token", "seqeval", "german-news-quotation"])
def test_schemas_that_do_not_count_items_are_refused(schema: str) -> None:
    with pytest.raises(DataError, match="does not count items"):
        stress(Reader(), corpus(1), ["nbsp"], schema=[schema])


def test_a_gold_of_other_layers_is_told() -> None:
    quoted = Annotations((), (Quote("q", "indirect", Span.of(4, 9)),))
    with pytest.raises(DataError, match=r"what the gold has \(1 quotes\) was not looked for"):
        stress(
            Reader(finds=("entities",)), Corpus.of("m", [Document("d", "Sie sagte nein.", quoted)]), ["lower"]
        )


def test_without_resamples_there_are_tests_and_no_intervals() -> None:
    row = rows(stress(Reader(), corpus(12), ["capitals"], samples=0, trials=50))["capitals", "entities"]
    assert row.test is not None and row.test.p_randomisation is not None
    assert row.test.interval is None and row.same.interval is None and row.change == -1


def test_one_sentence_has_no_test() -> None:
    document = Document("d", "Anna kam", Annotations((Entity(Span.of(0, 4), "PER"),)))
    row = rows(stress(Reader(), Corpus.of("one", [document]), ["capitals"], samples=9))[
        "capitals", "entities"
    ]
    assert row.test is None and row.p_holm is None and (row.before, row.after) == (1.0, 0.0)


def test_other_schemas_and_labels() -> None:
    report = stress(
        Reader(),
        corpus(1),
        ["nbsp"],
        schema=["partial", "overlap@0.5"],
        labels="conll4",
        samples=10,
        trials=10,
    )
    assert {(row.layer, row.schema) for row in report.rows if row.layer == "entities"} == {
        ("entities", "partial"),
        ("entities", "overlap@0.5"),
    }
    assert {row.schema for row in report.rows if row.layer == "joint"} == {"strict"}


# --- what is shown ---


@pytest.fixture(scope="module")
def report() -> Stress:
    made = load_corpus("gold")
    specs = ["quotes-straight", "umlauts-ascii", "capitals", "names-rare", "truncated", "quotes-german"]
    return stress(["quotes-de"], made, specs, samples=100, trials=200)


def printed(parts: Iterator[Any], width: int = 80) -> str:
    console = Console(width=width, no_color=True)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return capture.get()


@pytest.mark.long
def test_the_output_fits_eighty_columns_and_says_what_must_be_known(report: Stress) -> None:
    shown = printed(stress_view(report, cases=2, everything=True))
    assert max(map(cell_len, shown.splitlines())) <= 80
    for words in (
        "meaning unchanged",
        "found again",
        "worst cases",
        "of one document",
        "Nothing here to change",
    ):
        assert words in shown, words
    assert re.search(r"capitals +-\.\d{3}", shown)
    listed = printed(list_view(available()))
    assert max(map(len, listed.splitlines())) <= 80 and "quotes-guillemets" in listed


def test_the_json_follows_its_schema(report: Stress) -> None:
    described = schema("stress")
    Draft202012Validator.check_schema(described)
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert [error.message for error in Draft202012Validator(described).iter_errors(data)] == []


class Page(HTMLParser):
    """Elements with their attributes, and the text of each table cell."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "td":
            self.cells.append("")
        self._inside = tag == "td" or (self._inside and tag == "small")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data


def test_the_heat_map_has_its_numbers_in_the_cells_and_loads_nothing(report: Stress) -> None:
    page = Page(stress_page(report))
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "form"}
    assert not any(
        {"style", "src", "href"} & set(a) or any(k.startswith("on") for k in a) for _, a in page.elements
    )
    [policy] = [a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None and policy.startswith("default-src 'none'; style-src 'sha256-")
    shaded = [a for tag, a in page.elements if tag == "td" and a.get("class") in ("h1", "h2", "h3", "h4")]
    numbers = [cell for cell in page.cells if re.match(r"-\.\d{3}", cell)]
    assert 4 < len(shaded) - 4 <= len(numbers), "each shade has its number (four stand in the key)"
    scopes = [a.get("scope") for tag, a in page.elements if tag == "th"]
    assert None not in scopes


def test_hostile_texts_stay_text() -> None:
    hostile = "<script>alert(1)</script> \u202e & \ud800 „ß“ ]]>"
    document = Document("<b>", f"Anna {hostile}", Annotations((Entity(Span.of(0, 4), "PER"),)))
    report = stress(Reader(), Corpus.of("<i>", [document]), ["capitals"], samples=5, trials=5)
    page = stress_page(report)
    assert "<script" not in page and "<b>" not in page and "<i>" not in page
    page.encode()
    assert "⟦ANNA⟧" in page


# --- the command ---

needs_script = pytest.mark.skipif(not WORTLAUT.exists(), reason="the wortlaut script is not installed here")


def wortlaut(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run("stress", *arguments, cwd=cwd)


@needs_script
@pytest.mark.long
def test_the_command(tmp_path: Path) -> None:
    done = wortlaut(
        *("-e", "quotes-de", "-t", "nbsp", "-t", "capitals", "--samples", "50"),
        *("--json", "s.json", "--html", "h.html", "--cases", "1"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "capitals, quotes-de" in done.stdout and "wortlaut-stress|corpus:gold@" in done.stdout
    assert json.loads((tmp_path / "s.json").read_text("utf-8"))["format"] == "wortlaut-stress/1"
    assert (tmp_path / "h.html").read_text("utf-8").startswith("<!DOCTYPE html>")


@needs_script
@pytest.mark.long
def test_the_list_as_json(tmp_path: Path) -> None:
    described = schema("transformations")
    listed = json.loads(wortlaut("--list", "--json", "-", cwd=tmp_path).stdout)
    assert [error.message for error in Draft202012Validator(described).iter_errors(listed)] == []
    expected = json.loads(wortlaut("--list", "--expected", "--json", "-", cwd=tmp_path).stdout)
    assert [one["name"] for one in listed if one.get("expected")] == [one["name"] for one in expected]
    assert 10 < len(expected) < len(listed)


@needs_script
@pytest.mark.long
def test_the_command_where_it_cannot_work(tmp_path: Path) -> None:
    for arguments, message in (
        (("--list", "-t", "nfd"), "--list runs nothing"),
        (("-e", "preds:p.jsonl"), "cannot read a changed text"),
        (("-t", "nfx"), "unknown transformation 'nfx'"),
        (("-e", "nobody", "-t", "nbsp"), "unknown extractor 'nobody'"),
        (("--corpus", "nowhere"), "unknown corpus"),
        (("--html", "no/folder.html"), "its folder is not there"),
    ):
        done = wortlaut(*arguments, cwd=tmp_path)
        assert done.returncode == 2 and message in done.stderr, arguments
    assert list(tmp_path.iterdir()) == []


def test_a_built_in_extractor_that_cannot_run_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = ["hanta is left out: it lacks HanTa."]
    monkeypatch.setattr("wortlaut.stress.run.built_in_extractors", lambda: (["quotes-de"], lacking))
    report = stress(None, corpus(1), transforms=["nfd"], samples=0)
    assert report.notes[0] == lacking[0]
