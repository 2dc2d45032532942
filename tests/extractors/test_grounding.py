"""What a model quotes is found in the text, at the place that is meant, or not at all."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wortlaut.extractors.grounding import Grounder
from wortlaut.model import Span


@pytest.mark.parametrize(
    "text, words, found",
    [
        ("Er sagt: „Ja“.", "„Ja“", ["„Ja“"]),
        ("Er sagt: „Ja“.", '"Ja"', ["„Ja“"]),
        ("Er sagt: »Ja – nein…«", "'Ja - nein...'", ["»Ja – nein…«"]),
        ("ein\n  langer\u00a0Satz", "ein langer Satz", ["ein\n  langer\u00a0Satz"]),
        ("ein langer Satz", " ein\nlanger\t Satz\n", ["ein langer Satz"]),
        ("Süd\u00adkorea und Süd\u200bkorea", "Südkorea", ["Süd\u00adkorea", "Süd\u200bkorea"]),
        ("Die Müllers", unicodedata.normalize("NFD", "Müllers"), ["Müllers"]),
        (unicodedata.normalize("NFD", "Die Müllers"), "Müllers", [unicodedata.normalize("NFD", "Müllers")]),
        ("김정은 sagt", unicodedata.normalize("NFD", "김정은"), ["김정은"]),
        ("DIE STRASSE", "die Straße", ["DIE STRASSE"]),
        ("die Straße", "DIE STRASSE", ["die Straße"]),
        # An exact place wins over one in other case, a whole word over a part of one.
        ("UNO und Uno und uno", "Uno", ["Uno"]),
        ("Yoons Yoon Yoon", "Yoon", ["Yoon", "Yoon"]),
        ("Die Putinfreunde", "Putin", ["Putin"]),
        ("ana anana", "ana", ["ana"]),
        # Half of a character is no match.
        ("Aufruß", "Aufrus", []),
        ("Schwä gern", "Schwa", []),
        ("Er sagt ja", "Er sagte ja", []),
        ("Er sagt ja", "", []),
        ("Er sagt ja", " \u200b", []),
    ],
)
def test_find(text: str, words: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in Grounder(text).find(words)] == found


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.data())
def test_every_part_of_a_text_is_found_where_it_stands(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    words = text[start:end].strip()
    found = Grounder(text).find(words)
    assert all(text[a:b] == words for a, b in found)
    assert bool(found) == bool(words)


@given(st.text("aäAÄß „“–\n\u0308\u00ad", max_size=30), st.text('aäAß "-\n\u0308', max_size=6))
def test_places_are_inside_the_text_and_equal_under_normalisation(text: str, words: str) -> None:
    for start, end in Grounder(text).find(words):
        assert 0 <= start < end <= len(text)
        assert Grounder(text[start:end]).find(words) == [(0, end - start)]


def test_the_place_that_is_meant() -> None:
    text = "Yoon lobt Kim. Kim dankt Yoon. Yoon geht."
    grounder = Grounder(text)
    assert grounder.place("Yoon", None, 0, []) == (0, 4)
    assert grounder.place("Yoon", None, 5, [(0, 4)]) == (25, 29)
    assert grounder.place("Yoon", "Yoon geht", 0, []) == (31, 35)
    assert grounder.place("Yoon", "Yoon ging", 0, []) == (0, 4)
    assert grounder.place("Yoon", "dankt  yoon", 0, [(25, 29)]) == (0, 4)
    assert grounder.place("Kim", None, 40, []) == (10, 13)
    assert grounder.place("Kim", None, 0, [(10, 13), (15, 18)]) is None
    assert grounder.place("Putin", None, 0, []) is None


def test_a_role_is_near_its_quote() -> None:
    text = "Er sagte nichts. Dann fuhr er fort: „Er kommt“, sagte er."
    grounder = Grounder(text)
    content = Span.of(text.index("„"), text.index("“") + 1)

    def surface(*parts: str, within: Span | None = None) -> str | None:
        span = grounder.nearest(parts, content, within)
        return span and f"{span.text(text)} @{span.start}"

    assert surface("sagte") == f"sagte @{text.rindex('sagte')}"
    assert surface("fuhr", "fort") == f"fuhr … fort @{text.index('fuhr')}"
    assert surface("er") == f"er @{text.index('er fort')}"
    assert surface("er", within=Span.of(content.end, len(text))) == f"er @{text.rindex('er')}"
    assert surface("Er") == "Er @0"
    assert surface("fuhr", "weg") is None
    assert surface() is None
