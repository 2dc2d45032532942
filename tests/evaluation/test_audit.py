"""Conclusions that hold under one schema only are found, with the documents that make the difference."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from command import run as command

from wortlaut import Corpus, audit, compare, evaluate
from wortlaut.errors import ComparisonError, DataError
from wortlaut.reports.page import report_page

TEXT = "Anna Bock sah Ulm. Carl Dorn sah Kiel."
GOLD = [(0, 9, "PER"), (14, 17, "LOC"), (19, 28, "PER"), (33, 37, "LOC")]
SHORT = [(0, 4, "PER"), (14, 17, "LOC"), (19, 23, "PER"), (33, 37, "LOC")]
WRONG = [(0, 9, "ORG"), (14, 17, "LOC"), (19, 28, "ORG"), (33, 37, "LOC")]
MISSED = [(14, 17, "LOC"), (33, 37, "LOC")]
ELSEWHERE = [*MISSED, (10, 13, "ORG"), (29, 32, "ORG")]


def corpus(count: int = 14) -> Corpus:
    return Corpus.from_spans({f"d{i:02}": TEXT for i in range(count)}, [GOLD] * count)


def finds(*answers: list[tuple[int, int, str]]) -> Callable[[str], list[tuple[int, int, str]]]:
    """The answers of each document in turn; the last one holds for all that follow."""
    left = list(answers)

    def find(text: str) -> list[tuple[int, int, str]]:
        return left.pop(0) if len(left) > 1 else left[0]

    return find


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        ([WRONG], [SHORT], "reversed"),  # exact favours the right boundaries, type the right labels
        ([GOLD], [MISSED], "same"),
        ([GOLD], [SHORT], "some"),  # under type a short name is right, too
        ([WRONG], [ELSEWHERE], "one"),  # exact alone looks at no labels
    ],
)
def test_what_kind_of_difference_a_schema_makes(
    a: list[list[tuple[int, int, str]]], b: list[list[tuple[int, int, str]]], kind: str
) -> None:
    made = evaluate({"A": finds(*a), "B": finds(*b)}, corpus(), schema=["strict", "exact", "type"])
    (pair,) = audit(made, trials=2000).pairs
    by_schema = {one.schema: one.better for one in pair.conclusions}
    assert pair.kind == kind, by_schema
    if kind == "reversed":
        assert by_schema == {"strict": None, "exact": "A", "type": "B"}


def test_the_documents_that_part_the_schemas_are_named() -> None:
    """In three documents A has the boundaries and B the labels; without one of them neither is ahead."""
    made = evaluate(
        {"A": finds(*[WRONG] * 3, GOLD), "B": finds(*[SHORT] * 3, GOLD)},
        corpus(),
        schema=["strict", "exact", "type"],
    )
    (pair,) = audit(made, trials=2000).pairs
    assert pair.kind == "sign"
    assert [one.unit for one in pair.documents] == ["d00", "d01", "d02"]
    assert pair.agree_without == 3
    (again,) = audit(type(made).from_dict(made.to_dict()), trials=2000).pairs
    assert again == pair
    sums = sum(one.for_a for one in pair.documents), sum(one.for_b for one in pair.documents)
    by_schema = {one.schema: one.f1 for one in pair.conclusions}
    assert sums == pytest.approx((by_schema["exact"], by_schema["type"]), abs=0.003)


def test_compare_marks_what_one_schema_alone_supports() -> None:
    made = evaluate({"A": finds(WRONG), "B": finds(ELSEWHERE)}, corpus(), schema=["strict", "exact", "type"])
    marks = {row.schema: row.alone for row in compare(made, trials=2000).rows}
    assert marks == {"strict": False, "exact": True, "type": False}
    assert "exact*" in repr(compare(made, trials=2000))
    assert not any(row.alone for row in compare(made, schema="exact", trials=2000).rows)


def test_tables_of_scores_mark_them_where_they_show_what_is_told_apart() -> None:
    made = evaluate({"A": finds(WRONG), "B": finds(ELSEWHERE)}, corpus(), schema=["strict", "exact", "type"])
    told = "*: of two systems that are told apart under this one of the schemas of the layer alone."
    for table in (made.to_markdown(), made.to_latex(), made.to_markdown(bold=False, columns="letters")):
        plain = table.replace("**", "").replace("{*}", "*").replace("\\*", "*")
        assert re.findall(r"(\w+)\* ", plain) == ["exact", "exact"] and told in plain
    for table in (made.to_markdown(bold=False), made.to_markdown(schemas="strict"), made.to_csv()):
        assert "*" not in table.replace("**", "")
    page = report_page(made)
    assert told in page and re.findall(r'"letters":"(\w+\*)"', page) == ["a*", "b*"]


def test_one_system_has_nothing_to_be_audited() -> None:
    with pytest.raises(ComparisonError, match="not enough to compare"):
        audit(evaluate({"A": finds(GOLD)}, corpus()))


@pytest.mark.long
def test_the_command_takes_every_schema_and_reads_its_result(tmp_path: Path) -> None:
    (tmp_path / "gold.conll").write_text("\n\n".join(["Anna B-PER\nsah O\nUlm B-LOC"] * 12) + "\n", "utf-8")
    for name, tags in (("a", "B-ORG O B-LOC"), ("b", "B-PER O O")):
        first, second, third = tags.split()
        rows = [f"Anna {first}\nsah {second}\nUlm {third}"] * 12
        (tmp_path / f"{name}.conll").write_text("\n\n".join(rows) + "\n", "utf-8")
    systems = ("-e", "A=preds:conll:a.conll", "-e", "B=preds:conll:b.conll")
    made = command(
        "evaluate", "--corpus", "conll:gold.conll", *systems, "--audit", "--json", "r.json", cwd=tmp_path
    )
    assert made.returncode == 0, made.stderr
    assert "entities: A / B" in made.stdout
    told = command("audit", "r.json", cwd=tmp_path)
    assert told.stdout == made.stdout
    both = command("evaluate", *systems, "--audit", "--schema", "strict", cwd=tmp_path)
    assert both.returncode == 2
    assert "--audit takes every schema" in both.stderr


def test_every_schema_is_one_that_evaluate_takes() -> None:
    made = evaluate({"A": finds(GOLD), "B": finds(SHORT)}, corpus(), schema="every")
    (pair,) = audit(made, trials=200).pairs
    assert len(pair.conclusions) >= 16


def test_scores_whose_weight_of_the_gold_is_each_systems_own_are_compared() -> None:
    """FairEval counts a near miss as one error of both sides, so two systems have different denominators."""
    made = evaluate({"A": finds(GOLD), "B": finds(SHORT)}, corpus(), schema="faireval")
    scores = [one.scores["entities"]["faireval/fair"].gold for one in made.systems]
    assert scores[0] != scores[1]
    tests = {row.schema: row.test for row in compare(made, trials=200, samples=50).rows}
    assert tests["faireval/fair"].f1 == pytest.approx(1 - 2 / 3)
    assert all((test.p or 1) < 0.05 for test in tests.values())


def test_a_scorer_that_cannot_take_what_was_found_is_left_out_and_told() -> None:
    nested = [*GOLD, (0, 4, "PER")]
    made = evaluate({"A": finds(GOLD), "B": finds(nested)}, corpus(), schema="every")
    assert {one.name: "seqeval" in one.scores["entities"] for one in made.systems} == {"A": True, "B": False}
    assert any(note.startswith("not scored under seqeval: ") for note in made.systems[1].notes)
    assert any(note.startswith("B: not scored under seqeval: ") for note in audit(made, trials=50).notes)
    with pytest.raises(DataError, match="overlapping spans"):
        evaluate({"B": finds(nested)}, corpus(), schema="seqeval")
