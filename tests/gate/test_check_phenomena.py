"""Rules of the gate about single phenomena of a corpus of probes."""

import tomllib
from collections.abc import Collection, Mapping
from functools import cache

import pytest
from probing import System, corpus, ids

import wortlaut
from wortlaut.errors import WortlautError
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.gate.baseline import baseline_of
from wortlaut.gate.phenomena import examples_of
from wortlaut.gate.rules import parse_rules
from wortlaut.gate.run import known_items
from wortlaut.gate.verdicts import Outcome, check

TITLE, AFTER = ids("title", *range(10)), ids("after", *range(10))
#: The whole scores are not tested: what is seen here is of phenomena.
QUIET = "rules = [{test = false}, %s]"


@cache
def scored(*wrong: Collection[str]) -> Evaluation:
    """A system of one run or, with more than one ``wrong``, of several."""
    runs = [System(one) for one in wrong]
    return wortlaut.evaluate({"made": runs}, corpus("after", "title", "place"), schema="strict")


def outcome_of(rules: str, *after: Collection[str], before: tuple[Collection[str], ...] = ((),)) -> Outcome:
    new = scored(*map(frozenset, after or ((),)))
    old = baseline_of(scored(*map(frozenset, before)))
    known, examples = known_items(new), examples_of(new)
    return check(
        old, baseline_of(new), parse_rules(tomllib.loads(rules)), known=known, examples=examples, trials=500
    )


#: A rule, what the new system has wrong that had all right, and what fails.
RULES: Mapping[str, tuple[str, Collection[str], list[str]]] = {
    "a floor of F1 that holds": ('{phenomenon = "after", floor = 0.9}', ids("after", 0), []),
    "one that does not": ('{phenomenon = "after", floor = 0.99}', ids("after", 0), ["floor"]),
    "of another phenomenon": ('{phenomenon = "title", floor = 1}', ids("after", 0), []),
    "a floor of what is right": ('{phenomenon = "title", floor = 0.9}', ids("title", 0), []),
    "one that is not held": ('{phenomenon = "title", floor = 0.9}', ids("title", 0, 1), ["floor"]),
    "a drop": ('{phenomenon = "title", drop = 0.1}', ids("title", 0, 1), ["drop"]),
    "a relative drop": ('{phenomenon = "after", relative_drop = 0.01}', ids("after", 0), ["relative_drop"]),
    "a test": ('{phenomenon = "title", test = true}', TITLE, ["test"]),
    "a test of F1": ('{phenomenon = "after", test = true}', AFTER, ["test"]),
    "a test that supports nothing": ('{phenomenon = "after", test = true}', ids("after", 0), []),
    "a test of few pairs": ('{phenomenon = "place", test = true}', ids("place", *range(6)), ["flips"]),
    "a margin": ('{phenomenon = "title", margin = 0.05}', TITLE, ["margin"]),
    "each phenomenon": ('{phenomenon = "*", floor = 0.5}', TITLE | AFTER, ["floor", "floor"]),
    "of a layer": ('{phenomenon = "*", layer = "entities", floor = 0.5}', TITLE | AFTER, []),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(name: str) -> None:
    rule, wrong, expected = RULES[name]
    outcome = outcome_of(QUIET % rule, wrong)
    assert [(one.name, one.status) for one in outcome.failures] == [(one, "regression") for one in expected]
    assert all(one.place is not None and one.place.phenomenon for one in outcome.failures)


def test_what_is_said_and_written() -> None:
    outcome = outcome_of(QUIET % '{phenomenon = "title", floor = 0.9, test = true}', TITLE)
    floor, test = outcome.failures
    assert str(floor) == "made, quotes, strict, title: share right 0.1667, floor 0.9"
    assert "share right 1.0000 → 0.1667, p 0.0" in test.what and "12 documents" in test.what
    (row,) = [row for row in outcome.rows if row.place.phenomenon]
    assert {change.document for change in row.changes} == TITLE
    assert outcome.to_dict()["scores"][-1]["place"]["phenomenon"] == "title"


def test_what_a_small_drop_is_cannot_be_told() -> None:
    rules = 'cannot_tell = "fail"\n' + QUIET % '{phenomenon = "title", margin = 0.05}'
    outcome = outcome_of(rules, ids("title", 0))
    assert (outcome.verdict, outcome.failures[0].name) == ("undecided", "margin")


@pytest.mark.long
def test_several_runs() -> None:
    rules = QUIET % '{phenomenon = "title", floor = 0.5, test = true}'
    before = ((), ids("title", 3), ids("title", 4))
    outcome = outcome_of(rules, TITLE, TITLE, TITLE - ids("title", 0), before=before)
    assert [one.name for one in outcome.failures] == ["floor", "test"]
    assert "3 and 3 runs on 12 documents" in outcome.failures[1].what


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ('{phenomenon = "other", floor = 0.5}', "rule 2 (phenomenon 'other') selects no score"),
        ('{phenomenon = "titel", floor = 0.5}', "unknown phenomenon 'titel'\n  Did you mean title?"),
        ('{phenomenon = "title", layer = "entities", floor = 0.5}', "selects no score"),
        ('{phenomenon = "title", schema = "partial", floor = 0.5}', "selects no score"),
    ],
)
def test_a_rule_that_selects_nothing_is_invalid(rule: str, told: str) -> None:
    outcome = outcome_of(QUIET % rule)
    assert outcome.verdict == "invalid" and told in str(outcome)


def test_a_phenomenon_has_no_labels() -> None:
    with pytest.raises(WortlautError, match="names a phenomenon and a label"):
        parse_rules({"rules": [{"phenomenon": "title", "label": "LOC", "floor": 0.1}]})


def test_without_a_rule_there_is_no_row() -> None:
    assert not any(row.place.phenomenon for row in outcome_of(QUIET % "{drop = 0.9}", TITLE).rows)
