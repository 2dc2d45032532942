"""Reads templates: text with slots in braces and spans in brackets, grouped by the phenomenon they test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from wortlaut.errors import DataError
from wortlaut.model import ATTRIBUTIONS, QUOTE_TYPES, ROLES
from wortlaut.probes.lexicon import HALVES

TASKS = ("entities", "quotes", "cues", "speakers", "joint", "coreference")


@dataclass(frozen=True, slots=True)
class Words:
    """Text as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """``{P.titled.der}``: what fills ``name``, in a form.

    ``agrees`` is the slot whose number it takes, ``plain`` means without entity, ``metonymy`` what it stands
    for, ``label`` that of its entity where it is not that of its kind.
    """

    name: str
    form: tuple[str, ...]
    agrees: str = ""
    plain: bool = False
    label: str = ""
    metonymy: str | None = None


@dataclass(frozen=True, slots=True)
class Capitals:
    """A head of a bracket: all in capitals."""


@dataclass(frozen=True, slots=True)
class Part:
    """A head of a bracket: content (no role) or a role of a quote."""

    quote: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A head of a bracket: a mention of a slot, a cluster, or several together (``P+Q``)."""

    who: str


@dataclass(frozen=True, slots=True)
class Name:
    """A head of a bracket: an entity of a slot or cluster."""

    label: str
    who: str
    metonymy: str | None = None


Head = Part | Mention | Name | Capitals


@dataclass(frozen=True, slots=True)
class Bracket:
    """Nodes under one or more heads."""

    heads: tuple[Head, ...]
    nodes: tuple[Node, ...]


Node = Words | Slot | Bracket


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a quote: ``medium`` may be a verb slot, ``carried`` is a quote with its speaker."""

    id: str
    type: str
    medium: str
    speaker: str
    attribution: str | None
    carried: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A cluster that is no slot, as a template declares it: its name and aliases may hold slots."""

    id: str
    name: tuple[Node, ...]
    type: str
    aliases: tuple[tuple[Node, ...], ...]
    named: bool


@dataclass(frozen=True, slots=True)
class Phenomenon:
    """What is tested, by which task, in a sentence."""

    name: str
    tests: str
    about: str


@dataclass(frozen=True, slots=True)
class Template:
    """``slots`` maps a name to its kind and needs; ``sides`` are one text, or the two of a minimal pair."""

    id: str
    where: str
    phenomenon: Phenomenon
    half: str
    slots: dict[str, tuple[str, ...]]
    quotes: dict[str, Said]
    clusters: dict[str, Known]
    contrast: str
    sides: tuple[tuple[Node, ...], ...]


_SLOT = re.compile(r"(\w+)((?:\.\w+)*)(?:@(\w+))?(~)?(?::([A-Z]+\w*))?(?:!(\w+))?")
_ENTITY = re.compile(r"((?:PER|LOC|ORG|OTH)(?:deriv|part)?)(?:!(\w+))?:(.+)")
_QUOTE = re.compile(r"q\d+")


@cache
def templates() -> tuple[Template, ...]:
    """All templates, by file and place. Raises a DataError at the first that cannot be read."""
    folder = files("wortlaut") / "probes" / "data" / "templates"
    found = [
        one
        for file in sorted(
            (one for one in folder.iterdir() if one.name.endswith(".txt")), key=lambda x: x.name
        )
        for one in parse(file.read_text("utf-8"), file.name)
    ]
    ids = set[str]()
    for one in found:
        if one.id in ids:
            raise DataError(f"two templates are called {one.id}", where=one.where, hint="Rename one.")
        ids.add(one.id)
    return tuple(found)


def parse(content: str, name: str) -> Iterator[Template]:
    """The templates of one file."""
    phenomenon: Phenomenon | None = None
    count: dict[bool, int] = {}
    block: list[tuple[int, str]] = []
    for number, line in [*enumerate(content.split("\n"), 1), (0, "=")]:
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] in "=-" and block:
            if phenomenon is None:
                raise DataError("a template before any phenomenon", where=f"{name}:{block[0][0]}")
            paired = any(each.split()[0] == "contrast" for _, each in block[1:])
            count[paired] = count.get(paired, 0) + 1
            yield _template(block, name, phenomenon, HALVES[(count[paired] + 1) % 2])
            block = []
        if line.startswith("=") and number:
            parts = [part.strip() for part in line[1:].split("|")]
            if len(parts) != 3 or parts[1] not in TASKS:
                hint = f"Write = NAME | TASK | what it tests; a task is one of {', '.join(TASKS)}."
                raise DataError("no phenomenon with its task", where=f"{name}:{number}", hint=hint)
            phenomenon, count = Phenomenon(*parts), {}
        elif line.startswith("--"):
            block = [(number, line)]
        elif line[0] == " " and block:
            block.append((number, line.strip()))
        elif number:
            raise DataError("a line outside of a template", where=f"{name}:{number}", hint="Indent it.")


def _template(block: list[tuple[int, str]], name: str, phenomenon: Phenomenon, half: str) -> Template:
    where = f"{name}:{block[0][0]}"
    head = re.fullmatch(r"--\s+([\w.-]+)\s*(?:\((.*)\))?\s*", block[0][1])
    if head is None:
        raise DataError("this line begins no template", where=where, hint="Write -- ID (P person; …).")
    slots = {}
    for each in filter(None, ((head[2] or "").split(";"))):
        words = each.split()
        if len(words) < 2:
            raise DataError(f"slot {each.strip()!r} has no kind", where=where, hint="Write P person.")
        slots[words[0]] = tuple(words[1:])
    quotes, clusters, contrast = dict[str, Said](), dict[str, Known](), ""
    texts: dict[str, list[str]] = {}
    for number, line in block[1:]:
        place = f"{name}:{number}"
        first = line.split()[0]
        if _QUOTE.fullmatch(first.removesuffix(":")) and first.endswith(":"):
            quotes[first[:-1]] = _said(first[:-1], line[len(first) :], place)
        elif first == "cluster":
            id, _, rest = line.removeprefix("cluster").partition(":")
            called, *more = (part.strip() for part in rest.split(";"))
            type, *aliases = more or ("",)
            named = "unnamed" not in aliases
            names = tuple(_nodes(one, place) for one in (called, *aliases) if one != "unnamed")
            clusters[id.strip()] = Known(id.strip(), names[0], type, names[1:], named)
        elif first == "contrast":
            contrast = line.split()[1]
        elif first in ("a", "b") and contrast:
            texts.setdefault(first, []).append(line[1:].strip())
        else:
            last = [*texts][-1] if contrast and texts else ""
            texts.setdefault(last, []).append(line)
    wanted = ["a", "b"] if contrast else [""]
    if sorted(texts) != wanted:
        raise DataError(f"it has the texts {sorted(texts)}, not {wanted}", where=where)
    sides = tuple(_nodes(" ".join(texts[side]).replace(" ¶ ", "\n\n"), where) for side in wanted)
    return Template(head[1], where, phenomenon, half, slots, quotes, clusters, contrast, sides)


def _said(id: str, line: str, where: str) -> Said:
    parts = [part.strip() for part in line.split(";")]
    good = len(parts) in (4, 5) and parts[0] in QUOTE_TYPES and parts[3] in (*ATTRIBUTIONS, "-")
    if not good or (len(parts) == 5 and not parts[4].startswith("of ")):
        hint = f"{id}: type; medium; speaker or -; attribution or -; of q1 (a speaker carried over)."
        raise DataError(f"{id} is not said as a quote is", where=where, hint=hint)
    carried = parts[4].removeprefix("of ").strip() if len(parts) == 5 else ""
    speaker = "" if parts[2] == "-" else parts[2]
    return Said(id, parts[0], parts[1], speaker, None if parts[3] == "-" else parts[3], carried)


def _nodes(text: str, where: str) -> tuple[Node, ...]:
    stack: list[tuple[tuple[Head, ...], list[Node]]] = [((), [])]
    for token in re.findall(r"\[[^\s\[\]{}]+ |\]|\{[^{}]*\}|[^\[\]{}]+|.", text):
        if token[0] == "[" and len(token) > 1:
            stack.append((tuple(_heads(token[1:-1], where)), []))
        elif token == "]" and len(stack) > 1:
            heads, nodes = stack.pop()
            stack[-1][1].append(Bracket(heads, tuple(nodes)))
        elif token[0] == "{" and len(token) > 2 and (slot := _SLOT.fullmatch(token[1:-1])):
            form = tuple(filter(None, slot[2].split(".")))
            stack[-1][1].append(Slot(slot[1], form, slot[3] or "", bool(slot[4]), slot[5] or "", slot[6]))
        elif token[0] in "[]{":
            raise DataError(f"{token!r} opens or closes nothing here", where=where)
        else:
            stack[-1][1].append(Words(token))
    if len(stack) > 1:
        raise DataError("a bracket is not closed", where=where)
    return tuple(stack[0][1])


def _heads(text: str, where: str) -> Iterator[Head]:
    if text == "^":
        yield Capitals()
        return
    if named := _ENTITY.fullmatch(text):
        yield Name(named[1], named[3], named[2])
        return
    if not _QUOTE.match(text):
        yield Mention(text)
        return
    for each in text.split("+"):
        quote, _, role = each.partition(".")
        if not _QUOTE.fullmatch(quote) or (role and role not in ROLES):
            hint = f"Roles: {', '.join(ROLES)}."
            raise DataError(f"[{text} …] is no part of a quote", where=where, hint=hint)
        yield Part(quote, role)
