"""Scores by phenomenon and pair: known answers, files, what cannot be scored, and what is marked."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from probing import EACH, SPECIMENS, System, corpus, document, ids
from rich.console import Console

import wortlaut
from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.reports.terminal import evaluation_view
from wortlaut.reports.values import markdown
from wortlaut.scoring.compare import holm
from wortlaut.scoring.jackknife import logit_interval, t_quantile
from wortlaut.scoring.phenomena import Group, as_items, compared_with_others

WRONG = ids("title", *range(10)) | ids("before", 0, 1) | ids("verb", 1, 2, 3) | ids("place", 0, 1, 2)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return wortlaut.evaluate([System(WRONG, "A"), System(ids("word", *range(11)), "B")], corpus(), items=True)


#: System A: F1, documents right, pairs right and pairs of each phenomenon.
KNOWN: dict[str, tuple[float | None, float, int, int]] = {
    "after": (1.0, 12, 0, 0),
    "before": (20 / 22, 10, 8, 12),
    "verb": (None, 9, 8, 12),
    "title": (None, 2, 0, 0),
    "place": (18 / 21, 9, 4, 6),
    "word": (None, 12, 0, 0),
}


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_row_of_a_phenomenon(evaluation: Evaluation, name: str) -> None:
    row, (f1, right, pairs_right, pairs) = evaluation.phenomena["A"][name], KNOWN[name]
    assert (row.tests, row.documents, row.pairs) == (SPECIMENS[name][0], EACH, pairs)
    assert row.f1 == (f1 if f1 is None else pytest.approx(f1))
    assert row.right == pytest.approx(right / EACH)
    assert row.pairs_right == (pytest.approx(pairs_right / pairs) if pairs else None)


def test_the_rows_stand_task_by_task_and_marks_are_of_what_is_low(evaluation: Evaluation) -> None:
    told = evaluation.phenomena
    assert list(told["A"]) == ["place", "word", "after", "before", "title", "verb"]
    marked = {name: [one.phenomenon for one in rows if one.below] for name, rows in told.systems.items()}
    assert marked == {"A": ["title"], "B": ["word"]}
    others = told["A"]["title"].others
    assert others == pytest.approx((1 + 10 / 12 + 9 / 12) / 3)
    assert told["A"]["before"].others == pytest.approx(1)  # of F1, which two have, not of title and verb


def test_pairs_of_a_contrast(evaluation: Evaluation) -> None:
    rows = {row.contrast: row for row in evaluation.phenomena.contrasts["A"]}
    assert {name: (row.pairs, row.right, row.one) for name, row in rows.items()} == {
        "absagen": (12, pytest.approx(8 / 12), pytest.approx(3 / 12)),
        "orte": (6, pytest.approx(4 / 6), pytest.approx(1 / 6)),
    }


def test_intervals_leave_out_pairs_and_are_exact_where_all_is_right(evaluation: Evaluation) -> None:
    rows = evaluation.phenomena["A"]
    assert rows["after"].right_interval == pytest.approx((0.025 ** (1 / 12), 1))
    # Both sides of five of six pairs: one pair has both wrong, one a side.
    shares = np.asarray([0, 0.5, 1, 1, 1, 1])
    half = t_quantile(5) * shares.std(ddof=1) / np.sqrt(6)
    assert rows["place"].right_interval == pytest.approx(tuple(map(float, logit_interval(0.75, half, 12))))


def test_f1_is_that_of_a_breakdown() -> None:
    found = wortlaut.evaluate([System(WRONG)], corpus(), by=["meta:phenomenon"], schema="strict")
    (system,) = found.systems
    for name in ("after", "before", "place"):
        row = found.phenomena[system.name][name]
        groups = system.breakdowns[row.tests]["meta:phenomenon"]["strict"].per_label
        assert row.f1 == pytest.approx(groups[name].f1)


def test_a_file_holds_the_rows_and_gives_them_back(evaluation: Evaluation) -> None:
    data = json.loads(json.dumps(evaluation.to_dict()))
    assert data["probes"][0] == ["after", "quotes", "", "", "after-0"]
    (row,) = [row for row in data["systems"][0]["phenomena"] if row["phenomenon"] == "title"]
    assert (row["f1"], row["below"]) == (None, True)
    again = Evaluation.from_dict(data)
    assert json.loads(json.dumps(again.to_dict())) == data
    assert again.phenomena == evaluation.phenomena


def test_nothing_is_kept_and_the_rows_are_the_same(evaluation: Evaluation) -> None:
    bare = wortlaut.evaluate([System(WRONG, "A")], corpus(), items=False)
    assert bare.phenomena.systems["A"] == evaluation.phenomena.systems["A"]


def test_several_runs_are_means_over_them() -> None:
    other = System(ids("title", *range(4)))
    found = wortlaut.evaluate({"A": [System(WRONG), other]}, corpus("title", "after"), schema="strict")
    row = found.phenomena["A"]["title"]
    assert row.right == pytest.approx((2 + 8) / 24)
    assert found.phenomena["A"]["after"].right == 1


def with_meta(**changes: Any) -> Corpus:
    """The corpus where the documents of ``after`` say something else; None leaves it out."""
    held = corpus().documents
    rows = []
    for one in held:
        meta = dict(one.meta)
        if meta["phenomenon"] == "after":
            meta = {name: value for name, value in (meta | changes).items() if value is not None}
        rows.append(replace(one, meta=tuple(sorted(meta.items()))))
    return Corpus.of("probed", rows)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tests": "verbs"}, "12 documents with tests 'verbs', which is none of entities, quotes"),
        ({"phenomenon": None}, "12 documents without phenomenon and tests: in no row of phenomena"),
        ({"contrast": "x", "pair": "p", "side": "a"}, "1 pair without just a side a and a side b"),
    ],
)
def test_what_cannot_be_used_is_told(changes: dict[str, Any], told: str) -> None:
    found = wortlaut.evaluate([System()], with_meta(**changes), schema="strict")
    assert any(told in note for note in found.notes)
    assert "before" in found.phenomena["made"]
    assert ("after" in found.phenomena["made"]) == ("pair" in changes)


def test_one_name_that_tests_two_tasks_has_two_rows() -> None:
    found = wortlaut.evaluate([System()], with_meta(phenomenon="place"), schema="strict")
    assert {"place (entities)", "place (quotes)"} <= found.phenomena["made"].keys()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"schema": "partial"},
            "made: no strict counts of entities, quotes, so no rows of phenomena that test these",
        ),
        (
            {"samples": 0},
            "made: no strict counts of entities, quotes, so no rows of phenomena that test these",
        ),
    ],
)
def test_without_sums_there_is_a_note(options: dict[str, Any], told: str) -> None:
    assert told in wortlaut.evaluate([System()], corpus(), **options).phenomena.notes


def test_a_task_that_one_system_does_not_look_for() -> None:
    found = wortlaut.evaluate([System(), System(name="B", finds=("entities",))], corpus())
    assert list(found.phenomena["B"]) == ["place", "word"]
    assert found.phenomena.notes == (
        "B: no strict counts of quotes, so no rows of phenomena that test these",
    )


def test_answers_in_words_have_their_lower_ends(tmp_path: Path) -> None:
    held = corpus("place", "word")
    said = [[{"text": "Bonn", "label": "LOC"}] * len(one.entities) for one in held.documents]
    rows = [{"id": one.id, "entities": own} for one, own in zip(held.documents, said, strict=True)]
    (tmp_path / "said.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    told = wortlaut.evaluate(f"preds:{tmp_path / 'said.jsonl'}", held, schema="strict").phenomena
    assert told["said"]["place"].f1 == 1
    assert "said answers in words without offsets: phenomena have the lower ends of its scores" in told.notes


def test_few_documents_have_no_phenomena() -> None:
    few = Corpus.of("few", [document("place", n) for n in range(9)])
    told = wortlaut.evaluate([System()], few).phenomena
    assert (told.systems, told.notes) == ({}, ("Phenomena are scored in corpora of 10 documents or more.",))


def test_another_corpus_has_none() -> None:
    plain = Corpus.of("plain", [replace(one, meta=()) for one in corpus().documents])
    found = wortlaut.evaluate([System()], plain)
    assert (found.probes, found.phenomena.systems, found.phenomena.notes) == (None, {}, ())
    assert "probes" not in found.to_dict()


def test_coreference_is_right_where_all_clusters_are() -> None:
    """Under lea, whose sums are those of all links: those of conll are means."""
    sums = np.asarray([[[4, 4, 4, 4], [4, 3, 2, 2]]])
    group = Group(sums, np.arange(2))
    assert group.right.value == 0.5
    assert group.f1 is not None and group.f1.value == pytest.approx(12 / 15)


def test_nothing_of_nothing_is_right_and_one_unit_says_nothing_more() -> None:
    group = Group(np.zeros((1, 2, 4), np.int64), np.zeros(2, np.int64))
    assert (group.f1, group.right.value, group.right.interval(0.95)) == (None, 1, None)
    assert [one.p for one in compared_with_others([group, group], ["quotes"] * 2)] == [None, None]


def test_what_a_pair_has_in_two_groups_is_added_before_it_is_squared() -> None:
    """Sides that succeed together tell groups apart sooner than sides by themselves, opposed ones later."""
    right = np.arange(40) < 30
    low = as_items((np.arange(40) < 20)[None])
    low_p = {}
    for name, high, unit in (
        ("together", right, np.arange(40)),
        ("alone", right, np.arange(40) + 40),
        ("opposed", np.arange(40) >= 10, np.arange(40)),
    ):
        groups = [Group(low, np.arange(40)), Group(as_items(high[None]), unit)]
        low_p[name] = compared_with_others(groups, ["t", "t"])[0].p
    assert low_p["together"] < 0.001 < low_p["alone"] < low_p["opposed"] < 0.1


def test_two_systems_are_compared_by_phenomenon(evaluation: Evaluation) -> None:
    found = wortlaut.compare(evaluation, samples=10)
    rows = {row.phenomenon: row for row in found.phenomena}
    assert list(rows) == ["place", "word", "after", "before", "title", "verb"]
    assert [row.score for row in rows.values()] == ["f1", "right", "f1", "f1", "right", "right"]
    differences = [rows[name].test.f1 for name in ("place", "word", "title")]
    assert differences == [pytest.approx(x) for x in (18 / 21 - 1, 11 / 12, -10 / 12)]
    assert rows["place"].test.units == 6  # pairs are swapped whole
    assert [name for name, row in rows.items() if (row.p_holm or 1) < 0.05] == ["word", "title"]
    ps = [row.test.p for row in found.phenomena]
    assert [row.p_holm for row in found.phenomena] == holm(ps)
    assert found.to_dict()["phenomena"][1]["phenomenon"] == "word"


def test_only_what_is_compared_is_compared_by_phenomenon(evaluation: Evaluation) -> None:
    found = wortlaut.compare(evaluation, layer="quotes", samples=10, trials=50)
    assert {row.tests for row in found.phenomena} == {"quotes"}
    assert any("4 tests by phenomenon: with 50 trials" in note for note in found.notes)


def test_results_that_name_other_phenomena_are_not(evaluation: Evaluation) -> None:
    other = wortlaut.evaluate([System(name="C")], with_meta(phenomenon="elsewhere"))
    found = wortlaut.compare(evaluation, other, against="C", samples=10, trials=10)
    assert (found.phenomena, found.rows != ()) == ((), True)
    assert "phenomena are not compared: the results do not say the same of their documents" in found.notes


def test_tables_by_phenomenon_and_contrast(evaluation: Evaluation) -> None:
    table = evaluation.to_markdown(by="phenomenon", columns=["phenomenon", "right"], systems="A", digits=2)
    assert r"| title\* | 0.17 |" in table and "Of all rows: system A." in table
    csv = evaluation.phenomena.to_csv(columns=["system", "phenomenon", "F1"])
    assert csv.count("\n") == 1 + 2 * len(KNOWN)
    assert "absagen" in evaluation.to_latex(by="contrast")
    assert "<td>0.167</td>" in evaluation._repr_html_()
    frame = evaluation.phenomena.to_pandas()
    assert list(frame[frame.below].phenomenon) == ["title", "word"]
    differences = wortlaut.compare(evaluation, samples=9).to_markdown(by="phenomenon")
    assert "| quotes | title | A | B |" in differences


def test_of_several_corpora_those_that_name_phenomena_have_rows(evaluation: Evaluation) -> None:
    plain = Corpus.of("plain", [replace(one, meta=()) for one in corpus("place").documents])
    both = [wortlaut.evaluate([System()], plain, schema="strict"), evaluation]
    table = markdown(both, by="phenomenon")
    assert "| probed | A | quotes | title" in table
    assert "plain names no phenomena" in table


@pytest.mark.parametrize("by", ["phenomenon", "contrast"])
def test_a_table_without_rows_is_an_error(by: str) -> None:
    plain = Corpus.of("plain", [replace(one, meta=()) for one in corpus("place").documents])
    with pytest.raises(DataError, match=f"there are no rows by {by}"):
        wortlaut.evaluate([System()], plain).to_csv(by=by)


def test_the_terminal_shows_a_table_for_each_system(
    evaluation: Evaluation, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(width=80)
    for part in evaluation_view(evaluation):
        console.print(part)
    shown = capsys.readouterr().out
    assert "\n quotes " in shown
    assert "   title         –          –   2/12   .03–.54      –  .861" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "orte      A        .667   .15–.96      .167      6" in shown


def of_templates(*right: int, each: int = 5, first: int = 0) -> Group:
    """A group with so many of ``each`` documents right in each of its templates."""
    hits = np.concatenate([np.arange(each) < n for n in right])
    template = np.repeat(np.arange(len(right)), each) + first
    return Group(as_items(hits[None]), np.arange(len(hits)) + first * each, 1, template)


def test_a_hard_template_is_no_hard_phenomenon() -> None:
    """Half is right in the low group, one template or the other: that is no mark. In each template it is."""
    others = [of_templates(*[5] * 7, 4, first=8 * i) for i in range(1, 6)]
    marks = {}
    for name, low in (("some", (5, 5, 5, 5, 0, 0, 0, 0)), ("each", (3, 2, 3, 2, 3, 2, 3, 2))):
        (first, *_) = compared_with_others([of_templates(*low), *others], ["quotes"] * 6)
        marks[name] = first.p
        assert first.others == pytest.approx(39 / 40)
    assert marks["each"] < 0.001 < 0.05 < marks["some"]


def test_documents_without_templates_stand_alone() -> None:
    groups = [of_templates(5, 5, 5, 0), of_templates(4, 5, 5, 5, first=4)]
    alone = [replace(one, template=None) for one in groups]
    each = [replace(one, template=one.unit) for one in groups]
    known, unknown = (compared_with_others(one, ["t", "t"])[0].p for one in (groups, alone))
    assert compared_with_others(each, ["t", "t"])[0].p == pytest.approx(unknown)
    assert known > unknown
