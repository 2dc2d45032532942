"""Breakdowns, confusion, curves and blocks: known answers, and agreement with scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import average_precision_score

import wortlaut
from wortlaut.errors import DataError, WortlautError
from wortlaut.evaluation import scores

GOLD = {
    "document": ["a", "a", "a", "b"],
    "start": [0, 4, 4, 0],
    "end": [2, 6, 16, 13],
    "label": ["X", "Y", "X", "X"],
    "level": [1, 2, 1, 1],
    "text": ["Ab", "Cd", "Cdef", "Ef"],
}
FOUND = {
    "document": ["a", "a", "b", "b"],
    "start": [0, 4, 0, 20],
    "end": [2, 6, 13, 22],
    "label": ["X", "X", "X", "X"],
    "level": [1, 1, 1, 1],
    "text": ["Ab", "Cd", "Ef", "Zz"],
    "score": [0.9, 0.4, 0.8, 0.3],
}


def numbers(by: str, **options: Any) -> dict[str, tuple[float, int, int]]:
    result = wortlaut.breakdown(GOLD, FOUND, by, intervals=False, **options)
    return {name: (score.correct, score.gold, score.predicted) for name, score in result.per_label.items()}


@pytest.mark.parametrize(
    ("by", "options", "expected"),
    [
        ("length", {}, {"2": (1, 2, 3), "11–20": (1, 2, 1)}),
        ("document", {}, {"a": (1, 3, 2), "b": (1, 1, 2)}),
        ("level", {}, {"1": (2, 3, 4), "2": (0, 1, 0)}),
        ("level", {"schema": "exact"}, {"1": (3, 3, 4), "2": (0, 1, 0)}),
        ("surface", {"seen": {"Ab", "Cd"}}, {"seen": (1, 2, 2), "unseen": (1, 2, 2)}),
    ],
)
def test_known_answers(by: str, options: dict[str, Any], expected: dict[str, tuple[float, int, int]]) -> None:
    assert numbers(by, **options) == expected


def test_f1_is_undefined_where_only_recall_is_not_zero() -> None:
    group = wortlaut.breakdown(GOLD, FOUND, "level", schema="exact", intervals=False).per_label["2"]
    assert (group.precision, group.recall, group.f1) == (None, 1.0, None)


def test_groups_sum_up_to_the_whole() -> None:
    whole = wortlaut.score(GOLD, FOUND, intervals=False)
    for by in ("length", "document", "level", "label"):
        parts = wortlaut.breakdown(GOLD, FOUND, by, intervals=False)
        assert (parts.correct, parts.gold, parts.predicted) == (whole.correct, whole.gold, whole.predicted)


def test_documents_have_their_names_where_one_side_lacks_some() -> None:
    some = {name: values[3:] for name, values in FOUND.items()}
    assert list(wortlaut.breakdown(GOLD, some, "document", intervals=False).per_label) == ["a", "b"]


def test_a_breakdown_that_cannot_be_made_says_why() -> None:
    with pytest.raises(DataError, match="no column 'genre'"):
        wortlaut.breakdown(GOLD, FOUND, "genre")
    with pytest.raises(DataError, match="seen is missing"):
        wortlaut.breakdown(GOLD, FOUND, "surface")
    with pytest.raises(WortlautError, match="counts positions"):
        wortlaut.breakdown(GOLD, FOUND, "length", schema="token")


def test_confusion_has_a_row_and_a_column_for_nothing() -> None:
    result = wortlaut.score(GOLD, FOUND, errors=True, intervals=False)
    assert result.confusion is not None
    assert result.confusion.labels == ("X", "Y", "∅")
    # X found twice, X missed once; Y taken for X; one spurious X.
    assert result.confusion.matrix == ((2, 0, 1), (1, 0, 0), (1, 0, 0))


def test_curves_by_hand() -> None:
    curves = wortlaut.curves(GOLD, FOUND)
    assert curves.threshold.tolist() == [0.9, 0.8, 0.4, 0.3]
    assert curves.precision.tolist() == pytest.approx([1, 1, 2 / 3, 1 / 2])
    assert curves.recall.tolist() == pytest.approx([1 / 4, 2 / 4, 2 / 4, 2 / 4])
    assert curves.average_precision == pytest.approx(0.5)
    assert (curves.best_threshold, curves.best_f1) == (0.8, pytest.approx(2 / 3))
    assert curves.brier == pytest.approx((0.1**2 + 0.4**2 + 0.2**2 + 0.3**2) / 4)


def test_average_precision_is_scikit_learns_times_the_recall_that_can_be_reached() -> None:
    rng = np.random.default_rng(4)
    count = 400
    start = np.arange(count) * 10
    right = rng.random(count) < 0.6
    gold = {"document": [0] * count, "start": start, "end": start + 3, "label": ["X"] * count}
    found = {**gold, "end": np.where(right, start + 3, start + 4), "score": rng.random(count).round(2)}
    expected = average_precision_score(right, found["score"]) * right.mean()
    curves = wortlaut.curves(gold, found)
    assert curves.average_precision == pytest.approx(expected)
    assert curves.best_f1 >= wortlaut.score(gold, found, intervals=False).f1 - 1e-12
    assert sum(n for _, _, n in curves.calibration) == count


def test_of_duplicates_the_surest_is_right() -> None:
    gold = {"document": [0], "start": [0], "end": [3], "label": ["X"]}
    found = {"document": [0, 0], "start": [0, 0], "end": [3, 3], "label": ["X", "X"], "score": [0.2, 0.9]}
    curves = wortlaut.curves(gold, found)
    assert curves.precision.tolist() == [1.0, 0.5]
    assert curves.best_threshold == 0.9


def test_curves_need_scores_and_gold() -> None:
    bare = {name: values for name, values in FOUND.items() if name != "score"}
    with pytest.raises(DataError, match="no score"):
        wortlaut.curves(GOLD, bare)
    with pytest.raises(DataError, match="partial"):
        wortlaut.curves(GOLD, FOUND, schema="partial")


@pytest.fixture
def noisy() -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(7)
    document = np.sort(rng.integers(0, 300, 1500))
    start = rng.integers(0, 200, 1500)
    label = rng.integers(0, 3, 1500)
    gold = {"document": document, "start": start, "end": start + 5, "label": label}
    kept = rng.permutation(np.flatnonzero(rng.random(1500) < 0.9))
    moved = start[kept] + (rng.random(len(kept)) < 0.2)
    found = {"document": document[kept], "start": moved, "end": start[kept] + 5, "label": label[kept]}
    return gold, found


def test_blocks_of_documents_give_the_numbers_of_one_pass(
    noisy: tuple[dict[str, Any], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    schemas = ["strict", "exact", "partial", "type", "overlap@0.5", "token"]
    whole = wortlaut.score(*noisy, schema=schemas, errors=True)
    monkeypatch.setattr(scores, "_BLOCK", 100)
    assert wortlaut.score(*noisy, schema=schemas, errors=True) == whole


def test_parquet_files_score_like_the_tables_in_them(
    noisy: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    paths = [tmp_path / "gold.parquet", tmp_path / "found.parquet"]
    for path, table in zip(paths, noisy, strict=True):
        pq.write_table(pa.table({**table, "unread": ["x"] * len(table["start"])}), path)
    assert wortlaut.score(str(paths[0]), paths[1]) == wortlaut.score(*noisy)
    paths[0].write_bytes(b"PAR1 broken")
    with pytest.raises(DataError, match="not a Parquet file"):
        wortlaut.score(paths[0], paths[1])
    with pytest.raises(WortlautError, match="no such file"):
        wortlaut.score(tmp_path / "none.parquet", paths[1])


def test_a_misspelt_group_is_told_with_the_one_that_is_meant():
    rows = {"document": ["a"], "start": [0], "end": [3], "label": ["PER"], "level": [1]}
    for by, near in (("lenght", "length"), ("levle", "level"), ("documnt", "document")):
        with pytest.raises(DataError, match=f"no column '{by}'") as caught:
            wortlaut.breakdown(rows, rows, by)
        assert caught.value.hint.startswith("Did you mean") and near in caught.value.hint
    with pytest.raises(DataError, match="no column 'lenght'") as caught:
        wortlaut.breakdown([("a", 0, 3, "PER")], [("a", 0, 3, "PER")], "lenght")
    assert caught.value.hint == "Did you mean length?"
    with pytest.raises(DataError, match="no column 'speaker-form'") as caught:
        wortlaut.breakdown(rows, rows, "speaker-form")
    assert "wortlaut score --by speaker-form" in caught.value.hint
