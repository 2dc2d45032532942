"""What is read at once, in columns, is what the careful readers give of the same line or row."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from strategies import documents, examples

from wortlaut.errors import DataError
from wortlaut.formats import dataset
from wortlaut.formats.predictions import columns
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.model.batch import Batch
from wortlaut.records import typed
from wortlaut.records.annotations import document_text, parse, record
from wortlaut.records.objects import loads

#: Most of them are not what should stand where they are put.
VALUES = (
    *(None, 0, 1, -1, 9, 2**31 - 1, 2**31, 10**30, 1.0, 0.5, True, "", "x", "q1", "7", "direct", "\ud800"),
    *([], [[]], [[0, 1]], [[0, 1], [1, 2]], [[3, 1]], [[0, 1], [2, 3]], [[0, 10**6]], [[0.0, 1]]),
    *([[0, 1, 2]], {}, [""], ["a"], [None]),
)
KEYS = ("id", "text", "sha256", "start", "end", "spans", "level", "parent", "score", "mentions", "unknown")
ENDS = (b'"score": 1e400', b'"score": NaN', b'"l\\u0061bel": "x"', b'"label": "\\ud83d"', b'"id": "twice"')


def places(value, path=()):
    """The path of everything inside a value of JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield (*path, key)
        yield from places(one, (*path, key))


def changed(draw, value, values, keys=()):
    """The same with up to two values changed, added or taken away; most are not what they should be."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(0, 2))):
        *path, last = draw(st.sampled_from(list(places(value))))
        owner = value
        for key in path:
            owner = owner[key]
        new = copy.deepcopy(draw(st.sampled_from(values)))
        match draw(st.sampled_from(("change", "change", "add", "remove") if keys else ("change",))):
            case "change":
                owner[last] = new
            case "add" if isinstance(owner, dict):
                owner[draw(st.sampled_from(keys))] = new
            case "add":
                owner.append(new)
            case "remove":
                del owner[last]
    return value


@st.composite
def lines(draw):
    document = draw(documents())
    item = {"text": document.text} | record("doc", document.annotations)
    item = changed(draw, item, VALUES, KEYS)
    for entity in item["entities"] if isinstance(item.get("entities"), list) else ():
        if isinstance(entity, dict) and "start" in entity and "end" in entity and draw(st.booleans()):
            entity["spans"] = [[entity.pop("start"), entity.pop("end")]]
    line = json.dumps(item, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        line = line.replace(b'"label"', draw(st.sampled_from(ENDS)) + b', "label"', 1)
    return line, draw(st.sampled_from((None, None, document.text, document.text + " x")))


def as_parsed(line, known):
    """The document of a line by the careful reader; None where it finds a fault."""
    try:
        item = loads(line, "line")
        text = known if known is not None else document_text(item, "line")
        id, found = parse(item, text=text)
    except DataError:
        return None
    return Document(id, text or "", found)


TOUCHING = (
    '{"id": "d", "text": "Wien", "entities": [{"spans": [[0, 2], [2, 4]], "text": "Wi … en", "label": "L"}]}'
)


@examples(60)
@given(lines())
@example((TOUCHING.encode(), None))
@example(
    (b'{"id": "d", "text": "Wien", "entities": [{"start": 0, "end": 4, "label": "L", "qid": null}]}', None)
)
@example((b'{"id": "d", "quotes": [{"id": null, "type": "direct", "content": [[5, 9]]}]}', None))
def test_a_line_that_is_taken_at_once_is_sound_and_the_same(case):
    line, known = case
    (row,) = typed.rows([line])
    assume(row is not None)
    batch, taken = columns([row], [row.text if known is None else known])
    expected = as_parsed(line, known)
    if not taken:
        return
    (found,) = batch.documents()
    assert repr(found.annotations) == repr(expected.annotations)
    assert (found.id, found.text) == (expected.id, expected.text)
    again = Batch.of([expected])
    assert batch.entities.ranges() == again.entities.ranges()
    assert [batch.labels[i] for i in batch.entities.label] == [again.labels[i] for i in again.entities.label]
    assert batch.entities.level.tolist() == again.entities.level.tolist()


@given(documents())
def test_every_line_of_our_own_is_taken_at_once(document):
    document = replace(document, annotations=replace(document.annotations, heads=()))
    line = json.dumps({"text": document.text} | record(document.id, document.annotations)).encode()
    (row,) = typed.rows([line])
    batch, taken = columns([row], [document.text])
    assert taken == [0]
    assert batch.documents() == [replace(document, meta=())]


@st.composite
def rows(draw):
    table = dataset.documents_table([draw(documents())])
    (row,) = table.to_pylist()
    values = (None, 0, -1, 1, 9, 2**31 - 1, "", "x", "q1", "7", "direct", True, float("nan"), [])
    try:
        return pa.Table.from_pylist([changed(draw, row, values)], schema=table.schema).to_batches()[0]
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        assume(False)


@examples(60)
@given(rows())
def test_a_row_is_read_as_the_careful_reader_reads_it(row):
    try:
        expected = dataset.from_row("rows", row.to_pylist()[0])
    except DataError as error:
        with pytest.raises(DataError, match=re.escape(error.what)):
            list(dataset._batches("rows", row, None))
        return
    ((found,),) = (one.documents() for one in dataset._batches("rows", row, None))
    assert repr(found.annotations) == repr(expected.annotations)
    assert (found.id, found.text, found.meta) == (expected.id, expected.text, expected.meta)


@given(documents())
def test_every_row_of_our_own_is_taken_at_once(document):
    (row,) = dataset.documents_table([document]).to_batches()
    assert dataset._rich(row) == [dataset.from_row("rows", row.to_pylist()[0])]


def test_a_null_in_the_metadata_is_said(tmp_path):
    schema = dataset.documents_schema()
    names = Annotations((Entity(Span.of(0, 4), "LOC"),))
    (row,) = dataset.documents_table([Document("d", "Wien", names)]).to_pylist()
    broken = pa.Table.from_pylist([row | {"meta": [None]}], schema=schema)
    pq.write_table(broken, tmp_path / "rows.parquet")
    with pytest.raises(DataError, match="the row is not a document"):
        list(dataset.table_batches(tmp_path / "rows.parquet"))
