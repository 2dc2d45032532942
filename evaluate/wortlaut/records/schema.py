"""The JSON Schema of each file format."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from wortlaut.errors import unknown_name
from wortlaut.records.annotations_schema import predictions


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of that name, such as ``evaluation``. Raises UnknownNameError, which lists all."""
    if name == "predictions":
        return predictions()
    folder = files("wortlaut.records") / "schemas"
    known = sorted(["predictions", *(item.name.removesuffix(".schema.json") for item in folder.iterdir())])
    if name not in known:
        raise unknown_name("JSON Schema", name, known)
    found: dict[str, Any] = json.loads((folder / f"{name}.schema.json").read_text("utf-8"))
    return found
