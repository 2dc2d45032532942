"""How a value finds what shows it: values know no mark-up, what renders them stands above them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

_renderers: list[str] = []


def render_by(module: str) -> None:
    """``module``, imported when something is first shown, has a function of a value for each target."""
    _renderers[:] = [module]


def rendered(value: object, to: str, **options: Any) -> Any:
    """The value as ``html``, ``latex``, ``markdown``, ``csv``, ``text``, ``pandas`` or ``polars``."""
    return getattr(import_module(_renderers[0]), to)(value, **options)


class TableOptions(TypedDict, total=False):
    """What a table for a paper shows, and how; ``docs/tables.md`` has an example of each."""

    columns: str | Sequence[str]
    corpora: str | Sequence[str]
    layers: str | Sequence[str]
    schemas: str | Sequence[str]
    systems: str | Sequence[str]
    labels: str | Sequence[str]
    by: str
    sort: str
    percent: bool
    digits: int | None
    interval: Literal["", "range", "pm", "sd"]
    bold: bool
    caption: bool | str
    main: bool


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

    def to_markdown(self, **options: Unpack[TableOptions]) -> str:
        """A table in GitHub's Markdown, with the signature below; options as in :meth:`to_latex`."""
        return str(rendered(self, "markdown", **options))

    def to_latex(self, **options: Unpack[TableOptions]) -> str:
        """A ``booktabs`` table, F1 with its interval, the signature in a comment.

        - ``columns``: Names and figures to show, in this order: ``layer``, ``schema``, ``system``,
          ``label``; ``P``, ``R``, ``F1``, ``interval``, ``SD`` (of F1, over runs), ``letters``,
          ``correct``, ``gold``, ``predicted``. Of a comparison ``a``, ``b``; ``A-B``, ``interval``, ``p``,
          ``p Holm``, ``flips``. Names come first; where none is given, those that differ between rows.
        - ``corpora``, ``layers``, ``schemas``, ``systems``, ``labels``: The rows, in this order. An
          evaluation has rows of labels only where they are asked for (``"*"``: all).
        - ``by``: Rows of the groups of a breakdown that the evaluation has, in place of labels.
        - ``sort``: A column of figures; the highest first, among rows that differ in their last name alone.
        - ``percent``, ``digits``: Scores times 100; digits behind the point, by default 3, in percent 1.
        - ``interval``: Beside each score its interval, as a ``range`` or ± its further end (``pm``); or ±
          its standard deviation over runs (``sd``).
        - ``bold``: In bold the highest F1 of a layer and schema and each that no paired test tells from it,
          after Holm's correction over all tests of the evaluation; of a comparison the differences with an
          adjusted p below 0.05. False is faster where there are many documents: nothing is tested.
        - ``caption``: A floating table with a caption that says how to read it; a text stands at its
          beginning.
        - ``main``: The rows of an evaluation that the terminal shows.

        Raises UnknownNameError for a name, DataError for columns that do not tell the rows apart.
        """
        return str(rendered(self, "latex", **options))

    def to_csv(self, **options: Unpack[TableOptions]) -> str:
        """The same rows and columns as CSV, an interval as its two ends, the signature in each row.

        Numbers have all their digits unless ``digits`` are given, undefined is empty. A name that a
        spreadsheet would take for a formula has an apostrophe before it. Options as in :meth:`to_latex`.
        """
        return str(rendered(self, "csv", **options))

    def __repr__(self) -> str:
        return str(rendered(self, "text"))

    def _repr_html_(self) -> str:
        return str(rendered(self, "html"))
