"""What a notebook shows: HTML that is whole, escaped, without scripts, and says what the object holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from made import Made, corpus

import wortlaut
from wortlaut import Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.errors import ComparisonError, DataError, MissingExtraError, MissingFileError
from wortlaut.reports.escapes import all_visible
from wortlaut.reports.html import Mark, marks, shortened

HOSTILE = "<script>alert(1)</script> ]]> \u202egnp.exe\u202c \x07 & \"'"


class Page(HTMLParser):
    """Parses the HTML, and fails where tags do not match."""

    VOID = ("circle", "line")

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.VOID
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words += data

    def tags(self) -> Iterator[str]:
        return (tag for tag, _ in self.seen)


def nested() -> Document:
    """A name within a name, a quote within a quote, a cue in two parts, crossing spans."""
    text = "Der Rat der Stadt Bonn schlug „ja, „nein“ sagte er“ vor."

    def at(words: str) -> Span:
        return Span.of(text.index(words), text.index(words) + len(words))

    he = Span.of(text.index(" er“") + 1, text.index(" er“") + 3)
    cue = Span((at("schlug").fragments[0], at("vor").fragments[0]))
    return Document(
        "nested",
        text,
        Annotations(
            (
                Entity(at("Rat der Stadt Bonn"), "ORG", entity="rat"),
                Entity(at("Bonn"), "LOC", 2),
                Entity(at("Bonn schlug"), "OTH"),
            ),
            (
                Quote(
                    "q1", "direct", at("„ja, „nein“ sagte er“"), cue=cue,
                    speaker=at("Der Rat der Stadt Bonn"), speaker_entity="rat",
                ),
                Quote("q2", "direct", at("„nein“"), cue=at("sagte"), speaker=he, parent="q1"),
            ),
            (Cluster("rat", "Rat der Stadt", mentions=(he,)),),
        ),
    )  # fmt: skip


def test_the_text_of_a_document_is_whole_and_each_mark_is_named() -> None:
    source = str(wortlaut.show(nested()))
    page = Page(source)
    body = source[source.index('<div class="text"') : source.index("<details>")]
    without_labels = Page(body)
    names = ["ORG", "LOC", "OTH", "q1 direct", "q1 speaker", "q1 cue", "… q1 cue", "q2 direct", "q2 cue"]
    for name in [*names, "q2 speaker"]:
        assert without_labels.words.count(name) >= 1
    assert "Rat der Stadt" in page.words  # whose the quote is
    assert source.count('class="label"') == 10
    text = body
    while 'class="label"' in text:
        start = text.index('<span class="label"')
        text = text[:start] + text[text.index("</span>", start) + len("</span>") :]
    assert Page(text).words == nested().text


def test_hostile_texts_stay_text() -> None:
    span = Span.of(0, len(HOSTILE))
    document = Document(
        HOSTILE,
        HOSTILE,
        Annotations(
            (Entity(span, HOSTILE, entity=HOSTILE),),
            (Quote(HOSTILE, HOSTILE, span, speaker=span, cue=span, speaker_entity=HOSTILE),),
            (Cluster(HOSTILE, HOSTILE, mentions=(span,)),),
        ),
    )
    page = Page(wortlaut.show(document))
    assert "script" not in page.tags()
    assert not [name for _, attributes in page.seen for name in attributes if name.startswith("on")]
    assert "\u202e" not in page.words and "⟨U+202E⟩" in page.words and "⟨U+0007⟩" in page.words
    assert page.words.count("<script>alert(1)</script>") > 5


def test_a_long_document_says_that_it_is_cut() -> None:
    page = Page(wortlaut.show(Document("long", "Wort " * 10_000)))
    assert "The first 20000 of 50000 characters are shown." in page.words
    assert len(page.words) < 25_000


def test_an_empty_document_is_shown_too() -> None:
    assert "0 characters" in Page(wortlaut.show(Document("empty", ""))).words


def test_an_evaluation_shows_every_score_with_its_interval_and_what_failed() -> None:
    evaluation = wortlaut.evaluate(
        [Made(missed={"d00": [1]}), "nothere"], corpus(3), samples=20, on_error="keep"
    )
    page = Page(evaluation._repr_html_())
    strict = evaluation.systems[0].scores["entities"]["strict"]
    assert strict.f1_interval is not None
    assert f"{strict.f1:.3f}" in page.words
    assert f"{strict.f1_interval[0]:.3f}–{strict.f1_interval[1]:.3f}" in page.words
    assert "nothere has no scores" in page.words
    assert str(evaluation.signature) in page.words
    assert list(page.tags()).count("svg") == 2


def test_an_evaluation_is_exported_as_its_parts_are() -> None:
    evaluation = wortlaut.evaluate(
        [Made(missed={"d00": [1]}), Made(spurious=["d01"], spec="other")], corpus(3), samples=20
    )
    frame = evaluation.to_pandas()
    ends = [f"{measure}_{end}" for measure in ("precision", "recall", "f1") for end in ("low", "high")]
    figures = ["precision", "recall", "f1", *ends, "correct", "gold", "predicted"]
    assert list(frame.columns) == ["layer", "schema", "system", "label", *figures]
    assert set(frame["system"]) == {"made", "other"}
    row = frame[(frame.system == "made") & (frame.schema == "strict") & (frame.label == "micro")].iloc[0]
    assert row.f1 == evaluation.systems[0].scores["entities"]["strict"].f1
    markdown = evaluation.to_markdown()
    assert markdown.splitlines()[0].startswith("| layer | schema | system | P |")
    assert f"`{evaluation.signature}`" in markdown
    assert markdown.count("| entities |") == 4
    assert evaluation.to_latex().count("entities & ") == 4


def test_results_and_comparisons_are_tables() -> None:
    a = wortlaut.evaluate([Made(missed={"d00": [1]}, spec="a")], corpus(3), samples=20)
    b = wortlaut.evaluate([Made(spurious=["d01"], spec="b")], corpus(3), samples=20)
    results = a.systems[0].scores["entities"]
    for shown in (results, results["strict"]):
        page = Page(shown._repr_html_())
        assert list(page.tags()).count("table") == 1
        assert all(word in page.words for word in ("PER", "LOC", "micro", "macro"))
    compared = wortlaut.compare(a, b)
    assert "Bonn" not in Page(compared._repr_html_()).words
    page = Page(wortlaut.show(compared))
    assert "A-B" in page.words and "p Holm" in page.words
    assert "Bonn" in page.words and "not spurious" in page.words


def test_no_repr_holds_a_text_and_every_table_goes_into_every_frame() -> None:
    made = corpus(3)
    systems = [Made(missed={"d00": [1]}, spec="a"), Made(spurious=["d01"], spec="b")]
    evaluation = wortlaut.evaluate(systems, made, samples=20, by=["level"])
    compared = wortlaut.compare(evaluation)
    first = evaluation.systems[0]
    tables = [
        (evaluation, "layer"),
        (compared, "layer"),
        (first.scores["entities"]["strict"], "label"),
        (first.breakdowns["entities"]["level"]["strict"], "level"),
    ]
    words = {entity.span.text(one.text) for one in made for entity in one.entities}
    shown = [value for value, _ in tables]
    for value in (made, made[0], *shown, *compared.rows, first, wortlaut.show(compared)):
        assert not any(word in repr(value) for word in words)
        assert len(repr(value)) < 1000
    for table, head in tables:
        rows = repr(table).splitlines()
        assert rows[0].startswith(head) and repr(table) == str(table)
        frames = table.to_pandas(), table.to_polars()
        assert frames[0].columns[0] == frames[1].columns[0] == head
        assert frames[0].to_dict("list") == frames[1].to_dict(as_series=False)
        assert table.to_markdown().startswith(f"| {head} |") and table.to_latex().count(r"\\") >= 3
    row = compared.to_pandas().iloc[0]
    assert (row["f1"], row["f1_low"], row["p_holm"], row["flips"]) == (
        compared.rows[0].test.f1, compared.rows[0].test.interval[0], compared.rows[0].p_holm, 2,
    )  # fmt: skip
    with pytest.raises(DataError, match="no text to show"):
        wortlaut.show(evaluation)


def test_a_data_frame_without_its_library_names_the_install(monkeypatch: pytest.MonkeyPatch) -> None:
    result = wortlaut.score([[(0, 1, "A")]], [[(0, 1, "A")]], samples=0)
    for library in ("pandas", "polars"):
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(MissingExtraError, match=f"python -m pip install {library}"):
            getattr(result, f"to_{library}")()


def test_compare_takes_evaluations_files_and_names(tmp_path: Path) -> None:
    a = wortlaut.evaluate([Made(missed={"d00": [1]})], corpus(3), samples=20)
    b = wortlaut.evaluate([Made(spurious=["d01"])], corpus(3), samples=20)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(a.to_dict()), "utf-8")
    rows = wortlaut.compare(a, b).rows
    assert [(row.a, row.b) for row in rows] == [("made (1)", "made (2)")] * 2
    assert [row.test for row in wortlaut.compare(path, b).rows] == [row.test for row in rows]
    assert [row.test for row in wortlaut.compare(str(path), b.to_dict()).rows] == [row.test for row in rows]
    named = wortlaut.compare({"old": a, "new": path})
    assert [(row.a, row.b) for row in named.rows] == [("made (old)", "made (new)")] * 2
    both = wortlaut.evaluate([Made(spec="x"), Made(spec="y", spurious=["d01"])], corpus(3), samples=20)
    assert {(row.a, row.b) for row in wortlaut.compare(both).rows} == {("x", "y")}
    with pytest.raises(ComparisonError):
        wortlaut.compare(a)
    with pytest.raises(MissingFileError):
        wortlaut.compare(tmp_path / "nothere.json", b)


def test_marks_stand_in_text_order_with_outer_ones_first() -> None:
    found = marks(nested().annotations, ("entities", "clusters"))
    assert [mark.text for mark in found] == ["ORG", "rat", "OTH", "LOC", "rat"]
    assert Mark(Span.of(0, 1), "cue", "cue", ("q1",)).text == "q1 cue"


def test_a_speaker_of_two_quotes_is_one_mark() -> None:
    who, cue = Span.of(0, 4), Span.of(5, 10)
    quotes = [Quote(f"q{i}", "direct", Span.of(10 * i, 10 * i + 5), speaker=who, cue=cue) for i in (2, 3)]
    found = marks(Annotations(quotes=tuple(quotes)), ("quotes",))
    assert [mark.text for mark in found] == ["q2 q3 speaker", "q2 q3 cue", "q2 direct", "q3 direct"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("ä\u0308b", "ä\u0308b"), ("a\u200bb", "a⟨U+200B⟩b"), ("a\tb", "a⟨TAB⟩b"), ("a\u00a0b", "a\u00a0b")],
)
def test_only_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    assert all_visible(text) == shown


def test_shortened_keeps_both_ends() -> None:
    assert shortened("a" * 50 + "b" * 50, 20) == "aaaaaaaaa … bbbbbbbb"
    assert shortened("Eine Zeile mit vielen Wörtern, die zu lang ist", 30) == "Eine Zeile … zu lang ist"
    assert shortened("kurz\nund gut", 20) == "kurz und gut"
