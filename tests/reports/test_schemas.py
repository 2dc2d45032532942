"""What the commands write follows its JSON Schema, and what is damaged does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bench_made import bench, curve, measured
from jsonschema import Draft202012Validator
from repository import ROOT

from wortlaut.annotations.diff import diff, read_layer
from wortlaut.evaluation.agreement import agree, to_dict
from wortlaut.evaluation.comparison import Comparison, Flip
from wortlaut.evaluation.comparison import Row as Compared
from wortlaut.evaluation.corpora import Better, CorporaComparison, OnCorpus, Pair, RankRow
from wortlaut.extractors.registry import available as extractors
from wortlaut.formats.shards import Manifest, Ran, Shard
from wortlaut.gate.verdicts import Change, Check, Known, Outcome, Place, Row
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.records.record import plain
from wortlaut.release.checks import validate
from wortlaut.reports.lanes import Lane, shown
from wortlaut.reports.schemas import schema
from wortlaut.scoring.compare import PairedTest
from wortlaut.scoring.keys import ScoreKey
from wortlaut.stress import available as transformations
from wortlaut.stress import stress


def _agreement() -> object:
    return to_dict(agree([read_layer(name, ROOT) for name in "ab"], samples=10), {"a.jsonl": "0" * 64})


def _bench() -> object:
    grown = curve("one", 1.0, [1000, 2000, 4000, 8000], [16_000], "too long")
    return bench(measured("one", 2.0, 0.5, length=grown), measured("two", 3.0, failed="it broke")).to_dict()


def _check() -> object:
    place = Place("quotes-de", ScoreKey("quotes", "strict", label="micro"))
    known = Known("d", ((0, 4),), "direct", "⟦„Ja“⟧")
    changes = (Change("d", "missed", True, "0" * 12, known), Change("d", "spurious", False, "1" * 12, None))
    row = Row(place, 0.5, 0.4, 0.01, True, changes=changes)
    return Outcome(
        (Check("drop", "regression", "it fell", place),), (row,), {"quotes-de": 2.5}, ("so",)
    ).to_dict()


def _comparison() -> object:
    test = PairedTest(0.1, 0.1, 0.1, (0.0, 0.2), 0.01, 0.02, 0.9, 2.0, 20, 3)
    flip = Flip("d", ((0, 4),), "PER", "Anna", "found", "a")
    return Comparison(
        "made", "0" * 64, "document", (Compared("entities", "strict", "a", "b", test, 0.02, (flip,)),)
    ).to_dict()


def _corpora() -> object:
    test = PairedTest(0.1, 0.1, 0.1, (0.0, 0.2), 0.01, 0.02, 0.9, 2.0, 20, 3)
    alone = Comparison(
        "made", "0" * 64, "document", (Compared("quotes", "strict", "a", "b", test, 0.02, ()),)
    )
    better = Better(1, ("x",)), Better(0, ())
    on = OnCorpus(0.1, None, 0.1)
    pair = Pair("quotes", "strict", "a", "b", {"x": on, "y": on}, 0.1, (-0.1, 0.3), 0.2, 0.2, 0.01, *better)
    ranks = RankRow("quotes", "strict", ("a", "b", "c"), (1.0, 2.0, 3.0), 2, 2.3, 0.2)
    return CorporaComparison((alone, alone), (pair,), (ranks,), ("so",)).to_dict()


def _extraction() -> object:
    ran = Ran("quotes-de", {"spec": "quotes-de", "wortlaut": "1"}, ("quotes",), ("slow",))
    shard = Shard(0, 10, 1, 512, "0" * 64, "1" * 64)
    return json.loads(Manifest(ran, "made", 10, (shard,), "2" * 64, version="1").to_json())


def _show() -> object:
    document = Document("d", "Anna lacht.", Annotations((Entity(Span.of(0, 4), "PER"),)))
    gold = Lane("gold", document.annotations)
    return plain(shown(document, gold, [gold, Lane("quotes-de", Annotations(), ("quotes",))]))


MADE: dict[str, Callable[[], object]] = {
    "agreement": _agreement,
    "bench": _bench,
    "check": _check,
    "comparison": _comparison,
    "corpora-comparison": _corpora,
    "extraction": _extraction,
    "show": _show,
    "diff": lambda: diff(read_layer("a", ROOT), read_layer("b", ROOT)).to_dict(),
    "extractors": lambda: plain(extractors()),
    "incidents": lambda: plain(validate([ROOT / "tests/cases/validate/O04"])),
    "stress": lambda: stress("quotes-de", "gold", ["nfd", "lower"], samples=10, trials=10).to_dict(),
    "transformations": lambda: plain(transformations()),
}


#: What need not be there.
LEFT_OUT = {"sources", "gamma", "kappa", "kappa_marked", "strict", "partial", "alpha_u", "labels"}
LEFT_OUT |= {"length", "batch", "quality", "failed", "compared"}
#: Parts of the files in which other keys may stand, or any number of them.
OPEN = {"speeds", "identity", "entities", "measures", "sources", "rows", "labels", "readings"}


def objects(data: Any, name: str = "") -> Iterator[dict[str, Any]]:
    """Every object that has keys of its own."""
    if isinstance(data, dict):
        if name not in OPEN:
            yield data
        for key, value in data.items():
            yield from objects(value, key)
    elif isinstance(data, list) and name not in OPEN - {"rows"}:
        for value in data:
            yield from objects(value)


@pytest.mark.parametrize("name", MADE)
def test_what_is_written_follows_its_schema_and_what_is_damaged_does_not(name: str) -> None:
    described = schema(name)
    Draft202012Validator.check_schema(described)
    validator = Draft202012Validator(described)
    data = json.loads(json.dumps(MADE[name](), allow_nan=False))
    assert [error.message for error in validator.iter_errors(data)] == []
    parts = list(objects(data))
    for part in parts[:3] + parts[-3:]:
        whole = dict(part)
        for damaged in (
            {**whole, "unheard": 1},
            *({**whole, key: {"of": [0]}} for key in whole),
            *(
                {other: whole[other] for other in whole if other != key}
                for key in whole
                if key not in LEFT_OUT
            ),
        ):
            part.clear()
            part.update(damaged)
            assert not validator.is_valid(data), damaged
        part.clear()
        part.update(whole)
    assert validator.is_valid(data)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("agreement", ("pairs", 0, "documents"), -1),
        ("agreement", ("pairs", 0, "layers"), ["a"]),
        ("agreement", ("pairs", 0, "rows", "entities", "strict", "interval"), [0.1, 0.2, 0.3]),
        ("agreement", ("sources", "a.jsonl"), "abc"),
        ("bench", ("corpus", "documents"), 0),
        ("bench", ("systems", 0, "quality", "value"), 1.5),
        ("bench", ("systems", 1, "failed"), None),
        ("bench", ("format",), "wortlaut-bench/2"),
        ("check", ("exit_code",), 0),
        ("check", ("scores", 0, "delta"), -2),
        ("check", ("scores", 0, "changes", 0, "hash"), "0"),
        ("check", ("speeds", "quotes-de"), 0),
        ("comparison", ("rows", 0, "flips", 0, "spans"), []),
        ("comparison", ("rows", 0, "p_holm"), 1.5),
        ("comparison", ("rows", 0, "test", "units"), 0),
        ("corpora-comparison", ("pairs", 0, "corpora"), {}),
        ("corpora-comparison", ("pairs", 0, "between"), -0.1),
        ("corpora-comparison", ("corpora", 0, "rows", 0, "p_holm"), 1.5),
        ("extraction", ("extractor", "identity"), {"spec": "quotes-de"}),
        ("extraction", ("extractor", "finds"), ["quotes", "quotes"]),
        ("extraction", ("corpus", "hash"), "0"),
        ("show", ("lanes", 0, "finds"), ["texts"]),
        ("diff", ("documents", 0, "differences", 0, "kind"), "sentence"),
        ("extractors", (0, "finds"), ["texts"]),
        ("incidents", (0, "rule"), "X01"),
        ("incidents", (0, "offsets"), [[1, 2, 3]]),
        ("stress", ("rows", 0, "before"), 2),
        ("stress", ("resampling", "unit"), "token"),
        ("transformations", (0, "meaning"), "none"),
    ],
)
def test_a_value_out_of_its_range_is_refused(name: str, path: tuple[str | int, ...], value: object) -> None:
    data: Any = json.loads(json.dumps(MADE[name]()))
    place = data
    for key in path[:-1]:
        place = place[key]
    assert path[-1] in place or isinstance(path[-1], int)
    place[path[-1]] = value
    assert not Draft202012Validator(schema(name)).is_valid(data)
