"""Lists of names for German text: from the files of ``data/``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, partial

from wortlaut.text import lists

_HERE = "wortlaut.extractors"
_lines = partial(lists.read_lines, _HERE)
#: Cities of these countries count from the first number of inhabitants on, others from the last;
#: from the middle one on, their own inhabitants have names (Dortmunder).
GERMAN_SPEAKING = frozenset(("DE", "AT", "CH", "LI", "LU"))
CITY_POPULATION, OWN_INHABITANTS, WORLD_POPULATION = 15_000, 60_000, 150_000
ADJECTIVE_ENDINGS = ("e", "en", "er", "es", "em")
#: What a noun for an inhabitant ends in, and what its other forms end in instead.
_NOUN_ENDINGS = (
    ("e", ("en", "in", "innen")),
    ("er", ("ers", "ern", "erin", "erinnen")),
    ("in", ("innen",)),
)


@cache
def names() -> Mapping[str, str]:
    """Every listed name in every listed form, with its label (LOC, LOCderiv, ORG, OTH)."""
    found: dict[str, str] = dict.fromkeys(_adjectives(), "LOCderiv")
    for city, inhabitants in _cities():
        found |= dict.fromkeys(_genitives(city), "LOC")
        if inhabitants:
            found |= dict.fromkeys(_inhabitants(city), "LOCderiv")
    for names_of, label in (
        ((*_lines("territories.txt"), *_lines("places.txt")), "LOC"),
        (_lines("other.txt"), "OTH"),
        (_lines("organisations.txt"), "ORG"),
    ):
        forms = (form for name in names_of for form in _inflected(name))
        found |= {genitive: label for form in forms for genitive in _genitives(form)}
    return found


@cache
def words(file: str) -> frozenset[str]:
    """The words of a file of ``data/``."""
    return frozenset(word for line in _lines(file) for word in line.split())


@cache
def cues() -> Mapping[str, frozenset[str]]:
    """The sections of ``data/cues.txt``."""
    return {name: frozenset(found) for name, found in lists.read_sections(_HERE, "cues.txt").items()}


def cities() -> Iterator[tuple[str, str, int]]:
    """The cities of ``data/cities.txt`` in their order: name, country, inhabitants."""
    for line in _lines("cities.txt"):
        name, country, inhabitants = line.split("\t")
        yield name, country, int(inhabitants)


def compound(token: str, known: Mapping[str, str]) -> str | None:
    """The label of a token with hyphens that a known name is part of.

    >>> compound("US-Präsident", {"US": "LOC"})
    'LOCpart'
    """
    parts = re.split(r"[-‐‑]", token)
    if len(parts) < 2 or not parts[-1]:
        return None
    if known.get(parts[0]) == "LOC" and (known.get(parts[-1]) == "LOC" or _DISTRICT.search(parts[-1])):
        return "LOC"
    if known.get(parts[-1]) == "LOCderiv" and parts[-1][0].islower():
        return "LOCderiv"
    sizes = range(min(len(parts) - 1, _MOST_PARTS), 0, -1)
    runs = ("-".join(parts[i : i + size]) for size in sizes for i in range(len(parts) - size))
    labels = (known.get(run, "").removesuffix("deriv") for run in runs)
    return next((f"{label}part" for label in labels if label in ("LOC", "ORG", "OTH")), None)


#: No listed name has more: Ho-Chi-Minh-Stadt.
_MOST_PARTS = 4
#: What the districts of a city end in: Köln-Ehrenfeld, Berlin-Mitte.
_DISTRICT = re.compile(r"(feld|berg|dorf|hausen|stadt|heim|burg|bach|ow|Mitte|Nord|Süd|Ost|West)$")


def _cities() -> Iterator[tuple[str, bool]]:
    """Names of cities that are seldom anything else in German, and whether to name the inhabitants."""
    stopped = words("stop.txt")
    for full, country, population in cities():
        near = country in GERMAN_SPEAKING
        if near or population >= WORLD_POPULATION:
            for name in {full, re.sub(r"( am | an der | im | in | \(| ?/).*", "", full)}:
                if len(name) > 3 and name[0].isupper() and name not in stopped:
                    yield name, near and population >= OWN_INHABITANTS


def _adjectives() -> Iterator[str]:
    for line in _lines("adjectives.txt"):
        adjective, *nouns = line.split()
        if adjective != "-":
            inflected = [adjective + ending for ending in ADJECTIVE_ENDINGS]
            # The bare form with a capital is the language.
            yield from (adjective, *inflected, *(form[0].upper() + form[1:] for form in inflected))
        for noun in nouns:
            yield noun
            changed = ((noun.removesuffix(end), forms) for end, forms in _NOUN_ENDINGS if noun.endswith(end))
            yield from (stem + form for stem, forms in changed for form in forms)


def _inhabitants(city: str) -> tuple[str, ...]:
    """``Berliner``, ``Bremer``, ``Karlsruher``: inhabitants, and the adjective, which never changes."""
    if " " in city:
        return ()
    stem = city.removesuffix("e")
    stems = [stem] if not city.endswith("en") else [city, city[:-2]]
    nouns = tuple(stem + "er" for stem in stems)
    return (*nouns, *(noun + ending for noun in nouns for ending in ("n", "s", "in", "innen")))


def _inflected(name: str) -> Iterator[str]:
    """The forms of a name whose adjectives, marked by ``~``, change together: ``Vereint~ Nationen``."""
    yield from (name.replace("~", ending) for ending in (ADJECTIVE_ENDINGS if "~" in name else ("",)))


def _genitives(name: str) -> tuple[str, ...]:
    """The name and its genitives; an abbreviation has none."""
    if name[-1] in "sxzß" and name[-2:].islower():
        return (name, f"{name}’", f"{name}'")
    if not name[-1].isalpha() or name.split()[-1].isupper():
        return (name,)
    return (name, f"{name}s", f"{name}es")
