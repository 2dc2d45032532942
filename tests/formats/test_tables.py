"""Tables of tokens and tags as corpora publish them: CoNLL-2012, CorefUD, WikiNEuRal, MultiNERD, Few-NERD."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wortlaut.errors import DataError
from wortlaut.formats import detect, reader
from wortlaut.formats.losses import Losses

CASES = Path(__file__).parents[1] / "cases" / "formats"
#: Made for this test, in the layout of the CoNLL-2012 shared task.
ONTONOTES = (CASES / "conll2012" / "sound.v4_gold_conll").read_text()
COREFUD = """\
# newdoc id = a
# global.Entity = GRP-etype-infstat-identity
1\tAnna\t_\t_\t_\t_\t_\t_\t_\tEntity=(1-person-new-Anna_Krug)|Bridge=2<1
1.1\t_\t_\t_\t_\t_\t_\t_\t_\tEntity=(3-person-giv-)
2\tlacht\t_\t_\t_\t_\t_\t_\t_\t_
2.1\t_\t_\t_\t_\t_\t_\t_\t_\tEntity=(2-event-giv-
3\tlaut\t_\t_\t_\t_\t_\t_\t_\tEntity=2)(1-person-giv-)

"""


def summary(document):
    shown = [f"{e.label} {e.span.text(document.text)} {e.entity}" for e in document.entities]
    mentions = (
        f"{cluster.id}: {', '.join(span.text(document.text) for span in document.mentions(cluster.id))}"
        for cluster in document.clusters
    )
    return [document.id, document.text, *shown, *mentions]


@pytest.mark.parametrize(
    ("spec", "name", "text", "expected"),
    [
        (
            "conll2012", "x.v4_gold_conll", ONTONOTES,
            ["bn/x/00/x_0001_1", "Anna Krug mag Bonn\nSie da", "PERSON Anna Krug 0", "GPE Bonn 1",
             "0: Anna Krug, Sie", "1: Bonn", "2: Sie da"],
        ),
        (
            "conll2012?names=0", "x.conll", ONTONOTES.replace(" Anna", "\tAnna").replace("001\n", "0\n"),
            ["bn/x/00/x_0001", "Anna Krug mag Bonn\nSie da",
             "0: Anna Krug, Sie", "1: Bonn", "2: Sie da"],
        ),
        (
            "conll2012", "x.conll", "#begin document (t);\nt 0 0 a (0\nt 0 1 b 0)\n\n#end document\n",
            ["t", "a b", "0: a b"],
        ),
        ("conllu", "x.conllu", COREFUD,
         ["a", "Anna lacht laut", "person Anna 1", "event laut None", "person laut 1", "1: Anna, laut"]),
        ("conll", "x.conllu", "0\tBonn\tB-LOC\n1\tja\tO\n\n0\tJa\tO\n",
         ["x-000001", "Bonn ja", "LOC Bonn None"]),
        ("conll", "x.txt", "Anna\tperson-actor\nKrug\tperson-actor\nkam\tO\n",
         ["x-000001", "Anna Krug kam", "person-actor Anna Krug None"]),
        ("conll", "x.txt", "Anna I-PER\nKrug E-PER\nBo E-PER\nX I-L\nY E-L\n",
         ["x-000001", "Anna Krug Bo X Y", "PER Anna Krug None", "PER Bo None", "L X Y None"]),
        ("conll", "x.conll", "Anna\tE-PER\n\t\nBo\tO\n", ["x-000001", "Anna", "PER Anna None"]),
        ("conll", "x.txt", "Anna E-PER\nBo I-PER\nist O\nX I-L\nY I-L\n",
         ["x-000001", "Anna Bo ist X Y", "PER Anna None", "PER Bo None", "L X Y None"]),
        ("tagged-json", "x.jsonl", '{"tokens": ["Bonn", "ja"], "ner_tags": ["B-LOC", "O"], "lang": "de"}\n',
         ["x-000001", "Bonn ja", "LOC Bonn None"]),
        ("tagged-json?labels=multinerd", "x.json", '[{"id": 7, "tokens": ["Isis", "."], "tags": [23, -100]}]',
         ["7", "Isis .", "MYTH Isis None"]),
        ("tagged-json?tags=fine&labels=O,a,b", "x.json", '{"tokens": ["A", "B"], "fine": [2, 2]}',
         ["x-000001", "A B", "b A B None"]),
    ],
)  # fmt: skip
def test_what_corpora_publish(tmp_path, spec, name, text, expected):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (document, *_) = reader(spec)(path)
    assert summary(document) == expected
    assert detect(path) == spec.partition("?")[0]


def test_what_they_have_beside_it_is_counted(tmp_path):
    (tmp_path / "x.v4_gold_conll").write_text(ONTONOTES)
    (tmp_path / "y.conllu").write_text(COREFUD)
    found = {}
    for name, spec in (("x.v4_gold_conll", "conll2012"), ("y.conllu", "conllu")):
        list(reader(spec, losses := Losses(spec))(tmp_path / name))
        found[spec] = {loss.kind: loss.count for loss in losses}
    others = ("argument", "frameset", "lemma", "parse", "part of speech", "speaker", "word sense")
    assert found["conll2012"] == dict.fromkeys(others, 1)
    assert found["conllu"] == {
        "bridging": 1, "identity of a mention": 1, "infstat of a mention": 3,
        "mention of what is not in the text": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "old", "new", "message"),
    [
        ("conll2012", "(0\n", "0\n", r"x:2: '0' are no brackets of chains"),
        ("conll2012", "0)\n", "-\n", r"x:2: \(0 is never closed"),
        ("conll2012", "(GPE)", "GPE)", r"x:5: 'GPE\)' opens and closes no name"),
        ("conll2012", "(GPE)", "*)", r"x:5: '\*\)' closes what was not opened"),
        ("conll2012", "*) *) 0)", "* *) 0)", r"x:2: \(PERSON\* is not closed in its sentence"),
        ("conll2012", "#end document\n", "", r"x: document 'bn/x/00/x_0001_1' does not end"),
        ("conll2012", "#begin document (bn/x/00/x_0001); part 001\n", "", r"x:1: a line outside a document"),
        ("conll2012", "(bn/x/00/x_0001); part 001", "", r"x:1: does not name the document"),
    ],
)
def test_broken_chains_and_names(tmp_path, spec, old, new, message):
    (tmp_path / "x").write_text(ONTONOTES.replace(old, new, 1))
    with pytest.raises(DataError, match=message):
        list(reader(spec)(tmp_path / "x"))


@pytest.mark.parametrize(
    ("spec", "item", "message"),
    [
        (
            "tagged-json",
            {"tokens": ["a"], "ner_tags": [1]},
            "its tags are numbers, whose names are not known",
        ),
        (
            "tagged-json?labels=wikineural",
            {"tokens": ["a"], "ner_tags": [9]},
            "9 is no tag: they go from 0 to 8",
        ),
        ("tagged-json?labels=x", {"tokens": ["a"], "ner_tags": [9]}, "unknown set of labels"),
        ("tagged-json", {"tokens": ["a"], "ner_tags": []}, "has 1 tokens and 0 tags"),
        ("tagged-json", {"tokens": ["a", ""], "ner_tags": ["O", "O"]}, "'' is no token"),
        ("tagged-json", {"tokens": ["a"], "ner": ["O"]}, "holds no tokens with ner_tags or tags or labels"),
        ("tagged-json", {"tokens": ["a", "b"], "ner_tags": ["B-X", "Q-X"]}, "line 2|'Q-X' is no tag of IOB2"),
        ("tagged-json", {"tokens": ["a"], "ner_tags": [True]}, "True is no tag"),
    ],
)
def test_tags_that_are_none(tmp_path, spec, item, message):
    (tmp_path / "x.jsonl").write_text(json.dumps(item))
    with pytest.raises(Exception, match=message):
        list(reader(spec)(tmp_path / "x.jsonl"))


@pytest.mark.parametrize(
    ("scheme", "tags", "whole"),
    [
        ("IOB2", "I-PER O B-PER I-PER", ["c d"]),
        ("IOB1", "B-PER O I-PER B-PER", ["c", "d"]),
        ("BIOES", "B-PER O B-PER E-PER", ["c d"]),
        ("BILOU", "U-PER L-PER B-PER L-PER", ["a", "c d"]),
        ("IOE2", "E-PER I-PER O E-PER", ["a", "d"]),
    ],
)
def test_a_strict_reading_is_that_of_seqeval_and_says_what_it_leaves_out(tmp_path, scheme, tags, whole):
    scheme_module = pytest.importorskip("seqeval.scheme")
    rows = [(token, tag) for token, tag in zip("abcd", tags.split(), strict=True)]
    (tmp_path / "x.conll").write_text("".join(f"{token} {tag}\n" for token, tag in rows))
    losses = Losses("conll")
    (document,) = reader(f"conll?scheme={scheme}&mode=strict", losses)(tmp_path / "x.conll")
    assert [entity.span.text(document.text) for entity in document.entities] == whole
    named = getattr(scheme_module, {"BIOES": "IOBES"}.get(scheme, scheme))
    peer = scheme_module.Entities([[tag for _, tag in rows]], named).entities[0]
    assert [" ".join("abcd"[one.start : one.end]) for one in peer] == whole
    (default,) = reader(f"conll?scheme={scheme}")(tmp_path / "x.conll")
    assert sum(loss.count for loss in losses) == len({*default.entities} - {*document.entities})


def test_tokens_alone_make_no_tagged_json(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"annotations": [], "documentName": "x", "tokens": ["Anna"], "sentences": []}')
    assert detect(path) == "german-news-quotation"
