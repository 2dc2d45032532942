"""The peers' numbers against answers computed by hand from their definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from span_cases import LABELS, Side, columns_of, noisy_corpus, peer, tokens_of

import wortlaut
from wortlaut.errors import DataError, UnknownNameError, WortlautError
from wortlaut.model import Span
from wortlaut.scoring.engine import tallies_of
from wortlaut.scoring.metrics import GIVEN
from wortlaut.scoring.result import Result, Results
from wortlaut.scoring.task import Task
from wortlaut.scoring.uncertainty import Resampling

CASES = json.loads((Path(__file__).parents[1] / "cases/scoring/peers.json").read_text(encoding="utf-8"))
QUIET = Resampling(samples=0)


def sides_of(case: dict[str, Any]) -> tuple[list[Side], list[Side], list[str]]:
    if "counts" in case:
        return from_counts(case["counts"])
    labels = sorted({label for side in ("gold", "predicted") for doc in case[side] for *_, label in doc})
    gold, predicted = (
        [[(Span.of(start, end), labels.index(label)) for start, end, label in doc] for doc in case[side]]
        for side in ("gold", "predicted")
    )
    return gold, predicted, labels


def from_counts(counts: dict[str, list[int]]) -> tuple[list[Side], list[Side], list[str]]:
    """One document whose spans give (correct, gold, predicted) of each label."""
    gold: Side = []
    predicted: Side = []
    at = 0
    for number, (correct, in_gold, found) in enumerate(counts.values()):
        for sides in (
            [(gold, predicted)] * correct
            + [(gold,)] * (in_gold - correct)
            + [(predicted,)] * (found - correct)
        ):
            for side in sides:
                side.append((Span.of(at, at + 1), number))
            at += 1
    return [gold], [predicted], list(counts)


def row(result: Result, name: str) -> Any:
    named = {"micro": result, "macro": result.macro, **result.averages}
    return named[name] if name in named else result.per_label[name]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_known_answers(case: dict[str, Any]) -> None:
    gold, predicted, labels = sides_of(case)
    results = peer(case["peer"], columns_of(gold), columns_of(predicted), labels, len(gold), QUIET)
    for schema, rows in case["expect"].items():
        for name, percent in rows.items():
            score = row(results[schema], name)
            found = [round(100 * value, 2) for value in (score.precision, score.recall, score.f1)]
            assert found == percent, (schema, name)
    for schema, errors in case.get("errors", {}).items():
        assert results[schema].errors == errors
    for note in case.get("notes", []):
        assert any(note in told for told in next(iter(results.values())).notes), note


def test_every_scorer_has_a_known_answer() -> None:
    assert {case["peer"] for case in CASES} == set(GIVEN)


def scored(name: str, gold: Side, predicted: Side) -> Results:
    return peer(name, columns_of([gold]), columns_of([predicted]), LABELS, 1, QUIET)


@pytest.mark.parametrize("name", GIVEN)
def test_nothing_over_nothing_is_zero_and_said_so(name: str) -> None:
    for result in scored(name, [], []).values():
        assert (result.precision, result.recall, result.f1) == (0.0, 0.0, 0.0)
        assert any("0/0 as 0" in note for note in result.notes)


@pytest.mark.parametrize("name", GIVEN)
def test_spans_that_a_peer_cannot_take_are_refused(name: str) -> None:
    gap: Side = [(Span(((0, 1), (2, 3))), 0)]
    with pytest.raises(DataError, match="no discontinuous spans, and predicted holds some"):
        scored(name, [], gap)
    nested: Side = [(Span.of(4, 6), 1), (Span.of(0, 5), 0)]
    if name in ("nervaluate", "faireval"):
        assert all(result.f1 == 1.0 for result in scored(name, nested, nested).values())
    else:
        with pytest.raises(DataError, match=r"gold holds overlapping spans: \[0, 5\) and \[4, 6\)"):
            scored(name, nested, [])


def test_faireval_compares_tokens_where_they_are_known() -> None:
    gold, found = [(Span.of(0, 2), 0), (Span.of(5, 6), 0)], [(Span.of(0, 3), 0)]  # character 5 is a space
    sides = columns_of([gold]), columns_of([found])
    tally = tallies_of(Task(*sides, 1, 1, tokens_of(1)), ("A",), ["faireval"])["faireval/fair"]
    assert tally.errors == dict.fromkeys(tally.errors, 0) | {"TP": 1}
    assert any("1 gold and 0 found spans touch no token" in note for note in tally.notes)


def test_an_unknown_peer_is_told_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="nervaluate"):
        wortlaut.score([[]], [[]], schema="nervalute")


@pytest.mark.parametrize("name", ["parc@overlap", "ggt@0.3", "citron@overlap"])
def test_a_score_of_a_schema_is_told_its_schema(name: str) -> None:
    with pytest.raises(WortlautError, match=f"'{name}' is no schema\n  Write {name.partition('@')[0]}, "):
        wortlaut.evaluate("quotes-simple", schema=name)


@pytest.mark.parametrize("name", GIVEN)
def test_the_numbers_of_peers_have_intervals_too(name: str) -> None:
    corpus = noisy_corpus(60, 5)
    gold, predicted = (columns_of([doc[side] for doc in corpus]) for side in (0, 1))
    for result in peer(name, gold, predicted, LABELS, 60, Resampling()).values():
        assert result.f1_interval is not None and result.f1 is not None
        assert result.f1_interval[0] < result.f1 < result.f1_interval[1]
        assert all(score.f1_interval is not None for score in result.per_label.values())
        assert f"schema:{result.schema}|" in str(result.signature)
        assert result.per_unit is not None and result.per_unit.shape == (60, 4)


def test_the_further_averages_are_shown() -> None:
    corpus = noisy_corpus(5, 5)
    gold, predicted = (columns_of([doc[side] for doc in corpus]) for side in (0, 1))
    result = peer("seqeval", gold, predicted, LABELS, 5, QUIET)["seqeval"]
    assert "weighted" in str(result)
    assert result.to_dict()["averages"]["weighted"]["f1"] == result.averages["weighted"].f1


def test_f1_is_seqevals_to_the_last_bit() -> None:
    gold = [["O", "B-PER", "I-PER", "O", "B-LOC"], ["B-ORG", "O"]]
    found = [["O", "B-PER", "O", "O", "B-LOC"], ["B-ORG", "B-LOC"]]
    assert wortlaut.score(gold, found, schema="seqeval").f1 == 0.5714285714285715
