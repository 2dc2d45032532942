"""Names swapped for others of the same kind, so that a system must read and cannot recall."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from random import Random

from wortlaut.annotations.carry import Transformed, boundaries, edited
from wortlaut.errors import DataError
from wortlaut.extractors.names import cities
from wortlaut.model import Document, Entity
from wortlaut.stress.registry import Transformation
from wortlaut.text import lists
from wortlaut.text.edits import Edit

KINDS = ("frequent", "rare", "foreign", "feminine")
_lists = partial(lists.read_sections, "wortlaut.stress", "names.txt")
_ENDINGS = ("", "e", "en", "er", "es", "em")
_ARTICLE = re.compile(
    r"\b(?:der|die|das|den|dem|des|eine?[rnms]?|im|zum|zur|vom|beim|am|ins)\s+$", re.IGNORECASE
)


@dataclass(frozen=True)
class _Group:
    """The entities that name one thing, what it is called, and which of that is surely no genitive."""

    key: str
    entities: tuple[Entity, ...]
    known: frozenset[str]
    names: frozenset[str]


def swapped(document: Document, random: Random, *, kind: str) -> Transformed:
    """Persons, countries, places and organisations under new names: one thing, one new name all through.

    A thing is left as it is, and reported, where one of its names cannot be rewritten for certain. Only
    names that are annotated are swapped.
    """
    if kind not in KINDS:
        raise DataError(f"{kind!r} is no kind of names", hint=f"One of {', '.join(KINDS)}.")
    fixed = boundaries(document)
    taken = set(re.findall(r"\w+", document.text))
    edits: list[Edit] = []
    left: list[str] = []
    spellings: dict[str, str] = {}
    for group in _groups(document):
        reason = _untouchable(document, group, fixed)
        forms = {} if reason else _forms(document, group, kind, random, taken)
        if not forms:
            left.append(f"{group.key}: {reason or 'a form of its name is not one that can be rewritten'}")
            continue
        spellings |= forms
        edits += [Edit(e.span.start, e.span.end, forms[e.span.text(document.text)]) for e in group.entities]
    return edited(document, edits, names=partial(_respelt, forms=spellings), left=left)


def _groups(document: Document) -> Iterator[_Group]:
    """By cluster; names without one belong to those whose last word they are."""
    clusters = {cluster.id: cluster for cluster in document.clusters}
    surfaces = [entity.span.text(document.text) for entity in document.entities]
    pairs = list(zip(document.entities, surfaces, strict=True))
    # Of several names with the same last word the first.
    full = {s.split()[-1]: s for e, s in reversed(pairs) if e.entity is None and len(s.split()) > 1}
    members: dict[tuple[bool, str, str], list[Entity]] = defaultdict(list)
    for entity, surface in pairs:
        if entity.entity is not None:
            key = (True, entity.entity, "")
        else:
            last = surface.split()[-1] if surface.split() else surface
            stem = last[:-1] if last.endswith("s") and last not in full else last
            bare = surface[:-1] if surface.endswith("s") and surface[:-1] in surfaces else surface
            key = (False, full.get(stem, bare), entity.label[:3])
        members[key].append(entity)
    for (clustered, name, _), entities in members.items():
        known = {entity.span.text(document.text) for entity in entities}
        cluster = clusters.get(name) if clustered else None
        sure = {cluster.name, *cluster.aliases} if cluster else set()
        yield _Group(name, tuple(entities), frozenset(known | sure), frozenset(sure))


def _untouchable(document: Document, group: _Group, fixed: frozenset[int]) -> str:
    for entity in group.entities:
        if entity.span.discontinuous:
            return "a name of several pieces"
        if any(e.span.overlap(entity.span) and e is not entity for e in document.entities):
            return "a name inside another one"
        if not fixed.isdisjoint(range(entity.span.start + 1, entity.span.end)):
            return "an annotation ends inside the name"
    return ""


def _forms(document: Document, group: _Group, kind: str, random: Random, taken: set[str]) -> dict[str, str]:
    """Old surface → new one, for all of the group's surfaces; empty if one of them is not understood.

    Names of the cluster that the text does not have may be among them.
    """
    labels = {entity.label for entity in group.entities}
    surfaces = sorted({entity.span.text(document.text) for entity in group.entities})
    chosen = "frequent" if kind == "feminine" else kind
    if labels == {"PER"}:
        return _person(group, surfaces, chosen, kind == "feminine", random, taken)
    if labels <= {"LOC", "LOCderiv", "LOCpart"}:
        if (country := _country(group)) is not None:
            return _countries(country, surfaces, chosen, random, taken)
        if labels == {"LOC"} and not _with_article(document, group):
            return _single(surfaces, group, _places(chosen), random, taken)
    if labels == {"ORG"} and not _with_article(document, group):
        return _single(surfaces, group, _lists()[f"organisations {chosen}"], random, taken)
    return {}


def _with_article(document: Document, group: _Group) -> bool:
    """An article agrees with a name that the new one may not agree with."""
    return any(_ARTICLE.search(document.text[: e.span.start][-12:]) for e in group.entities)


def _person(
    group: _Group, surfaces: Sequence[str], kind: str, women: bool, random: Random, taken: set[str]
) -> dict[str, str]:
    bases = _bases(group, surfaces)
    if not bases or not all(
        re.fullmatch(r"[^\W\d_][\w'’.-]*(?: [\w'’.-]+){0,3}", base) for base in bases.values()
    ):
        return {}
    full = max(bases.values(), key=lambda base: (len(base.split()), base)).split()
    alone = {base for base in bases.values() if " " not in base}
    feminine = women or (len(full) > 1 and _is_feminine(full[0]))
    first = _drawn(_lists()[f"{kind} {'feminine' if feminine else 'masculine'}"], random, taken)
    last = _drawn(_lists()[f"{kind} family"], random, taken)
    forms = {}
    for surface, base in bases.items():
        parts = base.split()
        if parts == full:
            new = f"{first} {last}" if len(full) > 1 else last
        elif base == full[-1] or (base == full[0] and full[-1] not in alone):
            new = last  # the family name may come first: Kim Jong Un
        elif base == full[0]:
            new = first
        else:
            return {}
        forms[surface] = new + surface[len(base) :].replace("'", "s").replace("’", "s")
    # What the cluster is called without being so in the text changes, too: never a new name half an old one.
    longer = (name for name in group.names if " " in name and not alone.isdisjoint(name.split()))
    return {name + s: f"{first} {last}{s}" for name in longer for s in ("", "s")} | forms


def _bases(group: _Group, surfaces: Sequence[str]) -> dict[str, str]:
    """Surface → without the ending of a genitive; empty where it is not certain whether one has it."""
    words = {word for name in group.known for word in name.split()}
    bases = {}
    for surface in surfaces:
        stem = surface.rstrip("’'") if surface[-1] in "’'" else surface.removesuffix("s")
        last = stem.split()[-1:]
        if stem == surface or surface in group.names:
            bases[surface] = surface
        elif stem in group.known or (last and last[0] in words) or stem in _cities():
            bases[surface] = stem
        elif surface in _cities():
            bases[surface] = surface
        else:
            return {}
    return bases


def _country(group: _Group) -> str | None:
    table = _countries_known()
    found = {stem for name in group.known for stem in (name, name.removesuffix("s")) if stem in table}
    return found.pop() if len(found) == 1 else None


def _countries(
    country: str, surfaces: Sequence[str], kind: str, random: Random, taken: set[str]
) -> dict[str, str]:
    table = _countries_known()
    candidates = [pair.partition(":")[0] for pair in _lists()[f"countries {kind}"]]
    new = _drawn([name for name in candidates if name != country], random, taken)
    old_stem, new_stem = table[country], table[new]
    known = {country: new, f"{country}s": f"{new}s"}
    known |= {
        old + ending: to + ending
        for old, to in ((old_stem, new_stem), (_capital(old_stem), _capital(new_stem)))
        for ending in _ENDINGS
    }
    compounds = {s: new + s[len(country) :] for s in surfaces if s.startswith(f"{country}-")}
    forms = compounds | known
    return forms if forms.keys() >= set(surfaces) else {}


def _single(
    surfaces: Sequence[str], group: _Group, names: Sequence[str], random: Random, taken: set[str]
) -> dict[str, str]:
    """A name of one word, with or without the ending of a genitive."""
    bases = set(_bases(group, surfaces).values())
    if len(bases) != 1 or not re.fullmatch(r"[^\W\d_a-z]\w+", min(bases)):
        return {}
    [base] = bases
    new = _drawn(names, random, taken)
    return {surface: new + ("s" if surface != base else "") for surface in surfaces}


def _drawn(names: Sequence[str], random: Random, taken: set[str]) -> str:
    """One that the text does not have; where all are taken, one more of them with a number of its own."""
    free = [name for name in names if taken.isdisjoint(re.findall(r"\w+", name))]
    name = random.choice(free) if free else f"{random.choice(names)}-{random.choice(names)}"
    taken.update(re.findall(r"\w+", name))
    return name


def _is_feminine(name: str) -> bool:
    """By lists, else by its end: most names in -a are feminine."""
    known = {n for key, names in _lists().items() if key.endswith("feminine") for n in names}
    return name in known or (name.endswith("a") and name not in _lists()["masculine in a"])


def _respelt(name: str, forms: Mapping[str, str]) -> str:
    if not forms:
        return name
    # The longest first, so that a whole name goes before its parts.
    old = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{old})(?!\w)", lambda match: forms[match.group()], name)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


@cache
def _countries_known() -> Mapping[str, str]:
    pairs = [pair for key, names in _lists().items() if key.startswith("countries") for pair in names]
    return dict(pair.split(":") for pair in pairs)


@cache
def _places(kind: str) -> tuple[str, ...]:
    """Cities: a list of our own, or those listed that are small, or far away and large."""
    if kind == "frequent":
        return _lists()["places frequent"]
    found = {
        name
        for name, (country, inhabitants) in _cities().items()
        if (country in ("DE", "AT", "CH")) is (kind == "rare")
        and (inhabitants < 25_000 if kind == "rare" else inhabitants > 800_000)
    }
    return tuple(sorted(n for n in found if re.fullmatch(r"[^\W\d_]{4,}", n) and n[-1] not in "sxzß"))


@cache
def _cities() -> Mapping[str, tuple[str, int]]:
    """Name → country and inhabitants; of several cities of a name the largest."""
    ordered = sorted(cities(), key=lambda city: city[2])
    return {name: (country, inhabitants) for name, country, inhabitants in ordered}


def _kind(kind: str, does: str) -> Transformation:
    return Transformation(f"names-{kind}", does, "changed", partial(swapped, kind=kind))


TRANSFORMATIONS = (
    _kind("frequent", "names swapped for frequent German ones"),
    _kind("rare", "names swapped for rare German ones"),
    _kind("foreign", "names swapped for ones from far away"),
    _kind("feminine", "names swapped for frequent ones, those of women; roles and pronouns stay"),
)
