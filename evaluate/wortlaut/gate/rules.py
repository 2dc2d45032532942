"""What the gate demands: a table of TOML, in ``pyproject.toml`` or a file of its own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError, MissingFileError, unknown_name


@dataclass(frozen=True)
class Rule:
    """Demands on the F1 of the scores that it selects.

    Without ``system``, ``layer`` or ``schema`` it selects all of them, except settings such as
    ``strict@matched``, which must be named; without ``label`` the micro average, with ``*`` every label.
    ``floor`` is the least F1, ``drop`` and ``relative_drop`` the largest drop since the baseline, all as
    fractions of 1. ``test`` switches the paired test (or the count of flips) on or off.
    """

    system: str | None = None
    layer: str | None = None
    schema: str | None = None
    label: str | None = None
    floor: float | None = None
    drop: float | None = None
    relative_drop: float | None = None
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

    ``alpha`` is the level of the paired test after Holm's correction; ``flips`` how many lost items are
    tolerated where the documents are too few for a test; ``throughput`` the least speed of a system in
    units of the reference extractor, by system, ``*`` for all others; ``stress`` what changed texts may
    cost. The rest are the defaults of the command line.
    """

    rules: tuple[Rule, ...] = ()
    alpha: float = 0.05
    flips: int = 2
    throughput: Mapping[str, float] | None = None
    stress: StressRule | None = None
    baseline: str | None = None
    corpus: str | None = None
    extractors: tuple[str, ...] | None = None


def read_rules(path: Path | None = None, root: Path = Path()) -> Rules:
    """The rules of a file, or of ``pyproject.toml`` in ``root``, or the defaults where that says nothing.

    In a file with a ``[tool]`` table they are ``[tool.wortlaut.check]``, else the whole file. Raises
    MissingFileError, DataError and UnknownNameError.
    """
    file = root / "pyproject.toml" if path is None else path
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        if path is None:
            return Rules()
        raise MissingFileError("no such file of rules", where=str(file)) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"is not a TOML file: {error}", where=str(file)) from error
    where = str(file)
    if "tool" in data or path is None:
        table: Any = data
        for name in ("tool", "wortlaut", "check"):
            table = table.get(name, {}) if isinstance(table, Mapping) else {}
        if not table and path is not None:
            raise DataError("has no table [tool.wortlaut.check]", where=where)
        where += ", [tool.wortlaut.check]"
    else:
        table = data
    return parse_rules(table, where)


def parse_rules(table: Mapping[str, Any], where: str = "rules") -> Rules:
    """The rules of a table as TOML gives it. Raises DataError and UnknownNameError."""
    if not isinstance(table, Mapping):
        raise DataError("is not a table", where=where)
    _known(table, Rules, where)
    given = dict(table)
    if "rules" in given:
        if not isinstance(given["rules"], list):
            raise DataError("rules is not a list", where=where, hint="Write [[tool.wortlaut.check.rules]].")
        given["rules"] = tuple(
            _rule(rule, f"{where}, rule {number}") for number, rule in enumerate(given["rules"], 1)
        )
    if "alpha" in given and not 0 < _fraction(given["alpha"], "alpha", where) < 1:
        raise DataError(f"alpha is {given['alpha']!r}, not between 0 and 1", where=where)
    flips = given.get("flips", 0)
    if isinstance(flips, bool) or not isinstance(flips, int) or flips < 0:
        raise DataError(f"flips is {flips!r}, not a whole number of 0 or more", where=where)
    for name in ("baseline", "corpus"):
        if not isinstance(given.get(name, ""), str):
            raise DataError(f"{name} is {given[name]!r}, not a text", where=where)
    if "extractors" in given:
        specs = given["extractors"]
        if not isinstance(specs, list) or not specs or not all(isinstance(spec, str) for spec in specs):
            raise DataError(f"extractors is {specs!r}, not a list of specs", where=where)
        given["extractors"] = tuple(specs)
    if "throughput" in given:
        floors = given["throughput"]
        floors = floors if isinstance(floors, Mapping) else {"*": floors}
        for value in floors.values():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
                raise DataError(f"a throughput of {value!r}", where=where, hint="Write a number above 0.")
        given["throughput"] = dict(floors)
    if "stress" in given:
        given["stress"] = _stress(given["stress"], f"{where}, stress")
    return Rules(**given)


def _stress(table: object, where: str) -> StressRule:
    if not isinstance(table, Mapping):
        raise DataError(f"{table!r} is not a table", where=where)
    _known(table, StressRule, where)
    given = dict(table)
    if "transforms" in given:
        specs = given["transforms"]
        if not isinstance(specs, list) or not specs or not all(isinstance(spec, str) for spec in specs):
            hint = "Leave it out for all that leave the meaning as it is."
            raise DataError(f"transforms is {specs!r}, not a list of names", where=where, hint=hint)
        given["transforms"] = tuple(specs)
    _fraction(given.get("drop", StressRule.drop), "drop", where)
    seed = given.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise DataError(f"seed is {seed!r}, not a whole number of 0 or more", where=where)
    return StressRule(**given)


def _rule(table: object, where: str) -> Rule:
    if not isinstance(table, Mapping):
        raise DataError(f"{table!r} is not a table", where=where)
    _known(table, Rule, where)
    for name in ("system", "layer", "schema", "label"):
        if not isinstance(table.get(name, ""), str):
            raise DataError(f"{name} is {table[name]!r}, not a text", where=where)
    for name in ("floor", "drop", "relative_drop"):
        if name in table:
            _fraction(table[name], name, where)
    if not isinstance(table.get("test", True), bool):
        raise DataError(f"test is {table['test']!r}, neither true nor false", where=where)
    if not table.keys() & {"floor", "drop", "relative_drop", "test"}:
        raise DataError(
            "demands nothing", where=where, hint="Give it a floor, a drop, a relative_drop or test = true."
        )
    return Rule(**table)


def _known(table: Mapping[str, Any], kind: type, where: str) -> None:
    names: Iterable[str] = [field.name for field in fields(kind)]
    for name in table:
        if name not in names:
            raise unknown_name("key", name, names, where=where)


def _fraction(value: object, name: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise DataError(f"{name} is {value!r}, not a number between 0 and 1", where=where)
    return value
