"""Results on two golds of the same texts: what the gold did, and what the system did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import run
from jsonschema import Draft202012Validator
from made import Made, corpus

from wortlaut.corpus.load import Corpus
from wortlaut.errors import ComparisonError, DataError
from wortlaut.evaluation.comparison import Comparison, compare
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.evaluation.goldchange import gold_interval, interval
from wortlaut.reports.schemas import schema
from wortlaut.scoring.compare import half_width, paired_test

OLD = corpus(12)


def relabelled(documents: Sequence[str] = ("d03", "d07"), label: str = "ORG") -> Corpus:
    """The second name of these documents is of another class now."""
    rows = []
    for one in OLD.documents:
        entities = list(one.entities)
        if one.id in documents:
            entities[1] = replace(entities[1], label=label)
        rows.append(replace(one, annotations=replace(one.annotations, entities=tuple(entities))))
    return Corpus.of("made", rows)


NEW = relabelled()
SAME, WORSE = Made({"d00": [0]}), Made({"d00": [0], **{f"d{i:02}": [2, 4] for i in range(1, 12, 2)}})


def scored(gold: Corpus, **systems: Any) -> Evaluation:
    """As it comes back from its file."""
    made = evaluate(dict(systems), gold, schema="strict")
    return Evaluation.from_dict(json.loads(json.dumps(made.to_dict())))


def compared(**results: Evaluation) -> Comparison:
    found = compare(results, trials=200, samples=200)
    Draft202012Validator(schema("comparison")).validate(json.loads(json.dumps(found.to_dict())))
    return found


#: F1 of one miss in 60 items, of that and two labels that no longer fit, of thirteen misses likewise.
THEN, ON_NEW, AFTER = 2 * 59 / 119, 2 * 57 / 119, 2 * 45 / 107
#: Systems on the new gold; F1 then, of what was found then on the new gold, and now.
CASES: dict[str, tuple[dict[str, Any], tuple[float, float | None, float]]] = {
    "the system found the same": ({"made": SAME}, (THEN, ON_NEW, ON_NEW)),
    "under another name": ({"other": SAME}, (THEN, ON_NEW, ON_NEW)),
    "what was found then is beside it": ({"before": SAME, "made": WORSE}, (THEN, ON_NEW, AFTER)),
    "in each of two runs": ({"made": [SAME, SAME]}, (THEN, ON_NEW, ON_NEW)),
    "it is not": ({"made": WORSE}, (THEN, None, AFTER)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_difference_is_that_of_the_gold_and_that_of_the_system(name: str) -> None:
    systems, (then, on_new, now) = CASES[name]
    then_found = systems["made"] if name == "in each of two runs" else SAME
    change = compared(old=scored(OLD, made=then_found), new=scored(NEW, **systems)).gold
    assert change is not None and (change.unchanged, change.changed) == (10, ("d03", "d07"))
    assert [(i.document, i.text, i.before, i.now) for i in change.items] == [
        ("d03", "Bonn", "LOC", "ORG"),
        ("d07", "Bonn", "LOC", "ORG"),
    ]
    (share,) = change.shares
    assert (share.before, share.rescored, share.now) == pytest.approx((then, on_new, now))
    if on_new is None:  # of the 10 documents without a change
        assert share.gold is None and share.units == 10
        assert share.system == pytest.approx(2 * 41 / 91 - 2 * 49 / 99)
        return
    assert share.gold == pytest.approx(on_new - then)
    assert share.system == pytest.approx(now - on_new) and share.units == 12
    assert share.p_holm == 1 if now == on_new else share.p_holm < 0.1  # type: ignore[operator]


def test_what_cannot_be_told_apart_is_refused_with_what_to_do() -> None:
    every = relabelled([one.id for one in OLD.documents])
    with pytest.raises(ComparisonError, match=r"nothing to compare[\s\S]*-e 'before=preds:FILE'"):
        compared(old=scored(OLD, made=SAME), new=scored(every, made=WORSE))
    one, other, third = (scored(gold, made=SAME) for gold in (OLD, NEW, every))
    with pytest.raises(ComparisonError, match="differ in corpus hash"):
        compared(one=one, other=other, third=third)
    damaged = json.loads(json.dumps(one.to_dict()))
    del damaged["systems"][0]["answers"][0]
    with pytest.raises(DataError, match="made has answers for 11 documents"):
        compare(damaged, other)
    counts = evaluate({"made": SAME}, OLD, schema="strict", items=False)
    with pytest.raises(ComparisonError, match=r"differ in corpus hash[\s\S]*--items"):
        compared(old=counts, new=scored(NEW, made=SAME))


def test_documents_that_are_new_and_gone_are_the_golds_share() -> None:
    more = corpus(13)
    for now, units, system in ((SAME, 13, 0.0), (WORSE, 12, 2 * 47 / 107 - THEN)):
        found = compared(old=scored(OLD, made=SAME), new=scored(more, made=now))
        assert found.gold is not None and found.gold.added == ("d12",)
        (share,) = found.gold.shares
        assert (share.units, share.system) == (units, pytest.approx(system))
        assert share.gold == (None if system else pytest.approx(2 * 64 / 129 - THEN))
    fewer = compared(old=scored(more, made=WORSE), new=scored(OLD, made=SAME)).gold
    assert fewer is not None and fewer.removed == ("d12",)
    (share,) = fewer.shares
    assert (share.before, share.rescored, share.now) == pytest.approx((2 * 52 / 117, 2 * 47 / 107, THEN))
    assert share.gold == pytest.approx(2 * 47 / 107 - 2 * 52 / 117)


def test_the_systems_on_the_new_gold_are_compared_as_ever() -> None:
    new = scored(NEW, before=SAME, made=WORSE)
    assert compared(old=scored(OLD, made=SAME), new=new).rows == compared(new=new).rows


def test_the_interval_is_that_of_a_paired_difference() -> None:
    rng = np.random.default_rng(0)
    gold, hits = rng.integers(3, 9, 20), rng.integers(0, 4, (2, 20))
    new, old = (np.stack([gold, gold, one, one], axis=1) for one in hits)
    test, half = (
        paired_test(new, old, 1, trials=10, samples=10),
        half_width(new, old, np.ones(20, np.int64), 1),
    )
    assert test.f1 is not None
    assert interval([new], [old], 1) == pytest.approx((test.f1 - half, test.f1 + half))
    assert interval([new, new], [old, old], 1) == pytest.approx(test.interval)
    assert gold_interval([new], [old], 1) == interval([new], [old], 1)
    few = np.concatenate([new[:2], old[2:]])
    assert gold_interval([few], [old], 1) is None and interval([few], [old], 1) is not None


@pytest.mark.long
def test_the_command_takes_results_on_two_golds(tmp_path: Path) -> None:
    for name, evaluation in (("old", scored(OLD, made=SAME)), ("new", scored(NEW, before=SAME, made=WORSE))):
        (tmp_path / f"{name}.json").write_text(json.dumps(evaluation.to_dict()))
    ended = run("compare", "old.json", "new.json", "--trials", "100", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "12 documents: 10 unchanged, 2 changed (d03, d07)" in ended.stdout
    assert "d03 [9, 13) entities: LOC → ORG: Bonn" in ended.stdout
    table = run("compare", "old.json", "new.json", "--trials", "100", "--markdown", "-", cwd=tmp_path)
    assert "| entities | strict | made | made | 0.992 | 0.841 | -0.034" in table.stdout
