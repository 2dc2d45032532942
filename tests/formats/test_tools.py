"""Label Studio, doccano, Prodigy: their offset units, what people made there, and what is refused."""

from __future__ import annotations

import json

import pytest
from roundtrips import kinds

from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError
from wortlaut.formats import FORMATS, annotators, detect, jsonl, reader, writer
from wortlaut.formats.losses import Losses
from wortlaut.model import Annotations, Document, Entity, Quote, Span

TEXT = "🙂 Anna Krug sagte: „Ja.“\nSie fuhr gestern fort."
ANNA = Entity(Span.of(2, 11), "PER", qid="Q1")
SAID = Quote("q1", "direct", Span.of(19, 24), cue=Span(((29, 33), (42, 46))), speaker=Span.of(2, 11))
DOCUMENT = Document("d", TEXT, Annotations((ANNA,), (SAID,)))


def read(format, path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return list(reader(format)(path))


def written(format, path):
    writer(format)(path, [DOCUMENT])
    return path.read_text(encoding="utf-8")


def several(*people):
    """Each of them has marked one letter more of the text."""
    done = [{"completed_by": who, "result": [region(2, 6 + place)]} for place, who in enumerate(people)]
    return [{"id": 7, "data": {"text": TEXT}, "annotations": done}]


def task(*regions, text=TEXT, **data):
    return [{"id": 7, "data": {"text": text, **data}, "annotations": [{"result": list(regions)}]}]


def region(start, end, label="PER", text=None, id="r1"):
    value = {"start": start, "end": end, "labels": [label]} | ({} if text is None else {"text": text})
    return {"id": id, "type": "labels", "from_name": "l", "to_name": "t", "value": value}


def test_label_studio_counts_code_points(tmp_path):
    (found,) = json.loads(written("label-studio", tmp_path / "x.json"))
    value = found["annotations"][0]["result"][0]["value"]
    assert value == {"start": 2, "end": 11, "text": "Anna Krug", "labels": ["PER"]}


@pytest.mark.parametrize("start", [2, 3])  # the second as versions before 2021 counted
def test_label_studio_reads_both_units_by_the_surfaces(start, tmp_path):
    (document,) = read("label-studio", tmp_path / "x.json", task(region(start, start + 9, text="Anna Krug")))
    assert document.id == "7" and document.entities == (Entity(Span.of(2, 11), "PER"),)


def test_a_region_over_a_line_end_shows_it_spelt_out(tmp_path):
    place = TEXT.index("\n")
    (document,) = read(
        "label-studio", tmp_path / "x.json", task(region(place - 1, place + 4, text="“\\nSie"))
    )
    assert document.entities[0].span == Span.of(place - 1, place + 4)


def test_what_people_add_in_label_studio(tmp_path):
    rest = {"id": "c", "type": "choices", "value": {"choices": ["x"]}}
    link = {"type": "relation", "from_id": "r1", "to_id": "r2", "labels": ["works_for"]}
    regions = region(2, 11), region(29, 33, "cue", id="r2"), rest, link
    (document,) = read("label-studio", tmp_path / "x.json", task(*regions))
    assert [entity.label for entity in document.entities] == ["PER", "cue"]
    assert dict(document.meta)["not_read"] == "works_for 1; choices 1"


UHL = [{"result": [region(0, 3)]}]


def left_out(format, path, content):
    """The documents, and what its reader left out."""
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    losses = Losses(format)
    return list(reader(format, losses)(path)), kinds(losses)


@pytest.mark.parametrize(
    ("spec", "content", "expected", "lost"),
    [
        ("label-studio", [{"data": {"text": "Uhl"}, "completions": UHL}], "PER Uhl", {}),
        ("label-studio?annotator=ben", several("ann", "ben"), "PER Anna ", {}),
        ("label-studio?annotator=7", several({"id": 6}, {"id": 7}), "PER Anna ", {}),
        (
            "label-studio?annotator=predictions",
            [{"data": {"text": "Uhl"}, "predictions": UHL}],
            "PER Uhl",
            {},
        ),
        # The text is what the regions name, the only one, or the one that is chosen.
        ("label-studio", [{"data": {"t": "Uhl", "x": "?"}, "annotations": UHL}], "PER Uhl", {}),
        ("label-studio", [{"data": {"artikel": "Uhl"}, "annotations": UHL}], "PER Uhl", {}),
        (
            "label-studio?text=x",
            [{"data": {"t": "Uhl", "x": "Ott"}, "annotations": UHL}],
            "",
            {"region of another text": 1},
        ),
        (
            "label-studio",
            task(region(2, 6), region(7, 11, id="r2"), {"type": "relation", "from_id": "r1", "to_id": "r2"}),
            "PER Anna|PER Krug",
            {"relation": 1},
        ),
        ("doccano", '{"data": "Uhl", "label": [[0, 3, "PER"], "gut"]}', "PER Uhl", {"label of the text": 1}),
        (
            "doccano?label=12=LOC&label=3=PER&annotator=2",
            {"text": "Uhl", "annotations": [
                {"label": 12, "start_offset": 0, "end_offset": 3, "user": 1},
                {"label": 3, "start_offset": 0, "end_offset": 3, "user": 2},
            ]},
            "PER Uhl",
            {},
        ),
        (
            "doccano",
            {"text": "A B", "entities": [
                {"id": at, "label": "X", "start_offset": at, "end_offset": at + 1} for at in (0, 2)
             ], "relations": [{"id": 1, "from_id": 0, "to_id": 2, "type": "r"}], "Comments": ["hm"]},
            "X A|X B",
            {"relation": 1, "comment": 1},
        ),
        (
            "prodigy",
            '{"text": "a", "answer": "reject"}\n{"answer": "ignore"}\n'
            '{"text": "A", "spans": [{"start": 0, "end": 1, "label": "X"}]}',
            "X A",
            {"task": 2},
        ),
        (
            "prodigy",
            {"text": "A B", "accept": ["gut"], "spans": [
                {"start": 0, "end": 1, "label": "X", "id": "x", "answer": "accept"},
                {"start": 2, "end": 3, "label": "Y", "id": "y", "answer": "reject"},
            ], "relations": [{"head_span": {"id": "x"}, "child_span": {"id": "y"}, "label": "r"}]},
            "X A",
            {"rejected span": 1, "relation of a rejected span": 1, "chosen option": 1},
        ),
    ],
)  # fmt: skip
def test_what_people_export(spec, content, expected, lost, tmp_path):
    (document,), counts = left_out(spec, tmp_path / "x.json", content)
    shown = [f"{entity.label} {entity.span.text(document.text)}" for entity in document.entities]
    assert "|".join(shown) == expected and counts == lost


def test_a_label_studio_export_of_several_people_names_them(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(several("ann@x.org", "b:n")), encoding="utf-8")
    found = annotators(f"label-studio?text=text:{path}")
    assert found["b:n"] == f"label-studio?text=text&annotator=b%3An:{path}"
    for who, ref in found.items():
        (document,) = load_corpus(ref).documents
        assert document.entities[0].span.end == (6 if who == "ann@x.org" else 7)
    path.write_text(json.dumps([*several("ann"), *several("ben")]), encoding="utf-8")
    assert annotators(f"label-studio:{path}") == {}


@pytest.mark.parametrize(
    ("format", "lines"),
    [
        (
            "prodigy",
            [
                {"text": "Uhl", "_annotator_id": who, "spans": [{"start": 0, "end": end, "label": "X"}]}
                for who, end in (("ann", 1), ("ben", 2))
            ],
        ),
        (
            "doccano",
            [
                {
                    "text": "Uhl",
                    "annotations": [
                        {"start_offset": 0, "end_offset": end, "label": "X", "user": who}
                        for who, end in (("ann", 1), ("ben", 2))
                    ],
                }
            ],
        ),
    ],
)
def test_json_lines_of_several_people_name_them(format, lines, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    found = annotators(f"{format}:{path}")
    assert list(found) == ["ann", "ben"]
    for who, ref in found.items():
        (document,) = load_corpus(ref).documents
        assert document.entities[0].span.end == (1 if who == "ann" else 2)
    for spec, message in (
        (format, f"Say whose: {format}.annotator=ann"),
        ("prodigy", "two people or sessions annotated, .ann. and .ben."),
        ("prodigy?annotator=eve", "no tasks of"),
    ):
        if spec.startswith(format):
            with pytest.raises(DataError, match=message):
                list(reader(spec)(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "is not a list"),
        ([{"id": 1}], "task 1: has no 'data'"),
        (task(region(2, 11, text="Anna")), r"result 1: \[2, 11\) is 'Anna Krug'"),
        (task(region(2, 99)), "outside the text"),
        (task(region(2, 11), {"type": "relation", "from_id": "r1", "to_id": "x"}), "'x', which is not there"),
        (task(region(2, 11), region(2, 11)), "the same id"),
        ([{"data": {"text": "x"}, "annotations": [{"result": []}] * 2}], "has 2 annotations"),
        (several("ann", "ben"), "has 2 annotations, by ann, ben.*\n.*label-studio[?]annotator=ann:FILE"),
        ([{"data": {"a": "x", "b": "y"}}], "has the texts 'a', 'b'\n.*label-studio[?]text=a:FILE"),
        ([{"data": {"a": 1}}], "has no text"),
        (task(region(2, 6) | {"type": "hypertextlabels"}), "holds hypertextlabels, and no labels of a plain"),
        (
            [{"data": {"text": TEXT}, "annotations": [], "predictions": [{"result": []}]}],
            "holds predictions and no annotations\n.*[?]annotator=predictions:FILE",
        ),
    ],
)
def test_label_studio_refuses(content, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read("label-studio", tmp_path / "x.json", content)


@pytest.mark.parametrize("block", [1, 2, 7, 1 << 20])
@pytest.mark.parametrize("indent", [None, 3])
def test_a_list_is_read_value_by_value(block, indent, tmp_path, monkeypatch):
    """Wherever the blocks end in which it is read."""
    monkeypatch.setattr(jsonl, "_BLOCK", block)
    values = [{"a": [1, "]", {"ä": '\u2028,🙂\\"'}]}, {}, {"b": "x" * 50}]
    path = tmp_path / "x.json"
    for many in ([], values[:1], values):
        path.write_text(f"\n {json.dumps(many, ensure_ascii=False, indent=indent)}\n", "utf-8")
        assert list(jsonl.listed(path)) == many
    for broken, line in (
        ('[{"a": 1}\n{"b": 2}]', 2),
        ('[\n{"a": 1},\n\n{"b" 2}]', 4),
        ('[\n{"a": 1},\n]', 3),
        ('[{"a": 1}', 1),
        ("[\n", 2),
        ("[]\n]", 1),
    ):
        path.write_text(broken, "utf-8")
        with pytest.raises(DataError, match=rf"x\.json:{line}: is not JSON"):
            list(jsonl.listed(path))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (task(region(2, 6)), "label-studio"),
        ([{"id": 1, "annotations": [{"result": []}]}], "label-studio"),
        ([], "label-studio"),
        ({"documentName": "a", "tokens": [], "annotations": []}, "german-news-quotation"),
        ([{"id": 0, "paragraphs": [{"raw": "Uhl", "sentences": []}]}], "spacy-json"),
        ({"text": "Uhl", "ents": [], "tokens": []}, "spacy-json"),
        ([["Uhl", {"entities": [[0, 3, "PER"]]}]], "spacy-json"),
        ({"source": "x", "documents": [{"passages": [{"annotations": []}]}]}, "bioc"),
        ({"%TYPES": {}, "%FEATURE_STRUCTURES": [], "%VIEWS": {}}, "inception"),
        ({"_context": {"_types": {}}, "_views": {}}, r"an older kind\n.*UIMA CAS XMI"),
        ({"x": 1}, "whose format does not show"),
    ],
)
def test_json_is_taken_for_what_it_is(content, expected, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    if expected in FORMATS:
        assert detect(path) == expected
    else:
        with pytest.raises(DataError, match=expected):
            detect(path)


def test_doccano_counts_utf16_units(tmp_path):
    found = json.loads(written("doccano", tmp_path / "x.jsonl"))
    assert found["entities"][0] == {"id": 1, "label": "PER", "start_offset": 3, "end_offset": 12}
    line = json.dumps({"id": 4, "text": TEXT, "label": [[3, 12, "PER"]], "date": "x"})
    (document,) = read("doccano", tmp_path / "y.jsonl", line)
    assert document == Document("4", TEXT, Annotations((Entity(Span.of(2, 11), "PER"),)), (("date", "x"),))


def test_doccano_columns_of_any_type_are_kept_and_empty_ones_are_not(tmp_path):
    line = json.dumps(
        {"text": "x", "label": None, "a": 1, "b": {"ä": [None]}, "c": None, "meta": {}, "d": ""}
    )
    (document,) = read("doccano", tmp_path / "x.jsonl", line)
    assert document.meta == (("a", "1"), ("b", '{"ä": [null]}'), ("d", ""))


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ((1, 1), r"the label is the number 12, not a name\n.*doccano[?]label=12=LOC:FILE"),
        ((1, 2), r"has annotations of 2 people: 1, 2\n.*doccano[?]annotator=1:FILE"),
    ],
)
def test_doccano_asks_what_numbers_mean(users, message, tmp_path):
    found = [{"label": 12, "start_offset": 0, "end_offset": 1, "user": user} for user in users]
    with pytest.raises(DataError, match=message):
        read("doccano", tmp_path / "x.jsonl", json.dumps({"text": "x", "annotations": found}))


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ([1, 3, "X"], r"x\.jsonl:1, label 1: the offset 1 halves a surrogate pair"),
        ([3, 99, "X"], "the offset 99 lies outside the text"),
        ([3, 3, "X"], "empty"),
        ([3, 5], r"is not \[start, end, label\]"),
        ([3, 5, None], "has no label"),
    ],
)
def test_doccano_refuses(label, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read("doccano", tmp_path / "x.jsonl", json.dumps({"text": TEXT, "label": [label]}))


def test_prodigy_spans_are_whole_tokens_that_make_the_text(tmp_path):
    found = json.loads(written("prodigy", tmp_path / "x.jsonl"))
    assert "".join(token["text"] + " " * token["ws"] for token in found["tokens"]) == TEXT
    for span in found["spans"]:
        first, last = found["tokens"][span["token_start"]], found["tokens"][span["token_end"]]
        assert (first["start"], last["end"]) == (span["start"], span["end"])
    assert [relation["label"] for relation in found["relations"]].count("continued") == 1


def test_prodigy_without_ids(tmp_path):
    ends = {"start": 19, "end": 24, "label": "quote-direct"}, {"start": 2, "end": 11, "label": "speaker"}
    relation = {"head": 1, "child": 0, "label": "speaker", "head_span": ends[0], "child_span": ends[1]}
    line = json.dumps({"text": TEXT, "spans": ends, "relations": [relation]})
    (document,) = read("prodigy", tmp_path / "x.jsonl", line)
    assert document.quotes == (Quote("q1", "direct", Span.of(19, 24), speaker=Span.of(2, 11)),)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"tokens": [{"start": 0, "end": 1, "text": "x"}]}, r"token 0: \[0, 1\) is '🙂'"),
        ({"spans": [{"start": 2, "end": 99, "label": "X"}]}, "outside the text"),
        ({"spans": [{"start": 2, "end": 4, "label": "X", "level": 0}]}, "level is 0"),
    ],
)
def test_prodigy_refuses(item, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read("prodigy", tmp_path / "x.jsonl", json.dumps({"text": TEXT} | item))
