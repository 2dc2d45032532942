"""What is made of timings: fits, thresholds, files of pytest-benchmark, tables and the plot."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from bench_made import HASH, INFO, bench, curve, measured, timing
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wortlaut.bench import records
from wortlaut.bench.quality import Wanted
from wortlaut.bench.run import Bench, Compared, Spread, repeated
from wortlaut.bench.scaling import BATCHES, LENGTHS, exponent, paragraph_texts, text_of_length
from wortlaut.errors import ComparisonError, DataError, MissingFileError, UnknownNameError, WortlautError
from wortlaut.model import Text
from wortlaut.reports.bench import bench_view, significant, time_text
from wortlaut.reports.console import Console
from wortlaut.reports.pareto import HEIGHT, LEFT, RIGHT, WIDTH, Point, front_of, pareto_svg, place, ticks
from wortlaut.reports.schemas import schema
from wortlaut.scoring.keys import ScoreKey

SCHEMA = Draft202012Validator(schema("bench"))
TEXTS = [Text("Erster Absatz.\n\nZweiter, etwas länger.", "a"), Text("Dritter.\n", "b")]


def shown(result: Bench, compared: Compared | None = None, width: int = 80) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    for part in bench_view(replace(result, compared=compared)):
        console.print(part)
    return console.export_text()


# --- made texts and the fit ---


@pytest.mark.parametrize("characters", [1, 2, 15, 16, 1000, 4321])
def test_a_made_text_has_the_length_asked_for_and_repeats_the_paragraphs(characters: int) -> None:
    text = text_of_length(TEXTS, characters)
    assert len(text) == characters
    lines = text.split("\n")
    whole = ["Erster Absatz.", "Zweiter, etwas länger.", "Dritter."]
    assert all(line == whole[i % 3] for i, line in enumerate(lines[:-2]))


def test_texts_of_a_batch_go_on_where_the_last_one_ended() -> None:
    texts = paragraph_texts(TEXTS, 4, 14)
    assert [len(text) for text in texts] == [14] * 4
    assert len({text.id for text in texts}) == 4
    assert [text[:5] for text in texts] == ["Erste", "Zweit", "Dritt", "Zweit"]


def test_sizes_span_what_they_are_said_to() -> None:
    assert (LENGTHS[0], LENGTHS[-1], len(LENGTHS)) == (1_000, 1_000_000, 16)
    assert (BATCHES[0], BATCHES[-1]) == (1, 512)


@pytest.mark.parametrize(
    ("power", "verdict"),
    [
        (0.5, "less than linear"),
        (1, "linear"),
        (1.5, "more than linear"),
        (2, "quadratic"),
        (3, "more than quadratic"),
    ],
)
def test_the_power_of_exact_times_is_found(power: float, verdict: str) -> None:
    fit = exponent(LENGTHS, [3e-6 * size**power for size in LENGTHS])
    assert fit is not None
    assert fit.value == pytest.approx(power)
    assert (fit.low, fit.high) == (63_000, 1_000_000)
    assert fit.verdict == verdict


def test_only_the_largest_sizes_count() -> None:
    """A fixed cost hides the square at the beginning of the curve."""
    fit = exponent(LENGTHS, [0.5 + 1e-9 * size**2 for size in LENGTHS])
    assert fit is not None and fit.value > 1.9


def test_three_points_are_no_curve() -> None:
    assert exponent([1, 2, 4], [1, 2, 4]) is None
    assert exponent([1, 100, 200, 400], [1, 2, 4, 8]) is None  # the first is too small to count


def test_the_interval_of_the_power_covers_it_as_often_as_it_says() -> None:
    rng = random.Random(7)
    inside = 0
    for _ in range(1000):
        fit = exponent(LENGTHS, [1e-6 * size**1.3 * math.exp(rng.gauss(0, 0.1)) for size in LENGTHS])
        assert fit is not None
        inside += fit.interval[0] <= 1.3 <= fit.interval[1]
    assert 0.93 < inside / 1000 < 0.97


def test_noise_leaves_the_word_open() -> None:
    some, much = exponent([1, 2, 4, 8], [1, 2.2, 3.8, 8.9]), exponent([1, 2, 4, 8], [1, 9, 2, 5])
    assert some is not None and some.verdict == "unclear, linear at a guess"
    assert much is not None and much.verdict == "unclear"


def test_quartiles() -> None:
    assert Spread.of([3.0]) == Spread(3.0, 3.0, 3.0)
    assert Spread.of([5.0, 1.0, 2.0, 4.0, 3.0]) == Spread(3.0, 2.0, 4.0)


def test_a_ratio_is_taken_round_by_round() -> None:
    """Both slow down in the same round: the ratio does not move."""
    made = timing("x", [1.0, 3.0, 2.0], [0.5, 1.5, 1.0])
    assert (made.relative.q1, made.relative.median, made.relative.q3) == (0.5, 0.5, 0.5)
    assert made.rate(made.documents) == 5


# --- files of pytest-benchmark ---


def saved(path: Path, result: Bench, **changed: Any) -> dict[str, Any]:
    records.save(result, path)
    data = json.loads(path.read_text("utf-8"))
    data["machine_info"].update(changed)
    path.write_text(json.dumps(data), "utf-8")
    return records.read(path)


@pytest.mark.parametrize(
    ("threshold", "then", "now", "passes"),
    [
        ("mean:10%", 100.0, 92.0, True),
        ("mean:10%", 100.0, 90.0, False),
        ("mean:0.00002", 100.0, 90.0, True),
        ("median:0.00001", 100.0, 90.0, False),
        ("ratio:10%", 100.0, 92.0, True),
        ("ratio:10%", 100.0, 90.0, False),
        ("ratio:0.5", 1.0, 0.7, True),
        ("ratio:0.5", 1.0, 0.6, False),
    ],
)
def test_thresholds(threshold: str, then: float, now: float, passes: bool, tmp_path: Path) -> None:
    old = saved(tmp_path / "old.json", bench(measured("x", then)))
    compared = records.compare(
        bench(measured("x", now)), tmp_path / "old.json", old, [records.Threshold.parse(threshold)]
    )
    assert compared.regressed is not passes
    assert [change.failed for change in compared.changes] == [() if passes else (threshold,)]
    assert compared.notes == ()


@pytest.mark.parametrize("text", ["", "mean", "mean:", "mean:10x", "speed:10%", "ratio:", "ratio:x%"])
def test_what_is_no_threshold_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="no threshold"):
        records.Threshold.parse(text)


def test_what_is_not_in_both_is_named(tmp_path: Path) -> None:
    old = saved(
        tmp_path / "old.json",
        bench(measured("x", 1), measured("gone", 1)),
        node="there",
        cpu={"brand_raw": "B"},
    )
    compared = records.compare(bench(measured("x", 1), measured("new", 1)), tmp_path / "old.json", old, [])
    assert [change.name for change in compared.changes] == ["test_throughput[x-1]"]
    assert any("another machine" in note for note in compared.notes)
    assert any("only in the file: test_throughput[gone-1]" in note for note in compared.notes)
    assert any("not in the file: test_throughput[new-1]" in note for note in compared.notes)


def test_runs_that_do_not_compare(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    old = saved(path, bench(measured("x", 1)))
    with pytest.raises(ComparisonError, match="no benchmark that was run now"):
        records.compare(bench(measured("y", 1)), path, old, [])
    with pytest.raises(ComparisonError, match="another corpus"):
        records.compare(bench(measured("x", 1), hash="b" * 64), path, old, [])
    old["benchmarks"][0]["extra_info"]["reference"] = "other-tokens/2"
    with pytest.raises(ComparisonError, match="another reference"):
        records.compare(bench(measured("x", 1)), path, old, [])


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"benchmarks": []}', '{"benchmarks": [{"stats": {}}], "machine_info": {"cpu": {}}}'],
)
def test_a_file_that_is_no_benchmark(content: str, tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=r"no benchmark of extractors|is not JSON"):
        records.read(path)
    with pytest.raises(MissingFileError):
        records.read(tmp_path / "none.json")


# --- the scores ---


@pytest.mark.parametrize(
    ("name", "key", "measure"),
    [
        ("entities.strict.f1", ScoreKey("entities", "strict"), "f1"),
        ("entities.overlap@0.5.recall", ScoreKey("entities", "overlap@0.5"), "recall"),
        ("cues@matched.strict.f1", ScoreKey("cues", "strict", "matched"), "f1"),
        ("speakers.strict@matched.precision", ScoreKey("speakers", "strict", "matched"), "precision"),
    ],
)
def test_names_of_scores(name: str, key: ScoreKey, measure: str) -> None:
    assert Wanted.parse(name) == Wanted(name, key, measure)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", DataError),
        ("f1", DataError),
        ("entities.f1", DataError),
        (".strict.f1", DataError),
        ("entities.strict.f2", UnknownNameError),
        ("entities.stirct.f1", UnknownNameError),
        ("cues.strict@matched.f1", UnknownNameError),
    ],
)
def test_names_of_no_score(name: str, error: type[WortlautError]) -> None:
    with pytest.raises(error):
        Wanted.parse(name)


# --- tables ---


def full() -> Bench:
    return bench(
        measured(
            "gazetteer",
            0.0742,
            0.8,
            length=curve("gazetteer", 2, LENGTHS[:10], LENGTHS[10:], "it took long\nyes"),
        ),
        measured("my.package:make_extractor_of_names", 0.00347, 0.9, length=curve("my", 1, LENGTHS)),
        measured("other", 12.3, batch=curve("other", 1, BATCHES), gpu_memory=1400 << 20),
        measured("broken", 1, failed="no weights"),
    )


def test_tables_fit_80_columns_and_say_what_is_left_out() -> None:
    text = shown(full())
    assert max(map(len, text.splitlines())) <= 80
    assert "gazetteer: quadratic (2.00, 2.00–2.00; 4,000 to 63,000)" in text
    assert "left out from 100,000 on: it took long\n" in text
    assert "0.0742 (0.0708–0.0783)" in text
    assert "note: A note." in text
    assert "0.800 (0.750–0.850)" in text
    assert "GPU memory, the most that PyTorch had in use: other 1,400 MiB\n" in text


def test_the_verdict_of_a_comparison_is_the_last_word_on_it(tmp_path: Path) -> None:
    old = saved(tmp_path / "old.json", full())
    again = records.compare(full(), tmp_path / "old.json", old, [records.Threshold.parse("ratio:1%")])
    assert "nothing is slower than allowed" in shown(full(), again)
    slower = bench(measured("gazetteer", 0.05), measured("other", 12.3))
    worse = records.compare(slower, tmp_path / "old.json", old, [records.Threshold.parse("ratio:10%")])
    text = shown(slower, worse)
    assert re.search(r"throughput\[gazetteer-1\].*\+48%.*ratio:10%", text)
    assert "1 of 2 slower than allowed" in text
    assert max(map(len, text.splitlines())) <= 80


def test_own_json_is_what_its_schema_says(tmp_path: Path) -> None:
    old = saved(tmp_path / "old.json", full())
    compared = records.compare(full(), tmp_path / "old.json", old, [])
    data = json.loads(json.dumps(replace(full(), compared=compared).to_dict()))
    SCHEMA.validate(data)
    data["systems"][0]["speed"] = 1
    assert not SCHEMA.is_valid(data)


@pytest.mark.parametrize(("count", "ids"), [(1, "a"), (2, "a|b"), (5, "a|b|a 2|b 2|a 3")])
def test_texts_are_repeated_under_ids_of_their_own(count: int, ids: str) -> None:
    pairs = repeated([("a", "Eins."), ("b", "Zwei.")], count)
    assert [id for id, _ in pairs] == ids.split("|")
    assert [text for _, text in pairs] == (["Eins.", "Zwei."] * 3)[:count]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.003478, "0.00348"),
        (0.0742, "0.0742"),
        (1, "1.00"),
        (12.34, "12.3"),
        (99.96, "100.0"),
        (83122.2, "83,122"),
        (0, "0"),
    ],
)
def test_three_significant_digits(value: float, text: str) -> None:
    assert significant(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (2.5, "2.50 s"), (0.0123, "12.3 ms"), (4.5e-5, "45.0 µs"), (1e-9, "0.00100 µs")],
)
def test_times_have_the_unit_that_they_are_read_in(seconds: float | None, text: str) -> None:
    assert time_text(seconds) == text


# --- the plot ---

SVG = "{http://www.w3.org/2000/svg}"


def drawn(result: Bench) -> ElementTree.Element:
    return ElementTree.fromstring(pareto_svg(result))


def test_the_plot_is_whole_and_can_be_read_aloud() -> None:
    root = drawn(full())
    assert root.attrib["role"] == "img"
    assert {root.find(f"{SVG}title").attrib["id"], root.find(f"{SVG}desc").attrib["id"]} == set(
        root.attrib["aria-labelledby"].split()
    )
    told = root.find(f"{SVG}desc").text
    assert "gazetteer: 0.800" in told and "other" not in told
    assert told.endswith("from slow to fast: my.package:make_extractor_of_names then gazetteer.")
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert "entities.strict.f1" in texts
    assert not [href for element in root.iter() for href in element.attrib if "href" in href], (
        "self-contained"
    )


def test_names_in_the_plot_are_text_not_markup() -> None:
    root = drawn(bench(measured("cmd:a <b> & 'c'\x1b", 1, 0.5)))
    assert r"cmd:a <b> & 'c'\u001b" in ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def test_without_a_score_there_is_no_plot() -> None:
    with pytest.raises(WortlautError, match="no extractor has both"):
        pareto_svg(bench(measured("x", 1)))


def point(name: str, speed: float, quality: float) -> Point:
    return Point(name, (speed,) * 3, (quality,) * 3, 1.0)


def test_the_front() -> None:
    points = [
        point("slow-good", 1, 0.9),
        point("beaten", 1, 0.8),
        point("middle", 2, 0.8),
        point("twin", 2, 0.8),
        point("fast-bad", 9, 0.1),
        point("slower-same", 1.5, 0.8),
    ]
    assert [p.name for p in front_of(points)] == ["slow-good", "middle", "twin", "fast-bad"]


@given(st.lists(st.tuples(st.floats(0.01, 100), st.floats(0, 1)), min_size=1, max_size=12))
def test_the_front_is_never_empty_and_falls(values: list[tuple[float, float]]) -> None:
    front = front_of([point("x", *value) for value in values])
    assert front
    by_speed = sorted((p.speed[0], p.quality[0]) for p in front)
    assert all(a[1] >= b[1] for a, b in pairwise(by_speed))


def overlap(a: Sequence[float], b: Sequence[float]) -> bool:
    return min(a[2], b[2]) - max(a[0], b[0]) > 0.01 and min(a[3], b[3]) - max(a[1], b[1]) > 0.01


def test_labels_keep_clear_of_each_other_and_of_the_points() -> None:
    rng = random.Random(3)
    for _ in range(50):
        # Bunched in a corner or spread, eight systems: more than a plot of extractors mostly has.
        narrow = rng.random() < 0.5
        spots = [
            (
                rng.uniform(560 if narrow else 90, 720),
                rng.uniform(100 if narrow else 80, 220 if narrow else 400),
            )
            for _ in range(8)
        ]
        labels = place(spots, [(f"system-{i}", "0.812 · 12,345 tokens/s") for i in range(8)], [])
        for a, b in combinations(labels, 2):
            assert not overlap(a.box, b.box)
        for label in labels:
            assert label.box[0] >= LEFT and label.box[2] <= RIGHT
            assert not any(overlap(label.box, (x - 5, y - 5, x + 5, y + 5)) for x, y in spots)


def test_everything_drawn_is_inside_the_picture() -> None:
    for speeds in ([1.0], [0.001, 1000.0], [0.5, 0.51, 0.52]):
        root = drawn(bench(*(measured(f"s{i}", speed, 1 - i / 3) for i, speed in enumerate(speeds))))
        for element in root.iter(f"{SVG}circle"):
            assert 0 < float(element.attrib["cx"]) < WIDTH and 0 < float(element.attrib["cy"]) < HEIGHT
        for element in root.iter(f"{SVG}line"):
            assert min(float(element.attrib[a]) for a in ("x1", "x2", "y1", "y2")) >= 0
            assert max(float(element.attrib[a]) for a in ("x1", "x2")) <= WIDTH


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.09, 2.1, [0.1, 0.2, 0.5, 1, 2]), (0.0009, 1000, [0.001, 0.01, 0.1, 1, 10, 100, 1000])],
)
def test_ticks_of_the_log_axis(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_machine_info_stays_out_of_our_own_json() -> None:
    """It names the machine."""
    assert INFO["node"] not in json.dumps(full().to_dict()["machine"])
    assert HASH in json.dumps(full().to_dict())
