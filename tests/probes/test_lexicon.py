"""The lexicon of the probes: every cell as the engine and the guidelines need it."""

from __future__ import annotations

import re
from unicodedata import is_normalized

import pytest

from wortlaut.probes.lexicon import TOPICS, size, table

GENDER, YES, KEY = set("fmn"), {"", "yes"}, {"statements": 6, "plans": 3, "scenes": 2}
TAKES = {"direct", "dass", "v2", "zu", "ob", "np"}
MEDIA = {"speech", "writing", "thought", "open"}
#: Columns whose values are few, by table; ``*`` may hold several, separated by spaces.
VALUES = {
    "first_names": {"gender": {"f", "m"}},
    "surnames": {},
    "cities": {"kind": {"", "word"}},
    "countries": {"gender": GENDER | {"pl"}, "article": YES},
    "organisations": {
        "gender": GENDER | {"pl"},
        "article": YES,
        "kind": set("company party club authority medium union university museum agency association".split()),
        "topic*": {*TOPICS},
    },
    "places": {
        "gender": GENDER | {"pl"},
        "article": YES,
        "kind*": {"river", "mountain", "region", "street", "building", "seat", "sea", "island"},
    },
    "works": {
        "gender": GENDER | {"pl"},
        "article": YES,
        "kind": {"title", "event", "law", "product", "award", "currency", "war"},
    },
    "roles": {"topic": {"", *TOPICS}},
    "groups": {"topic": {"", *TOPICS}},
    "bodies": {"gender": GENDER, "topic": {"", *TOPICS}},
    "cue_verbs": {
        "aux": {"haben", "sein"},
        "takes*": TAKES,
        "medium": MEDIA,
        "rare": YES,
        "to": {"", "dat", "acc", "an"},
        "neutral": YES,
    },
    "cue_nouns": {
        "gender": GENDER,
        "takes*": {"dass", "v2", "zu", "ob"},
        "kind": {"say", "state", "fact"},
        "medium": {"", *MEDIA},
    },
    "verbs": {"aux": {"haben", "sein"}},
    "statements": {"topic": {*TOPICS}, "number": {"sg", "pl"}},
    "plans": {"topic": {*TOPICS}, "gender": GENDER},
    "times": {},
    "scenes": {"topic": {"", *TOPICS}},
}
#: Columns that may be empty: by rule, or because there is no such form.
EMPTY = set(
    "adj article gen dat acc def kind part topic particle rare prep to neutral medium verb m_dat middle rest"
    " perf".split()
)
PREFIXES = r"be|emp|ent|er|ge|ver|zer|miss|wider|wieder|hinter|über|unter|um|durch|offen|proph|frohl|orak"


@pytest.mark.parametrize("name", VALUES)
def test_a_table_is_sorted_and_says_everything_once(name):
    rows = table(name)
    lines = [tuple(row.cells.values()) for row in rows]
    assert lines == sorted(lines)
    keys = [line[: KEY.get(name, 1)] for line in lines]
    assert len(set(keys)) == len(keys)
    for row in rows:
        for column, cell in row.cells.items():
            assert cell or column in EMPTY, (column, row.key)
            assert cell == " ".join(cell.split(" ")).strip() and is_normalized("NFC", cell), row.key
        for column, values in VALUES[name].items():
            cell = row[column.rstrip("*")]
            assert (set(cell.split()) if column.endswith("*") else {cell}) <= values, row.key


def test_size():
    assert size() >= 3000


def _stem(row):
    """The verb without particle and ending, and the vowel before -t and -te."""
    base = row["lemma"].removeprefix(row["particle"])
    stem = base[:-2] if base.endswith("en") else base[:-1]
    joint = re.search(r"[td]$|[^aeiouäöürlmnh][mn]$|[^aeiouäöü]h[mn]$", stem)
    return base, stem, "e" if joint else ""


@pytest.mark.parametrize("name", ["cue_verbs", "verbs"])
def test_forms_of_verbs(name):
    """Weak verbs by rule; the others have no past in stem + te, and a participle in -en, or -t (mixed)."""
    for row in table(name):
        base, stem, e = _stem(row)
        past, perf, particle = row["past"], row["perf"], row["particle"]
        assert row["lemma"] == row["inf"] and row["inf"].startswith(particle)
        assert row["past_pl"] == past + ("n" if past.endswith("e") else "en"), row.key
        if row["lemma"] != "sein":
            k1 = base[:-3] + "le" if base.endswith("eln") else stem + "e"
            assert (row["k1"], row["pres_pl"]) == (k1, base), row.key
        if name == "cue_verbs":
            assert row["zu"] == (f"{particle}zu{base}" if particle else f"zu {base}"), row.key
        if past == f"{stem}{e}te":
            assert row["pres"] == f"{stem}{e}t" or row["lemma"] == "sollen", row.key
            bare = re.match(rf"({PREFIXES})|.*ieren$", base)
            allowed = {f"{particle}ge{stem}{e}t"} | ({f"{particle}{stem}{e}t"} if bare else set())
            assert perf in allowed or not perf, row.key
        else:
            mixed = past.endswith("te")
            assert not perf or perf.endswith("t" if mixed else "en") or perf in ("getan", "kundgetan"), (
                row.key
            )
            assert perf.startswith(particle)


