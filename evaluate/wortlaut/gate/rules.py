"""What the gate demands: a table of TOML, in ``pyproject.toml`` or a file of its own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePath
from typing import Any

from wortlaut.errors import DataError, unknown_name
from wortlaut.io.reading import read_text


@dataclass(frozen=True)
class Rule:
    """Demands on the F1 of the scores that it selects.

    Without ``system``, ``layer`` or ``schema`` it selects all of them, except settings such as
    ``strict@matched``, which must be named; without ``label`` the micro average, with ``*`` every label.
    ``phenomenon`` selects in its place the examples of one phenomenon of a corpus of probes, ``*`` of each,
    and their strict F1, or the share of documents that are wholly right where nothing should be found.
    ``floor`` is the least F1, ``drop`` and ``relative_drop`` the largest drop since the baseline, all as
    fractions of 1. ``test`` switches the paired test (or the count of flips) on or off. ``margin`` is a loss
    that is allowed: a loss above it has to be excluded.
    """

    system: str | None = None
    layer: str | None = None
    schema: str | None = None
    label: str | None = None
    phenomenon: str | None = None
    floor: float | None = None
    drop: float | None = None
    relative_drop: float | None = None
    margin: float | None = None
    test: bool | None = None


@dataclass(frozen=True)
class StressRule:
    """``[tool.wortlaut.check.stress]``: F1 may not fall by more than ``drop`` under any of ``transforms``.

    They are specs as ``wortlaut stress --transform`` takes them; none are all that leave the meaning as it
    is. ``seed`` is that of the transformations.
    """

    transforms: tuple[str, ...] = ()
    drop: float = 0.05
    seed: int = 0


@dataclass(frozen=True)
class Rules:
    """All of the table.

    ``alpha`` is the level of the paired test after Holm's correction; ``margin`` the loss that is allowed in
    every score that is tested, unless a rule has another; ``cannot_tell`` whether a loss above it that is
    neither shown nor excluded may ``pass``, with a warning, or is to ``fail``; ``flips`` how many lost items
    are tolerated where the documents are too few for a test; ``throughput`` the least speed of a system in
    units of the reference extractor, by system, ``*`` for all others; ``stress`` what changed texts may
    cost. The rest are the defaults of the command line.
    """

    rules: tuple[Rule, ...] = ()
    alpha: float = 0.05
    margin: float | None = None
    cannot_tell: str = "pass"
    flips: int = 2
    throughput: Mapping[str, float] | None = None
    stress: StressRule | None = None
    baseline: str | None = None
    corpus: str | None = None
    extractors: tuple[str, ...] | None = None
    timeout: float | None = None


def read_rules(path: Path | None = None, root: Path = Path()) -> Rules:
    """The rules of a file, or of ``pyproject.toml`` in ``root``, or the defaults where that says nothing.

    In a file with a ``[tool]`` table they are ``[tool.wortlaut.check]``, else the whole file. Raises
    MissingFileError, DataError and UnknownNameError.
    """
    file = root / "pyproject.toml" if path is None else path
    if path is None and not file.exists():
        return Rules()
    text = read_text(file, "Name a file of rules, in TOML.")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"is not TOML: {error}", where=str(file), hint="Mend the line.") from error
    if "tool" not in data and path is not None:
        return parse_rules(data, str(file))
    table: Any = data
    for name in ("tool", "wortlaut", "check"):
        table = table.get(name, {}) if isinstance(table, Mapping) else {}
    if not table and path is not None:
        raise DataError("has no table [tool.wortlaut.check]", where=str(file))
    return parse_rules(table, f"{file}, [tool.wortlaut.check]")


def parse_rules(table: Mapping[str, Any], where: str = "rules") -> Rules:
    """The rules of a table as TOML gives it. Raises DataError and UnknownNameError."""
    if not isinstance(table, Mapping):
        raise DataError("is not a table", where=where)
    given = _checked(table, Rules, where)
    rules = given.get("rules", [])
    if not isinstance(rules, list):
        raise DataError("rules is not a list", where=where, hint="Write [[tool.wortlaut.check.rules]].")
    given["rules"] = tuple(_rule(rule, f"{where}, rule {number}") for number, rule in enumerate(rules, 1))
    if given.get("alpha") in (0, 1):
        raise DataError(f"alpha is {given['alpha']!r}, not between 0 and 1", where=where)
    if "throughput" in given:
        floors = given["throughput"]
        given["throughput"] = dict(floors) if isinstance(floors, Mapping) else {"*": floors}
        for value in given["throughput"].values():
            if not _is_number(value) or not 0 < value < float("inf"):
                raise DataError(f"a throughput of {value!r}", where=where, hint="Write a number above 0.")
    if "stress" in given:
        given["stress"] = StressRule(**_checked(given["stress"], StressRule, f"{where}, stress"))
    return Rules(**given)


def _rule(table: object, where: str) -> Rule:
    given = _checked(table, Rule, where)
    if not given.keys() & {"floor", "drop", "relative_drop", "margin", "test"}:
        hint = "Give it a floor, a drop, a relative_drop, a margin or test = true."
        raise DataError("demands nothing", where=where, hint=hint)
    if given.get("test") is False and "margin" in given:
        raise DataError("has a margin, which needs the test that it switches off", where=where)
    if {"phenomenon", "label"} <= given.keys():
        raise DataError("names a phenomenon and a label", where=where, hint="Write two rules.")
    return Rule(**given)


def without_margins(rules: Rules) -> Rules:
    """For a run against itself: it has lost nothing, and what it cannot exclude says nothing about it."""
    tested = (one if one.margin is None else replace(one, margin=None, test=True) for one in rules.rules)
    return replace(rules, rules=tuple(tested), margin=None)


def named(files: Iterable[Path], *refs: str | None) -> bool:
    """Whether one of the files is in ``refs``: paths, and references to extractors and corpora.

    In doubt it is: of a module every file of the package counts, and what only looks like a path, too.
    """
    parts = {PurePath(part) for ref in refs for part in re.split(r"[\s=:?&,]+", ref or "") if part}
    words = {part.name.partition(".")[0] for part in parts if len(part.parts) == 1} - {""}
    return any({file, *file.parents} & parts or {*file.parent.parts, file.stem} & words for file in files)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_fraction(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_whole(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


#: Which values a key can have, what another one is, and what helps.
_VALUES: dict[str, tuple[Callable[[Any], bool], str, str]] = {
    **dict.fromkeys(
        ("system", "layer", "schema", "label", "phenomenon", "baseline", "corpus"),
        (_is_text, "not a text", ""),
    ),
    **dict.fromkeys(
        ("alpha", "floor", "drop", "relative_drop"), (_is_fraction, "not a number between 0 and 1", "")
    ),
    **dict.fromkeys(("flips", "seed"), (_is_whole, "not a whole number of 0 or more", "")),
    "margin": (
        lambda value: _is_fraction(value) and 0 < value < 1,
        "not a number between 0 and 1",
        "Write the loss of F1 that is allowed, such as 0.01.",
    ),
    "cannot_tell": (lambda value: value in ("pass", "fail"), 'neither "pass" nor "fail"', ""),
    "timeout": (lambda value: _is_number(value) and value > 0, "not a number of seconds above 0", ""),
    "test": (_is_flag, "neither true nor false", ""),
    "extractors": (_are_texts, "not a list of specs", ""),
    "transforms": (
        _are_texts,
        "not a list of names",
        "Leave it out for all that leave the meaning as it is.",
    ),
}


def _checked(table: object, kind: type[Rule | StressRule | Rules], where: str) -> dict[str, Any]:
    """What a table says of the fields of a class. Raises DataError, UnknownNameError."""
    if not isinstance(table, Mapping):
        raise DataError(f"{table!r} is not a table", where=where)
    names = [field.name for field in fields(kind)]
    for name, value in table.items():
        if name not in names:
            raise unknown_name("key", name, names, where=where)
        if name in _VALUES:
            fits, wanted, hint = _VALUES[name]
            if not fits(value):
                raise DataError(f"{name} is {value!r}, {wanted}", where=where, hint=hint)
    lists = ("extractors", "transforms")
    return {name: tuple(value) if name in lists else value for name, value in table.items()}
