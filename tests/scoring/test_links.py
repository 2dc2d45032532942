"""Links of names: the HIPE scorer's numbers, by its own script; and what our schemas count."""

from __future__ import annotations

from pathlib import Path

import pytest

import wortlaut
from wortlaut.errors import DataError
from wortlaut.evaluation.evaluate import score_files
from wortlaut.formats import writer
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.scoring.keys import ScoreKey

CASES = Path(__file__).parents[1] / "cases" / "scoring" / "hipe"

#: Right, gold and found ones, and F1 as the mean over documents, as HIPE-scorer c2a5684 prints them.
THEIRS = {
    "NE-COARSE-LIT": {
        "entities hipe/strict": (4, 6, 6, 0.6857142857142857),
        "entities hipe/fuzzy": (5, 6, 6, 0.8285714285714285),
        "links hipe/strict": (1, 5, 7, 0.14285714285714288),
        "links hipe/fuzzy": (2, 5, 7, 0.28571428571428575),
        "links hipe/strict@3": (2, 5, 7, 0.28571428571428575),
        "links hipe/fuzzy@3": (3, 5, 7, 0.42857142857142855),
        "links hipe/strict@5": (3, 5, 7, 0.48571428571428577),
        "links hipe/fuzzy@5": (4, 5, 7, 0.6285714285714286),
    },
    "NE-COARSE-METO": {
        "entities hipe/strict": (2, 2, 2, 1.0),
        "entities hipe/fuzzy": (2, 2, 2, 1.0),
        "links hipe/strict": (1, 2, 2, 0.5),
        "links hipe/fuzzy": (1, 2, 2, 0.5),
    },
    "NE-FINE-LIT": {
        "entities hipe/strict": (3, 6, 4, 0.5833333333333333),
        "entities hipe/fuzzy": (3, 6, 4, 0.5833333333333333),
    },
    "NE-FINE-METO": {"entities hipe/strict": (1, 2, 1, 1.0), "entities hipe/fuzzy": (1, 2, 1, 1.0)},
    "NE-FINE-COMP": {"entities hipe/strict": (2, 3, 2, 1.0), "entities hipe/fuzzy": (2, 3, 2, 1.0)},
    "NE-NESTED": {"entities hipe/strict": (1, 1, 1, 1.0), "entities hipe/fuzzy": (1, 1, 1, 1.0)},
}


@pytest.mark.parametrize("column", THEIRS)
def test_every_column_has_the_hipe_scorers_numbers(column):
    """The system's file parts no documents, tags in IOBES and ranks links."""
    gold, system = (f"hipe?column={column}:{CASES / name}.tsv" for name in ("gold", "system"))
    (scored,) = score_files(gold, system, schema="hipe").systems
    found = {f"{key.layer} {key.variant}": result for key, result in scored.results.items()}
    assert found.keys() >= THEIRS[column].keys()
    for name, (*counts, mean) in THEIRS[column].items():
        result = found[name]
        assert [result.correct, result.gold, result.predicted] == counts
        assert result.averages["macro_doc"].f1 == pytest.approx(mean, abs=1e-12)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (".\tO\tO\tO\tO\tO\tO\t-\t-\t-\nUhl\tS-pers", ".\tB-pers\tO\tO\tO\tO\tO\t-\t-\t-\nUhl\tE-pers",
         "'. Uhl' goes on in the next document of the gold"),
        ("Dr.", "Doktor", "character 23: 'Dr.' there, 'Doktor' here"),
    ],
)  # fmt: skip
def test_one_document_that_is_not_all_of_the_golds_is_told(tmp_path, old, new, said):
    text = (CASES / "system.tsv").read_text("utf-8")
    assert old in text
    (tmp_path / "system.tsv").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(DataError, match=said):
        score_files(f"hipe:{CASES / 'gold.tsv'}", f"hipe:{tmp_path / 'system.tsv'}")


def test_labels_that_are_asked_for_are_no_strangers_to_the_hipe_scorer():
    """Its --tagset: without it a label that the gold lacks is ignored, with it spurious."""
    gold, found = [[(0, 2, "loc")]], [[(0, 2, "loc"), (3, 4, "time"), (5, 6, "date")]]
    ignored, asked = (
        wortlaut.score(gold, found, schema="hipe", only=only) for only in (None, ["loc", "time"])
    )
    assert [one["hipe/strict"].predicted for one in (ignored, asked)] == [1, 2]


def document(id: str, *names: tuple[int, int, str, str | None]) -> Document:
    entities = [Entity(Span.of(start, end), label, qid=qid) for start, end, label, qid in names]
    return Document(id, "Ute Harms in Kiel, Bonn", Annotations(tuple(entities)))


GOLD = [
    document("a", (0, 9, "PER", "NIL"), (13, 17, "LOC", "Q1707"), (19, 23, "LOC", None)),
    document("b", (0, 9, "PER", "Q5"), (13, 17, "LOC", "Q1707"), (19, 23, "LOC", "Q586")),
]


def scored(tmp_path, found, schema="strict", **options):
    for name, documents in (("gold", GOLD), ("found", found)):
        writer("predictions")(tmp_path / f"{name}.jsonl", documents)
    evaluation = score_files(
        str(tmp_path / "gold.jsonl"), str(tmp_path / "found.jsonl"), schema=schema, **options
    )
    (system,) = evaluation.systems
    return system


def counts(result):
    return result.correct, result.gold, result.predicted


def test_a_link_is_right_with_its_span_whatever_the_label(tmp_path):
    found = [
        document("a", (0, 9, "ORG", "NIL"), (13, 17, "LOC", "Q64|Q1707"), (19, 23, "LOC", "Q586")),
        document("b", (4, 9, "PER", "Q5"), (13, 17, "LOC", None), (19, 23, "LOC", "Q586|NIL")),
    ]
    system = scored(tmp_path, found, ["strict", "partial", "type", "seqeval", "hipe"])
    links = {key.variant: result for key, result in system.results.items() if key.layer == "links"}
    # What counts no labels, and scorers of names alone, do not score links.
    assert list(links) == [
        "strict",
        "type",
        *(f"hipe/{s}{n}" for n in ("", "@3", "@5") for s in ("strict", "fuzzy")),
    ]
    assert counts(links["strict"]) == (2, 5, 5) and counts(links["type"]) == (3, 5, 5)
    assert {label: counts(own) for label, own in links["strict"].per_label.items()} == {
        "linked": (1, 4, 4),
        "NIL": (1, 1, 1),
    }
    assert links["strict"].errors | {"missed": 1, "spurious": 1, "label": 1} == links["strict"].errors
    # Of the five names that both have: a link to Bonn where the gold has none, none to Kiel in b.
    assert counts(system.results[ScoreKey("links", "strict", "matched")]) == (2, 4, 4)


def test_without_links_on_both_sides_there_is_nothing_to_score(tmp_path):
    bare = [document("a", (0, 9, "PER", None)), document("b", (0, 9, "PER", None))]
    assert not [key for key in scored(tmp_path, bare, ["strict", "hipe"]).results if key.task == "links"]


def test_names_that_do_not_count_have_no_links_that_do(tmp_path):
    system = scored(tmp_path, GOLD, only=["LOC"], by=["document"])
    key = ScoreKey("links", "strict")
    assert counts(system.results[key]) == (3, 3, 3)
    assert "only{LOC}" in str(system.results[key].signature)
    groups = system.breakdowns["links"]["document"]["strict"].per_label
    assert {name: counts(own) for name, own in groups.items()} == {"a": (1, 1, 1), "b": (2, 2, 2)}
