"""Lanes below the text: each mark is under its characters, whole and named; displaCy gets what it holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from strategies import documents

from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.reports.html import marks
from wortlaut.reports.lanes import Lane, displacy, lane_view, wrap

LAYERS = ("entities", "quotes")


def at(text: str, words: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = text.index(words, start + 1)
    return Span.of(start, start + len(words))


def shown(
    document: Document, *systems: Lane, gold: bool = True, layers: Sequence[str] = LAYERS, width: int = 80
) -> list[str]:
    lane = Lane("gold", document.annotations) if gold else None
    return [line.plain for line in lane_view(document, lane, systems, layers, width)]


def lanes_only(lines: list[str]) -> list[str]:
    """Without the heading and without what stands below the text."""
    return lines[2 : next((i for i, line in enumerate(lines) if line.startswith(("quotes:", "A:"))), None)]


TEXT = "Der Rat der Stadt Bonn schlug vor, dass Anna geht."
DOCUMENT = Document(
    "d",
    TEXT,
    Annotations(
        (
            Entity(at(TEXT, "Rat der Stadt Bonn"), "ORG", entity="rat"),
            Entity(at(TEXT, "Bonn"), "LOC", 2),
            Entity(at(TEXT, "Anna"), "PER"),
        ),
        (
            Quote(
                "q1",
                "indirect",
                at(TEXT, "dass Anna geht"),
                cue=Span((at(TEXT, "schlug").fragments[0], at(TEXT, "vor").fragments[0])),
                speaker=at(TEXT, "Der Rat der Stadt Bonn"),
                speaker_entity="rat",
                attribution="explicit",
            ),
        ),
        (Cluster("rat", "Stadtrat", mentions=(at(TEXT, "Der Rat der Stadt Bonn"),)),),
    ),
)


def test_the_lanes_of_a_sentence() -> None:
    found = (Entity(at(TEXT, "Bonn"), "LOC"), Entity(at(TEXT, "Anna"), "LOC"))
    system = Lane("me", Annotations(found), ("entities",))
    assert shown(DOCUMENT, system) == [
        "d (50 characters)",
        "",
        "     Der Rat der Stadt Bonn schlug vor, dass Anna geht.",
        "gold     └ORG─────────────┘                  └──┘PER",
        "                       └──┘LOC",
        "  me                   └──┘LOC               └──┘LOC ✗",
        "gold └q1 speaker──────────┘ └────┘┄└─┘q1 cue",
        "                                        └q1 indirect─┘",
        "",
        "quotes: gold",
        "  q1 indirect: dass Anna geht",
        "      by Stadtrat (explicit); speaker Der Rat der Stadt Bonn; cue schlug … vor",
        "",
        "me, entities: 1 as in the gold, 1 not, 2 of the gold missing",
        "✗ not so in the gold",
        "not shown: 1 clusters (--layer clusters)",
    ]


def test_a_narrow_text_is_wrapped_between_words_and_marks_go_on() -> None:
    assert lanes_only(shown(DOCUMENT, width=30)) == [
        "     Der Rat der Stadt Bonn",
        "gold     └ORG─────────────┘",
        "                       └──┘LOC",
        "gold └q1 speaker──────────┘",
        "",
        "     schlug vor, dass Anna",
        "gold                  └──┘PER",
        "gold └────┘┄└─┘q1 cue",
        "      q1 indirect└─────────",
        "",
        "     geht.",
        "gold ───┘",
        "",
    ]


def test_a_cue_over_two_lines_is_joined_by_a_thread() -> None:
    text = "Er kündigte " + "sehr " * 12 + "viel an."
    cue = Span((at(text, "kündigte").fragments[0], at(text, "an").fragments[0]))
    quote = Quote("q1", "indirect", at(text, "viel"), cue=cue)
    lines = lanes_only(shown(Document("d", text, Annotations(quotes=(quote,))), width=60))
    assert lines == [
        "     Er kündigte sehr sehr sehr sehr sehr sehr sehr sehr",
        "gold    └q1 cue┘┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄",
        "",
        "     sehr sehr sehr sehr viel an.",
        "gold ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄└┘q1 cue",
        "                         └──┘q1 indirect",
        "",
    ]


def test_columns_are_those_of_a_terminal() -> None:
    text = "東京 A\u0308rger 🙂 Ende"
    names = (at(text, "東京"), at(text, "A\u0308rger"), at(text, "🙂"), at(text, "Ende"))
    entities = tuple(Entity(span, "X") for span in names)
    lines = shown(Document("d", text, Annotations(entities)))
    assert lines[2:5] == [
        f"     {text}",
        "gold └X─┘ └X──┘ └┘X",
        "                   └X─┘",
    ]


def test_what_cannot_be_seen_is_written_out() -> None:
    text = "a\u202eb\u202c c\td \x1b[31mrot \u00adx"
    lines = shown(Document("d\u202e", text, Annotations((Entity(at(text, "rot"), "L\x07"),))))
    assert lines[0] == "d⟨U+202E⟩ (20 characters)"
    assert lines[2] == "     a⟨U+202E⟩b⟨U+202C⟩ c⟨TAB⟩d ⟨U+001B⟩[31mrot ⟨SHY⟩x"
    assert lines[3] == "gold " + " " * lines[2][5:].index("rot") + "└─┘L⟨U+0007⟩"


def test_a_mark_on_a_line_end_can_be_seen() -> None:
    text = "eins\n\nzwei"
    lines = shown(Document("d", text, Annotations((Entity(Span.of(4, 6), "X"),))))
    assert lines[2:] == ["     eins⏎", "gold     └X", "", "     ⏎", "gold ┘", "", "     zwei", ""]


def test_systems_with_long_names_get_letters() -> None:
    systems = [
        Lane("preds:results/a very long name.jsonl", DOCUMENT.annotations),
        Lane("hanta", Annotations()),
    ]
    lines = shown(DOCUMENT, *systems)
    assert lines[1] == "A = preds:results/a very long name.jsonl"
    assert [line[:6] for line in lines[4:9]] == [" gold ", "      ", "    A ", "      ", "hanta"]
    assert "A, entities: 3 as in the gold, 0 not, 0 of the gold missing" in lines


def test_a_role_is_right_only_for_the_same_quote() -> None:
    """A speaker's span that the gold has, too, but for another quote, is none of its own."""
    text = "Anna sagt ja. Bert sagt nein."
    anna, bert = at(text, "Anna"), at(text, "Bert")
    gold = (
        Quote("q1", "direct", at(text, "ja"), speaker=anna),
        Quote("q2", "direct", at(text, "nein"), speaker=bert),
    )
    found = (
        Quote("a", "direct", at(text, "ja"), speaker=bert),
        Quote("b", "direct", at(text, "nein"), speaker=bert),
        Quote("c", "indirect", at(text, "ja"), speaker=anna),
    )
    document = Document("d", text, Annotations(quotes=gold))
    lines = shown(document, Lane("me", Annotations(quotes=found)))
    marked = " ".join(lines)
    assert "a b speaker ✗" in marked  # right for one of the two
    assert "c speaker ✗" not in marked and "c speaker" in marked
    assert "c indirect ✗" in marked and "b direct ✗" not in marked
    assert "me, spans of quotes: 3 as in the gold, 2 not, 0 of the gold missing" in lines


