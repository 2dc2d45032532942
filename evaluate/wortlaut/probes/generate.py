"""Makes probes: words are drawn from hashes, so a seed gives the same bytes anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import TypeVar

from wortlaut.errors import DataError, unknown_name
from wortlaut.model import Document
from wortlaut.probes.derive import derive
from wortlaut.probes.forms import Filled, Unfit, subjunctive
from wortlaut.probes.lexicon import HALVES, TOPICS, Row, table, verb
from wortlaut.probes.templates import Template, templates

_T = TypeVar("_T")
#: Items of a phenomenon, and sides of a contrast's pairs, of both halves together.
SIZE = 40
_TRIES = 200
#: Share of words from which on two items of a template are near copies.
NEAR = 0.8
_TABLES = {
    "person": "surnames",
    "someone": "roles",
    "group": "groups",
    "body": "bodies",
    "org": "organisations",
    "country": "countries",
    "city": "cities",
    "place": "places",
    "work": "works",
    "verb": "cue_verbs",
    "cuenoun": "cue_nouns",
    "statement": "statements",
    "plan": "plans",
    "time": "times",
    "scene": "scenes",
}
#: What a verb or noun of saying takes, with names that columns have, too.
_CONSTRUCTIONS = ("direct", "dass", "v2", "zu", "ob")


@dataclass(slots=True)
class _Draw:
    """Choices that depend on the seed and what they are for, and on nothing else."""

    key: str
    count: int = 0

    def one(self, among: Sequence[_T]) -> _T:
        self.count += 1
        number = int.from_bytes(sha256(f"{self.key}\t{self.count}".encode()).digest()[:8], "big")
        return among[number % len(among)]


def generate(
    seed: int = 1, size: int = SIZE, half: str = "", only: str = "", among: Sequence[Template] = ()
) -> Iterator[Document]:
    """The documents of a seed: ``size`` items a phenomenon, and ``size // 2`` pairs a contrast.

    ``half`` is one of :data:`HALVES`, empty both; ``only`` a phenomenon, contrast or template. The same
    arguments give the same documents. Raises a DataError, and UnknownNameError.
    """
    if half and half not in HALVES:
        raise unknown_name("half", half, HALVES)
    known = among or templates()
    if only:
        names = {name for one in known for name in (one.id, one.phenomenon.name, one.contrast) if name}
        if only not in names:
            raise unknown_name("phenomenon, contrast or template", only, sorted(names))
    seen: dict[str, list[frozenset[str]]] = {}
    groups: dict[tuple[str, str, str], list[Template]] = {}
    for template in known:
        if only in ("", template.id, template.phenomenon.name, template.contrast):
            groups.setdefault((template.phenomenon.name, template.contrast, template.half), []).append(
                template
            )
    for (_, contrast, part), group in groups.items():
        if half in ("", part):
            wanted = size // 4 if contrast else size // 2
            for number in range(max(1, wanted)):
                template = group[number % len(group)]
                yield from _item(template, seed, number // len(group) + 1, seen.setdefault(template.id, []))


def _item(template: Template, seed: int, number: int, seen: list[frozenset[str]]) -> Iterator[Document]:
    """One item, or the two of a pair; fillings are drawn anew where they do not fit or stand already."""
    for attempt in range(_TRIES):
        draw = _Draw(f"{seed}\t{template.id}\t{number}\t{attempt}")
        try:
            filled = _fill(template, draw)
            made = [derive(template, side, filled) for side in range(len(template.sides))]
        except Unfit:
            continue
        words = frozenset(made[0][0].split())
        if len({text for text, _ in made}) == len(made) and not any(_near(words, other) for other in seen):
            break
    else:
        raise DataError(
            f"{template.id}: no text in {_TRIES} tries that is not nearly one of those before",
            where=template.where,
            hint="Give its slots fewer needs, or the lexicon more entries.",
        )
    seen.append(words)
    id = f"{template.id}-{number:02d}"
    for side, (text, gold) in zip(("a", "b"), made, strict=False):
        paired = {"contrast": template.contrast, "pair": id, "side": side} if template.contrast else {}
        meta = {
            "phenomenon": template.phenomenon.name,
            "tests": template.phenomenon.tests,
            "template": template.id,
            "half": template.half,
            "seed": str(seed),
        } | paired
        yield Document(id + (side if paired else ""), text, gold, tuple(meta.items()))


def _near(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two texts of a template are nearly the same: they share :data:`NEAR` of all their words."""
    return len(one & other) >= NEAR * len(one | other)


