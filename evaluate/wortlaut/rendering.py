"""How a value finds what shows it: values know no mark-up, what renders them stands above them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

_renderers: list[str] = []


def render_by(module: str) -> None:
    """``module``, imported when something is first shown, has a function of a value for each target."""
    _renderers[:] = [module]


def rendered(value: object, to: str) -> Any:
    """The value as ``html``, ``latex``, ``markdown``, ``text``, ``pandas`` or ``polars``."""
    return getattr(import_module(_renderers[0]), to)(value)


class Tabular:
    """Scores, or what differs between them, shown as a table: in a notebook and by ``repr``, too."""

    def to_pandas(self) -> pd.DataFrame:
        """A data frame: one row for each score and label, then ``micro`` and ``macro``; needs pandas."""
        frame: pd.DataFrame = rendered(self, "pandas")
        return frame

    def to_polars(self) -> pl.DataFrame:
        """The same as a data frame of polars, which it needs."""
        frame: pl.DataFrame = rendered(self, "polars")
        return frame

    def to_markdown(self) -> str:
        """A table in GitHub's Markdown, with the signature below."""
        return str(rendered(self, "markdown"))

    def to_latex(self) -> str:
        """A ``booktabs`` table, F1 with its interval, the signature in a comment."""
        return str(rendered(self, "latex"))

    def __repr__(self) -> str:
        return str(rendered(self, "text"))

    def _repr_html_(self) -> str:
        return str(rendered(self, "html"))
