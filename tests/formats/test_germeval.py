"""GermEval 2014: two levels, sources, broken files, and the dev split."""

from __future__ import annotations

from pathlib import Path

import pytest
from shared import shared_data
from summary import summary

from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats import table
from wortlaut.formats.columns import tokens
from wortlaut.formats.germeval import read

CASE = Path(__file__).parents[1] / "cases" / "formats" / "germeval" / "sentences.tsv"


def test_sentences_levels_and_sources():
    first, second, third = read(CASE)
    assert (first.id, third.id) == ("sentences-000001", "sentences-000003")
    assert first.text == "Der Sportverein Neustadt schlug Altdorf Hansen ."
    assert [(e.label, e.level, e.span.text(first.text)) for e in first.entities] == [
        ("ORG", 1, "Sportverein Neustadt"),
        ("LOC", 1, "Altdorf"),
        ("PER", 1, "Hansen"),
        ("LOC", 2, "Neustadt"),
    ]
    assert dict(first.meta) | {"tokens": ""} == {
        "source": "https://example.org/bruecke", "date": "2024-05-01", "tokens": "",
    }  # fmt: skip
    assert len(tokens(first)) == 7
    # A token that is a hash sign; a source without a date; a name that I- opens.
    assert second.text == "# bayerischer EU-Beamter"
    assert dict(second.meta) | {"tokens": ""} == {"source": "ohne Datum", "tokens": "", "repaired_tags": "1"}
    assert [(e.label, e.span.text(second.text)) for e in second.entities] == [
        ("LOCderiv", "bayerischer"),
        ("ORGpart", "EU-Beamter"),
    ]
    assert third.text == "Punkt" and [key for key, _ in third.meta] == ["tokens"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("4\tschlug\tO\tO", "4\tschlug\tO", r":5: has 3 columns"),
        ("4\tschlug\tO\tO", "4\tschlug\tO\tO\tO", r":5: has 5 columns"),
        ("4\tschlug", "5\tschlug", r":5: is token '5' where 4 should be"),
        ("4\tschlug", "4\t", r":5: has no token"),
        ("B-PER", "B-PRS", r":7: unknown label 'PRS'"),
        ("B-PER", "PER", r":7: 'PER' is no tag of IOB2"),
        ("#\tohne Datum\n", "#\tohne Datum\n#\tmit\n", r":11: a comment line follows another"),
        ("1\tPunkt\tO\tO\n", "#\tmehr\n", r": ends with a comment line and no sentence"),
    ],
)
def test_broken_files_are_refused_with_their_line(tmp_path, old, new, message):
    text = CASE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "x.tsv"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        list(read(path))


def test_a_third_level_is_read(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("1\tAltdorf\tB-ORG\tB-LOC\tB-PER\n", encoding="utf-8")
    (document,) = read(path)
    assert [(entity.label, entity.level) for entity in document.entities] == [
        ("ORG", 1),
        ("LOC", 2),
        ("PER", 3),
    ]


def test_a_tab_behind_the_last_column_is_none(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("1\tIn\tO\tO\t\n2\tAltdorf\tB-LOC\tO\n", encoding="utf-8")
    (document,) = read(path)
    assert [(entity.label, entity.span.text(document.text)) for entity in document.entities] == [
        ("LOC", "Altdorf")
    ]


def test_a_folder_without_tables_is_said(tmp_path):
    with pytest.raises(MissingFileError, match=r"holds no file that ends in \.tsv"):
        list(read(tmp_path))
    with pytest.raises(MissingFileError, match="no such file"):
        list(read(tmp_path / "none"))


def test_the_dev_split_loads_completely():
    documents = list(read(shared_data("germeval2014")))
    counted = summary(documents)
    assert counted["documents"] == 2200 and counted["repaired_tags"] == 0
    assert counted["entities"]["by_level"] == {
        "1": {
            "LOC": 763, "LOCderiv": 235, "LOCpart": 52, "ORG": 496, "ORGderiv": 3, "ORGpart": 91,
            "OTH": 269, "OTHderiv": 16, "OTHpart": 18, "PER": 711, "PERderiv": 2, "PERpart": 18,
        },
        "2": {
            "LOC": 106, "LOCderiv": 47, "LOCpart": 1, "ORG": 18, "ORGpart": 1, "OTH": 1,
            "PER": 34, "PERderiv": 1, "PERpart": 3,
        },
    }  # fmt: skip
    assert sum(len(tokens(document)) for document in documents) == 41653
    assert all(dict(document.meta)["source"] for document in documents)


@pytest.mark.parametrize("size", [1, 60, 150])
def test_a_file_may_be_read_in_blocks(monkeypatch, size):
    whole = list(read(CASE))
    monkeypatch.setattr(table, "_BLOCK", size)
    assert list(read(CASE)) == whole


def test_documents_come_one_at_a_time(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text(CASE.read_text(encoding="utf-8") + "kaputt\n", encoding="utf-8")
    documents = read(path)
    assert next(documents).text  # before the broken line at the end is reached
    with pytest.raises(DataError, match=r"x\.tsv:\d+: has 1 column"):
        list(documents)
