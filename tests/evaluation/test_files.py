"""Results come back from their files, those of earlier versions too."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from made import Made, corpus
from shared import ROOT

import wortlaut
from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError
from wortlaut.evaluation.evaluate import Evaluation, evaluate, load_evaluation
from wortlaut.evaluation.files import read_signature
from wortlaut.formats.shards import iter_shards
from wortlaut.gate.baseline import read_baseline, to_text
from wortlaut.gate.rules import Rules
from wortlaut.gate.run import gate
from wortlaut.records import record
from wortlaut.reports.schemas import schema
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.labels import projection
from wortlaut.scoring.uncertainty import Resampling

OLD = ROOT / "tests/cases/old"
SCHEMA = Draft202012Validator(schema("evaluation"))


def old(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((OLD / name).read_text("utf-8"))
    return data


def on_todays_gold(name: str, folder: Path) -> Path:
    """An old file as if the gold had not changed since: its names, contents and types of quotes have not."""
    hash = load_corpus("gold").hash
    text = (OLD / name).read_text("utf-8")
    before = re.findall("[0-9a-f]{64}", text)[0]
    (folder / name).write_text(
        text.replace(before, hash).replace(f"@{before[:12]}", f"@{hash[:12]}"), "utf-8"
    )
    return folder / name


@pytest.mark.parametrize(
    "options",
    [
        {"schema": ["strict", "partial", "overlap@0.5", "fuzzy"]},
        {"schema": ["nervaluate", "seqeval", "hipe"], "labels": "conll4"},
        {"labels": {"LOC": None, "PER": "B,C=D"}, "by": ["length", "document"]},
        {"samples": 0, "items": False},
    ],
)
@pytest.mark.parametrize("documents", [3, 12])
def test_an_evaluation_comes_back(options: dict[str, Any], documents: int) -> None:
    made = [Made({"d01": [0]}, ["d02"]), Made(label="LOC", spurious=["d00"]), "nobody:has_this"]
    whole = evaluate(made, corpus(documents), **{"samples": 20, "on_error": "keep", **options})  # type: ignore[arg-type]
    data = whole.to_dict()
    again = Evaluation.from_dict(data)
    assert again.to_dict() == data
    assert again.signature == whole.signature
    assert (again.by, again.documents, len(again.units)) == (whole.by, documents, len(whole.units))
    for one, other in zip(whole.systems, again.systems, strict=True):
        assert other.results == one.results
        assert other.breakdowns == one.breakdowns
    through_json = json.loads(json.dumps(data))
    assert Evaluation.from_dict(through_json).to_dict() == data
    SCHEMA.validate(through_json)


def test_the_items_of_an_evaluation_are_not_gone_through_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    once = record.plain
    monkeypatch.setattr(
        record, "plain", lambda value, digits=None: (calls.append(value), once(value, digits))[1]
    )
    made = Made({"d01": [0]}, ["d02"])
    counted = []
    for documents in (11, 33):
        whole = evaluate(made, corpus(documents), samples=0)
        calls.clear()
        whole.to_dict()
        counted.append(len(calls))
    assert counted[0] == counted[1]


@pytest.mark.long
def test_the_quotes_of_the_gold_come_back(tmp_path: Path) -> None:
    whole = evaluate(["quotes-de", "gazetteer"], samples=20, schema=["strict", "spkatt", "parc"])
    path = tmp_path / "result.json"
    path.write_text(json.dumps(whole.to_dict()), "utf-8")
    again = wortlaut.load_evaluation(path)
    assert again.to_dict() == whole.to_dict()
    assert again.systems[0].results == whole.systems[0].results
    assert again.systems[0].results[ScoreKey("speakers", "strict", "gold")].signature.setting == "gold"
    assert str(again) == str(whole)


def test_what_is_read_compares_as_what_was_written() -> None:
    a, b = (evaluate([Made(missed, spec=name)], corpus(12), samples=20) for name, missed in SYSTEMS)
    told = wortlaut.compare(a, b, trials=50)
    assert told.rows and told == wortlaut.compare(a.to_dict(), Evaluation.from_dict(b.to_dict()), trials=50)


SYSTEMS: list[tuple[str, dict[str, list[int]]]] = [("a", {"d01": [0, 1]}), ("b", {})]


def test_two_projections_with_one_text_are_not_compared() -> None:
    sides = [
        evaluate([Made(spec=str(i))], corpus(3), labels=labels, samples=0)
        for i, labels in enumerate(({"LOC": "B,PER=D"}, {"LOC": "B", "PER": "D"}))
    ]
    assert str(sides[0].signature) == str(sides[1].signature)
    for given in (sides, [side.to_dict() for side in sides]):
        with pytest.raises(wortlaut.WortlautError, match=r"differ in schemas and projection: .*B,PER=D"):
            wortlaut.compare(*given)


# --- files of version 0.1.0 ---


@pytest.mark.parametrize("name", ["evaluation.json", "projected.json", "peers.json"])
def test_old_results_are_read(name: str) -> None:
    data, read = old(name), load_evaluation(OLD / name)
    written = read.to_dict()
    plain = json.loads(json.dumps(written))
    for system in data["systems"]:
        if "breakdowns" in system:  # of entities, without a layer
            system["breakdowns"] = {"entities": system["breakdowns"]}
    assert {key: value for key, value in plain.items() if key != "settings"} == data
    assert Evaluation.from_dict(written).to_dict() == written
    assert read.signature.version == "0.1.0"


def test_old_results_say_how_they_were_made() -> None:
    read = load_evaluation(OLD / "projected.json")
    assert read.by == ("level", "length")
    assert read.signature == Signature(
        "gold",
        old("projected.json")["corpus"]["hash"],
        "all",
        projection=projection("conll4"),
        schemas=("strict", "partial"),
        resampling=Resampling("sentence", 100),
        version="0.1.0",
    )


def test_old_results_compare_as_they_did() -> None:
    told = wortlaut.compare(OLD / "projected.json", trials=200).to_dict()
    then = old("comparison.json")
    then["notes"].append(
        "one run of each system: nothing is known about other runs of them, such as other seeds"
    )
    told = json.loads(json.dumps(told))
    # The interval of the difference was a percentile interval then.
    for row in (*told["rows"], *then["rows"]):
        assert row["test"].pop("interval")[0] < row["test"]["f1"]
    assert told == then


@pytest.mark.long
def test_an_old_result_compares_with_a_new_one(tmp_path: Path) -> None:
    new = evaluate("gazetteer", labels="conll4", samples=10)
    told = wortlaut.compare({"old": on_todays_gold("projected.json", tmp_path), "new": new}, trials=20)
    same = next(row for row in told.rows if row.a == "gazetteer (old)" and row.b == "gazetteer (new)")
    assert same.test.f1 == 0 and not same.flips


@pytest.mark.long
def test_an_old_baseline_is_read_and_passes(tmp_path: Path) -> None:
    text = (OLD / "baseline.json").read_text("utf-8")
    assert to_text(read_baseline(OLD / "baseline.json")) == text
    outcome = gate(on_todays_gold("baseline.json", tmp_path), Rules(), ["gazetteer", "quotes-de"])
    assert outcome.verdict == "pass", str(outcome)
    told = json.loads(json.dumps(outcome.to_dict()))
    assert told["checks"] == old("check.json")["checks"]
    # What the corpus could have shown is said since.
    assert told["scores"] == [{**row, "shows": None} for row in old("check.json")["scores"]]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("corpus, name", None, "corpus, name is None, not string"),
        ("systems", {"a": 1}, "systems is {'a': 1}, not array"),
        ("systems, 0, name", 3, "systems, 0, name is 3, not string"),
        ("systems, 0, scores, quotes, strict, f1", "high", "f1 is 'high', not number"),
        ("systems, 0, scores, quotes, strict, recall", "not null", "recall is 'not null', not number"),
        ("systems, 0, scores, quotes, strict, gold", 1.5, "gold is 1.5, not integer"),
        ("systems, 0, scores, quotes, strict, f1_interval", [0.5], "f1_interval has 1 members, not 2"),
        ("systems, 0, scores, quotes, strict, f1", float("inf"), "f1 is inf, not number"),
        ("systems, 0, scores, quotes, strict, recall", 1.5, "recall is 1.5, against its maximum 1"),
        ("systems, 0, scores, quotes, strict, gold", -1, "gold is -1, against its minimum 0"),
        ("corpus, hash", "f" * 65, "against its pattern ^[0-9a-f]{64}$"),
        ("resampling, unit", "page", "against its enum ['document', 'sentence']"),
        ("items, quotes, strict, 0, 0", [], "items, quotes, strict, 0, 0 is [], not string"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_place(place: str, value: Any, message: str) -> None:
    data = old("evaluation.json")
    *parents, last = [int(one) if one.isdigit() else one for one in place.split(", ")]
    inner: Any = data
    for one in parents:
        inner = inner[one]
    inner[last] = value
    with pytest.raises(DataError) as error:
        Evaluation.from_dict(data, "result.json")
    assert message in error.value.what and error.value.where == "result.json"


def test_an_old_extraction_is_read() -> None:
    ((_, documents),) = iter_shards(OLD / "extraction")
    assert [bool(annotations.entities) for _, _, annotations in documents] == [True]


# --- signatures ---


@pytest.mark.parametrize("name", ["a|b:c", "preds|layer:x", "gold@1.0", ""])
@pytest.mark.parametrize("labels", [None, "coarse", {"A|schema:x": "B|v:1"}, {"A": "B,C=D"}, {}])
def test_a_signature_is_read_from_its_text(name: str, labels: Any) -> None:
    whole = Signature(name, "ab" * 32, "all", projection=projection(labels), schemas=("strict", "fuzzy"))
    keys = [ScoreKey("entities", "overlap@0.5"), ScoreKey("speakers", "strict", "matched")]
    keys += [ScoreKey("cues", "strict", "matched"), ScoreKey("speakers", "entity", "gold")]
    for one in (whole, *(whole.of(key) for key in keys)):
        for resampling in (
            Resampling("sentence", 10, 3, 0.9, "bca"),
            Resampling("document", 0),
            Resampling("document", 5, 1, 0.9),
        ):
            made = replace(one, resampling=resampling, version="0.1.0")
            known = replace(whole, resampling=resampling)
            assert read_signature(str(made), known) == made


def test_another_text_is_no_signature() -> None:
    for text in ("", "wortlaut", "wortlaut|layer:all|schema:strict|avg:micro|resample:often|v:1"):
        with pytest.raises(ValueError, match="is no signature"):
            read_signature(text, Signature())
