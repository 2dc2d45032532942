"""The JSON Schemas that are written by hand."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from wortlaut.records.annotations_schema import predictions

_FOLDER = files("wortlaut.records") / "schemas"


def by_hand() -> list[str]:
    return ["predictions", *(item.name.removesuffix(".schema.json") for item in _FOLDER.iterdir())]


def schema(name: str) -> dict[str, Any]:
    if name == "predictions":
        return predictions()
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}.schema.json").read_text("utf-8"))
    return found
