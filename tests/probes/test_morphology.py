"""Forms that follow from gender, number and case, against tables of German grammar (Duden 4, 2022)."""

from __future__ import annotations

import pytest

from wortlaut.probes import morphology as german
from wortlaut.probes.forms import subjunctive
from wortlaut.probes.lexicon import verb


@pytest.mark.parametrize(
    ("gender", "definite", "indefinite"),
    [
        ("m", "der des dem den", "ein eines einem einen"),
        ("f", "die der der die", "eine einer einer eine"),
        ("n", "das des dem das", "ein eines einem ein"),
        ("pl", "die der den die", "   "),
    ],
)
def test_articles(gender, definite, indefinite):
    cases = german.CASES
    assert [german.definite(gender, case) for case in cases] == definite.split()
    assert [german.article("indefinite", gender, case) for case in cases] == (indefinite.split() or [""] * 4)


@pytest.mark.parametrize(
    ("preposition", "gender", "case", "made"),
    [
        ("in", "m", "dat", ("im", True)),
        ("in", "f", "dat", ("in der", False)),
        ("in", "n", "acc", ("ins", True)),
        ("zu", "f", "dat", ("zur", True)),
        ("zu", "pl", "dat", ("zu den", False)),
        ("von", "n", "dat", ("vom", True)),
        ("bei", "f", "dat", ("bei der", False)),
        ("an", "m", "dat", ("am", True)),
        ("in", "pl", "acc", ("in die", False)),
    ],
)
def test_contractions(preposition, gender, case, made):
    assert german.contracted(preposition, gender, case) == made


@pytest.mark.parametrize(
    ("name", "genitive"),
    [
        ("Anna", "Annas"),
        ("Karl Weiß", "Karl Weiß’"),
        ("Max", "Max’"),
        ("Schulz", "Schulz’"),
        ("Alice", "Alice’"),
        ("Paris", "Paris’"),
        ("Beyoncé", "Beyoncés"),
    ],
)
def test_genitives_of_names(name, genitive):
    assert german.genitive(name) == genitive


def test_pronouns_agree_with_who_is_meant():
    assert [german.personal(g, "dat") for g in ("m", "f", "n", "pl")] == ["ihm", "ihr", "ihm", "ihnen"]
    assert [german.relative(g, "gen") for g in ("m", "f", "n", "pl")] == [
        "dessen",
        "deren",
        "dessen",
        "deren",
    ]
    assert [german.possessive(g, "seinem") for g in ("m", "f", "n", "pl")] == [
        "seinem",
        "ihrem",
        "seinem",
        "ihrem",
    ]


@pytest.mark.parametrize(
    ("lemma", "plural", "form"),
    [("sein", False, "sei"), ("sein", True, "seien"), ("haben", True, "hätten"), ("werden", True, "würden")],
)
def test_subjunctive_two_stands_in_where_one_is_the_indicative(lemma, plural, form):
    assert subjunctive(verb(lemma), plural) == form


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Ayşe Yıldırım", "ayse yildirim"), ("Jürgen Weiß", "juergen weiss"), ("Łukasz", "lukasz")],
)
def test_letters_of_handles_and_ids(name, plain):
    assert german.plain_letters(name) == plain
