"""A baseline on an older gold: the verdict is of the system, and the gold's share stands beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from made import Made, corpus

from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError
from wortlaut.evaluation.evaluate import evaluate
from wortlaut.gate.baseline import Baseline, baseline_of, read_baseline, to_text
from wortlaut.gate.goldchange import check_system
from wortlaut.gate.rules import Rules, parse_rules
from wortlaut.gate.verdicts import Outcome
from wortlaut.reports.gate import check_view, markdown
from wortlaut.reports.schemas import schema

GOOD, BAD = Made({"d00": [0]}), Made({f"d{i:02}": [2, 3, 4] for i in range(20)})


def gold(changed: Sequence[int], documents: int = 20) -> Corpus:
    """The second name of these documents is of another class now."""
    rows = []
    for i, one in enumerate(corpus(documents).documents):
        entities = list(one.entities)
        if i in changed:
            entities[1] = replace(entities[1], label="ORG")
        rows.append(replace(one, annotations=replace(one.annotations, entities=tuple(entities))))
    return Corpus.of("made", rows)


@cache
def then() -> Baseline:
    return baseline_of(evaluate({"made": GOOD}, gold([]), schema="strict", samples=10))


def baseline(on: Corpus, tmp_path: Path, **systems: Any) -> Baseline:
    """As it comes back from its file."""
    text = to_text(baseline_of(evaluate(dict(systems), on, schema="strict", samples=10)))
    Draft202012Validator(schema("baseline")).validate(json.loads(text))
    (tmp_path / "b.json").write_text(text)
    read = read_baseline(tmp_path / "b.json")
    assert to_text(read) == text
    return read


#: Documents whose gold changed, the systems of the run, the rules, the exit code, the documents that the
#: system is judged on, and the shares of gold and system in its F1.
TWO, ALL = [3, 7], range(20)
LOST = 2 * 97 / 199 - 2 * 99 / 199
CASES: dict[str, tuple[Sequence[int], dict[str, Any], str, int, int, float | None, float | None]] = {
    "the gold alone": (TWO, {"made": GOOD}, "drop", 0, 20, LOST, 0),
    "the whole gold alone": (ALL, {"made": GOOD}, "drop", 0, 20, 2 * 79 / 199 - 2 * 99 / 199, 0),
    "the system alone": ([], {"made": BAD}, "drop", 1, 20, None, None),
    "both, with what was found then": (
        TWO, {"made": BAD, "before": GOOD}, "drop", 1, 20, LOST, 2 * 38 / 140 - 2 * 97 / 199
    ),
    "both, without": (TWO, {"made": BAD}, "drop", 1, 18, None, 2 * 36 / 126 - 2 * 89 / 179),
    "by flips, where few are unchanged": (range(15), {"made": BAD}, "none", 1, 5, None, 20 / 35 - 1),
    "a floor is about all of the new gold": (ALL[2:], {"made": Made({"d00": [1]})}, "floor", 1, 2, None, 0),
    "several runs": (TWO, {"made": [GOOD, GOOD]}, "drop", 0, 18, None, 0),
}  # fmt: skip
RULES = {"drop": {"rules": [{"drop": 0.01}]}, "floor": {"rules": [{"floor": 0.9}]}, "none": {}}


@pytest.mark.parametrize("name", CASES)
def test_the_system_is_judged_and_not_the_gold(name: str, tmp_path: Path) -> None:
    changed, systems, rules, code, units, by_gold, by_system = CASES[name]
    outcome = check_system(then(), baseline(gold(changed), tmp_path, **systems), parse_rules(RULES[rules]))
    assert outcome.exit_code == code, str(outcome)
    Draft202012Validator(schema("check")).validate(json.loads(json.dumps(outcome.to_dict())))
    if not changed:
        assert outcome.gold is None
        return
    assert outcome.gold is not None and len(outcome.gold.changed) == len(changed)
    (share,) = outcome.gold.shares
    assert share.units == units
    if by_gold is not None:
        assert share.gold == pytest.approx(by_gold)
    if by_system is not None:
        assert share.system == pytest.approx(by_system)
    assert "the gold changed" in str(outcome) and "the gold changed" in markdown(outcome)
    assert list(check_view(outcome))


def unlike(changed: Sequence[int], tmp_path: Path, **systems: Any) -> Outcome:
    return check_system(then(), baseline(gold(changed), tmp_path, **systems), Rules())


def test_what_cannot_be_told_apart_ends_with_2_and_says_what_to_do(tmp_path: Path) -> None:
    outcome = unlike(ALL, tmp_path, made=BAD)
    assert outcome.exit_code == 2 and "-e 'before=preds:FILE'" in str(outcome)
    text = (tmp_path / "b.json").read_text()
    for sound, damaged, told in (
        ('"digests": {', '"digests": {\n  "d99": ["a", "b"],', "digests of 21 documents, and 20 documents"),
        ('"d00": ["', '"d00": ["a", "', "is not two texts"),
    ):
        (tmp_path / "b.json").write_text(text.replace(sound, damaged))
        with pytest.raises(DataError, match=told):
            read_baseline(tmp_path / "b.json")
    outcome = unlike(TWO, tmp_path, made=BAD, before=Made({"d00": [1]}))
    assert outcome.exit_code == 2 and "before is not in the baseline" in str(outcome)
