"""Predictions: what the parser takes, the schema takes; what it refuses, it says where and why."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from wortlaut.errors import DataError, ExtractorError, MissingFileError
from wortlaut.extractors.run import checked
from wortlaut.formats import predictions
from wortlaut.model import (
    ATTRIBUTIONS,
    MEDIA,
    QUOTE_TYPES,
    Annotations,
    Cluster,
    Document,
    Entity,
    Head,
    Quote,
    Span,
    Text,
)
from wortlaut.records.annotations import KEYS, check, keys, parse, record
from wortlaut.records.objects import loads
from wortlaut.reports.schemas import schema

SCHEMA = schema("predictions")
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
TEXT = "Südkoreas Präsident Yoon sagte: „Nein“."

ENTITY = {"start": 0, "end": 9, "label": "LOC"}
QUOTE = {"type": "direct", "content": [[32, 38]], "speaker": [[20, 24]], "cue": [[25, 30]]}
CLUSTER = {"id": "c", "name": "C"}


def entity(**change: object) -> dict[str, object]:
    return {"id": "d", "entities": [{**ENTITY, **change}]}


def quote(**change: object) -> dict[str, object]:
    return {"id": "d", "quotes": [{**QUOTE, **change}]}


def spans(value: object) -> dict[str, object]:
    return {"id": "d", "entities": [{"spans": value, "label": "LOC"}]}


#: Refused by the parser and by the schema: the record, and what the message must say.
BAD = [
    ([], "a list, not an object"),
    ({}, "no id"),
    ({"id": ""}, "id is empty"),
    ({"id": None}, "id is empty"),
    ({"id": 7}, "id is a number"),
    ({"id": "d", "entites": []}, "unknown key 'entites'"),
    ({"id": "d", "entities": {}}, "entities is an object, not a list"),
    ({"id": "d", "entities": None}, "entities is null, not a list"),
    ({"id": "d", "entities": [1]}, "entity 1 is a number, not an object"),
    ({"id": "d", "entities": [{"start": 0, "end": 1}]}, "entity 1 has no label"),
    ({"id": "d", "entities": [{"label": "LOC"}]}, "no start and no end"),
    ({"id": "d", "entities": [{"start": 1, "label": "LOC"}]}, "no end"),
    (entity(label=""), "label is empty"),
    (entity(label=3), "label is a number"),
    (entity(start="0"), "not two whole numbers"),
    (entity(start=0.5), "not two whole numbers"),
    (entity(start=False), "not two whole numbers"),
    (entity(end=True), "not two whole numbers"),
    (entity(end=None), "not two whole numbers"),
    (entity(start=-1), "starts before the text"),
    (entity(start=0, end=0), "empty"),
    (entity(spans=[[0, 9]]), "both spans and start/end"),
    (entity(score="high"), "score"),
    (entity(score=True), "score"),
    (entity(score=float("inf")), "finite"),
    (entity(score=10**400), "finite"),
    (entity(level=0), "level is 0"),
    (entity(level=True), "level is true"),
    (entity(level="1"), "level"),
    (entity(lable="LOC"), "unknown key 'lable'"),
    (entity(text=["S"]), "text is a list"),
    (spans([]), "no span"),
    (spans(None), "no span"),
    (spans([0, 9]), "not [start, end]"),
    (spans([[0]]), "not [start, end]"),
    (spans([[0, 9, "Südkoreas"]]), "not [start, end]"),
    (spans([[0, 9.0001]]), "not two whole numbers"),
    (quote(type="Direct"), "unknown quote type 'Direct'"),
    (quote(type=None), "type is empty"),
    ({"id": "d", "quotes": [{"content": [[0, 1]]}]}, "quote 1 has no type"),
    ({"id": "d", "quotes": [{"type": "direct"}]}, "quote 1 has no content"),
    (quote(content=None), "no content"),
    (quote(content=[]), "no span"),
    (quote(cue={"start": 1}), "no span"),
    (quote(speaker_entity=["Yoon"]), "speaker_entity is a list"),
    (quote(speakers=[[0, 1]]), "unknown key 'speakers'"),
    (quote(attribution="guessed"), "unknown attribution"),
    (quote(score=float("-inf")), "finite"),
    ({"id": "a\ud800"}, "lone surrogate U+D800"),
    (entity(label="\udfff"), "lone surrogate"),
    (quote(speaker_entity="Yoon\udc00"), "lone surrogate"),
    ({"id": "d", "clusters": [{"name": "Yoon"}]}, "cluster 1 has no id"),
    ({"id": "d", "clusters": [{"id": "y"}]}, "cluster 1 has no name"),
    ({"id": "d", "clusters": [{"id": "y", "name": "Yoon", "mentions": [[0, 9]]}]}, "not [start, end]"),
    ({"id": "d", "clusters": [{"id": "y", "name": "Yoon", "named": "no"}]}, "named"),
    ({"id": "d", "clusters": [{"id": "y", "name": "Yoon", "aliases": [""]}]}, "alias is empty"),
]
#: What only the parser can refuse: order, references, and the text.
WORSE = [
    (entity(start=9, end=0 + 1), "reversed"),
    (entity(end=len(TEXT) + 1), "ends after the text"),
    (spans([[0, 9], [5, 12]]), "overlaps"),
    (spans([[0, 9], [9, 12]]), "touches"),
    (spans([[20, 24], [0, 9]]), "precedes"),
    (quote(cue=[[25, 99]]), "quote 1, cue: [25, 99) ends after the text"),
    (quote(parent="q7"), "parent 'q7' is no quote"),
    (quote(id="a", parent="a"), "nested in itself"),
    ({"id": "d", "quotes": [QUOTE | {"id": "q2"}, QUOTE]}, "quote 2 has the id 'q2' of quote 1"),
    (
        {"id": "d", "clusters": [{"id": "y", "name": "Yoon"}, {"id": "y", "name": "Suk"}]},
        "cluster 2 has the id 'y' of cluster 1",
    ),
    (entity(text="Südkorea"), "covers 'Südkoreas', its text is 'Südkorea'"),
    ({"id": "d", "text": TEXT + "!"}, "prediction for the wrong text"),
    ({"id": "d", "sha256": "00"}, "prediction for the wrong text"),
]


@pytest.mark.parametrize(("record", "message"), BAD)
def test_what_the_schema_refuses_the_parser_refuses(record: object, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse(record, where="p.jsonl:3", text=TEXT)
    assert message in caught.value.what
    assert str(caught.value).startswith("p.jsonl:3: ")
    assert not VALIDATOR.is_valid(record)


@pytest.mark.parametrize(("record", "message"), WORSE)
def test_what_only_the_parser_can_see(record: object, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse(record, text=TEXT)
    assert message in caught.value.what


def _named(**change: Any) -> Annotations:
    return Annotations((Entity(**({"span": Span.of(0, 9), "label": "LOC"} | change)),))


def _said(*changes: dict[str, Any]) -> Annotations:
    given = {"id": "a", "type": "direct", "content": Span.of(32, 38)}
    return Annotations(quotes=tuple(Quote(**(given | change)) for change in changes))


def _group(**change: Any) -> Annotations:
    return Annotations(clusters=(Cluster(**({"id": "y", "name": "Yoon"} | change)),))


def _heads(*places: tuple[int, int]) -> Annotations:
    """Mentions with their heads, one after the other."""
    spans = [Span.of(*place) for place in places]
    return Annotations(heads=tuple(map(Head, spans[::2], spans[1::2])))


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        (_named(level=-7), "entity 1: level is -7"),
        (_named(level=True), "entity 1: level is true"),
        (_named(score=float("nan")), "entity 1: score is NaN, not a finite number"),
        (_named(score=True), "entity 1: score is true"),
        (_named(label=""), "entity 1: label is empty"),
        (_named(label=None), "entity 1: label is empty"),
        (_named(entity="\udfff"), "entity 1: entity holds the lone surrogate"),
        (_named(span=Span.of(0, 8.5)), "entity 1: [0, 8.5] is not two whole numbers"),  # type: ignore[arg-type]
        (_named(span=Span.of(0, 99)), "entity 1: [0, 99) ends after the text"),
        (_named(span=None), "entity 1: null is no span"),
        (Annotations(("LOC",)), "entity 1 is a string, not Entity"),  # type: ignore[arg-type]
        (_said({"type": "Direct"}), "quote a: unknown quote type 'Direct'"),
        (_said({"attribution": "guessed"}), "quote a: unknown attribution 'guessed'"),
        (_said({"cue": Span.of(25, 99)}), "quote a, cue: [25, 99) ends after the text"),
        (_said({"score": float("inf")}), "quote a: score is Infinity, not a finite number"),
        (_said({"id": ""}), "id is empty"),
        (_said({}, {}), "quote 2 has the id 'a' of quote 1"),
        (_said({"parent": "a"}), "quote a is nested in itself"),
        (_said({"parent": "b"}, {"id": "b", "parent": "a"}), "quote a is nested in itself"),
        (_said({"parent": "q7"}), "quote a: its parent 'q7' is no quote"),
        (_group(named="no"), 'cluster y: named is "no", not true or false'),
        (_heads((0, 4), (2, 5)), "head 1 is not inside its mention"),
        (_heads((0, 4), (0, 2), (0, 4), (2, 4)), "head 2 is of the mention of head 1"),
        (_heads((0, 4), (0, 99)), "head 1, head: [0, 99) ends after the text"),
        (_group(aliases=("",)), "cluster y, alias 1: alias is empty"),
        (_group(mentions=((0, 9),)), "cluster y, mention 1: 0 is not [start, end]"),
    ],
)
def test_what_is_refused_in_a_mapping_is_refused_in_annotations(
    annotations: Annotations, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        check(annotations, TEXT, where="x")
    assert message in str(caught.value)
    with pytest.raises(ExtractorError) as answered:
        checked(annotations, Text(TEXT, "d"), "x")
    assert (answered.value.what, answered.value.hint) == (caught.value.what, caught.value.hint)


@pytest.mark.parametrize(
    ("record", "hint"),
    [
        ({"id": "d", "entites": []}, "Did you mean entities"),
        (quote(type="Direct"), "Did you mean direct"),
        (entity(text="Yoon"), "'Yoon' stands at [20, 24)"),
        (entity(text=unicodedata.normalize("NFD", "Südkoreas")), "same under NFC normalisation"),
        ({"id": "d", "text": unicodedata.normalize("NFD", TEXT)}, "in NFD"),
        (
            {"id": "d", "sha256": hashlib.sha256(unicodedata.normalize("NFD", TEXT).encode()).hexdigest()},
            "in NFD",
        ),
        ({"id": "d", "text": TEXT + "!"}, "Run the system on this corpus's text"),
    ],
)
def test_hints_say_what_to_do(record: object, hint: str) -> None:
    with pytest.raises(DataError) as caught:
        parse(record, text=TEXT)
    assert hint in caught.value.hint


def test_a_text_with_other_line_ends_is_recognised() -> None:
    with pytest.raises(DataError) as caught:
        parse({"id": "d", "text": "a\r\nb"}, text="a\nb")
    assert "CRLF" in caught.value.hint


def test_what_the_issue_shows_is_read() -> None:
    name, found = parse(
        {
            "id": "d",
            "text": TEXT,
            "sha256": hashlib.sha256(TEXT.encode()).hexdigest().upper(),
            "entities": [ENTITY, {"spans": [[0, 9], [20, 24]], "label": "X", "text": "Südkoreas … Yoon"}],
            "quotes": [{**QUOTE, "frame": None, "speaker_entity": None}, {**QUOTE, "speaker_entity": "Yoon"}],
            "clusters": [{"id": "y", "name": "Yoon", "mentions": [[[10, 19]], [[10, 19], [20, 24]]]}],
        },
        text=TEXT,
    )
    assert name == "d"
    assert found.entities == (
        Entity(Span.of(0, 9), "LOC"),
        Entity(Span(((0, 9), (20, 24))), "X"),
    )
    assert found.quotes[0] == Quote(
        "q1", "direct", Span.of(32, 38), cue=Span.of(25, 30), speaker=Span.of(20, 24)
    )
    assert found.quotes[1].id == "q2" and found.quotes[1].speaker_entity == "Yoon"
    assert found.clusters[0].mentions == (Span.of(10, 19), Span(((10, 19), (20, 24))))


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
names = words.filter(bool)
scores = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def span(draw: st.DrawFn) -> Span:
    cuts = sorted(draw(st.sets(st.integers(0, 40), min_size=2, max_size=6)))
    cuts = cuts[: len(cuts) // 2 * 2]
    return (
        Span(tuple(zip(cuts[0:-1:2], cuts[1::2], strict=True))) if len(cuts) % 2 == 0 else Span.of(*cuts[:2])
    )


@st.composite
def annotations(draw: st.DrawFn) -> Annotations:
    optional = st.none() | words
    entities = st.builds(
        Entity, span(), names, st.integers(1, 3), optional, optional, optional, scores, optional
    )
    quote_ids = draw(st.lists(names, max_size=3, unique=True))
    quotes = [
        Quote(
            name,
            draw(st.sampled_from(QUOTE_TYPES)),
            draw(span()),
            medium=draw(st.none() | st.sampled_from(MEDIA)),
            cue=draw(st.none() | span()),
            speaker=draw(st.none() | span()),
            addressee=draw(st.none() | span()),
            frame=draw(st.none() | span()),
            speaker_entity=draw(optional),
            attribution=draw(st.none() | st.sampled_from(ATTRIBUTIONS)),
            parent=draw(st.none() | st.sampled_from(quote_ids[:number])) if number else None,
            score=draw(scores),
            rule=draw(optional),
            note=draw(optional),
        )
        for number, name in enumerate(quote_ids)
    ]
    clusters = st.builds(
        Cluster,
        names,
        names,
        optional,
        st.booleans(),
        optional,
        st.lists(names, max_size=2).map(tuple),
        st.lists(span(), max_size=2).map(tuple),
        optional,
    )
    return Annotations(
        tuple(draw(st.lists(entities, max_size=3))),
        tuple(quotes),
        tuple(draw(st.lists(clusters, max_size=2, unique_by=lambda cluster: cluster.id))),
    )


@examples(40)
@given(names, annotations())
def test_annotations_come_back_as_they_went(name: str, given_: Annotations) -> None:
    line = json.dumps(record(name, given_))
    found = loads(line, "line")
    assert parse(found) == (name, given_)
    VALIDATOR.validate(found)


#: Lines that JSON decoders judge differently: the value, or what is said of it.
LINES = [
    (
        b'{"id": "a:\\u003a \\":", "text": "b:", "x": {"y" : 1}}',
        {"id": 'a:: ":', "text": "b:", "x": {"y": 1}},
    ),
    (b'{"id": "a", "id": "a"}', "the key 'id' stands twice"),
    (b'{"id"\t: "a", "i\\u0064" : "\\u003a"}', "the key 'id' stands twice"),
    (b'{"x": [{"y": 1, "y": 2}]}', "the key 'y' stands twice"),
    (b'{"x": NaN}', "NaN is not JSON"),
    (b'{"x": -Infinity}', "-Infinity is not JSON"),
    (b'{"x": 1e999}', {"x": float("inf")}),
    (b'{"x": 123456789012345678901234567890}', {"x": 123456789012345678901234567890}),
    (b'{"x": %b}' % (b"9" * 5000), "a number of 5,000 digits"),
    (b'{"x": "\\ud800"}', {"x": "\ud800"}),
    (b'{"x": "\xed\xa0\x80"}', "not UTF-8: invalid continuation byte at byte 8 of the line"),
    (b'\xef\xbb\xbf{"x": 1}', "BOM"),
    (b'{"x":', "Expecting value"),
    (b'{"x": 1} {"x": 1}', "Extra data"),
    (b'{"x": "\t"}', "Invalid control character"),
    (b'{"x": %b}' % (b"[" * 100_000), "nested too deeply"),
    (b"[1]", "found a list"),
]


#: Lines of one file, those that columns hold among others.
MIXED: list[dict[str, Any]] = [
    {"entities": [ENTITY, {**ENTITY, "level": 2, "text": "Südkoreas"}]},
    {"entities": [{**ENTITY, "score": 0.5}]},
    {"entities": [], "quotes": [QUOTE], "clusters": [CLUSTER]},
    {"entities": [{**ENTITY, "score": None, "note": "one: two"}], "sha256": None},
    {"sha256": hashlib.sha256(TEXT.encode()).hexdigest().upper()},
    {"entities": [{"spans": [[0, 4], [5, 9]], "label": "ORG"}, ENTITY], "quotes": []},
    {"entities": [{**ENTITY, "score": 7}], "clusters": []},
    {"entities": [{**ENTITY, "score": None, "text": None}], "sha256": None},
]
#: What is wrong with a last line that columns would hold but for it.
FAULTS = [
    ({"id": "d0"}, "document 'd0' is already in line 1"),
    ({"entities": [{**ENTITY, "end": 99}]}, "[0, 99) ends after the text"),
    ({"entities": [{**ENTITY, "start": 9}]}, "[9, 9) is empty"),
    ({"entities": [{**ENTITY, "text": "Süd"}]}, "its text is 'Süd'"),
    ({"entities": [{**ENTITY, "level": 2**31}]}, "level is 2147483648"),
    ({"entities": [{**ENTITY, "text": ""}]}, "its text is ''"),
    ({"sha256": "00"}, "prediction for the wrong text"),
    ({"sha256": ""}, "prediction for the wrong text"),
]


@pytest.mark.parametrize("size", [1, 1 << 20])
@pytest.mark.parametrize(("fault", "said"), FAULTS)
def test_columns_hold_what_the_parser_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, fault: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr(predictions, "_BLOCK", size)
    records = [{"id": f"d{i}", "text": TEXT} | one for i, one in enumerate([*MIXED, fault])]
    path = tmp_path / "p.jsonl"
    path.write_text("\n\n".join(map(json.dumps, records)), "utf-8")
    texts = {one["id"]: TEXT for one in records}
    for read in (lambda: predictions.batches(path), lambda: predictions.checked_batches(path, texts)):
        found = []
        with pytest.raises(DataError, match=re.escape(said)) as caught:
            for batch in read():
                found += batch.documents()
        assert caught.value.where == f"{path}:{2 * len(records) - 1}"
        assert found == [Document(one["id"], TEXT, parse(one, text=TEXT)[1]) for one in records[:-1]]


def test_offsets_that_no_text_has(tmp_path: Path) -> None:
    (path := tmp_path / "p.jsonl").write_text(json.dumps({"id": "d", "entities": [{**ENTITY, "end": 2**70}]}))
    with pytest.raises(DataError, match="ends where no text does"):
        list(predictions.checked_batches(path))


@pytest.mark.parametrize(("line", "outcome"), LINES)
def test_lines_that_decoders_judge_differently(line: bytes, outcome: dict[str, object] | str) -> None:
    if isinstance(outcome, dict):
        assert loads(line, "f:1") == outcome
    else:
        with pytest.raises(DataError, match=outcome):
            loads(line, "f:1")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 50)
    | st.floats()
    | st.sampled_from(["direct", "LOC", "", "x"]),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
some_spans = st.lists(st.tuples(st.integers(-1, 20), st.integers(0, 20)).map(list), max_size=2)


def objects(keys: tuple[str, ...]) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from([*keys, "other"]), json_values | some_spans, max_size=5)


@examples(100)
@given(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["d", "", None, 1])},
        optional={
            "entities": st.lists(
                objects(keys(Entity)).map(ENTITY.__or__) | objects(keys(Entity)),
                max_size=2,
            ),
            "quotes": st.lists(objects(keys(Quote)).map(lambda made: {**QUOTE, **made}), max_size=2),
            "clusters": st.lists(objects(keys(Cluster)).map(CLUSTER.__or__), max_size=2),
            "text": json_values,
        },
    )
)
def test_all_that_the_parser_takes_the_schema_takes(record: dict[str, object]) -> None:
    try:
        parse(record)
    except DataError:
        return
    VALIDATOR.validate(record)


def test_schema_is_a_schema_with_descriptions() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["description"]
    known = {
        "entity": keys(Entity),
        "quote": keys(Quote),
        "cluster": keys(Cluster),
    }
    assert set(SCHEMA["properties"]) == set(KEYS)
    for part, own in known.items():
        assert set(SCHEMA["$defs"][part]["properties"]) == set(own)
    assert set(QUOTE_TYPES) == set(SCHEMA["$defs"]["quote"]["properties"]["type"]["enum"])


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b'{"id": "a"}\n{"id": "b"', 2, "broken JSON"),
        (b'{"id": "a"}\n\n{"id": "a"}\n', 3, "'a' is already in line 1"),
        (b'{"id": "a"}\n[1]\n', 2, "expected a JSON object, found a list"),
        (b'{"entities": []}\n', 1, "no id"),
        (b'{"id": "a", "id": "b"}\n', 1, "'id' stands twice"),
        (b'{"id": "a", "entities": [{"start": 0, "end": 1, "label": "X", "score": NaN}]}\n', 1, "NaN"),
        (b'{"id": "\xe4"}\n', 1, "not UTF-8"),
        (b'{"id": "\\ud83d"}\n', 1, "lone surrogate"),
        (b"[" * 100_000 + b"\n", 1, "nested too deeply to be read"),
        (b'{"id": "a", "entities": [{"start": 5, "end": 1, "label": "X"}]}\n', 1, "reversed"),
        (b'{"id": "a", "quotes": [7]}\n', 1, "quote 1 is a number, not an object"),
    ],
)
def test_broken_files_are_refused_with_file_line_and_remedy(
    tmp_path: Path, content: bytes, line: int, message: str
) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        list(predictions.checked_batches(path))
    assert message in caught.value.what
    assert caught.value.where == f"{path}:{line}"
    assert caught.value.hint


def test_absent_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"none.jsonl: no such file\n.*preds:"):
        list(predictions.checked_batches(tmp_path / "none.jsonl"))
