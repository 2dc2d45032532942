"""HIPE: text from flags, links, metonymy, nesting, and what has no field of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from roundtrips import kinds
from shared import shared_data
from summary import summary

from wortlaut.errors import DataError, UnknownNameError
from wortlaut.formats import detect, reader, table
from wortlaut.formats.columns import tokens
from wortlaut.formats.hipe import COLUMNS, read
from wortlaut.formats.losses import Losses

CASE = Path(__file__).parents[1] / "cases" / "formats" / "hipe" / "gazette.tsv"


def test_text_names_links_and_notes():
    document, _ = read(CASE)
    text = document.text
    assert text == "Der Rath von Altdorf, Hr. Adam Krug.\nAus Wien nach Preußenland."
    assert [
        (e.label, e.level, e.span.text(text), e.qid, e.metonymy, e.note) for e in document.entities
    ] == [
        ("org", 1, "Rath von Altdorf", "NIL", None, "fine=org.adm"),
        ("pers", 1, "Hr. Adam Krug", "Q11", None, "fine=pers.ind; comp.title=22:25; comp.name=26:35"),
        (
            "loc", 1, "Wien", "Q1741", "org",
            "fine=loc.adm.town; metonymy-fine=org.adm; metonymy-qid=Q22",
        ),
        ("loc", 1, "Preußenland", "Q27306", None, "fine=loc.adm.reg; partial=0:7"),
        ("loc", 2, "Altdorf", None, None, "fine=loc.adm.town"),
    ]  # fmt: skip
    assert text[26:35] == "Adam Krug"


def test_meta():
    document, _ = read(CASE)
    meta = dict(document.meta)
    assert document.id == "blatt-1851-03-02"
    assert (meta["date"], meta["publication_title"], meta["iiif"]) == ("1851-03-02", "Das Blatt", "a; b")
    assert [document.text[: int(end)] for end in meta["lines"].split()] == [
        "Der Rath von Altdorf",
        "Der Rath von Altdorf, Hr. Adam Krug.",
    ]
    assert [document.text[start:end] for start, end in tokens(document)][:5] == [
        "Der", "Rath", "von", "Altdorf", ",",
    ]  # fmt: skip
    assert "repaired_tags" not in meta and "unattached" not in meta


def test_what_belongs_to_no_name_is_said_and_a_name_that_i_opens_is_counted():
    _, document = read(CASE)
    meta = dict(document.meta)
    assert [(entity.span.text(document.text), entity.qid) for entity in document.entities] == [("Wien", None)]
    assert meta["unattached"] == ("metonymy=org at 5:8; metonymy-qid=Q22 at 5:8; comp.function=9:12 at 9:12")
    assert meta["repaired_tags"] == "1"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("TOKEN\t", "WORD\t", r":1: does not begin with HIPE's header"),
        ("\tMISC\n", "\tMISC\tMISC\n", r":1: does not begin with HIPE's header"),
        ("Aus\tO\tO\tO\tO\tO\tO\t_", "Aus\tO\tO\tO\tO\tO\tO\tx", r":17: 'x' is neither"),
        ("Q11", "11", r":13: '11' is neither"),
        ("Q11", "Q11|", r":13: 'Q11\|' is neither"),
        ("Aus\tO\tO", "Aus\tO\tO\tO", r":17: has 11 columns, not 10"),
        ("nach\tO", "nach\tX", r":19: 'X' is no tag"),
        ("# hipe2022:document_id = blatt-1851-03-02\n", "", r":7: a token before any document_id"),
    ],
)  # fmt: skip
def test_broken_files_are_refused_with_their_line(tmp_path, old, new, message):
    text = CASE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "x.tsv"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        list(read(path))


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("NE-COARSE-LIT", "org Rath von Altdorf NIL|pers Hr. Adam Krug Q11|loc Wien Q1741"
         "|loc Preußenland Q27306"),
        ("NE-COARSE-METO", "org Wien Q22"),
        ("NE-FINE-LIT", "org.adm Rath von Altdorf NIL|pers.ind Hr. Adam Krug Q11|loc.adm.town Wien Q1741"
         "|loc.adm.reg Preußenland Q27306"),
        ("NE-FINE-METO", "org.adm Wien Q22"),
        ("NE-FINE-COMP", "comp.title Hr. None|comp.name Adam Krug None"),
        ("NE-NESTED", "loc.adm.town Altdorf None"),
    ],
)  # fmt: skip
def test_one_column_of_names_with_its_links(column, expected):
    document, _ = reader(f"hipe?column={column}")(CASE)
    names = [f"{e.label} {e.span.text(document.text)} {e.qid}" for e in document.entities]
    assert "|".join(names) == expected and {e.level for e in document.entities} == {1}


def test_a_column_that_holds_no_names_is_refused():
    with pytest.raises(UnknownNameError, match="NEL-LIT"):
        list(reader("hipe?column=NEL-LIT")(CASE))


HEAD = "\t".join(COLUMNS) + "\n"
ID = "# hipe2022:document_id = d\n"


@pytest.mark.parametrize(
    ("text", "expected", "meta", "lost"),
    [
        # Comments before the id, in the document, and without a value.
        (HEAD + "# language = de\n" + ID + "# NOTE\nUhl\tB-pers\n# line = 1\nda\tO\n",
         "pers 1 Uhl None", {"language": "de", "comment": "NOTE", "line": "1"}, {}),
        # Cells that are empty or not there, and one more tab.
        (HEAD + ID + "Uhl\tB-pers\t\t\t\t\t\t\t\t\nda\tO\n", "pers 1 Uhl None", {}, {}),
        (HEAD + ID + "Uhl\tB-pers\tO\tO\tO\tO\tO\tQ5\t_\t_\t\n", "pers 1 Uhl Q5", {}, {}),
        # Other links within a name, and flags of HIPE 2020.
        (HEAD + ID + "U\tB-pers\tO\tO\tO\tO\tB-org\tQ5\t_\tNoSpaceAfter|LED0.25\n"
         "hl\tI-pers\tO\tO\tO\tO\tI-org\tQ6\t_\tLED0.25\n", "pers 1 Uhl Q5|org 2 Uhl None",
         {"not_read": "flag LED 2; other link within a name 1"},
         {"flag LED": 2, "other link within a name": 1}),
        (HEAD + ID + "Uhl\tB-pers\tO\tO\tO\tO\tO\t_\t_\tInPrimaryReference\nda\tO\tO\tO\tO\tO\tO\tQ5\t_\t_\n",
         "pers 1 Uhl None", {"not_read": "flag InPrimaryReference 1; link outside every name 1"},
         {"flag InPrimaryReference": 1, "link outside every name": 1}),
        # Fewer columns, in another order.
        ("TOKEN\tNE-COARSE-LIT\tMISC\tNEL-LIT\n" + ID + "Uhl\tB-pers\tNoSpaceAfter\tQ5\n.\tO\t_\t_\n",
         "pers 1 Uhl Q5", {}, {}),
        # What systems write: IOBES, several links, other marks of nothing, all the tabs of a table.
        (HEAD + "# language = de\t\t\n# document_id\t\t\nU\tB-pers\t_\t-\t_\t_\tO\tQ5|NIL|Q7\t-\t-\n"
         "hl\tE-pers\t_\t-\t_\t_\tO\tQ5|NIL|Q7\tO\t\n\t\t\nBern\tS-loc\n",
         "pers 1 U hl Q5|NIL|Q7|loc 1 Bern None", {"language": "de"}, {}),
        (HEAD + "Uhl\tB-pers\n", "pers 1 Uhl None", {}, {}),
    ],
)  # fmt: skip
def test_what_people_have(tmp_path, text, expected, meta, lost):
    path = tmp_path / "x.tsv"
    path.write_text(text, encoding="utf-8")
    losses = Losses("hipe")
    assert detect(path) == "hipe"
    (document,) = read(path, losses=losses)
    shown = [f"{e.label} {e.level} {e.span.text(document.text)} {e.qid}" for e in document.entities]
    assert "|".join(shown) == expected and kinds(losses) == lost
    assert {key: value for key, value in document.meta if key not in ("tokens", "lines")} == meta


def test_comments_between_two_documents_are_the_second_ones(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text(f"{HEAD}# a = 1\n{ID}x\tO\n\n# a = 2\n# document_id = e\ny\tO\n", encoding="utf-8")
    assert [(document.id, dict(document.meta)["a"]) for document in read(path)] == [("d", "1"), ("e", "2")]


@pytest.mark.parametrize("size", [1, 100, 400, 700])
def test_a_file_may_be_read_in_blocks(monkeypatch, size):
    whole = list(read(CASE))
    monkeypatch.setattr(table, "_BLOCK", size)
    assert list(read(CASE)) == whole


def test_a_character_that_a_line_end_cuts_is_named_alike_in_every_block(tmp_path, monkeypatch):
    path = tmp_path / "x.tsv"
    path.write_bytes(f"{HEAD}{ID}x\tO\n{ID}y\xc3".encode("latin-1") + b"\n")
    for size in (10, 1 << 20):
        monkeypatch.setattr(table, "_BLOCK", size)
        with pytest.raises(DataError, match=r"x\.tsv:5: is not UTF-8: invalid continuation byte at byte 2 "):
            list(read(path))


def test_hipe2020_loads_completely():
    documents = list(read(shared_data("hipe2020-de")))
    counted = summary(documents)
    assert counted["documents"] == 33
    assert counted["entities"]["by_level"] == {
        "1": {"loc": 588, "org": 164, "pers": 372, "prod": 49, "time": 69},
        "2": {"loc": 45, "org": 10, "pers": 9, "time": 3},
    }
    # Every metonymy, component and partial mark finds its name; no tag is broken.
    assert counted["entities"]["metonymic"] == 91 and counted["repaired_tags"] == 0
    assert not [document.id for document in documents if "unattached" in dict(document.meta)]
    notes = [entity.note or "" for document in documents for entity in document.entities]
    assert sum(note.count("comp.") for note in notes) == 468
    assert sum(note.count("partial=") for note in notes) == 12
    assert sum(len(tokens(document)) for document in documents) == 32671


def test_documents_come_one_at_a_time(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text(CASE.read_text(encoding="utf-8") + "kaputt\n", encoding="utf-8")
    documents = read(path)
    assert next(documents).text  # before the broken line at the end is reached
    with pytest.raises(DataError, match=r"x\.tsv:\d+: has 1 column"):
        list(documents)
