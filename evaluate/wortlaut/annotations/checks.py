"""The rules of single lines, of what lines say of one another, and of a file against its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from wortlaut.annotations.labels import LABELS, Labels
from wortlaut.annotations.lines import (
    NOTHING,
    Decision,
    Line,
    Mention,
    Parsed,
    Value,
    keys_of,
    offsets_of,
    says,
    short,
)
from wortlaut.annotations.rules import Problem
from wortlaut.model import ATTRIBUTIONS, MEDIA, QUOTE_TYPES, Cluster, Entity, Quote
from wortlaut.text.digests import text_hash

#: A medium is one of MEDIA, or several but ``none`` joined by a slash.
MEDIUM = re.compile(rf"none|(?:{'|'.join(MEDIA[:-1])})(?:/(?:{'|'.join(MEDIA[:-1])}))*")
QID = re.compile(r"Q[1-9][0-9]*|NIL")
ID = re.compile(r"[\w-][\w.-]*")
#: Per kind of value, how it is written in a line.
TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "name": ("a string that is not empty", lambda value: isinstance(value, str) and value != ""),
    "names": (
        "a list of strings, none empty",
        lambda value: isinstance(value, list) and all(isinstance(item, str) and item for item in value),
    ),
    "words": ("a string", lambda value: isinstance(value, str)),
    "readings": (
        'readings: {"LAYER": {…}, "LAYER": {…} or null}',
        lambda value: (
            isinstance(value, dict)
            and len(value) >= 2
            and all(reading is None or isinstance(reading, dict) for reading in value.values())
            and any(value.values())
        ),
    ),
    "integer": ("an integer", lambda value: type(value) is int),
    "number": ("a number", lambda value: type(value) in (int, float)),
    "flag": ("true or false", lambda value: isinstance(value, bool)),
    "span": (
        'a list of [start, end, "text"]',
        lambda value: (
            isinstance(value, list)
            and value != []
            and all(
                isinstance(item, list)
                and len(item) == 3
                and type(item[0]) is type(item[1]) is int
                and isinstance(item[2], str)
                for item in value
            )
        ),
    ),
}
TYPES["text"] = TYPES["name"]


def _among(known: tuple[str, ...]) -> tuple[Callable[[Any], bool], Callable[[Any], str]]:
    return known.__contains__, lambda value: near(str(value), known)


def _like(pattern: re.Pattern[str], fix: str) -> tuple[Callable[[Any], bool], Callable[[Any], str]]:
    return lambda value: pattern.fullmatch(value) is not None, lambda _: fix


_ID = _like(ID, "Use letters, digits, and - _ . (not first).")
#: The rules of the scheme for one value: rule, kind of line (or any), key, whether it holds, what to do.
_SCHEME: tuple[tuple[str, str, str, Callable[[Any], bool], Callable[[Any], str]], ...] = (
    *(("S10", "", key, *_ID) for key in ("id", "document", "layer")),
    ("S06", "", "qid", *_like(QID, "Write Q and digits, or NIL.")),
    ("S09", "", "score", lambda score: 0 <= score <= 1, lambda _: "Write a number from 0 to 1."),
    ("S03", "quote", "type", *_among(QUOTE_TYPES)),
    ("S04", "quote", "medium", *_like(MEDIUM, f"{', '.join(MEDIA)}; several joined by /.")),
    ("S05", "quote", "attribution", *_among(ATTRIBUTIONS)),
)


def record_problems(number: int, kind: str, record: dict[str, Any]) -> list[Problem]:
    if found := list(_key_problems(number, kind, record)):
        return found
    found = [*_fragment_problems(number, kind, record), *value_problems(number, kind, record)]
    for layer, reading in record["readings"].items() if kind == "decision" else ():
        inner = None if reading is None else reading.get("kind")
        if inner in ("cluster", "mention", "entity", "quote"):
            found += record_problems(number, inner, reading)
        elif reading is not None:
            found.append(
                Problem(
                    "F09",
                    number,
                    f"the reading of {layer} has the kind {inner!r}",
                    "Kinds: cluster, mention, entity, quote.",
                )
            )
    return found


def _key_problems(number: int, kind: str, record: dict[str, Any]) -> Iterator[Problem]:
    known = keys_of(kind)
    for key, value in record.items():
        if key not in known:
            yield Problem(
                "F10", number, f"the key {key!r} is unknown in a line of kind {kind}", near(key, known)
            )
            continue
        shape, valid = TYPES[known[key].kind]
        if not valid(value):
            left_out = "" if known[key].required else f", or leave {key} out"
            yield Problem("F12", number, f"{key} must be {shape}", f"Write {shape}{left_out}.")
    for key, field in known.items():
        if field.required and key not in record:
            yield Problem("F11", number, f"the key {key!r} is missing in a line of kind {kind}", "Add it.")


def _fragment_problems(number: int, kind: str, record: dict[str, Any]) -> Iterator[Problem]:
    for key, field in keys_of(kind).items():
        last = -1
        for start, end, surface in record.get(key, ()) if field.kind == "span" else ():
            place = ((start, end),)
            if start < 0 or start >= end:
                yield Problem(
                    "O01",
                    number,
                    f"{key} [{start}, {end}) is empty, reversed or negative",
                    f"{short(surface)} has {len(surface)} characters: start < end, from 0 on.",
                    place,
                )
            elif start <= last:
                yield Problem(
                    "O03",
                    number,
                    f"{key} [{start}, {end}) overlaps, touches or precedes the fragment before it",
                    "Sort the fragments and join those that touch.",
                    place,
                )
            last = end


def value_problems(number: int, kind: str, record: dict[str, Any]) -> list[Problem]:
    """Which values break a rule of the scheme."""
    offsets = tuple((start, end) for start, end, _ in record.get("span", record.get("content", ())))
    return [
        Problem(rule, number, f"{key} cannot be {record[key]!r}", fix(record[key]), offsets)
        for rule, of, key, valid, fix in _SCHEME
        if of in ("", kind) and key in record and not valid(record[key])
    ]


def label_problems(lines: Iterable[Line], labels: Labels) -> Iterator[Problem]:
    """Which labels, levels and types of clusters the corpus has not declared."""
    for line in lines:
        given = [line.value]
        if isinstance(line.value, Decision):
            given = [reading for _, reading in line.value.readings if reading is not None]
        for value in given:
            for rule, key, said, fix in undeclared(value, labels):
                yield Problem(rule, line.number, f"{key} cannot be {said!r}", fix, offsets_of(value))


def undeclared(value: Value, labels: Labels) -> Iterator[tuple[str, str, object, str]]:
    """Rule, key and value of each that is not among the ``labels``, with what to do."""
    if isinstance(value, Entity):
        for rule, key, label in (("S01", "label", value.label), ("S08", "metonymy", value.metonymy)):
            if label is not None and label not in labels.names:
                fix = f"{near(label, labels.names)} Declare it in {LABELS}, or map it by --labels."
                yield rule, key, label, fix
        if not 1 <= value.level <= labels.levels:
            deep = f"{LABELS} says how deep names nest: {labels.levels}."
            yield "S02", "level", value.level, f"1 is the outer name, 2 the one inside. {deep}"
    elif isinstance(value, Cluster) and value.type is not None and value.type not in labels.kinds:
        yield "S07", "type", value.type, near(value.type, labels.kinds)


def reference_problems(lines: list[Line]) -> Iterator[Problem]:
    """Ids that stand twice, and references to ids that do not stand in the file."""
    if any(isinstance(line.value, Decision) for line in lines):
        return  # what is referred to may be among what is not decided yet
    clusters: dict[str, int] = {}
    quotes: dict[str, int] = {}
    for line in lines:
        if isinstance(line.value, Cluster | Quote):
            ids = clusters if isinstance(line.value, Cluster) else quotes
            first = ids.setdefault(line.value.id, line.number)
            if first != line.number:
                yield Problem(
                    "R04",
                    line.number,
                    f"the id {line.value.id!r} already stands in line {first}",
                    "Give it an id of its own.",
                )
    for line in lines:
        match line.value:
            case Mention(cluster=cluster) | Entity(entity=str(cluster)):
                known = cluster in clusters
            case Quote(speaker_entity=str(cluster)):
                # A file without clusters names its speakers freely.
                known = cluster in clusters or not clusters
            case _:
                continue
        if not known:
            yield Problem(
                "R05",
                line.number,
                f"{cluster!r} is no cluster of this file",
                near(cluster, clusters),
                offsets_of(line.value),
            )
    parents = {
        line.value.id: line.value.parent
        for line in lines
        if isinstance(line.value, Quote) and line.value.parent is not None
    }
    for line in lines:
        quote = line.value
        if not isinstance(quote, Quote) or quote.parent is None:
            continue
        if quote.parent not in quotes:
            yield Problem(
                "R06",
                line.number,
                f"the parent {quote.parent!r} is no quote of this file",
                near(quote.parent, quotes),
                offsets_of(quote),
            )
            continue
        above: str | None = quote.parent
        seen = {quote.id}
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == quote.id:
            yield Problem(
                "R07",
                line.number,
                f"quote {quote.id} is nested in itself by way of {quote.parent}",
                "Remove one parent.",
                offsets_of(quote),
            )


def decision_problems(lines: list[Line]) -> Iterator[Problem]:
    """Each decision is a problem as long as it stands in the file: open, or not yet carried out."""
    for line in lines:
        decision = line.value
        if not isinstance(decision, Decision):
            continue
        if decision.open:
            surfaces = iter(line.surfaces)
            said = [
                f"{layer}: {says(reading, surfaces, decision.differs)}"
                for layer, reading in decision.readings
            ]
            names = " or ".join(repr(name) for name in (*dict(decision.readings), NOTHING))
            yield Problem(
                "S17",
                line.number,
                f"{decision.id} is open: {decision.open}; {decision.differs}. {'; '.join(said)}",
                f"Write {names} into keep (or the name of a reading that you add), and why into reason.",
                offsets_of(decision),
            )
        else:
            yield Problem(
                "S18",
                line.number,
                f"{decision.id} is decided ({decision.keep}), and not yet carried out",
                "",
                offsets_of(decision),
            )


def check_text(parsed: Parsed, text: str) -> Iterator[Problem]:
    """What does not fit between an annotation file and its text."""
    header = parsed.header
    if header is not None:
        if header.sha256 != text_hash(text):
            yield Problem(
                "R02",
                1,
                "the checksum is that of another text",
                "Restore the text, or move the annotations along: wortlaut reanchor",
            )
        if header.characters != len(text):
            yield Problem(
                "O06",
                1,
                f"the header counts {header.characters} characters, the text has {len(text)}",
                f'Write "characters": {len(text)}.',
            )
    for line in parsed.lines:
        for start, end, surface in line.surfaces:
            place = ((start, end),)
            if end > len(text):
                yield Problem(
                    "O02",
                    line.number,
                    f"[{start}, {end}) ends outside the text, which has {len(text)} characters",
                    _did_you_mean(text, surface, start),
                    place,
                )
            elif text[start:end] != surface:
                yield Problem(
                    "O04",
                    line.number,
                    f"[{start}, {end}) is {short(text[start:end])} in the text, not {short(surface)}",
                    _did_you_mean(text, surface, start),
                    place,
                )
            elif surface != surface.strip():
                shift = start + len(surface) - len(surface.lstrip())
                yield Problem(
                    "O05",
                    line.number,
                    f"[{start}, {end}) begins or ends in white space",
                    f"Write [{shift}, {shift + len(surface.strip())}]." if surface.strip() else "Remove it.",
                    place,
                )


def near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    known = list(known)
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known) or 'none'}."


def _did_you_mean(text: str, surface: str, start: int) -> str:
    """Where the surface really stands, nearest to ``start``."""
    before, after = text.rfind(surface, 0, start + len(surface)), text.find(surface, start)
    places = [place for place in (before, after) if place >= 0]
    if not surface or not places:
        return f"{short(surface)} is nowhere in the text: correct the surface or the offsets."
    nearest = min(places, key=lambda place: abs(place - start))
    return f"Did you mean [{nearest}, {nearest + len(surface)})?"