def test_without_gold_nothing_is_right_or_wrong() -> None:
    lines = shown(DOCUMENT, Lane("me", DOCUMENT.annotations), gold=False)
    assert "✗" not in "".join(lines)
    assert "me, entities: 3" in lines
    bare = Document("d", TEXT)
    assert "me, entities: 3 (the gold has no entities)" in shown(bare, Lane("me", DOCUMENT.annotations))


def test_clusters_are_marked_by_their_id() -> None:
    lines = shown(DOCUMENT, layers=("clusters",))
    assert "└rat" in lines[3]
    assert lines[-1] == "not shown: 3 entities (--layer entities), 1 quotes (--layer quotes)"


#: The line breaks at a space, which then has no column, and of which spans cover just that space.
WITHOUT_COLUMNS = Document(
    "d",
    "Anna, die das gesagt hat, ist müde. Bert nicht.",
    Annotations(
        quotes=(
            *(Quote(id, "direct", Span.of(30, 31)) for id in ("q1", "q2")),
            Quote("q3", "direct", Span.of(30, 31), addressee=Span.joined([(0, 4), (35, 36)])),
        )
    ),
)


def test_an_empty_text() -> None:
    assert "(no text)" in shown(Document("d", ""))


@given(documents(), st.integers(40, 100))
@example(WITHOUT_COLUMNS, 40)
def test_every_mark_is_named_and_no_line_is_too_wide(document: Document, width: int) -> None:
    lines = shown(document, Lane("x", document.annotations), width=width)
    text = "\n".join(lines)
    for mark in marks(document.annotations, LAYERS):
        assert mark.text[:9] in text
    assert "✗" not in text.replace("✗ not so in the gold", "")
    for line in lines:
        # rich counts joined emoji as one; here each stands for itself.
        assert cell_len(line) <= width
        assert not any(unicodedata.category(character) in ("Cc", "Cf") for character in line)


@given(documents(), st.integers(10, 40))
def test_lines_hold_the_whole_text(document: Document, width: int) -> None:
    lines = list(wrap(document.text, width))
    assert "".join(document.text[line.start : line.end] for line in lines) == document.text
    for line in lines:
        assert len(line.columns) == line.end - line.start + 1
        assert list(line.columns) == sorted(line.columns)
        assert line.columns[-1] <= width or line.end - line.start == 1


def test_displacy_holds_every_span() -> None:
    (made,), lost = displacy(DOCUMENT, [Lane("gold", DOCUMENT.annotations)], LAYERS)
    assert made["text"] == TEXT
    assert [TEXT[e["start"] : e["end"]] for e in made["ents"]] == ["Rat der Stadt Bonn", "Anna"]
    covered = {
        (s["label"], " ".join(made["tokens"][s["start_token"] : s["end_token"]])) for s in made["spans"]
    }
    assert ("LOC", "Bonn") in covered and ("q1 cue", "schlug") in covered and ("q1 cue", "vor") in covered
    assert lost == [
        "gold: q1 cue [23, 29) + [30, 33) is in pieces: each is a span of its own",
        "gold: 1 entities inside others or in pieces are in spans, not in ents",
    ]


@given(documents())
def test_displacy_renders_any_document(document: Document) -> None:
    from spacy import displacy as spacy_displacy

    made, _ = displacy(document, [Lane("gold", document.annotations)], LAYERS)
    for span in made[0]["spans"]:
        words = made[0]["tokens"][span["start_token"] : span["end_token"]]
        covered = document.text[span["start"] : span["end"]]
        assert "".join("".join(words).split()) == "".join(covered.split())
        assert words[0] == covered[: len(words[0])] and words[-1] == covered[-len(words[-1]) :]
    assert spacy_displacy.render(made, style="ent", manual=True, jupyter=False)
    spacy_displacy.render(made, style="span", manual=True, jupyter=False)
