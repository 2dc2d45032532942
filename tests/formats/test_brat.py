"""brat: fragments, nesting, everything that is not text-bound, CRLF, and LitBank."""

from __future__ import annotations

from pathlib import Path

import pytest
from shared import shared_data
from summary import summary

from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats.brat import batches, read
from wortlaut.formats.brat import write as write_brat
from wortlaut.model import Annotations, Document, Entity, Quote, Span

CASES = Path(__file__).parents[1] / "cases" / "formats" / "brat"


def write(tmp_path, text, annotations):
    (tmp_path / "x.txt").write_bytes(text.encode())
    (tmp_path / "x.ann").write_text(annotations, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def town():
    (document,) = read(CASES)
    return document


def test_text_spans_and_levels(town):
    assert town.id == "town" and town.text == (CASES / "town.txt").read_text(encoding="utf-8")
    assert [(entity.label, entity.level, entity.span.text(town.text)) for entity in town.entities] == [
        ("PER", 1, "Anna Krug"),
        ("PER", 1, "Ben … Holm"),
        ("PER", 1, "die Rektorin der Universität Altdorf"),
        ("ORG", 2, "Universität Altdorf"),
        ("LOC", 3, "Altdorf"),
        ("PER", 1, "Sie"),
        ("EVT", 2, "trafen"),
        ("EVT", 1, "trafen\ndie"),
    ]


def test_everything_else_is_kept(town):
    entities = town.entities
    assert entities[0].note == "T1" and entities[1].note is None
    assert entities[2].note == "T3; R2 WorksFor Arg1:T3 Arg2:T4; #1 AnnotatorNotes R2 laut Impressum"
    assert entities[3].note == (
        "T4; R2 WorksFor Arg1:T3 Arg2:T4; M1 Sure T4; #1 AnnotatorNotes R2 laut Impressum"
    )
    assert entities[4].qid == "Q12345"
    assert entities[4].note == "T5; N1 Reference T5 Wikidata:Q12345 Altdorf"
    assert entities[6].note == "T7; E1 Meet:T7 Who:T1 Whom:T3; A1 Past E1"


def test_coreference_joins_to_clusters(town):
    (cluster,) = town.clusters
    assert (cluster.id, cluster.type) == ("e1", "PER")
    assert cluster.name == "die Rektorin der Universität Altdorf"
    assert cluster.note == "R1 Coref Arg1:T3 Arg2:T6; * Equiv T6 T1"
    assert [entity.entity for entity in town.entities] == ["e1", None, "e1", None, None, "e1", None, None]
    assert town.mentions("e1")[0].text(town.text) == "Anna Krug"


def test_crlf_is_two_characters_and_stays(tmp_path):
    (document,) = read(write(tmp_path, "Hier\r\nAnna\r\nKrug", "T1\tPER 6 16\tAnna Krug\n"))
    assert document.text == "Hier\r\nAnna\r\nKrug"
    assert document.entities[0].span == Span.of(6, 16)


def test_crlf_counted_as_one_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"convert the \.txt file to LF"):
        list(read(write(tmp_path, "Hier\r\nAnna", "T1\tPER 5 9\tAnna\n")))


@pytest.mark.parametrize(
    "annotations",
    [
        "T1\tPER 1 5\tAnna\nT2\tEVT 7 10\tkam\n",
        "T1\tPER 0 5\t\ufeffAnna\nT2\tEVT 7 10\tkam\n",
        "T1\tPER 0 4\tAnna\nT2\tEVT 6 9\tkam\n",
    ],
)
def test_a_byte_order_mark_is_a_character_for_brat_and_none_for_others(tmp_path, annotations):
    (document,) = read(write(tmp_path, "\ufeffAnna\r\nkam", annotations))
    assert document.text == "Anna\r\nkam"
    assert [entity.span for entity in document.entities] == [Span.of(0, 4), Span.of(6, 9)]


def test_a_byte_order_mark_that_only_some_offsets_count_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"x\.ann:2: the text at 5 8 is"):
        list(read(write(tmp_path, "\ufeffAnna kam", "T1\tPER 1 5\tAnna\nT2\tEVT 5 8\tkam\n")))


