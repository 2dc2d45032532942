"""The baseline file: what it holds, that it comes back as it was, and that nothing else is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from made import NAMES, TEXT, Made, scored
from simulated import Ints, single

from wortlaut.errors import DataError, MissingFileError
from wortlaut.gate.baseline import MICRO, baseline_of, item_hash, read_baseline, to_text
from wortlaut.gate.run import Settings
from wortlaut.reports.schemas import schema as described

SCHEMA = Draft202012Validator(described("baseline"))
MADE = Made(missed={"d01": [0, 1]}, spurious=["d02"])


@pytest.fixture(scope="module")
def text() -> str:
    return to_text(scored(MADE, 3, Settings(("strict", "partial"), samples=10))[0])


@pytest.mark.parametrize("schemas", [("strict",), ("strict", "partial", "overlap@0.5", "token", "seqeval")])
@pytest.mark.parametrize("labels", [None, "conll4", {"LOC": "PER"}, {"LOC": None}])
def test_what_is_written_comes_back(schemas: tuple[str, ...], labels: Any, tmp_path: Path) -> None:
    baseline, _ = scored(MADE, 3, Settings(schemas, labels, samples=10))
    file = tmp_path / "baseline.json"
    file.write_text(to_text(baseline), "utf-8")
    assert read_baseline(file) == baseline
    assert to_text(read_baseline(file)) == file.read_text("utf-8")


@pytest.mark.parametrize("labels", [None, "conll4", {"LOC": "PER", "PER": None}])
def test_it_is_what_its_schema_says(labels: Any, text: str) -> None:
    from wortlaut.evaluation.evaluate import evaluate

    # Quotes bring layers without items, without sums, and with credits that are no whole numbers.
    settings = Settings(("strict", "partial"), labels, samples=10)
    evaluation = evaluate(["quotes-de"], "gold", schema=settings.schemas, samples=10)
    for written in (text, to_text(scored(MADE, 3, settings)[0]), to_text(baseline_of(evaluation))):
        SCHEMA.validate(json.loads(written))
    data = json.loads(text)
    data["systems"]["made"]["entities"]["strict"]["documents"]["d01"]["LOC"] = [1, 1, 1]
    assert not SCHEMA.is_valid(data)


def test_no_word_of_the_corpus_is_in_it(text: str) -> None:
    words = {word.strip(".") for word in TEXT.split()}
    assert words == {"Anna", "sah", "Bonn", "Caro", "Kiel", "Emil", "kam", "spät"}
    assert [word for word in words if word in text] == []


def test_a_speakers_name_is_not_in_it() -> None:
    from wortlaut.evaluation.evaluate import evaluate

    evaluation = evaluate(["quotes-de"], "gold", schema=["strict"], samples=10)
    written = to_text(baseline_of(evaluation))
    names = [n for n in evaluation.systems[0].scores["speakers"]["entity"].per_label if n != "unknown"]
    assert len(names) > 5
    assert [name for name in names if name in written] == []


def test_it_is_sorted_json_with_a_line_a_document(text: str) -> None:
    data = json.loads(text)
    lines = text.splitlines()
    assert json.dumps(data, sort_keys=True) == json.dumps(data)
    rows = [line.strip(" ,") for line in lines if line.strip().startswith('"d01": {"LOC"')]
    assert rows == [
        '"d01": {"LOC": [2, 1, 1, 1], "PER": [3, 2, 2, 2]}',  # partial
        '"d01": {"LOC": [2, 1, 1, 1], "PER": [3, 2, 2, 2]}',  # strict
    ]
    assert max(map(len, lines)) < 200


def test_one_more_error_changes_the_lines_of_its_document_and_the_scores(text: str) -> None:
    more = Made(missed={"d00": [0], "d01": [0, 1]}, spurious=["d02"])
    other = to_text(scored(more, 3, Settings(("strict", "partial"), samples=10))[0])
    changed = {*other.splitlines()} - {*text.splitlines()}
    assert {line.split(":")[0].strip(' "') for line in changed} == {"d00", "PER", "micro"}


def test_sums_are_those_of_the_scores() -> None:
    baseline, evaluation = scored(MADE, 3, Settings(("strict", "partial", "exact"), samples=10))
    names = [document.id for document in evaluation.corpus.documents]
    for key, entry in baseline.systems["made"].items():
        result = evaluation.systems[0].results[key]
        sums = entry.sums(MICRO, names)
        assert sums is not None and result.per_unit is not None
        assert sums.sum(axis=0).tolist() == result.per_unit.sum(axis=0).tolist()
        for label, score in result.per_label.items():
            sums = entry.sums(label, names)
            assert sums is not None
            total = sums.sum(axis=0).tolist()
            assert (total[0], total[1], total[3] / entry.scale) == (
                score.gold,
                score.predicted,
                score.correct,
            )


def test_a_hash_tells_items_apart() -> None:
    items = [
        ("d1", ((0, 4),), "PER"),
        ("d2", ((0, 4),), "PER"),
        ("d1", ((0, 5),), "PER"),
        ("d1", ((0, 4),), "LOC"),
        ("d1", ((0, 4), (5, 6)), "PER"),
    ]
    assert len({item_hash(item) for item in items}) == len(items)


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change of the value under ``a/b/c``; none deletes it."""

    def change(data: dict[str, Any]) -> None:
        *parents, last = path.split("/")
        for name in parents:
            data = data[name]
        if value is None:
            del data[last]
        else:
            data[last] = value

    return change


