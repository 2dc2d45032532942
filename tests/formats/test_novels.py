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


@pytest.fixture
def broken(tmp_path):
    path = shutil.copytree(CASES / "pdnc" / "sound", tmp_path / "novel") / "quotation_info.csv"
    path.write_text(path.read_text().replace("[12, 29]", "[13, 29]"))
    return path


@pytest.mark.long
def test_a_quotation_that_cannot_be_read_ends_a_command(broken, tmp_path):
    done = run("convert", f"pdnc:{broken.parent}", "out.jsonl", "--to", "predictions", cwd=tmp_path)
    assert done.returncode == 2 and f"{broken}:2: the text at [13, 29)" in " ".join(done.stderr.split())
    assert not (tmp_path / "out.jsonl").exists()


def test_a_quotation_that_cannot_be_read_is_left_out_leniently(broken):
    losses = Losses("pdnc")
    (novel,) = reader("pdnc?lenient=1", losses)(broken.parent)
    assert [one.id for one in novel.quotes] == ["Q1", "Q2", "Q3"]
    assert {loss.kind: loss.count for loss in losses}["quote"] == 1


@pytest.mark.parametrize(
    ("format", "quotes", "entities", "clusters"),
    [
        (
            "litbank",
            [
                "“ The mill is sold , ” Ada_Marsh-0",
                "“ Our mill ? ” Her_brother-1",
                "“ Ask Mother . ” Ada_Marsh-0",
            ],
            ["Ada Marsh Ada_Marsh-0", "Mother Mother-2"],
            {"Ada Marsh": ["Her"], "Her brother": ["Her brother"], "Mother": []},
        ),
        (
            "booknlp",
            ["“The mill is sold,” 7 Ada Marsh", "“Ask Mother.” None"],
            ["Ada Marsh 7", "Mother 9"],
            {"Ada Marsh": ["She"], "Mother": []},
        ),
    ],
)  # fmt: skip
def test_quotations_with_coreference(format, quotes, entities, clusters):
    losses = Losses(format)
    (novel,) = reader(format, losses)(CASES / format / "sound")
    text = novel.text
    said = [
        f"{one.content.text(text)} {one.speaker_entity}{f' {one.speaker.text(text)}' if one.speaker else ''}"
        for one in novel.quotes
    ]
    assert said == quotes
    assert [f"{one.span.text(text)} {one.entity}" for one in novel.entities] == entities
    assert {one.name: [span.text(text) for span in one.mentions] for one in novel.clusters} == clusters
    lost = {"APPOS": 1, "mention of no cluster": 1} if format == "litbank" else {}
    assert {loss.kind: loss.count for loss in losses} == lost


LITBANK, COREF = "quotations/tsv/mill_brat.ann", "coref/tsv/mill_brat.ann"


@pytest.mark.parametrize(
    ("format", "file", "old", "new", "message"),
    [
        ("litbank", LITBANK, "1\t0\t1\t6", "1\t1\t1\t6", "mill_brat.ann:1: its tokens are 'The mill"),
        ("litbank", LITBANK, "1\t0\t1\t6", "1\t0\t1\t66", "mill_brat.ann:1: tokens 1:0 to 1:66 are not"),
        ("litbank", LITBANK, "ATTRIB\tQ2", "ATTRIB\tQ9", "mill_brat.ann:5: a speaker of 'Q9'"),
        ("litbank", LITBANK, "ATTRIB\tQ2", "ATTRIB\tQ1", "mill_brat.ann:5: a second ATTRIB of 'Q1'"),
        ("litbank", LITBANK, "QUOTE\tQ2", "T1", "mill_brat.ann:2: is no row of LitBank\n.*read with brat:"),
        ("litbank", COREF, "COREF\tT1", "COREF\tT9", "mill_brat.ann: COREF of 'T9', which is no mention"),
        ("booknlp", "mill.quotes", "0\t6", "0\t5", "mill.quotes:2: its tokens are '“ The"),
        ("booknlp", "mill.quotes", "0\t6", "0\t99", "mill.quotes:2: tokens 0 to 99 are not"),
        ("booknlp", "mill.quotes", "0\t6", "x\t6", "mill.quotes:2: 'x' is no number"),
        ("booknlp", "mill.quotes", "char_id", "who", "mill.quotes:1: has no column 'char_id'"),
        ("booknlp", "mill.entities", "7\t8", "8", "mill.entities:2: has 5 columns, the first line 6"),
        ("booknlp", "mill.tokens", "\t1\tThe", "\t3\tThe", "mill.tokens:3: is token 3 where 1 should be"),
        ("booknlp", "mill.tokens", "the\t1\t4", "the\t1\t5", r"mill.tokens:3: .1, 5. is no place for 'The'"),
    ],
)
def test_quotations_with_coreference_that_are_broken(format, file, old, new, message, tmp_path):
    path = shutil.copytree(CASES / format / "sound", tmp_path / "x") / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(WortlautError, match=message):
        list(reader(format)(tmp_path / "x"))


def test_the_text_that_booknlp_read_is_taken_where_it_lies_beside(tmp_path):
    folder = shutil.copytree(CASES / "booknlp" / "sound", tmp_path / "x")
    (novel,) = reader("booknlp")(folder)
    (folder / "mill.txt").write_text(novel.text.replace("\n", "\t") + "\nEnd")
    (beside,) = reader("booknlp")(folder)
    assert beside.text.endswith("End") and beside.annotations == novel.annotations
    (folder / "mill.txt").write_text(f" {novel.text}")
    with pytest.raises(
        WortlautError, match=r"mill.tokens:2: the text at .* is ' ', not '“'\n.*what BookNLP read"
    ):
        list(reader("booknlp")(folder))


@pytest.mark.long
def test_litbank_has_the_published_number_of_tokens_and_every_row():
    losses = Losses("litbank")
    novels = list(reader("litbank", losses)(shared_data("litbank")))
    assert (len(novels), sum(len(dict(one.meta)["tokens"].split()) for one in novels)) == (100, 210532)
    assert sum(len(one.quotes) for one in novels) == 1765
    for novel in novels:
        assert {one.speaker_entity for one in novel.quotes} <= {one.id for one in novel.clusters}
    mentions = sum(len(novel.entities) + sum(len(c.mentions) for c in novel.clusters) for novel in novels)
    lost = {loss.kind: loss.count for loss in losses}
    assert lost == {"APPOS": 226, "COP": 466, "mention of no cluster": 647} and mentions + 647 == 29103


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
