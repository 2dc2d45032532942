"""Scores as a user holds them: typed, printable, exportable."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from wortlaut.model import html as markup
from wortlaut.scoring.fair import FairScores, fair_scores

if TYPE_CHECKING:
    import pandas as pd

    from wortlaut.scoring.columns import Ints
    from wortlaut.scoring.confusion import Confusion
    from wortlaut.scoring.uncertainty import Interval


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 in [0, 1], ``None`` where undefined (0/0), with what they were counted from.

    ``correct`` is the credit of the predicted spans; it has halves under ``partial``.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    correct: float
    gold: int
    predicted: int
    precision_interval: Interval | None = None
    recall_interval: Interval | None = None
    f1_interval: Interval | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; undefined is ``None``."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "precision_interval": _plain(self.precision_interval),
            "recall_interval": _plain(self.recall_interval),
            "f1_interval": _plain(self.f1_interval),
            "correct": self.correct,
            "gold": self.gold,
            "predicted": self.predicted,
        }


@dataclass(frozen=True)
class Result(Score):
    """The micro average under one schema, with every label, the macro average and the errors.

    ``labels_absent`` counts labels asked for that neither gold nor prediction holds: they are in no
    mean. ``averages`` are those that only a peer has. ``notes`` say what a reader of the numbers must
    know. ``per_unit`` are the sums of each resampled unit, shape ``(units, 4)``, hits in steps of
    ``1 / scale``: what paired tests need.
    """

    schema: str = "strict"
    per_label: Mapping[str, Score] = field(default_factory=dict)
    macro: Score | None = None
    averages: Mapping[str, Score] = field(default_factory=dict)
    labels_absent: int = 0
    signature: str = ""
    notes: tuple[str, ...] = ()
    errors: Mapping[str, int] | None = None
    confusion: Confusion | None = None
    unit_sums: Ints | None = field(default=None, repr=False, compare=False)
    scale: int = field(default=1, repr=False)

    def to_dict(self) -> dict[str, Any]:
        row = Score.to_dict(self)
        row["per_label"] = {label: score.to_dict() for label, score in self.per_label.items()}
        row["macro"] = None if self.macro is None else self.macro.to_dict()
        if self.averages:
            row["averages"] = {name: score.to_dict() for name, score in self.averages.items()}
        row["labels_absent"] = self.labels_absent
        row["schema"] = self.schema
        row["signature"] = self.signature
        row["notes"] = list(self.notes)
        if self.errors is not None:
            row["errors"] = dict(self.errors)
        if self.fair is not None:
            row["fair"] = asdict(self.fair)
        if self.confusion is not None:
            row["confusion"] = asdict(self.confusion)
        return row

    @property
    def per_unit(self) -> Ints | None:
        return None if self.unit_sums is None else self.unit_sums.astype("int64")

    @property
    def fair(self) -> FairScores | None:
        """Traditional and fair P, R and F1 from the error classes (Ortmann 2022), if those were counted."""
        if self.errors is None or "label_boundary" not in self.errors:  # another scorer has other classes
            return None
        return fair_scores(self.errors)

    def rows(self) -> Iterator[tuple[str, Score]]:
        """Each label, then ``micro``, ``macro`` and other averages, with their scores."""
        yield from self.per_label.items()
        yield "micro", self
        if self.macro is not None:
            yield "macro", self.macro
        yield from self.averages.items()

    def to_pandas(self) -> pd.DataFrame:
        """One row a label, then ``micro`` and ``macro``; needs pandas."""
        return frame((("label", name), score) for name, score in self.rows())

    def to_markdown(self) -> str:
        """A table in GitHub's Markdown, with the signature below."""
        return markdown_table(["label"], [([name], score) for name, score in self.rows()], [self.signature])

    def to_latex(self) -> str:
        """A ``booktabs`` table, F1 with its interval, the signature in a comment."""
        return latex_table(["label"], [([name], score) for name, score in self.rows()], [self.signature])

    def __str__(self) -> str:
        return _text(["label"], [([name], score) for name, score in self.rows()], self._foot())

    def _repr_html_(self) -> str:
        return _html(["label"], [([name], score) for name, score in self.rows()], self._foot())

    def _foot(self) -> list[str]:
        return [*(f"note: {note}" for note in self.notes), self.signature]


