"""Layers: every character that is not white space is covered once, and German stops end what they end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wortlaut.text.segments import paragraphs, sentences, tokens

# Any Unicode, and dense in what the rules look at.
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="aZ3.!?…„“»«\"' -\n\r\u2028\u0308z. B.)("),
    st.lists(
        st.sampled_from(["Dr. ", "am 3. ", "Mai", "z. B. ", "„Ja.“ ", "\n", "er ", "Ende. ", "usw.", "\x85"])
    ).map("".join),
)


@pytest.mark.parametrize("layer", [paragraphs, sentences, tokens])
@given(text=TEXTS)
def test_covers_in_order_without_overlap(layer, text):
    found = layer(text)
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(end <= start for (_, end), (start, _) in pairwise(found))
    covered = {position for start, end in found for position in range(start, end)}
    assert covered >= {position for position, character in enumerate(text) if not character.isspace()}
    assert all(not text[start].isspace() and not text[end - 1].isspace() for start, end in found)


@given(text=TEXTS)
def test_layers_nest(text):
    """A sentence lies in one paragraph, a token in one sentence; no token holds white space."""
    for outer, inner in ((paragraphs(text), sentences(text)), (sentences(text), tokens(text))):
        edges = {position for start, end in outer for position in range(start + 1, end)}
        assert all(set(range(start + 1, end)) <= edges for start, end in inner)
    assert not any(character.isspace() for start, end in tokens(text) for character in text[start:end])


@pytest.mark.parametrize(
    "expected",
    [
        ["Am 3. Mai kam er.", "Er blieb."],
        ["Das 19. Jahrhundert endete.", "Dann kam das 20. Ein neues."],
        ["Die 2. große Reise."],
        ["Es waren 20.", "Danach kamen mehr."],
        ["Er wurde 1990.", "Sie wurde 1991."],
        ["Er rief z. B. Dr. J. Müller an.", "Sie nicht."],
        ["Obst usw. gab es."],
        ["„Wir kommen.“", "Der Sprecher ging."],
        ["»Wir kommen.«", "Der Sprecher ging."],
        ["„Komm!“, sagte er.", "„Nein!“ rief sie."],
        ["Er kam … und ging.", "Er kam …", "Dann ging er."],
        ["Was?!", "Ja."],
        ["(Er kam.)", "Sie ging."],
    ],
)
def test_sentences(expected):
    text = " ".join(expected)
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_sentences_end_at_line_ends():
    text = "  Eine Überschrift \n\r\nein Satz. Noch einer\u2028Ende"
    assert [text[s:e] for s, e in sentences(text)] == ["Eine Überschrift", "ein Satz.", "Noch einer", "Ende"]
    assert [text[s:e] for s, e in paragraphs(text)] == ["Eine Überschrift", "ein Satz. Noch einer", "Ende"]


@pytest.mark.parametrize(
    "expected",
    [
        "US-Beamte sagten : „ Nein “ .",
        "Ein- und -ausfuhr kosten 10.000 Euro , 3,5 % mehr .",
        "Am 3. Mai kam Dr. J. Müller z. B. um 17:30 Uhr .",
        "Geht’s den Bürger:innen gut ?",
        "Er kam usw .",
        "Gru\u0308n bleibt ein Wort .",
        "Siehe www.example.org/a.b ( dort ) ...",
    ],
)
def test_tokens(expected):
    text = expected
    for mark in ",.?:%)":
        text = text.replace(f" {mark}", mark)
    text = text.replace("„ ", "„").replace(" “", "“").replace("( ", "(")
    assert [text[start:end] for start, end in tokens(text)] == expected.split()
