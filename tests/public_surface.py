"""What users rely on by name: ``python tests/public_surface.py > tests/cases/public_surface.txt``.

docs/stability.md says what is promised of it. A line that goes or changes breaks somebody's program or file.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

import wortlaut
from wortlaut import errors, integrations, seqeval
from wortlaut.cli import app
from wortlaut.extractors.registry import BUILT_IN, PREFIXES
from wortlaut.formats import FORMATS
from wortlaut.reports.schemas import _FORMATS as FILES
from wortlaut.reports.schemas import schema
from wortlaut.scoring.metrics import METRICS


def lines() -> Iterator[str]:
    for name in sorted(wortlaut.__all__):
        yield from _members(f"wortlaut.{name}", getattr(wortlaut, name))
    for module in (errors, integrations, seqeval):
        for name, value in sorted(vars(module).items()):
            if getattr(value, "__module__", None) == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__}.{name}{_parameters(value)}"
    for name, command in sorted(get_command(app).commands.items()):  # type: ignore[attr-defined]
        yield from _options(f"$ wortlaut {name}", command)
    yield from (f"format {name}" for name in FORMATS)
    yield from (f"extractor {name}" for name in (*BUILT_IN, *(f"{one}:" for one in PREFIXES)))
    yield from (f"schema {metric.name}" for metric in METRICS)
    for name in sorted(FILES):
        yield from (f"JSON {name}{place}" for place in sorted(set(_places(schema(name), ""))))


def _members(name: str, value: Any) -> Iterator[str]:
    if not inspect.isclass(value):
        yield name + _parameters(value)
        return
    ours = [one for one in value.__mro__ if one.__module__.startswith("wortlaut")]
    made = any("__init__" in vars(one) for one in ours)
    yield name + (_parameters(value.__init__) if made else "")
    for member in sorted({member for one in ours for member in vars(one) if not member.startswith("_")}):
        yield f"{name}.{member}{_parameters(getattr(value, member))}"


def _parameters(value: Any) -> str:
    """The names of parameters: after ``*:`` only by keyword, with ``=`` where there is a default."""
    if not (inspect.isfunction(value) or inspect.ismethod(value)):
        return ""
    names = [_parameter(one) for one in inspect.signature(value).parameters.values() if one.name != "self"]
    return f"({', '.join(names)})"


def _parameter(one: inspect.Parameter) -> str:
    marks = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**", one.KEYWORD_ONLY: "*:"}
    return marks.get(one.kind, "") + one.name + ("" if one.default is one.empty else "=")


def _options(name: str, command: Any) -> Iterator[str]:
    if hasattr(command, "commands"):
        for inner, found in sorted(command.commands.items()):
            yield from _options(f"{name} {inner}", found)
        return
    arguments = [one.metavar or one.name for one in command.params if one.param_type_name == "argument"]
    yield " ".join([name, *arguments])
    for one in command.params:
        if one.param_type_name == "option" and one.name != "help":
            yield f"{name} {'/'.join([*one.opts, *one.secondary_opts])}"


def _places(found: Any, at: str) -> Iterator[str]:
    """The keys that a file can hold."""
    if isinstance(found, dict):
        for name, inner in found.get("properties", {}).items():
            yield f"{at}.{name}"
            yield from _places(inner, f"{at}.{name}")
        for name, inner in found.get("$defs", {}).items():
            yield from _places(inner, f" {name}")
        for name in ("items", "additionalProperties", "anyOf", "oneOf", "allOf", "prefixItems"):
            yield from _places(found.get(name), at)
    elif isinstance(found, list):
        for inner in found:
            yield from _places(inner, at)


if __name__ == "__main__":
    print("\n".join(lines()))