class Results(dict[str, Result]):
    """Results by schema, in the order asked for; prints as one table."""

    def _table(self) -> list[tuple[list[str], Score]]:
        return [([schema, name], score) for schema, result in self.items() for name, score in result.rows()]

    def _foot(self) -> list[str]:
        notes = dict.fromkeys(f"note: {note}" for result in self.values() for note in result.notes)
        return [*notes, *(result.signature for result in self.values())]

    def to_dict(self) -> dict[str, Any]:
        return {schema: result.to_dict() for schema, result in self.items()}

    def to_pandas(self) -> pd.DataFrame:
        """One row for each schema and label; needs pandas."""
        return frame(
            (("schema", schema), ("label", name), score)
            for schema, result in self.items()
            for name, score in result.rows()
        )

    def to_markdown(self) -> str:
        return markdown_table(
            ["schema", "label"], self._table(), [result.signature for result in self.values()]
        )

    def to_latex(self) -> str:
        return latex_table(["schema", "label"], self._table(), [result.signature for result in self.values()])

    def __str__(self) -> str:
        return _text(["schema", "label"], self._table(), self._foot())

    def _repr_html_(self) -> str:
        return _html(["schema", "label"], self._table(), self._foot())


_COLUMNS = ("P", "R", "F1", "95% interval", "correct", "gold", "predicted")


def number(value: float | None) -> str:
    """A score with three decimals, ``–`` where undefined."""
    return "–" if value is None else f"{value:.3f}"


def interval_text(interval: Interval | None) -> str:
    return "–" if interval is None else f"{interval[0]:.3f}–{interval[1]:.3f}"


def counted(value: float) -> str:
    return f"{value:.0f}" if value == math.floor(value) else f"{value:.1f}"


def _cells(score: Score) -> list[str]:
    return [
        number(score.precision),
        number(score.recall),
        number(score.f1),
        interval_text(score.f1_interval),
        counted(score.correct),
        str(score.gold),
        str(score.predicted),
    ]


Rows = Sequence[tuple[list[str], Score]]


def _text(head: list[str], rows: Rows, foot: list[str]) -> str:
    table = [[*head, *_COLUMNS], *([*names, *_cells(score)] for names, score in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    lines = []
    for row in table:
        cells = [
            cell.ljust(width) if i < len(head) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(len(line) for line in lines))
    return "\n".join([*lines, *foot])


def markdown_table(head: list[str], rows: Rows, signatures: list[str]) -> str:
    """A table in GitHub's Markdown: the columns of ``head``, then the scores; the signatures below."""
    columns = [*head, *_COLUMNS]
    lines = ["| " + " | ".join(columns) + " |"]
    lines.append("| " + " | ".join("---" if i < len(head) else "---:" for i in range(len(columns))) + " |")
    for names, score in rows:
        cells = [name.replace("|", "\\|") for name in names] + _cells(score)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"`{signature}`" for signature in signatures), ""])


_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "–": "--",
        "≥": r"$\geq$",
    }
)


def latex_table(head: list[str], rows: Rows, signatures: list[str]) -> str:
    """A ``booktabs`` table with the signatures in comments."""
    columns = [*head, *_COLUMNS]
    lines = [rf"\begin{{tabular}}{{{'l' * len(head)}{'r' * len(_COLUMNS)}}}", r"\toprule"]
    lines.append(" & ".join(column.translate(_LATEX) for column in columns) + r" \\")
    lines.append(r"\midrule")
    for names, score in rows:
        cells = [cell.translate(_LATEX) for cell in [*names, *_cells(score)]]
        lines.append(" & ".join(cells) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    return "\n".join([*lines, *(f"% {signature}" for signature in signatures), ""])


def html_table(head: list[str], rows: Rows) -> str:
    """The table as HTML, with a dot and whisker for F1."""
    columns = (*_COLUMNS[:4], "", *_COLUMNS[4:])
    cells = ((names, _cells(score), markup.whisker(score.f1, score.f1_interval)) for names, score in rows)
    return markup.table(head, columns, ((names, [*c[:4], dots, *c[4:]]) for names, c, dots in cells))


def _html(head: list[str], rows: Rows, foot: list[str]) -> str:
    return markup.page(html_table(head, rows), *map(markup.note, foot))


def frame(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """A data frame of ``((column, name), …, score)``; raises MissingExtraError without pandas."""
    from importlib import import_module

    from wortlaut.errors import MissingExtraError

    try:
        pandas = import_module("pandas")
    except ImportError as error:
        raise MissingExtraError(
            "to_pandas() needs pandas", hint="Install it: python -m pip install pandas"
        ) from error
    records = []
    for *names, score in rows:
        record = dict(names)
        for key, value in Score.to_dict(score).items():
            if key.endswith("_interval"):
                stem = key.removesuffix("_interval")
                record[f"{stem}_low"], record[f"{stem}_high"] = value or (None, None)
            else:
                record[key] = value
        records.append(record)
    table: pd.DataFrame = pandas.DataFrame.from_records(records)
    return table


def _plain(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval[0], interval[1]]
