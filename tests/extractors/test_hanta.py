"""Names by part-of-speech tags, typed by lists and by the words beside them."""

from __future__ import annotations

import pytest
from hostile import calls

from wortlaut.extractors import resolve, run
from wortlaut.extractors.registry import Loaded
from wortlaut.model import Document

pytest.importorskip("HanTa", reason="HanTa is not installed (extra de)")

CASES = [
    (
        "Der russische Präsident Wladimir Putin traf Angela Merkel in Brüssel.",
        ["russische LOCderiv", "Wladimir Putin PER", "Angela Merkel PER", "Brüssel LOC"],
    ),
    (
        "Ursula von der Leyen sprach mit Papst Benedikt XVI. in Rom.",
        ["Ursula von der Leyen PER", "Benedikt XVI. PER", "Rom LOC"],
    ),
    (
        "Joe Biden kam an. Später lobte Bidens Sprecher den Plan, und Biden lachte.",
        ["Joe Biden PER", "Bidens PER", "Biden PER"],
    ),
    ("Die Reise von Kim Jong Un nach Russland.", ["Kim Jong Un PER", "Russland LOC"]),
    ("Das Landgericht Berlin wies die Klage ab.", ["Landgericht Berlin ORG"]),
    ("Das US-Unternehmen klagt gegen die EU-Kommission.", ["US-Unternehmen LOCpart", "EU-Kommission ORG"]),
    ("Der Hund bellt laut.", []),
    ("", []),
]


@pytest.fixture(scope="module")
def hanta() -> Loaded:
    return resolve("hanta")


def found(extractor: Loaded, *texts: str) -> list[list[str]]:
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    return [
        [f"{entity.span.text(document.text)} {entity.label}" for entity in annotations.entities]
        for document, annotations in zip(documents, run(extractor, documents, batch_size=3), strict=True)
    ]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_sentences(hanta: Loaded, text: str, expected: list[str]) -> None:
    assert found(hanta, text) == [expected]


def test_a_word_of_any_length_is_tagged_in_the_time_of_a_long_one(hanta: Loaded) -> None:
    def tag(word: str) -> None:
        assert found(hanta, word) == [[]]

    assert calls(tag, "x" * 120) < 2 * calls(tag, "y" * 49)


@pytest.mark.long
def test_a_sentence_without_end_is_tagged(hanta: Loaded) -> None:
    assert found(hanta, "„" * 60_000 + " Angela Merkel") == [["Angela Merkel PER"]]


def test_neither_order_nor_batch_matters(hanta: Loaded) -> None:
    texts = [text for text, _ in CASES]
    together = found(hanta, *texts)
    assert found(resolve("hanta"), *texts[::-1]) == together[::-1]
    # A surname that another text has brought up is not remembered.
    alone = found(resolve("hanta"), "Nur Biden Plan.")
    assert found(hanta, "Joe Biden kam.", "Nur Biden Plan.")[1:] == alone


def test_entities_are_in_order_and_do_not_overlap(hanta: Loaded) -> None:
    text = " ".join(text for text, _ in CASES)
    entities = run(hanta, [Document("all", text)])[0].entities
    ends = [0] + [entity.span.end for entity in entities]
    assert all(end <= entity.span.start for end, entity in zip(ends, entities, strict=False))


def test_words_and_sentences_are_tagged_as_by_hanta_itself(hanta: Loaded) -> None:
    """Listed, unlisted, short, in other letters, of no kind; words alone and side by side with others."""
    ours = hanta._extractor._tagger  # type: ignore[attr-defined]
    itself = ours._model
    words = "Der Kanzler lobte iii ſ 9.000 е́ « Abfallfirma , 24-jähriger `` ab x FDP-Bund .".split()
    together = ours._search.readings(word.lower() for word in words)
    for word, alone in ((word, ours._search.readings([word])) for word in together):
        assert alone == {word: together[word]}
        assert dict(together[word]) == pytest.approx(dict(itself.analyze_forward(word)), rel=1e-13), word
    for sentence in ([], words, words[::-1]):
        assert ours.tags(sentence) == itself.tag_sent(sentence, taglevel=0)


@pytest.mark.long
def test_more_words_than_are_kept_are_tagged(hanta: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wortlaut.extractors.hanta_tagger._WORDS", 5)
    text = " ".join(text for text, _ in CASES)
    assert found(hanta, *[text] * 3) == [[name for _, names in CASES for name in names]] * 3