@pytest.mark.parametrize("name", ["verbs"])
def test_konjunktiv(name):
    """II of a weak verb is its past; of a strong one the past with -e, and its vowel with umlaut."""
    own = {
        "brauchen": "bräuchte",
        "helfen": "hülfe",
        "stehen": "stünde",
        "gelten": "gälte",
        "nennen": "nennte",
    }
    plain = str.maketrans("äöü", "aou")
    for row in table(name):
        _, stem, e = _stem(row)
        past, k2 = row["past"], row["k2"]
        assert row["k2_pl"] == k2 + "n" and (row["k1_pl"] == row["pres_pl"] or row["lemma"] == "sein")
        if past == f"{stem}{e}te":
            assert k2.translate(plain) == past.translate(plain) or row["lemma"] in own, row.key
        else:
            end = past if past.endswith("e") else past + "e"
            irregular = re.search(r"st(ü|ä)nde$|hülfe$|benennte$", k2)
            assert k2.translate(plain) == end.translate(plain) or irregular, row.key


def test_endings_that_say_the_gender():
    nouns = [(row["nom"], row["gender"]) for name in ("bodies", "cue_nouns") for row in table(name)]
    nouns += [(row["noun"], row["gender"]) for row in table("plans")]
    nouns += [(row["name"].split()[0], row["gender"]) for row in table("organisations") if row["article"]]
    for noun, gender in nouns:
        if re.search(r"(ung|heit|keit|schaft|ion|tät)$", noun):
            assert gender == "f", noun
        if re.search(r"(chen|ium|tum)$", noun):
            assert gender == "n", noun
        if gender == "f" and noun in {row["nom"] for row in table("bodies")}:
            assert noun in {row["gen"] for row in table("bodies")}, noun


def test_nouns_behind_the_article():
    """Masculine and neuter nouns list their genitive; feminine ones do not decline, but for adjectives."""
    for name in ("organisations", "places", "works"):
        for row in table(name):
            if not row["article"]:
                assert not row["gen"], row.key
            elif row["gender"] in "mn":
                assert row["gen"], row.key
            elif row["gender"] == "f" and row["gen"]:
                assert row["gen"] == row["dat"] and "n" in row["gen"].split()[0][-1:], row.key
    for row in table("roles"):
        assert row["f_pl"].removesuffix("nen") == row["f"] or row["f"].endswith("frau")
        assert (row["m_gen"] == row["m_dat"]) or not row["m_dat"] or row["m_gen"] == row["m_dat"] + "s"


def test_the_verb_of_a_statement_is_known():
    lemmas = {row["lemma"] for row in table("verbs")}
    assert {row["verb"] for name in ("statements", "plans") for row in table(name)} <= lemmas


def test_a_capital_is_no_city():
    assert {row["name"] for row in table("cities")}.isdisjoint(row["capital"] for row in table("countries"))


def _names(*tables):
    return {row["name"] for name in tables for row in table(name)}


def test_running_text_holds_no_name():
    """Words that stand without a bracket are no entity."""
    names = _names("first_names", "surnames", "cities", "countries", "organisations", "places", "works")
    names |= {row["adj"] for row in table("cities")}
    for name, columns in (
        ("statements", ("subject", "middle", "rest")),
        ("plans", ("object", "noun", "rest")),
        ("times", ("text",)),
        ("scenes", ("text",)),
        ("roles", ("m", "f")),
        ("groups", ("nom",)),
        ("bodies", ("nom",)),
        ("cue_nouns", ("nom",)),
    ):
        for row in table(name):
            words = {word for column in columns for word in re.findall(r"\w+", row[column])}
            assert names.isdisjoint(words), (row.key, names & words)


def test_no_name_inside_a_name():
    """The engine marks the outer name only (G-ENT-08)."""
    inner = _names("first_names", "surnames", "cities", "countries", "places")
    inner |= {row["adj"] for row in table("cities")}
    stems = tuple(row["adj"] for row in table("countries"))
    for name in ("organisations", "places", "works"):
        for row in table(name):
            words = row["name"].split()
            if len(words) > 1:
                assert inner.isdisjoint(words), (row.key, inner & set(words))
                assert not any(word.lower().startswith(stems) for word in words), row.key


def test_running_text_speaks_of_nobody_who_may_speak():
    """Else the same noun would stand twice in a text, once as a mention and once as none."""
    speakers = {row[c] for row in table("bodies") for c in ("nom", "gen")}
    speakers |= {row[c] for row in table("groups") for c in ("nom", "dat")}
    speakers |= {row[c] for row in table("roles") for c in ("m", "m_gen", "m_pl", "f", "f_pl")}
    for name, columns in (
        ("statements", "subject middle rest"),
        ("plans", "object rest"),
        ("scenes", "text"),
    ):
        for row in table(name):
            words = {word for column in columns.split() for word in re.findall(r"\w+", row[column])}
            assert speakers.isdisjoint(words), (row.key, speakers & words)
