"""Names from lists, in German sentences; and the lists themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from hostile import calls

from wortlaut.extractors import names, resolve, run
from wortlaut.extractors.registry import Loaded
from wortlaut.model import ENTITY_LABELS, Document

CASES = [
    ("Nordkoreas Nachbar Südkorea protestiert.", ["Nordkoreas LOC", "Südkorea LOC"]),
    (
        "Russische Truppen, ein russisches Schiff und der südkoreanische Präsident.",
        ["Russische LOCderiv", "russisches LOCderiv", "südkoreanische LOCderiv"],
    ),
    ("Er spricht Russisch und Deutsch.", []),
    (
        "Die Amerikaner und eine Russin trafen Berliner.",
        ["Amerikaner LOCderiv", "Russin LOCderiv", "Berliner LOCderiv"],
    ),
    (
        "US-Beamte und der EU-Gipfel, der CDU-Chef und Nato-Partner.",
        ["US-Beamte LOCpart", "EU-Gipfel ORGpart", "CDU-Chef ORGpart", "Nato-Partner ORGpart"],
    ),
    (
        "Der US-amerikanische und der deutsch-französische Plan.",
        ["US-amerikanische LOCderiv", "deutsch-französische LOCderiv"],
    ),
    (
        "In den Vereinigten Staaten von Amerika und der Dominikanischen Republik.",
        ["Vereinigten Staaten von Amerika LOC", "Dominikanischen Republik LOC"],
    ),
    (
        "Der Rat der Vereinten Nationen und die Europäische Union.",
        ["Vereinten Nationen ORG", "Europäische Union ORG"],
    ),
    ("Das Urteil des Bundesgerichtshofs und des Bundesrates.", ["Bundesgerichtshofs ORG", "Bundesrates ORG"]),
    ("Sie reiste von Moskau über Peking nach Dortmund.", ["Moskau LOC", "Peking LOC", "Dortmund LOC"]),
    ("Paris’ Bürgermeisterin und Bayerns Minister", ["Paris’ LOC", "Bayerns LOC"]),
    ("Das Essen war im Regen kalt, und die Halle lag im Wald.", []),
    ("Der Autor Jack London schrieb in London.", ["London LOC"]),
    ("New York, New  York, New\nYork", ["New York LOC"]),
    ("Linz 'nein', Linz’ Ufer und Linz ’", ["Linz ' LOC", "Linz’ LOC", "Linz ’ LOC"]),
    ("Jack London, Jack  London, Jack \u200bLondon, Jack\u00a0London", ["London LOC"]),
    ("Frankfurt (Oder), St. Gallen, St.Gallen", ["Frankfurt (Oder) LOC"]),
    ("Köln-Ehrenfeld und das Köln-Konzert", ["Köln-Ehrenfeld LOC", "Köln-Konzert LOCpart"]),
    ("Ein- und Ausfuhr, Montag-", []),
    ("", []),
    ("🙂 „Deutschland“\r\n\tÖsterreich", ["Deutschland LOC", "Österreich LOC"]),
]


@pytest.fixture(scope="module")
def gazetteer() -> Loaded:
    return resolve("gazetteer")


def found(extractor: Loaded, *texts: str) -> list[list[str]]:
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    return [
        [f"{entity.span.text(document.text)} {entity.label}" for entity in annotations.entities]
        for document, annotations in zip(documents, run(extractor, documents, batch_size=3), strict=True)
    ]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_sentences(gazetteer: Loaded, text: str, expected: list[str]) -> None:
    assert found(gazetteer, text) == [expected]


def test_neither_order_nor_batch_matters(gazetteer: Loaded) -> None:
    texts = [text for text, _ in CASES]
    together = found(gazetteer, *texts)
    assert together == [expected for _, expected in CASES]
    assert found(gazetteer, *texts[::-1]) == together[::-1]


def test_the_lists_hold_names_with_labels() -> None:
    known = names.names()
    assert set(known.values()) <= set(ENTITY_LABELS)
    assert all(name == name.strip() and name for name in known)
    assert not [name for name in known if "~" in name]
    assert not {"Essen", "Regen", "Halle", "Zeit", "Russisch", "Welt"} & set(known)
    assert {"Essens"} & set(known) == set()
    sections = names.cues()
    assert "Präsident" in sections["person before"]
    assert all(sections.values())


def test_letters_alone_are_one_token_to_spacy() -> None:
    """So they do not reach it."""
    tokenizer = spacy.blank("de").tokenizer
    letters = [chr(code) for code in range(0x180) if chr(code).isalpha()]
    words = [word for one in letters for word in (one, f"a{one}", f"{one}a", f"a{one}A")]
    rules = [word for word in tokenizer.rules if word.isalpha()]
    assert [word for word in (*words, *rules) if len(tokenizer(word)) != 1] == []


def test_the_cities_are_what_is_looked_up_and_say_whose_they_are() -> None:
    cities = list(names.cities())
    near = {name for name, country, _ in cities if country in names.GERMAN_SPEAKING}
    assert len(near) > 1_000 and ("Dortmund", "DE") in {city[:2] for city in cities}
    for name, _, inhabitants in cities:
        assert name == " ".join(name.split())
        assert name in near or inhabitants >= names.WORLD_POPULATION
    file = Path(names.__file__).with_name("data") / "cities.txt"
    assert "https://creativecommons.org/licenses/by/4.0/" in file.read_text("utf-8")


def test_a_compound_is_looked_up_in_parts_of_names_only() -> None:
    def look_up(word: str) -> None:
        assert names.compound(word, {"Wien": "LOC"}) is None

    assert calls(look_up, "Ost-" * 400 + "a") < 12 * calls(look_up, "Ost-" * 40 + "a")
    assert max(name.count("-") for name in names.names()) == 3


@pytest.mark.parametrize("between", ["=" * 25, "., " * 9, "a" * 1_500 + ",", "_" * 3_000])
def test_names_beside_what_is_cut_have_their_places(gazetteer: Loaded, between: str) -> None:
    text = f"Berlin {between}\nRom {between} US-Bürger"
    assert found(gazetteer, text) == [["Berlin LOC", "Rom LOC", "US-Bürger LOCpart"]]


def test_every_section_of_cues_is_used() -> None:
    from importlib.resources import files

    source = (files("wortlaut.extractors") / "hanta.py").read_text("utf-8")
    assert [section for section in names.cues() if f'["{section}"]' not in source] == []


@pytest.mark.parametrize(
    ("token", "label"),
    [
        ("US-Präsident", "LOCpart"),
        ("Anti-EU-Partei", "ORGpart"),
        ("Nicht-Mitglied", None),
        ("EU", None),
        ("-EU", None),
        ("EU-", None),
        ("süd-russischer", "LOCderiv"),
    ],
)
def test_compounds(token: str, label: str | None) -> None:
    known = {"US": "LOC", "EU": "ORG", "russischer": "LOCderiv"}
    assert names.compound(token, known) == label
