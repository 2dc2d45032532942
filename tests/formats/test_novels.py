"""Corpora of quotations in English novels: what of each is read, the published counts, what is refused."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest
from command import run
from shared import ROOT, shared_data

from wortlaut.errors import WortlautError
from wortlaut.formats import reader
from wortlaut.formats.losses import Losses

CASES = ROOT / "tests" / "cases" / "formats"


def test_pdnc_forms_frames_addressees_and_mentions():
    (novel,) = reader("pdnc")(CASES / "pdnc" / "sound")
    assert [
        (one.attribution, one.frame and one.frame.text(novel.text), one.note) for one in novel.quotes
    ] == [
        ("explicit", "said Ada Marsh", "addressees=Tom Marsh"),
        ("anaphoric", "he asked", "addressees=Ada Marsh"),
        ("implicit", None, "addressees=Tom Marsh; Mother"),
        (None, None, None),
    ]
    assert [
        (one.id, one.type, one.aliases, [span.text(novel.text) for span in one.mentions])
        for one in novel.clusters
    ] == [
        ("Ada Marsh", "PER", ("Ada",), ["Our", "you", "I"]),
        ("Tom Marsh", "PER", ("Tom",), ["Our", "You"]),
        ("Mother", "PER", (), ["Mother"]),
        ("Mr. Bell", None, (), ["Mr. Bell"]),
    ]
    assert dict(novel.meta)["trimmed_spans"] == "1"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("quotation_info", "[12, 29]", "[13, 29]", r"info.csv:2: the text at \[13, 29\) is 'he mill"),
        ("quotation_info", "[12, 29]", "[12, 9999]", r"quotation_info.csv:2: the text at \[12, 9999\)"),
        ("quotation_info", "[[92, 101], ", "[", "quotation_info.csv:4: has 2 sub-quotations and 1 spans"),
        ("quotation_info", "[[92, 101], ", "[[", "csv:4: quoteByteSpans is no list of the kind: it is"),
        ("quotation_info", "[[92, 101], ", "[[1.5, 2], ", "csv:4: quoteByteSpans is no list .*`int`"),
        ("quotation_info", "Anaphoric", "Anaforic", "csv:4: unknown quoteType 'Anaforic'\n.*Anaphoric"),
        ("quotation_info", "Q1,", "Q0,", "csv:4: a second quotation 'Q0'"),
        ("quotation_info", "Q1,", "Q1,,", "csv:4: has 12 values for 11 columns"),
        ("quotation_info", "quoteType", "Form", "csv:1: has no column 'quoteType'\n.*Expected quoteID"),
        ("quotation_info", '"[[211', '"x" "[[211', "csv:6: is no CSV"),
        ("character_info", "Mother", "Ada Marsh", "character_info.csv:4: a second character 'Ada Marsh'"),
        ("character_info", "2,Mother", "2,", "character_info.csv:4: has no Main Name"),
    ],
)  # fmt: skip
def test_pdnc_that_is_broken(file, old, new, message, tmp_path):
    novel = shutil.copytree(CASES / "pdnc" / "sound", tmp_path / "novel")
    path = novel / f"{file}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(WortlautError, match=message):
        list(reader("pdnc")(novel))


def test_a_quotation_that_cannot_be_read_ends_a_command_or_is_left_out(tmp_path):
    novel = shutil.copytree(CASES / "pdnc" / "sound", tmp_path / "novel")
    path = novel / "quotation_info.csv"
    path.write_text(path.read_text().replace("[12, 29]", "[13, 29]"))
    done = run("convert", f"pdnc:{novel}", tmp_path / "out.jsonl", "--to", "predictions", cwd=tmp_path)
    assert done.returncode == 2 and f"{path}:2: the text at [13, 29)" in " ".join(done.stderr.split())
    losses = Losses("pdnc")
    (read,) = reader("pdnc?lenient=1", losses)(novel)
    assert [one.id for one in read.quotes] == ["Q1", "Q2", "Q3"]


@pytest.mark.long
def test_pdnc_has_the_published_number_of_quotations():
    losses = Losses("pdnc")
    novels = list(reader("pdnc", losses)(shared_data("pdnc")))
    quotes = [quote for novel in novels for quote in novel.quotes]
    assert (len(novels), len(quotes)) == (28, 37131)
    assert Counter(quote.attribution for quote in quotes) == {
        "explicit": 11185, "anaphoric": 9202, "implicit": 16716, None: 28
    }  # fmt: skip
    assert sum(len(quote.content.fragments) for quote in quotes) == 48810
    assert sum(quote.content.discontinuous for quote in quotes) == 10734
    assert sum(quote.speaker_entity is None for quote in quotes) == 90
    assert sum(quote.frame is not None for quote in quotes) == 16947
    assert {loss.kind: loss.count for loss in losses} == {
        "mention of nobody known": 9,
        "mention whose names cannot be told": 84,
        "referring expression that is not near": 3446,
    }
