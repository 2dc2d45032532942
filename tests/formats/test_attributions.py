"""Corpora of attributions: quotes with cue and speaker, what is left out, what is refused, counts."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest
from roundtrips import kinds
from shared import ROOT, shared_data

from wortlaut.errors import WortlautError
from wortlaut.formats import annotators, detect, reader
from wortlaut.formats.losses import Losses

CASES = ROOT / "tests" / "cases" / "formats"
#: Reference; id, type, content, cue, speaker and parent of each quote; what is lost.
READ = [
    (
        "polnear:polnear/sound",
        """E1 direct “Wir bauen,” … “und zwar bald.” | sagte | Uhl |
        E2 indirect Uhl habe gesagt, es werde teuer | glaubt | Ott |
        E3 indirect es werde teuer | gesagt | Uhl | E2
        E4 indirect es eilt | Es heißt | |""",
        {"Discuss": 1, "attribution without a content": 1, "note": 1, "document": 1},
    ),
    ("polnear?annotator=5fec:polnear/sound", "E1 direct “Wir bauen,” | sagte | Uhl |", {}),
    (
        "riqua:riqua/sound",
        """T1 direct “Rain,” … “and ‘soon’ too.” | said | Ott |
        T5 direct ‘soon’ | | Ott | T1
        T6 indirect it would flood | feared | Uhl … Uhl |""",
        {"Entity": 1, "note": 1},
    ),
    (
        "citron:citron/sound.json",
        """a direct „Ja“ | sagte | Uhl |
        q2 indirect es eile … es regne | meinten | Er … Ott |""",
        {"coreferences": 1, "attribution without a content": 1},
    ),
    (
        "parc3:parc3/sound.xml",
        """x_1 direct "Ja" | sagte | Uhl |
        x_2 indirect Uhl meinte … es eile | glaubt | Ott |
        x_Nested_3 indirect es eile | meinte | Uhl | x_2""",
        {"attribution without a content": 1, "role topic": 1},
    ),
]
#: Format; name and content of each file; what is said.
REFUSED = [
    ("polnear", {"x.ann": "T1\tCue 0 2\tXy\n", "x.txt": "Uhl"}, "x.ann:1: the text at 0 2 is 'Uh', not 'Xy'"),
    (
        "polnear",
        {"x.ann": "T1\tCue 0 3\tUhl\nE1\tAttribution:T2\n", "x.txt": "Uhl"},
        "x.ann:2: there is no 'T2'",
    ),
    ("polnear", {"x.ann": "Uhl\n", "x.txt": "Uhl"}, "x.ann:1: is no annotation that brat writes"),
    ("polnear", {"attributions/x_a.ann": ""}, "text/x.txt: no such file\n.*Penn Treebank"),
    ("riqua", {"x.ann": "T1\tCue 0 2\tXy\n", "x.txt": "Uhl"}, "x.ann:1: the text at 0 2 is 'Uh', not 'Xy'"),
    (
        "riqua",
        {"x.ann": "R1\tSpeaker T1 T2\n", "x.txt": "Uhl"},
        "x.ann:1: is no relation that brat writes\n.*Arg1:T2",
    ),
    ("riqua", {"x.ann": "R1\tSpeaker Arg1:T1 Arg2:T2\n", "x.txt": "Uhl"}, "x.ann:1: there is no T1"),
    (
        "riqua",
        {
            "x.ann": "T1\tQuotation 0 2\tUh\nT2\tEntity 2 3\tl\nR1\tSpeaker Arg1:T1 Arg2:T2\n",
            "x.txt": "Uhl",
        },
        "x.ann:3: Speaker leads from Quotation to Entity\n.*Arg2 the Quotation",
    ),
    ("citron", {"x.json": '{"text": "Uhl"}'}, "x.json: has no 'quotes'"),
    (
        "citron",
        {"x.json": '{"text": "Uhl", "quotes": [{"sources": [{"start": 0, "end": 9}]}]}'},
        "x.json, quote 1, source 1: .0, 9. is empty, reversed or outside",
    ),
    (
        "citron",
        {"x.json": '{"text": "Uhl", "quotes": [{"cue": {"start": 0, "end": 2, "text": "hl"}}]}'},
        "x.json, quote 1, cue: .0, 2. is 'Uh' in the text, not 'hl'",
    ),
    ("citron", {"x.json": '{"text": "Uhl", "quotes": [{"id": "a"}, {"id": "a"}]}'}, "quote 2: two quotes"),
    ("citron", {"x.json": '{"text":\n"Uhl"'}, "x.json:2: is not JSON"),
    ("parc3", {"x.xml": "<root>\n<SENTENCE>"}, "x.xml:2: is not XML"),
    ("parc3", {"x.xml": "<root/>"}, "x.xml: holds no word of PARC"),
    (
        "parc3",
        {"x.xml": "<root><SENTENCE><WORD text='Uhl' ByteCount='9'/></SENTENCE></root>"},
        "x.xml, sentence 1: a WORD has no text, or no two numbers as ByteCount",
    ),
    ("polnear?annotator=q", {"attributions/x_a.ann": ""}, "no annotations by 'q'\n.*by a"),
]


@pytest.mark.parametrize(("ref", "expected", "lost"), READ)
def test_what_is_read(ref, expected, lost):
    spec, _, path = ref.partition(":")
    losses = Losses(spec)
    (document,) = reader(spec, losses)(CASES / path)
    found = [
        " ".join(
            f"{quote.id} {quote.type} {quote.content.text(document.text)} | "
            f"{quote.cue.text(document.text) if quote.cue else ''} | "
            f"{quote.speaker.text(document.text) if quote.speaker else ''} | {quote.parent or ''}".split()
        )
        for quote in document.quotes
    ]
    assert found == [line.strip() for line in expected.splitlines()] and kinds(losses) == lost
    name = spec.partition("?")[0]
    told = {detect(CASES / path), detect(CASES / path.partition("/")[0])}
    assert told == {"brat" if name == "riqua" else name}  # its files are brat's


@pytest.mark.parametrize(("spec", "files", "message"), REFUSED)
def test_what_is_refused(spec, files, message, tmp_path):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(WortlautError, match=message):
        list(reader(spec)(tmp_path))


def test_polnear_has_its_annotators_and_its_core(tmp_path):
    sound = CASES / "polnear" / "sound"
    assert annotators(f"polnear:{sound}") == {
        name: f"polnear?annotator={name}:{sound}" for name in ("4b22", "5fec")
    }
    for name in ("train", "test", "parc3-replication"):
        shutil.copytree(sound, tmp_path / name)
    losses = Losses("polnear")
    read = [*reader("polnear", losses)(tmp_path)]
    assert [dict(document.meta)["split"] for document in read] == ["test", "train"]
    assert kinds(losses)["document"] == 4


def test_brat_says_that_attributions_are_read_by_another_format(tmp_path):
    shutil.copy(CASES / "polnear/sound/text/bau.txt", tmp_path)
    shutil.copy(CASES / "polnear/sound/attributions/bau_5fec.ann", tmp_path / "bau.ann")
    losses = Losses("brat")
    (document,) = reader("brat", losses)(tmp_path)
    assert not document.quotes and kinds(losses) == {"quote": 1}
    assert "polnear:PATH reads" in next(iter(losses)).reason


def test_of_riqua_the_merged_annotations_are_read_and_brat_says_who_reads_quotes(tmp_path):
    for folder in ("merged", "first"):
        shutil.copytree(CASES / "riqua" / "sound", tmp_path / folder)
    (document,) = reader("riqua")(tmp_path)
    assert document.quotes[0].addressee.text(document.text) == "Uhl"
    losses = Losses("brat")
    list(reader("brat", losses)(tmp_path / "merged"))
    assert "riqua:PATH reads" in next(iter(losses)).reason


@pytest.mark.long
def test_polnear_has_its_published_counts():
    losses = Losses("polnear")
    read = [*reader("polnear", losses)(shared_data("polnear"))]
    assert Counter(dict(document.meta)["split"] for document in read) == {"train": 840, "dev": 84, "test": 84}
    assert sum(len(document.quotes) for document in read) == 24_068
    assert kinds(losses)["attribution without a content"] == 37


def test_a_group_of_citron_is_the_speaker_by_its_mention():
    (document,) = reader("citron")(CASES / "citron" / "sound.json")
    (cluster,) = document.clusters
    assert [span.text(document.text) for span in cluster.mentions] == ["Uhl", "Er"]
    assert [(quote.speaker_entity, quote.score) for quote in document.quotes] == [("e1", 0.5), ("e1", None)]


def test_the_text_of_parc_is_made_of_its_words():
    (document,) = reader("parc3")(CASES / "parc3" / "sound.xml")
    assert document.text == '"Ja" sagte Uhl (ja).\nOtt glaubt, Uhl meinte, es eile.'
    assert dict(document.meta)["sentences"] == "0:20 21:53"