def test_names_alone_are_read_as_among_other_annotations(tmp_path):
    text = "Anna und Bo aus Neu Köln"
    names = "T1\tPER 0 11\tAnna und Bo\nT2\tPER 9 11\tBo\nT3\tLOC 16 24\tNeu Köln\nT4\tLOC 20 24\tKöln"
    for name, more in (("a", ""), ("b", "\nA1\tSure T2"), ("c", "\n"), ("d", "\r\n\n")):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
        (tmp_path / f"{name}.ann").write_bytes(f"{names}{more}".encode())
    (batch,) = batches(tmp_path)
    assert batch.ids == ["a", "b", "c", "d"] and {*batch.whole} == {1, 3}
    read_as = [[(one.label, one.span, one.level) for one in own.entities] for own in batch.documents()]
    assert read_as == [[("PER", Span.of(0, 11), 1), ("PER", Span.of(9, 11), 2),
                        ("LOC", Span.of(16, 24), 1), ("LOC", Span.of(20, 24), 2)]] * 4  # fmt: skip
    assert batch.entities.level.tolist() == [1, 2, 1, 2] * 4


def test_a_single_file_may_be_named_by_text_or_annotations():
    assert [d.id for name in ("town.txt", "town.ann") for d in read(CASES / name)] == ["town", "town"]


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ("T1\tPER 0 4\tBert\n", r"x\.ann:1: the text at 0 4 is 'Anna', not 'Bert'"),
        ("\nT1\tPER 5 99\tkam\n", r"x\.ann:2: \[5, 99\) is empty, reversed or past the end of the text at 9"),
        ("T1\tPER 4 4\t\n", "is empty"),
        ("T1 PER 0 4 Anna\n", "is not a text-bound annotation"),
        ("T1\tPER 0 4\tAnna\nT1\tPER 0 4\tAnna\n", r"x\.ann:2: T1 is there twice"),
        ("T1\tPER 0 4\tAnna\nR1\tCoref Arg1:T1 Arg2:T9\n", r"x\.ann:2: there is no T9"),
        ("T1\tPER 0 4\tAnna\nA1\tOld A1\n", "A1 is about nothing in the text"),
        ("T1\tPER 0 4\tAnna\nX1\tOld T1\n", r"x\.ann:2: is no annotation that brat writes"),
        ("T1\tPER 0 4\tAnna\nA1\tOld T1\nA1\tOld T1\n", r"x\.ann:3: A1 is there twice"),
    ],
)
def test_broken_annotations_are_refused_with_their_line(tmp_path, annotations, message):
    with pytest.raises(DataError, match=message):
        list(read(write(tmp_path, "Anna kam.", annotations)))


def test_annotations_without_text_are_refused(tmp_path):
    (tmp_path / "x.ann").write_text("", encoding="utf-8")
    with pytest.raises(MissingFileError, match=r"x\.txt: no such file\n.*text of the annotations"):
        list(read(tmp_path))


def test_litbank_loads_completely_with_its_nesting():
    documents = list(read(shared_data("litbank-brat")))
    counted = summary(documents)
    assert (counted["documents"], counted["entities"]["total"]) == (15, 1979)
    labels = {}
    for of_level in counted["entities"]["by_level"].values():
        for label, count in of_level.items():
            labels[label] = labels.get(label, 0) + count
    assert labels == {"FAC": 347, "GPE": 82, "LOC": 115, "ORG": 10, "PER": 1402, "VEH": 23}
    totals = {level: sum(of.values()) for level, of in counted["entities"]["by_level"].items()}
    assert totals == {"1": 1717, "2": 247, "3": 14, "4": 1}


def test_what_is_written_says_to_brat_which_types_it_holds(tmp_path):
    entities = (Entity(Span.of(0, 4), "PER"), Entity(Span.of(5, 9), "a b"), Entity(Span.of(5, 9), "Ort"))
    quote = Quote("q1", "direct", Span.of(5, 9), speaker=Span.of(0, 4))
    write_brat(tmp_path / "out", [Document("x", "Anna kam.", Annotations(entities, (quote,)))])
    conf = (tmp_path / "out" / "annotation.conf").read_text().split("\n\n")
    assert {"Ort", "PER", "quote-direct", "speaker", "mention"} <= {*conf[0].splitlines()}
    assert "speaker Arg1:<QUOTE>, Arg2:speaker" in conf[1].splitlines()
    assert [d.id for d in read(tmp_path / "out")] == ["x"]


def test_a_speaker_to_whom_two_quotes_lead_is_that_of_both(tmp_path):
    (tmp_path / "x.txt").write_text("Uhl: ja, nein", encoding="utf-8")
    (tmp_path / "x.ann").write_text(
        "T1\tquote-direct 5 7\tja\nT2\tquote-direct 9 13\tnein\nT3\tspeaker 0 3\tUhl\n"
        "R1\tspeaker Arg1:T1 Arg2:T3\nR2\tspeaker Arg1:T2 Arg2:T3\n",
        encoding="utf-8",
    )
    (document,) = read(tmp_path)
    assert [quote.speaker for quote in document.quotes] == [Span.of(0, 3)] * 2
    assert not document.entities and not document.meta
