"""Tables for papers: the options of commands that have scores or differences to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from wortlaut.cli.common import say, target
from wortlaut.errors import WortlautError
from wortlaut.io.files import write_whole

if TYPE_CHECKING:
    from wortlaut.evaluation.atlas import Atlas
    from wortlaut.evaluation.audit import Audit
    from wortlaut.evaluation.comparison import Comparison
    from wortlaut.evaluation.corpora import CorporaComparison
    from wortlaut.evaluation.evaluate import Evaluation
    from wortlaut.reports.layout import Layout


def _parsed(given: str) -> tuple[Path, Layout]:
    """``FILE?columns=P,R,F1&percent``: a ``?`` at the end says that what is before it is all a name."""
    from wortlaut.reports.layout import Layout

    path, mark, query = given.rpartition("?")
    return Path(path if mark else given), Layout.parse(query if mark else "")


def _checked(ctx: typer.Context, param: typer.CallbackParam, given: str | None) -> str | None:
    """The file and the columns are refused before the work begins; what rows there are, only scores tell."""
    if given is not None:
        try:
            path, layout = _parsed(given)
            layout.check_columns(ctx.command.name or "")
        except WortlautError as error:
            error.where = f"{param.opts[0]} {given}"
            raise
        target(path)
    return given


def _option(name: str, what: str) -> typer.models.OptionInfo:
    made: typer.models.OptionInfo = typer.Option(
        name,
        metavar="FILE[?OPTION&…]",
        callback=_checked,
        help=f"Write the table as {what} (- for stdout); options as in docs/tables.md.",
    )
    return made


LatexFile = Annotated[str | None, _option("--latex", "LaTeX")]
MarkdownFile = Annotated[str | None, _option("--markdown", "Markdown")]
CsvFile = Annotated[str | None, _option("--csv", "CSV")]


@dataclass(frozen=True)
class Tables:
    """The tables that a command was asked for; raises where more than one thing is standard output."""

    files: Mapping[str, str]
    #: Whether one of them is.
    on_stdout: bool

    @classmethod
    def asked(cls, json_file: Path | None, latex: str | None, markdown: str | None, csv: str | None) -> Self:
        given = {"--json": json_file, "--latex": latex, "--markdown": markdown, "--csv": csv}
        named = [name for name, file in given.items() if file and str(file).partition("?")[0] == "-"]
        if len(named) > 1:
            what = f"standard output is named twice: {' and '.join(named)}"
            raise WortlautError(what, hint="Write one of them into a file.")
        files = {name: str(file) for name, file in given.items() if file and name != "--json"}
        return cls(files, bool(named and named != ["--json"]))

    def write(
        self,
        value: Evaluation | list[Evaluation] | Comparison | CorporaComparison | Audit | Atlas,
        *,
        by_label: bool = False,
        everything: bool = True,
    ) -> None:
        """With the rows that the terminal shows, unless others are chosen."""
        from dataclasses import replace

        from wortlaut.reports.values import laid, tested

        asked = {kind: _parsed(file) for kind, file in self.files.items()}
        if "--csv" in asked:
            path, layout = asked["--csv"]
            asked["--csv"] = path, replace(layout, bold=False)
        if not asked:
            return
        told = tested(value, [layout for _, layout in asked.values()])
        for kind, (path, layout) in asked.items():
            rows = replace(layout, main=not everything, labels=layout.labels or ["*"] * by_label)
            try:
                made = laid(value, rows, told)
            except WortlautError as error:
                error.where = f"{kind} {self.files[kind]}"
                raise
            text = {"--latex": made.latex, "--markdown": made.markdown, "--csv": made.csv}[kind]()
            if path == Path("-"):
                say(text.rstrip("\n"))
            else:
                write_whole(path, text.encode("utf-8", "backslashreplace"))