def _fill(template: Template, draw: _Draw) -> dict[str, Filled]:
    topics = [
        topic for topic in TOPICS if all(_rows(*needs, topic, template.half) for needs in _needs(template))
    ]
    if not topics:
        lacking = [
            " ".join((kind, *needs))
            for kind, needs in _needs(template)
            if not any(_rows(kind, needs, topic, template.half) for topic in TOPICS)
        ]
        what = f"no words of the {template.half} half fill {', '.join(lacking) or 'all slots of one topic'}"
        raise DataError(what, where=template.where, hint="Add entries to the lexicon, or ask for less.")
    topic = draw.one(topics)
    filled: dict[str, Filled] = {}
    taken: set[tuple[str, ...]] = set()
    for name, (kind, *needs) in template.slots.items():
        rows = [row for row in _rows(kind, tuple(needs), topic, template.half) if row.key not in taken]
        if not rows:
            raise Unfit
        row = draw.one(rows)
        if "of" in needs:
            row = filled[needs[needs.index("of") + 1]].row
        taken.add(row.key)
        filled[name] = _filled(name, kind, needs, row, topic, template.half, draw, taken)
    return filled


def _filled(
    name: str,
    kind: str,
    needs: list[str],
    row: Row,
    topic: str,
    half: str,
    draw: _Draw,
    taken: set[tuple[str, ...]],
) -> Filled:
    if kind not in ("person", "someone"):
        gender = {"group": "pl"}.get(kind, row["gender"])
        return Filled(name, kind, row, gender)
    gender = next((need for need in needs if need in ("f", "m")), None) or draw.one(("f", "m"))
    if kind == "someone":
        return Filled(name, kind, row, gender)
    firsts = [one for one in _rows("first_names", (gender,), topic, half) if one.key not in taken]
    roles = [one for one in _rows("someone", (), topic, half) if one.key not in taken]
    if not firsts or not roles:
        raise Unfit
    first, role = draw.one(firsts), draw.one(roles)
    taken.update((first.key, role.key))
    return Filled(name, kind, row, gender, first["name"], role)


def _needs(template: Template) -> Iterator[tuple[str, tuple[str, ...]]]:
    for kind, *needs in template.slots.values():
        if kind not in _TABLES:
            raise unknown_name("kind of slot", kind, _TABLES)
        yield kind, tuple(needs)


@cache
def _rows(kind: str, needs: tuple[str, ...], topic: str, half: str) -> list[Row]:
    wanted = [
        need for need in _without_of(needs) if not (kind in ("person", "someone") and need in ("f", "m"))
    ]
    return [
        row
        for row in table(_TABLES.get(kind, kind))
        if row.half in ("", half)
        and (not row["topic"] or topic in row["topic"].split())
        and all(_fits(row, need) for need in wanted)
    ]


def _without_of(needs: Sequence[str]) -> list[str]:
    return [*needs[: needs.index("of")], *needs[needs.index("of") + 2 :]] if "of" in needs else [*needs]


def _fits(row: Row, need: str) -> bool:
    if need.startswith("-"):
        return not _fits(row, need[1:])
    if need == "sep":
        return bool(row["particle"])
    if need == "np" or need.startswith("np-"):
        return "np" in row["takes"].split() and row["prep"] == need[3:]
    if need.startswith("to-"):
        return row["to"] == need[3:]
    if need == "k1":
        return row["number"] == "sg"
    if need == "k2":
        does = verb(row["verb"])
        return row["number"] == "pl" and subjunctive(does, True) == does["k2_pl"]
    if need == "open":
        return row["medium"] in ("open", "speech/writing")
    if row["takes"] and need in _CONSTRUCTIONS:
        return need in row["takes"].split()
    if need in row.cells:
        return bool(row[need])
    return any(need in cell.split() for cell in row.cells.values())
