"""Shards of an extraction: nothing is lost, the same rows are the same bytes."""

from __future__ import annotations

from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats.shards import (
    Manifest,
    Ran,
    Shard,
    annotation_columns,
    iter_failures,
    iter_shards,
    read_manifest,
    rows,
    schema,
    shard_bytes,
    shard_table,
)
from wortlaut.io.storage import Folder
from wortlaut.model import Annotations, Cluster, Entity, Quote, Span


@st.composite
def found(draw: st.DrawFn) -> dict[str, Annotations | None]:
    """Annotations by id; None for a document that failed."""
    texts = draw(st.lists(strategies.texts(), min_size=1, max_size=5))
    given = [draw(st.one_of(st.none(), strategies.annotations(text))) for text in texts]
    names = draw(st.lists(st.text(min_size=1), min_size=len(given), max_size=len(given), unique=True))
    # UTF-8 has no half of a pair.
    return {
        name.encode("utf-8", "replace").decode() + str(i): a
        for i, (name, a) in enumerate(zip(names, given, strict=True))
    }


@given(found(), st.integers(1, 5))
def test_nothing_is_lost_and_the_batches_do_not_show(given: dict[str, Annotations | None], size: int) -> None:
    ids, values = list(given), list(given.values())
    errors = ["it failed" if value is None else None for value in values]
    batches = [annotation_columns(values[i : i + size]) for i in range(0, len(values), size)]
    for batch in batches:
        batch.validate(full=True)
    data = shard_bytes(shard_table(ids, ["0" * 64] * len(ids), errors, batches))
    table = pq.read_table(pa.BufferReader(data))
    assert table.schema.equals(schema())
    back = {name: annotations for name, _, annotations in rows(table)}
    assert back == {name: value for name, value in given.items() if value is not None}
    assert table.column("id").to_pylist() == sorted(ids)
    assert shard_bytes(table) == data
    assert shard_bytes(shard_table(ids, ["0" * 64] * len(ids), errors, [annotation_columns(values)])) == data


def test_every_field_of_the_model_has_its_column() -> None:
    """A field that the model gains must not be lost here."""
    span = Span(((0, 1), (3, 5)))
    entity = Entity(span, "PER", 2, "e", "Q1", "ORG", 0.5, "n")
    quote = Quote("q", "direct", span, "speech", span, span, span, span, "e", "explicit", "p", 0.5, "r", "n")
    cluster = Cluster("e", "E", "PER", False, "Q1", ("a", "b"), (span, Span.of(7, 9)), "n")
    given = Annotations((entity,), (quote,), (cluster,))
    for item in (entity, quote, cluster):
        assert None not in [getattr(item, name) for name in type(item).__slots__]
    table = shard_table(["a"], ["0" * 64], [None], [annotation_columns([given])])
    assert [annotations for _, _, annotations in rows(table)] == [given]


@pytest.mark.parametrize(
    "entity",
    [
        Entity(Span.of(0, 1), "PER", level="deep"),  # type: ignore[arg-type]
        Entity(Span.of(0, 1), "PER", level=1 << 40),
        Entity(Span.of(0, 1), "PER", score="high"),  # type: ignore[arg-type]
        Entity(Span.of(0, 1), "half a pair: \ud800"),
    ],
)
def test_a_value_that_a_column_cannot_hold_is_an_error(entity: Entity) -> None:
    with pytest.raises((pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError)):
        table = shard_table(["a"], ["0" * 64], [None], [annotation_columns([Annotations((entity,))])])
        assert [annotations for _, _, annotations in rows(table)] == [Annotations((entity,))]


def folder(name: str) -> Folder:
    """With two shards, the second of which has a failure."""
    place, shards = Folder(f"memory://{name}"), []
    given = {"a": Annotations((Entity(Span.of(0, 3), "LOC"),)), "b": Annotations(), "c": None}
    for number, ids in enumerate((["b", "a"], ["c"])):
        errors = [None if given[i] is not None else "it hung" for i in ids]
        columns = [annotation_columns([given[i] for i in ids])]
        data = shard_bytes(shard_table(ids, [f"{i}" * 64 for i in ids], errors, columns))
        shard = Shard(
            number, len(ids), len(list(filter(None, errors))), len(data), sha256(data).hexdigest(), "0" * 64
        )
        place.write(shard.name, data)
        shards.append(shard)
    place.write(
        "failures.jsonl", b'{"shard": 1, "id": "c", "sha256": "x", "kind": "timeout", "error": "it hung"}\n'
    )
    manifest = Manifest(Ran("s", {}), "ref", 2, tuple(shards))
    place.write("manifest.json", manifest.to_json().encode())
    return place


def test_a_folder_is_read_shard_by_shard() -> None:
    place = folder("read")
    manifest = read_manifest(place)
    assert (manifest.documents, manifest.failures, manifest.complete) == (3, 1, False)
    assert Manifest.from_json(manifest.to_json().encode(), "") == manifest
    shards = {number: [(name, digest[:1]) for name, digest, _ in rows] for number, rows in iter_shards(place)}
    assert shards == {0: [("a", "a"), ("b", "b")], 1: []}
    assert [failure["id"] for failure in iter_failures(place)] == ["c"]


def test_what_is_not_a_folder_of_shards_or_damaged_is_told() -> None:
    with pytest.raises(MissingFileError, match=r"manifest.json: no such file\n.*wortlaut extract"):
        read_manifest("memory://nowhere")
    place = folder("damaged")
    data = place.read("shards/00001.parquet")
    place.write("shards/00001.parquet", data[:-1] + b"?")
    with pytest.raises(DataError, match=r"00001.parquet: is damaged: [\d,]+ bytes with another checksum"):
        list(iter_shards(place))
    text = place.read("manifest.json")
    place.write("manifest.json", text.replace(b'"number": 1', b'"number": 0'))
    with pytest.raises(DataError, match="not in order, each once"):
        read_manifest(place)