ENTRY = "systems/made/entities/strict"
TAMPERED = {
    "a score raised": (put(f"{ENTRY}/micro/f1", 0.99), "does not follow from the sums"),
    "a score lowered": (put(f"{ENTRY}/micro/f1", 0.1), "does not follow from the sums"),
    "a score of a label": (put(f"{ENTRY}/labels/PER/recall", 0.5), "does not follow from the sums"),
    "a score that is none": (put(f"{ENTRY}/micro/f1", "0.9"), "is not a number"),
    "a score above 1": (put(f"{ENTRY}/micro/f1", 1.5), "not between 0 and 1"),
    "a score that is missing": (put(f"{ENTRY}/micro/f1", None), "'f1' is missing"),
    "sums": (put(f"{ENTRY}/documents/d00/PER", [3, 3, 2, 2]), "does not follow from the sums"),
    "sums that are none": (put(f"{ENTRY}/documents/d00/PER", [3, 3, 2]), "is not four numbers"),
    "negative sums": (put(f"{ENTRY}/documents/d00/PER", [3, 3, -1, 2]), "not a number of 0 or more"),
    "a truth value": (put(f"{ENTRY}/micro/gold", True), "not a whole number"),
    "documents that are not there": (put("corpus/documents", 1), "more documents than the 1"),
    "no scale": (put(f"{ENTRY}/scale", 0), "the scale is 0"),
    "no signature": (put(f"{ENTRY}/signature", None), "'signature' is missing"),
    "no hash": (put("corpus/hash", None), "lacks 'hash'"),
    "no systems": (put("systems", {}), "it has no systems"),
    "systems as a list": (put("systems", []), "is no whole baseline"),
    "another version": (put("format", "wortlaut-baseline/2"), "but 'wortlaut-baseline/2'"),
    "a result of evaluate": (put("format", "wortlaut-evaluation/1"), "is no baseline of this version"),
    "labels of another kind": (put("settings/labels", 3), "neither a name nor a mapping"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_file_is_refused(name: str, text: str, tmp_path: Path) -> None:
    change, message = TAMPERED[name]
    data = json.loads(text)
    change(data)
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps(data), "utf-8")
    with pytest.raises(DataError) as caught:
        read_baseline(file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_finite_number_is_refused(value: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    f1 = json.loads(text)["systems"]["made"]["entities"]["strict"]["micro"]["f1"]
    file.write_text(text.replace(f'"f1": {f1}', f'"f1": {value}', 1), "utf-8")
    with pytest.raises(DataError, match=f"holds {value}"):
        read_baseline(file)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such baseline"):
        read_baseline(tmp_path / "baseline.json")
    for content in (b"", b"[]", b"\xff", b"{", b"null", b"[" * 100_000):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(DataError):
            read_baseline(tmp_path / "x")


counts = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)).map(
    lambda three: [three[0], three[1], min(three), min(three)]
)


@given(st.lists(counts, min_size=1, max_size=6))
def test_any_sums_come_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]]) -> None:
    sums: Ints = np.asarray(rows, np.int64)
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_text(to_text(single(sums)), "utf-8")
    assert read_baseline(file) == single(sums)


def test_names_of_the_made_corpus_are_its_labels(text: str) -> None:
    assert {label for _, label in NAMES} == {
        *json.loads(text)["systems"]["made"]["entities"]["strict"]["labels"]
    }
