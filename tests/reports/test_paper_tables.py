"""Tables for papers, read back by those who read them: LaTeX, a Markdown parser, csv and pandas."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made import Made, corpus
from page_cases import TEXT, Answering, documents, first

import wortlaut
from wortlaut.cli.common import app
from wortlaut.errors import DataError, UnknownNameError, WortlautError
from wortlaut.evaluation.audit import audit
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.evaluation.significance import significance
from wortlaut.reports.cells import SCORES, Line
from wortlaut.reports.layout import Layout
from wortlaut.reports.values import laid, lines
from wortlaut.scoring.result import Score

HOSTILE = ("a_b & 50 % of #1 \\x {y} ~^ $z$ | `q` <i>", '[b]* "c"\nd--e', "=1+1", "größer – ≥ ±")


@cache
def made(documents: int = 30) -> Evaluation:
    """The first misses much, the second little, the third nothing, the last failed; two look alike."""
    missed = [{f"d{i:02}": [0, 1, 2] for i in range(documents)}, {"d00": [0]}, {}]
    systems: dict[str, Any] = {name: Made(one) for name, one in zip(HOSTILE, missed, strict=False)}
    return evaluate({**systems, HOSTILE[3]: "nosuch"}, corpus(documents), samples=20, on_error="keep")


def cells(latex: str) -> list[list[str]]:
    """The cells of a tabular, for which every other brace and command must be in order."""
    assert latex.count("{") - latex.count("\\{") == latex.count("}") - latex.count("\\}")
    head, body = re.search(r"\\begin\{tabular\}\{([lr]+)\}\n(.*)\\end\{tabular\}", latex, re.DOTALL).groups()  # type: ignore[union-attr]
    rows = [line for line in body.splitlines() if line not in (r"\toprule", r"\midrule", r"\bottomrule")]
    found = [re.split(r"(?<!\\) & ", row.removesuffix(r" \\")) for row in rows]
    assert {len(row) for row in found} == {len(head)}
    assert not re.search(r"(?<!\\)[%#_~^](?!\d)|^[\[*]", "\n".join(rows), re.MULTILINE)
    return found


def read_latex(text: str) -> list[list[str]]:
    said = {
        r"\textbackslash{}": "\\",
        r"\textasciitilde{}": "~",
        r"\textasciicircum{}": "^",
        r"\symbol{34}": '"',
    }
    said |= {r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|", r"$\geq$": "≥", r"$\pm$": "±"}
    said |= {"{[}": "[", "{]}": "]", "{*}": "*", "-{}-": "⹀", "--": "–", "⹀": "--", "$-$": "-"}
    said |= {f"\\{mark}": mark for mark in "&%$#_{}"}

    def plain(cell: str) -> str:
        for written, mark in said.items():
            cell = cell.replace(written, mark)
        return re.sub(r"^\\textbf\{(.*)\}$", r"**\1**", cell)

    return [[plain(cell) for cell in row] for row in cells(text)]


def read_markdown(text: str) -> list[list[str]]:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    rows: list[list[str]] = []
    for before, token in pairwise(tokens):
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline" and before.type in ("td_open", "th_open"):
            shown = "".join(one.content for one in token.children or ())
            bold = any(one.type == "strong_open" for one in token.children or ())
            rows[-1].append(f"**{shown}**" if bold else shown)
    return rows


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(("render", "read"), [("to_latex", read_latex), ("to_markdown", read_markdown)])
def test_what_is_written_is_what_a_reader_sees(render: str, read: Callable[[str], list[list[str]]]) -> None:
    text = getattr(made(), render)(columns=["system", "P", "F1", "letters"], schemas="strict", percent=True)
    names = [name.replace("\n", " ") for name in HOSTILE]
    assert read(text) == [
        ["system", "P", "F1", "letters"],
        [names[0], "100.0", "57.1", "b"],
        [names[1], "100.0", "**99.7**", "a"],
        [names[2], "100.0", "**100.0**", "a"],
        [names[3], "failed", "–", "–"],
    ]
    assert "Of all rows: layer entities, schema strict. Scores in percent. Bold:" in " ".join(
        text.replace("% ", "").split()
    )


def test_csv_is_read_by_csv_and_pandas_with_every_digit() -> None:
    text = made().to_csv(columns=["system", "P", "R", "F1"], schemas="strict", interval="range")
    frame = pd.read_csv(io.StringIO(text), float_precision="round_trip")
    rows = read_csv(text)
    assert rows[0] == [*"system,P,P low,P high,R,R low,R high,F1,F1 low,F1 high,signature".split(",")]
    assert [row[0] for row in rows[1:]] == [*HOSTILE[:2], "'=1+1", HOSTILE[3]] == list(frame["system"])
    strict = [system.scores["entities"]["strict"] for system in made().systems[:3]]
    assert list(frame["F1"])[:3] == [one.f1 for one in strict] and frame["F1"].isna()[3]
    assert list(frame["R low"])[:3] == [one.recall_interval[0] for one in strict if one.recall_interval]
    assert list(frame["signature"])[:3] == [str(one.signature) for one in strict]
    assert frame["signature"][3].startswith("failed: unknown extractor 'nosuch'")
    whole = pd.read_csv(io.StringIO(made().to_csv(labels="*")), float_precision="round_trip")
    assert list(whole["label"][:4]) == ["LOC", "PER", "micro", "macro"] and len(whole) == 3 * 2 * 4 + 1


#: Options, and the rows that they show; of hostile names the number.
ROWS: list[tuple[dict[str, Any], list[list[Any]]]] = [
    ({"schemas": "strict", "columns": ["F1"], "sort": "F1", "digits": 1}, [[2, "**1.0**"], [1, "**1.0**"]]),
    ({"systems": [2, 1], "schemas": ["partial"], "columns": ["R"]}, [[2, "1.000"], [1, "0.993"]]),
    ({"systems": [2], "columns": ["schema", "gold"]}, [["strict", "150"], ["partial", "150"]]),
    ({"systems": [2], "columns": "gold", "schemas": "partial"}, [[2, "150"]]),
    ({"systems": [2], "labels": ["micro", "LOC"], "schemas": "strict", "columns": ["label", "correct"]},
     [["micro", "150"], ["LOC", "60"]]),
]  # fmt: skip


@pytest.mark.parametrize(("options", "expected"), ROWS)
def test_rows_columns_and_their_order_are_chosen(options: dict[str, Any], expected: list[list[Any]]) -> None:
    if "systems" in options:
        options = options | {"systems": [HOSTILE[i] for i in options["systems"]]}
    names = [name.replace("\n", " ") for name in HOSTILE]
    rows = [[names[first] if isinstance(first, int) else first, *rest] for first, *rest in expected]
    shown = laid(made(), Layout.of(**options))
    assert read_markdown(shown.markdown())[1 : len(rows) + 1] == rows
    assert read_latex(shown.latex())[1 : len(rows) + 1] == rows


BESIDE = [
    ("R", {}, "0.375", ["R"]),
    ("R", {"interval": "range"}, "0.375 (0.250–0.625)", ["R", "R low", "R high"]),
    ("R", {"interval": "pm", "percent": True}, "37.5 ± 25.0", ["R", "R low", "R high"]),
    ("R", {"interval": "pm", "percent": True, "digits": 0}, "38 ± 25", ["R", "R low", "R high"]),
    ("F1", {"interval": "pm"}, "0.500", ["F1", "F1 low", "F1 high"]),
    ("interval", {"interval": "pm"}, "–", ["F1 low", "F1 high"]),
    ("P", {"interval": "range"}, "–", ["P", "P low", "P high"]),
    ("correct", {"percent": True}, "2.5", ["correct"]),
    ("R", {"interval": "sd", "percent": True}, "37.5 ± 1.5", ["R", "R SD"]),
    ("F1", {"interval": "sd"}, "0.500", ["F1", "F1 SD"]),
    ("SD", {}, "–", ["SD of F1"]),
]


@pytest.mark.parametrize(("column", "options", "expected", "heads"), BESIDE)
def test_an_interval_stands_beside_its_score(
    column: str, options: dict[str, Any], expected: str, heads: list[str]
) -> None:
    more: Any = {"recall_interval": (0.25, 0.625), "recall_deviation": 0.015}
    score = Score(None, 0.375, 0.5, **more, correct=2.5, gold=8, predicted=0)
    layout, line = Layout.of(**options), Line((), score)
    assert SCORES[column].cell(line, layout.numbers, layout.interval) == expected
    assert SCORES[column].heads(layout.interval) == heads
    values = SCORES[column].values(line, layout.numbers, layout.interval)
    assert len(values) == len(heads) and (column != "R" or values[0] in (0.375, 37.5, 38.0))


def test_a_breakdown_is_a_table_and_runs_have_their_deviation() -> None:
    several = {"A": [Made({"d00": [0]}), Made({"d01": [0, 1]})], "B": Made(spurious=["d02"])}
    scored = evaluate(several, corpus(12), schema="strict", by=["length", "document"], samples=20)
    rows = read_markdown(scored.to_markdown(columns=["F1"], interval="sd"))
    deviation = scored.systems[0].scores["entities"]["strict"].f1_deviation
    assert deviation and [row[1].strip("*") for row in rows] == ["F1", f"0.987 ± {deviation:.3f}", "0.992"]
    assert read_markdown(scored.to_markdown())[0][6:8] == ["95% interval", "SD of F1"]
    rows = read_latex(
        scored.to_latex(by="document", labels=["d02", "d00"], columns=["document", "system", "gold"])
    )
    assert rows == [["document", "system", "gold"], *([d, s, "5"] for d in ("d02", "d00") for s in "AB")]
    with pytest.raises(DataError, match="no breakdown by level"):
        scored.to_csv(by="level")


MAIN: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    (
        {"schemas": "strict"},
        {(layer, "strict") for layer in ("entities", "quotes", "cues", "speakers", "joint")},
    ),
    ({"layers": "cues@matched"}, {("cues@matched", "strict"), ("cues@matched", "partial")}),
    ({"schemas": ["entity@matched"]}, {("speakers", "entity@matched")}),
    ({"layers": ["quotes"], "schemas": "partial"}, {("quotes", "partial")}),
]


@pytest.mark.parametrize(("options", "expected"), MAIN)
def test_rows_that_the_terminal_hides_are_there_where_they_are_named(
    options: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    rows = read_csv(quotes().to_csv(**options, main=True, columns=["layer", "schema", "F1"]))[1:]
    assert {(row[0], row[1]) for row in rows} == expected


def test_of_several_corpora_each_is_a_row_and_can_be_chosen() -> None:
    one, other = made(), replace(made(20), corpus=replace(made(20).corpus, name="other"))
    options: dict[str, Any] = {"columns": ["corpus", "system", "gold"], "schemas": "strict"}
    rows = read_markdown(laid([one, other], Layout.of(**options, systems=HOSTILE[2])).markdown())
    assert rows[1:] == [["made", "=1+1", "150"], ["other", "=1+1", "100"]]
    layout = Layout.of(**options, corpora="other", sort="gold")
    assert {row[0] for row in read_latex(laid([one, other], layout).latex())[1:-1]} == {"other"}


@cache
def quotes() -> Evaluation:
    return evaluate([Answering("first", first)], documents({"d": TEXT}), samples=0)


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"colums": "P"}, UnknownNameError, "Did you mean columns"),
    ({"columns": "F2"}, UnknownNameError, "unknown column 'F2'"),
    ({"systems": "BERT"}, UnknownNameError, "unknown system 'BERT'"),
    ({"layers": "quotes"}, UnknownNameError, "unknown layer 'quotes'"),
    ({"sort": "letters"}, UnknownNameError, "column to sort by"),
    ({"interval": "±"}, UnknownNameError, "unknown form of intervals"),
    ({"digits": -1}, DataError, "0 to 15 digits"),
    ({"columns": ["system", "F1"]}, DataError, "schema is not shown"),
]


@pytest.mark.parametrize(("options", "error", "why"), WRONG)
def test_what_no_table_has_is_named(options: dict[str, Any], error: type[Exception], why: str) -> None:
    with pytest.raises(error) as raised:
        made().to_latex(**options)
    assert why in str(raised.value)


def test_results_choose_labels_and_have_no_systems() -> None:
    result = made().systems[2].scores["entities"]["strict"]
    assert [row[0] for row in read_markdown(result.to_markdown(labels=["micro", "PER"]))[1:]] == [
        "micro",
        "PER",
    ]
    with pytest.raises(DataError, match="systems cannot be chosen"):
        result.to_csv(systems="A")


def test_a_difference_is_bold_where_it_is_significant() -> None:
    compared = wortlaut.compare(made(), samples=20, trials=500)
    rows = [row for row in compared.rows if row.schema == "strict"]
    texts = [f"{row.test.f1:+.3f}" for row in rows]
    text = compared.to_latex(schemas="strict", columns=["A-B"], interval="pm")
    shown = [row[2].split(" ±")[0] for row in read_latex(text)]
    assert shown == ["A-B", f"**{texts[0]}", f"**{texts[1]}", texts[2]] and "Bold: p Holm below 0.05." in text
    low, high = rows[0].test.interval or (0, 0)
    assert f"{texts[0]} ({low:+.3f} to {high:+.3f})" in compared.to_markdown(interval="range")
    frame = pd.read_csv(
        io.StringIO(compared.to_csv(systems=[HOSTILE[1], HOSTILE[2]])), float_precision="round_trip"
    )
    assert list(frame["A-B"]) == [row.test.f1 for row in compared.rows if row.a == HOSTILE[1]]


def test_who_is_best_is_said_of_the_group_or_not_at_all() -> None:
    told = significance(made())
    assert {name for _, schema, name in told.best if schema == "strict"} == set(HOSTILE[1:3])
    one = made(3).to_markdown(schemas="strict", percent=True)
    assert "**" not in one and "3 documents cannot show which system is better" in one
    assert "Bold" not in made().to_markdown(bold=False)


def test_a_caption_says_how_to_read_it() -> None:
    text = made().to_latex(columns=["F1"], schemas="strict", caption="50 % of A_B.", percent=True)
    assert text.startswith("\\begin{table}\n\\centering\n") and "}\n\\end{table}\n% " in text
    caption = text[text.index(r"\caption{") : text.index(r"\end{table}")]
    assert caption.startswith(
        "\\caption{50 \\% of A\\_B.\nOf all rows: layer entities, schema strict.\nScores in percent.\n"
    )
    assert r"\texttt{wortlaut\textbar{}\allowbreak{}corpus:" in caption and "%" not in caption.replace(
        r"\%", ""
    )


def test_what_a_reader_must_know_stands_in_the_source_or_below_its_mark() -> None:
    failed = f"{HOSTILE[3]} has no scores: unknown extractor 'nosuch'"
    assert f"\n% {failed}" in made().to_latex() and f"\n<!-- {failed}" in made().to_markdown()
    compared = wortlaut.compare(made(), samples=20, trials=50)
    compared = replace(compared, rows=tuple(replace(r, alone=r.schema == "strict") for r in compared.rows))
    text = compared.to_markdown(columns=["schema", "a", "b", "p"], systems=HOSTILE[1:3])
    assert [row[0] for row in read_markdown(text)[1:]] == ["strict*", "partial"] and "alone." in text
    assert [
        row[0] for row in read_csv(compared.to_csv(schemas="strict", columns=["schema", "a", "b"]))[1:]
    ] == ["strict"] * 3


def test_a_command_knows_the_columns_of_its_tables() -> None:
    three = [made(), replace(made(20), corpus=replace(made(20).corpus, name="other", hash="1" * 64))]
    values = {"evaluate": made(), "score": three, "compare": wortlaut.compare(made(), samples=2, trials=9)}
    for command, value in {**values, "audit": audit(made(), trials=9)}.items():
        found = lines(value)
        Layout.of(columns=[*found.heads, *found.figures], by="length").check_columns(command)
    with pytest.raises(UnknownNameError, match="unknown column 'P'"):
        Layout.of(sort="P").check_columns("compare")


def test_options_behind_a_file_are_those_of_python() -> None:
    typed = "columns=system,P,p%20Holm&percent&digits=2&bold=no&caption=A%26B&systems=a%2Cb,c"
    assert Layout.parse(typed) == Layout(
        columns=["system", "P", "p Holm"],
        percent=True,
        digits=2,
        bold=False,
        caption="A&B",
        systems=["a,b", "c"],
    )
    assert Layout.parse("caption").caption is True and Layout.parse("") == Layout()


def test_the_command_writes_each_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, tags in (("gold", "PLP"), ("A", "PLP"), ("B_1", "POO")):
        lines = [f"w{i}\t{'O' if tag == 'O' else f'B-{tag}'}" for i, tag in enumerate(tags)]
        Path(f"{name}.conll").write_text("\n".join(lines) + "\n", "utf-8")
    call = ["score", "gold.conll", "A.conll", "B_1.conll", "--schema", "strict", "--samples", "0"]
    files = ["--latex", "t.tex?columns=system,F1", "--csv", "t.csv", "--markdown", "-?percent"]
    app([*call, *files], standalone_mode=False)
    rows = read_markdown(capsys.readouterr().out)
    assert [row[2:4] for row in rows[1:]] == [["A", "100.0"], ["B_1", "100.0"]]
    assert read_latex(Path("t.tex").read_text("utf-8"))[1:] == [["A", "1.000"], ["B_1", "0.500"]]
    assert pd.read_csv("t.csv")["F1"].tolist() == [1.0, 0.5]
    for given, why in (
        (["--latex", "-?colums=P"], "--latex -?colums=P: unknown option of a table"),
        (["--csv", "-?columns=A-B"], "unknown column 'A-B'"),
        (["--latex", "no/t.tex"], "its folder is not there"),
        (["--latex", "-?caption", "--json", "-"], "named twice: --json and --latex"),
    ):
        with pytest.raises(WortlautError) as raised:
            app([*call, *given], standalone_mode=False)
        assert why in str(raised.value) and capsys.readouterr().out == ""
    with pytest.raises(WortlautError, match=r"--csv t.csv\?systems=C: unknown system 'C'"):
        app([*call, "--csv", "t.csv?systems=C"], standalone_mode=False)
    assert "A" in capsys.readouterr().out, "what was scored is told first"


@pytest.mark.long
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_latex_sets_every_table(tmp_path: Path) -> None:
    options: list[dict[str, Any]] = [
        {},
        {"caption": 'The "best" 50 %.', "percent": True, "interval": "pm", "columns": ["P", "F1"]},
        {"columns": ["F1", "letters"], "interval": "range", "caption": True},
    ]
    tables = [made().to_latex(schemas="strict", **one) for one in options]
    tables += [wortlaut.compare(made(), samples=20, trials=50).to_latex(caption=True)]
    packages = r"\usepackage[T1]{fontenc}\usepackage[german]{babel}\usepackage{booktabs}"
    text = "\n\n".join(
        [rf"\documentclass{{article}}{packages}\begin{{document}}", *tables, r"\end{document}"]
    )
    (tmp_path / "t.tex").write_text(text, "utf-8")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "t.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
