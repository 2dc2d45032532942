"""What differs between layers: nothing between equals, the same from both sides, and shown in context."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import ROOT
from strategies import annotations

from wortlaut.annotations.diff import FIELDS, Layer, compare, diff, read_layer
from wortlaut.annotations.file import write_annotations
from wortlaut.annotations.lines import Mention, canonical
from wortlaut.errors import DataError, MissingFileError
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.reports.console import Console
from wortlaut.reports.layers import diff_view

TEXT = "Anna Weiß sagte am Montag, sie komme. „Ja“, sagte sie. Bert Maier schwieg.\n"


def span(surface, start=0):
    at = TEXT.index(surface, start)
    return Span.of(at, at + len(surface))


def name(surface, label="PER", **fields):
    return Entity(span(surface), label, **fields)


QUOTE = Quote("q1", "direct", span("„Ja“"), cue=span("sagte", 40), speaker=span("sie.", 40))


def told(first, second):
    return [
        (pair.kind, pair.fields, pair.first is not None, pair.second is not None)
        for pair in compare(first, second)
        if not pair.equal
    ]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (Annotations((name("Anna Weiß"),)), Annotations(), [("entity", (), True, False)]),
        (
            Annotations((name("Anna Weiß"),)),
            Annotations((name("Anna"),)),
            [("entity", ("span",), True, True)],
        ),
        (
            Annotations((name("Anna Weiß"),)),
            Annotations((name("Anna Weiß", "ORG", level=2),)),
            [("entity", ("label", "level"), True, True)],
        ),
        (
            # The equal one is paired first, though the other overlaps too.
            Annotations((name("Anna Weiß"), name("Anna", level=2))),
            Annotations((name("Anna", level=2),)),
            [("entity", (), True, False)],
        ),
        (
            Annotations(quotes=(QUOTE,)),
            Annotations(quotes=(replace(QUOTE, id="7", type="indirect", cue=None, medium="speech"),)),
            [("quote", ("type", "medium", "cue"), True, True)],
        ),
        (Annotations(quotes=(QUOTE,)), Annotations(quotes=(replace(QUOTE, id="zitat"),)), []),
        (
            Annotations(quotes=(replace(QUOTE, speaker_entity="Anna Weiß"),)),
            Annotations(
                quotes=(replace(QUOTE, speaker_entity="weiss"),), clusters=(Cluster("weiss", "Anna Weiß"),)
            ),
            [("cluster", (), False, True)],
        ),
        (
            # A cluster under another id is the same by its mentions; the name is what differs.
            Annotations((name("Bert Maier", entity="b"),), clusters=(Cluster("b", "Bert Maier"),)),
            Annotations((name("Bert Maier", entity="bm"),), clusters=(Cluster("bm", "Maier"),)),
            [("cluster", ("name",), True, True)],
        ),
        (
            Annotations(clusters=(Cluster("b", "B", mentions=(span("Bert Maier"), span("sie"))),)),
            Annotations(
                (name("Bert Maier", entity="b"),), clusters=(Cluster("b", "B", mentions=(span("Montag"),)),)
            ),
            [("mention", (), False, True), ("mention", (), True, False), ("entity", (), False, True)],
        ),
    ],
)
def test_what_differs(first, second, expected):
    assert told(first, second) == expected
    mirrored = [(kind, fields, b, a) for kind, fields, a, b in expected]
    assert Counter(told(second, first)) == Counter(mirrored)


def test_parents_are_compared_by_what_they_are():
    outer = Quote("q1", "indirect", Span.of(0, 50))
    first = Annotations(quotes=(outer, replace(QUOTE, id="q2", parent="q1")))
    same = Annotations(quotes=(replace(outer, id="x"), replace(QUOTE, id="y", parent="x")))
    other = Annotations(quotes=(replace(outer, id="q9"), replace(QUOTE, id="q2")))
    assert told(first, same) == []
    assert told(first, other) == [("quote", ("parent",), True, True)]


LONG = "Anna sagte: „Ja, Bert.“ So … er. Anna schwieg in Berlin 🙂."
PAIRS = st.tuples(annotations(LONG), annotations(LONG))


@given(annotations(LONG))
def test_a_layer_does_not_differ_from_itself(found):
    assert [pair for pair in compare(found, found) if not pair.equal] == []


@given(PAIRS)
def test_the_difference_is_the_same_from_both_sides(pair):
    first, second = pair
    mirrored = Counter((kind, fields, b, a) for kind, fields, a, b in told(first, second))
    assert Counter(told(second, first)) == mirrored


@given(PAIRS)
def test_every_item_is_in_exactly_one_pair(pair):
    """Entities and quotes of both sides come back, each once; nothing is lost in the comparison."""
    pairs = compare(*pair)
    first = canonical(pair[0])
    assert sorted(map(repr, (p.first for p in pairs if isinstance(p.first, Entity)))) == sorted(
        map(repr, first.entities)
    )
    for side, said in (("first", pair[0]), ("second", pair[1])):
        items = [getattr(p, side) for p in pairs]
        assert sum(isinstance(item, Entity) for item in items) == len(said.entities)
        assert sorted(item.id for item in items if isinstance(item, Quote)) == sorted(
            q.id for q in said.quotes
        )
        assert sum(isinstance(item, Cluster) for item in items) == len(said.clusters)
        lines = {(c.id, m) for c in said.clusters for m in c.mentions}
        assert sum(isinstance(item, Mention) for item in items) >= len(lines)
    assert all(set(p.fields) <= set(FIELDS[p.kind]) for p in pairs)


def layers(first, second, text=TEXT):
    return [
        Layer(layer, {"brief": Document("brief", text, said)})
        for layer, said in (("a", first), ("b", second))
    ]


def shown(found, width=80):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    for part in diff_view(found):
        console.print(part)
    return console.file.getvalue()


def test_the_view_marks_the_span_without_colour_within_80_columns():
    text = shown(diff(*layers(Annotations((name("Anna Weiß"),), (QUOTE,)), Annotations((name("Anna"),)))))
    assert "a span: [0, 9)\n      ⟦Anna Weiß⟧ sagte am Montag…" in text
    assert "b span: [0, 4)\n      ⟦Anna⟧ Weiß sagte am M…" in text
    assert "quote, only in a: direct, q1, [38, 42)\n      …tag, sie komme. ⟦„Ja“⟧, sagte sie. Ber…" in text
    assert text.endswith("2 differences (entity 1, quote 1), 0 annotations are the same\n")
    assert max(map(len, text.splitlines())) <= 80


def test_line_ends_and_pieces_are_shown():
    split = Entity(Span(((55, 59), (66, 74))), "PER")
    text = shown(diff(*layers(Annotations((split,)), Annotations())))
    assert "⟦Bert⟧ Maier ⟦schwieg.⟧⏎" in text


def test_json_has_both_readings_as_in_the_files():
    found = diff(*layers(Annotations((name("Anna Weiß"),)), Annotations((name("Anna"),))))
    data = json.loads(json.dumps(found.to_dict()))
    assert data == {
        "format": "wortlaut-diff/1",
        "layers": ["a", "b"],
        "same": 0,
        "different": 1,
        "documents": [
            {
                "document": "brief",
                "only_in": None,
                "differences": [
                    {
                        "kind": "entity",
                        "fields": ["span"],
                        "readings": [
                            {"kind": "entity", "span": [[0, 9, "Anna Weiß"]], "label": "PER", "level": 1},
                            {"kind": "entity", "span": [[0, 4, "Anna"]], "label": "PER", "level": 1},
                        ],
                    }
                ],
            }
        ],
    }


def test_documents_on_one_side_and_other_texts():
    first, second = layers(Annotations(), Annotations())
    more = Layer("b", second.documents | {"karte": Document("karte", "Ja.")})
    found = diff(first, more)
    assert [(one.document, one.only_in) for one in found.documents] == [("karte", "b")]
    assert not found.equal and "only b has this document" in shown(found)
    with pytest.raises(DataError, match="different texts"):
        diff(first, layers(Annotations(), Annotations(), text=TEXT[:-1])[1])


def test_the_layers_of_the_repository_differ_where_the_adjudication_says():
    found = diff(read_layer("a", ROOT), read_layer("b", ROOT))
    pairs = [pair for one in found.documents for pair in one.pairs]
    entities = [(pair.fields, pair.first.span.start) for pair in pairs if pair.kind == "entity"]
    assert entities == [(("span",), 2097), (("level",), 2129), ((), 2403)]
    quotes = [pair for pair in pairs if pair.kind == "quote"]
    assert [pair.second.id for pair in quotes if pair.first is None] == ["q13", "q15"]
    assert sum("content" in pair.fields for pair in quotes) == 1
    # cue: q06, q10, q12, q14, q16 of the gold
    assert sum("cue" in pair.fields for pair in quotes) == 5


def test_layers_by_name_by_folder_and_by_file():
    folder = ROOT / "annotations/layers/a"
    (file,) = folder.glob("*.jsonl")
    assert read_layer("a", ROOT) == read_layer(str(folder), ROOT) == read_layer(str(file), ROOT)
    assert read_layer("gold", ROOT).name == "gold"
    with pytest.raises(MissingFileError, match="no such layer") as error:
        read_layer("c", ROOT)
    assert "a, b, gold" in error.value.hint


def test_a_layer_without_files_is_not_offered(tmp_path):
    for folder in ("gold", "layers/a"):
        (tmp_path / "annotations" / folder).mkdir(parents=True)
    with pytest.raises(MissingFileError, match="no such layer") as error:
        read_layer("b", tmp_path)
    assert error.value.hint == "Name a file or folder of annotations."


def test_a_folder_with_several_layers_is_refused(tmp_path):
    (tmp_path / "seeds").mkdir()
    for id in ("eins", "zwei"):
        (tmp_path / f"seeds/{id}.txt").write_text("Ja.\n", "utf-8")
        write_annotations(
            tmp_path / f"x/{id}.jsonl", Annotations(), "Ja.\n", document=id, layer=id, annotator="x"
        )
    with pytest.raises(DataError, match="several layers: eins, zwei"):
        read_layer(str(tmp_path / "x"), tmp_path)


def test_a_copied_layer_that_still_has_the_name_of_its_model_is_refused(tmp_path):
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/d.txt").write_text("Ja.\n", "utf-8")
    path = tmp_path / "annotations/layers/b/d.jsonl"
    write_annotations(path, Annotations(), "Ja.\n", document="d", layer="a", annotator="x")
    with pytest.raises(DataError, match='say "layer": "a"'):
        read_layer("b", tmp_path)
