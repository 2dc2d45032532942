"""Rows as a data frame of pandas or polars, which are asked for only where one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Literal

from wortlaut.errors import MissingExtraError


def frame(rows: Sequence[Mapping[str, Any]], library: Literal["pandas", "polars"] = "pandas") -> Any:
    """A data frame, a column for each key. Raises MissingExtraError without the library."""
    try:
        made = import_module(library).DataFrame
    except ImportError as error:
        raise MissingExtraError(
            f"to_{library}() needs {library}", hint=f"Install it: python -m pip install {library}"
        ) from error
    # Polars looks at the first 100 rows only, unless it is told to look at all.
    return made(rows) if library == "pandas" else made(rows, infer_schema_length=None)
