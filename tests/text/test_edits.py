"""Edits and offset maps: exact, monotone, invertible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from wortlaut.errors import DataError
from wortlaut.model import Span
from wortlaut.text.edits import Edit, OffsetMap, apply, arranged, difference


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(texts())
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    pairs = [pair for i, pair in enumerate(pairs) if pair not in pairs[:i]]
    words = st.sampled_from(("", "x", "🙂", "e\u0301", "\r\n", "lang und länger"))
    return text, [Edit(start, end, draw(words)) for start, end in pairs]


@given(edited())
def test_the_text_is_that_of_the_edits_and_the_map_covers_both_sides(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    new, offsets = apply(text, edits)
    expected, last = "", 0
    for edit in edits:
        expected += text[last : edit.start] + edit.text
        last = edit.end
    assert new == expected + text[last:]
    assert offsets.monotone
    for side, length in ((("start", "end"), len(text)), (("new_start", "new_end"), len(new))):
        ends = [tuple(getattr(piece, name) for name in side) for piece in offsets.pieces]
        assert [start for start, _ in ends] == [0, *(end for _, end in ends)][: len(ends)]
        assert (ends[-1][1] if ends else 0) == length
    for piece in offsets.pieces:
        assert not piece.copied or text[piece.start : piece.end] == new[piece.new_start : piece.new_end]


@given(edited())
def test_positions_are_monotone_and_copied_characters_go_there_and_back(
    case: tuple[str, list[Edit]],
) -> None:
    text, edits = case
    new, offsets = apply(text, edits)
    places = [offsets.position(at) for at in range(len(text) + 1)]
    assert places == sorted(places) and places[0] >= 0 and places[-1] <= len(new)
    back = offsets.inverse()
    for piece in offsets.pieces:
        if piece.copied:
            for at in range(piece.start, piece.end):
                moved = offsets.span(Span.of(at, at + 1))
                assert moved is not None and new[moved.start] == text[at]
                assert back.span(moved) == Span.of(at, at + 1)


@given(edited(), st.data())
def test_a_span_holds_what_its_characters_became(case: tuple[str, list[Edit]], data: st.DataObject) -> None:
    text, edits = case
    if not text:
        return
    start = data.draw(st.integers(0, len(text) - 1))
    span = Span.of(start, data.draw(st.integers(start + 1, len(text))))
    new, offsets = apply(text, edits)
    if offsets.crossed(span):
        assert any(e.start < place < e.end for e in edits for place in (span.start, span.end))
        return
    inside = [e for e in edits if span.start <= e.start and e.end <= span.end]
    # What is put in at an edge stays outside.
    inside = [e for e in inside if e.start < e.end or span.start < e.start < span.end]
    expected, last = "", span.start
    for edit in inside:
        expected += text[last : edit.start] + edit.text
        last = edit.end
    expected += text[last : span.end]
    moved = offsets.span(span)
    assert (moved.text(new) if moved else "") == expected


def test_moved_pieces_are_not_monotone_and_come_back() -> None:
    new, offsets = arranged("Eins. Zwei.", [(6, 11), (5, 6), (0, 5)])
    assert new == "Zwei. Eins."
    assert not offsets.monotone
    assert offsets.span(Span.of(0, 4)) == Span.of(6, 10)
    assert offsets.span(Span.of(4, 7)) == Span(((0, 1), (5, 6), (10, 11)))
    assert offsets.inverse().span(Span.of(6, 10)) == Span.of(0, 4)


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 3, "x"), Edit(2, 4, "y")],
        [Edit(1, 1, "x"), Edit(1, 1, "y")],
        [Edit(4, 9, "")],
        [Edit(-1, 0, "x")],
        [Edit(3, 2, "x")],
    ],
)
def test_edits_that_cannot_be_made(edits: list[Edit]) -> None:
    with pytest.raises(DataError):
        apply("vier ", edits)


def test_nothing_to_edit() -> None:
    assert apply("", []) == ("", OffsetMap(()))
    assert apply("ab", [Edit(0, 1, "a")])[1].pieces[0].copied, "an edit that changes nothing is none"


@given(texts(), texts())
def test_a_difference_makes_one_text_of_the_other(old: str, new: str) -> None:
    assert apply(old, difference(old, new))[0] == new


@given(edited())
def test_a_difference_leaves_alone_what_is_the_same(case: tuple[str, list[Edit]]) -> None:
    new, _ = apply(*case)
    assert apply(case[0], difference(case[0], new))[0] == new
    assert difference(new, new) == []


def test_a_difference_is_of_words() -> None:
    old = "Anna kam. Bert ging nach Ulm.\n\nDann kam Karl."
    new = "Anna kam. Bert Maier ging nach Bonn.\n\nDann kam Karl wieder."
    assert [(old[edit.start : edit.end], edit.text) for edit in difference(old, new)] == [
        ("", " Maier"),
        ("Ulm", "Bonn"),
        ("", " wieder"),
    ] or difference(old, new)[0].text in ("Maier ", " Maier")
