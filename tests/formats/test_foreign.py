"""Formats that are read only: what is in a file of each, what is left out, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from roundtrips import kinds
from shared import ROOT

from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError, WortlautError
from wortlaut.evaluation.evaluate import evaluate, score_files
from wortlaut.formats import detect, reader
from wortlaut.formats.losses import Losses

CASES = ROOT / "tests" / "cases" / "formats"
UHL = {"start": 0, "end": 3, "label": "PER"}
TSV = "#FORMAT=WebAnno TSV 3.2\n"
BIOC = {
    "id": 1,
    "passages": [
        {
            "offset": 0,
            "text": "Uhl",
            "annotations": [
                {
                    "infons": {"type": "PER", "art": "M"},
                    "locations": [{"offset": 0, "length": 3}],
                    "text": "Uhl",
                }
            ],
        }
    ],
}
TEI = '<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body>'
ROW = "#Text=a\n1-1\t0-1\ta\t_\t"
FOUND = {"entity_group": "PER", "score": 0.5, "word": "Uhl", "start": 0, "end": 3}
TASK2: dict[str, Any] = {
    "Annotations": [
        {"Message": ["0:1", "0:0"], "Form": "Reported", "STWR": "SW", "IsNested": False, "HasNested": False},
        {"Message": ["0:1"], "Form": "IndirectFreeIndirect", "STWR": "none"},
    ],
    "DocumentName": "y",
    "Sentences": [{"SentenceId": 0, "Tokens": ["Uhl", "kam"]}],
}
QUOTATION = {"quoteID": "1", "quotation": "Ja", "speaker": "Uhl"}
#: A format with its options; a file of CASES, or a name and what is in it; names by document; what is lost.
READ = [
    (
        "spacy-json",
        "spacy_json/sound.json",
        {"v2": "PER Uhl|LOC Köln", "2": "PER Uhl"},
        {"token whose tag is not known": 1, "label of the text": 1},
    ),
    ("spacy-json", "spacy_json/sound.jsonl", {"1": "PER Uhl Q1"}, {"span group sc": 1}),
    ("spacy-json?spans=sc", "spacy_json/sound.jsonl", {"1": "SATZ Uhl kam."}, {"entity": 1}),
    (
        "spacy-json",
        ("x.json", {"classes": ["PER"], "annotations": [["Uhl", {"entities": [[0, 3, "PER"]]}], None]}),
        {"1": "PER Uhl"},
        {"document": 1},
    ),
    (
        "spacy-json",
        ("x.json", {"words": ["Udo", "Uhl"], "entities": ["B-PER", "L-PER"]}),
        {"1": "PER Udo Uhl"},
        {},
    ),
    (
        "spacy-json",
        ("x.jsonl", ["Uhl", {"entities": [[0, 3, "PER", "x"]]}]),
        {"1": "PER Uhl"},
        {"link that is no Wikidata id": 1},
    ),
]
READ += [
    (
        "pipeline",
        "pipeline/sound.json",
        {"hf": "PER Udo Uhl|LOC Köln", "list 2": "person Uhl"},
        {},
    ),
    ("pipeline", "pipeline/sound.jsonl", {"tags": "PER Udo Uhl|PER kam"}, {}),
]
READ += [
    (
        "webanno-tsv",
        "webanno_tsv/sound.tsv",
        {"sound": "PER Udo Uhl Q1|X Udo|A|B_C Ott"},
        {"span without a label": 1, "layer webanno.custom.Rolle": 2, "layer webanno.custom.Bezug": 1},
    ),
    (
        "webanno-tsv?layer=Rolle&feature=art",
        "webanno_tsv/sound.tsv",
        {"sound": "redet Uhl"},
        {
            "span without a label": 1,
            "feature ROLE_webanno.custom.Rolle:an_webanno.custom.Link": 1,
            "feature uima.tcas.Annotation": 1,
            "layer de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity": 4,
            "layer webanno.custom.Bezug": 1,
        },
    ),
    (
        "webanno-tsv",
        ("x.tsv", f"{TSV}#T_SP=x.Name|art\n\n#Text=Ott\n1-1\t9-12\tOtt\tPER\t\n"),
        {"x": "PER Ott"},
        {},
    ),
]
READ += [
    (
        "bioc",
        "bioc/sound.xml",
        {"1": "PER Anna @X:1|V rief … an"},
        {"annotation without a label": 1, "infon n": 1, "relation": 1},
    ),
    ("bioc", "bioc/sound.json", {"1": "PER Anna"}, {}),  # in bytes
    ("bioc", ("x.json", {"PubTator3": [BIOC]}), {"1": "PER Uhl"}, {"infon art": 1}),
    ("bioc?label=art", ("x.jsonl", BIOC), {"1": "M Uhl"}, {"infon type": 1}),
    (
        "pubtator",
        "pubtator/sound.pubtator",
        {"1": "PER Udo Uhl @X:1|LOC Köln", "2": ""},  # in UTF-16 units
        {"further column of a name": 1, "relation": 1},
    ),
    ("pubtator", ("x.txt", "7|t|Uhl\n7\t0\t3\tUhl\tPER\t-"), {"7": "PER Uhl"}, {}),
]
READ += [
    (
        "spkatt",
        "spkatt/sound.json",
        {"sound": "indirect diesen Umbau|direct Er ist teuer|indirect ,\nsagt"},
        {"event without a Message": 1, "role Evidence": 1, "role Medium": 1, "role Topic": 1},
    ),
    ("spkatt", ("x.json", TASK2), {"y": "reported Uhl kam|indirect/free indirect kam"}, {}),
    (
        "directquote",
        "directquote/sound.txt",
        {
            "sound-000001": 'direct " It rains "',
            "sound-000002": 'direct " Yes "',
            "sound-000003": 'direct " No "|direct " Yes "',
        },
        {"speaker of no quote": 1},
    ),
    (
        "quotebank",
        "quotebank/sound.json",
        {
            "2020-01-02-000001": "direct It rains. speaker",
            "2020-01-02-000002": "direct Nobody said this.",
            "a1-1": "direct It rains. speaker",
        },
        {"further candidate": 2, "further Wikidata id": 2, "name": 1},
    ),
]
READ += [
    (
        "tei",
        "tei/sound.xml",
        {
            "sound": "PER Udo Uhl @uhl|LOC Köln|ORG Werke AG Q1|"
            "direct „Ich war in Köln“ … „Es regnete.“ uhl|indirect dass die Werke AG schlieest ott"
        },
        {f"element {name}": 1 for name in ("corr", "date", "note", "q", "settlement", "surname")},
    ),
    (
        "tei",
        ("x.xml", f"{TEI}<p>Ja<pb/>.</p>  <p><q><q>a</q> b</q></p></body></text></TEI>"),
        {"x": "direct a b|direct a"},
        {},
    ),
]
READ += [
    (
        "recogito",
        "recogito/sound/annotations.csv",
        {"brief": "PERSON Udo Uhl|PLACE Köln Q365"},
        {"annotation without a label": 1, "annotation of no plain text": 1, "tag": 3, "comment": 1},
    ),
    (
        "recogito?label=tags",
        "recogito/sound/annotations.csv",
        {"brief": "Held Udo Uhl|Ich Udo Uhl|Verb kam"},
        {"annotation without a label": 1, "annotation of no plain text": 1, "comment": 1},
    ),
    ("recogito", "recogito/page.jsonld", {"page": "PERSON Uhl"}, {"comment": 1}),
    ("spacy-json", ("x.json", [["Uhl", [{"start": 0, "end": 3, "tag": "PERSON"}]]]), {"1": "PERSON Uhl"}, {}),
]
READ += [
    (
        "pdnc",
        "pdnc/sound",
        {
            "sound": "direct The mill is sold, … and so is the\npony Ada Marsh|direct Our pony? … Who told "
            "you? Tom Marsh|direct Mother did. You and I must go to Mr. Bell at once. Ada Marsh|direct Ha!"
        },
        {"referring expression that is not near": 1},
    ),
]
REFUSED = [
    ("recogito", ("x.csv", "a,b\n1,2\n"), "x.csv:1: has no column ANCHOR: it is no CSV of Recogito"),
    (
        "recogito",
        ("x.csv", "UUID,FILE,QUOTE_TRANSCRIPTION,ANCHOR,TYPE\n1,y,a,char-offset:0,PLACE\n"),
        "y: the text of the annotations is not there\n.*text=FILE",
    ),
    (
        "pubtator",
        ("x.txt", "7|t|Uhl\n7\t0\t2\tUhl\tPER\t-"),
        "x.txt:2: .0, 2. is 'Uh' in the text, not 'Uhl'\n.*nor as bytes",
    ),
    ("pubtator", ("x.txt", "7|t|Uhl\n8\t0\t2\tUh\tPER\t-"), "x.txt:2: is no line of PubTator"),
    ("bioc", ("x.xml", "<collection/>"), "holds no document of BioC"),
    (
        "bioc",
        ("x.xml", "<collection><document><id>1</id></document></collection>"),
        "document 1: has no text",
    ),
    (
        "bioc",
        ("x.json", {"documents": [{"passages": [{"text": "a", "offset": 2}, {"text": "b", "offset": 1}]}]}),
        "text at 1 begins before",
    ),
    ("webanno-tsv", ("x.tsv", "#FORMAT=WebAnno TSV 2\n"), "x.tsv:1: is no WebAnno TSV 3\n.*Export"),
    ("webanno-tsv", ("x.tsv", f"{TSV}#Text=a\n1-1\t0-1\tb\n"), r"\[0, 1\) is 'a' in the text, not 'b'"),
    ("webanno-tsv", ("x.tsv", f"{TSV}#T_SP=x|y\n#Text=a\n1-1\t0-1\ta\n"), "x.tsv:4: is no row of 4 columns"),
    (
        "webanno-tsv",
        ("x.tsv", f"{TSV}#T_SP=x|y|z\n{ROW}_\n"),
        "which layer holds the names\n.*layer=x with feature=y or z",
    ),
    ("webanno-tsv?layer=q", ("x.tsv", f"{TSV}#T_SP=x|y\n{ROW}\n"), "there is no layer 'q'"),
    ("webanno-tsv?layer=x", ("x.tsv", f"{TSV}#T_SP=x|y|z\n{ROW}_\n"), "which feature is the label"),
    (
        "webanno-tsv",
        ("x.tsv", f"{TSV}#T_SP=x|y\n#Text=a b\n1-1\t0-1\ta\tX[1]\n1-2\t2-3\tb\tY[1]\n"),
        "x.tsv:4: the span .1. has two labels",
    ),
    (
        "spacy-json",
        ("x.json", {"text": "Uhl", "ents": [], "spans": {"sc": [UHL]}}),
        "groups of spans: sc\n.*spans=sc:",
    ),
    ("spacy-json?spans=x", ("x.json", {"text": "Uhl", "ents": [], "spans": {"sc": []}}), "no group of spans"),
    ("spacy-json", ("x.json", [["Uhl", {"entities": [[0, 9, "PER"]]}]]), "item 1, entity 1: .*outside"),
    ("spacy-json", ("x.json", {"words": ["Uhl"], "entities": ["U-PER", "O"]}), "2 tags for 1 words"),
    ("spacy-json", ("x.json", [1]), "is no document of spaCy"),
    (
        "spacy-json",
        ("x.json", {"paragraphs": [{"raw": "Uhl", "sentences": [{"tokens": [{"orth": "Ott"}]}]}]}),
        "paragraph 1, token 1: the text goes on with 'Uhl', not 'Ott'",
    ),
    ("pipeline", ("x.json", [[FOUND]]), "spans without their texts\n.*wortlaut score GOLD pipeline:"),
    (
        "pipeline",
        ("x.json", [[FOUND | {"start": None}]]),
        "item 1, span 1: has no start and end\n.*slow tokenizer",
    ),
    ("pipeline", ("x.json", [{"id": "a", "x": [], "y": []}]), "item 1: has 2 lists beside id and text"),
    (
        "pipeline",
        ("x.json", [{"text": "Uhl", "x": [FOUND | {"end": 9}]}]),
        "entity 1: .* ends after the text",
    ),
]


def placed(file: str | tuple[str, object], folder: Path) -> Path:
    if isinstance(file, str):
        return CASES / file
    name, content = file
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder / name


REFUSED += [
    (
        "spkatt",
        ("x.json", TASK2 | {"Annotations": [{"Message": ["0:2"]}]}),
        r"x\.json: \$\.Annotations\[0\]\.Message: \'0:2\' is no token",
    ),
    (
        "spkatt",
        ("x.json", TASK2 | {"Annotations": [{"Cue": ["1:0"]}]}),
        r"x\.json: \$\.Annotations\[0\]\.Cue: \'1:0\' is no token.*\n.*SentenceId:token",
    ),
    ("spkatt", ("x.json", TASK2 | {"Annotations": [{"Cue": ["0-0"]}]}), r"\.Cue: \'0-0\' is no token"),
    (
        "spkatt",
        ("x.json", TASK2 | {"Annotations": [{"Mesage": ["0:0"]}]}),
        r"x\.json: \$\.Annotations\[0\]: .*unknown field `Mesage`",
    ),
    (
        "spkatt",
        ("x.json", TASK2 | {"Annotations": [{"Message": [0]}]}),
        r"x\.json: \$\.Annotations\[0\]\.Message\[0\]: Expected `str`, got `int`",
    ),
    (
        "spkatt",
        ("x.json", TASK2 | {"Annotations": [{"Message": ["0:0"], "Form": "Zitat"}]}),
        r"\$\.Annotations\[0\]: unknown Form \'Zitat\'\n.*Direct",
    ),
    (
        "spkatt",
        ("x.json", TASK2 | {"Sentences": 2 * TASK2["Sentences"]}),
        r"\$\.Sentences: two sentences have the same SentenceId",
    ),
    (
        "spkatt",
        ("x.json", TASK2 | {"Sentences": [{"SentenceId": 0, "Tokens": [" "]}]}),
        r"\$\.Sentences\[0\]\.Tokens: a token is empty",
    ),
    (
        "spkatt",
        ("x.json", TASK2 | {"Sentences": [{"SentenceId": 0, "Tokens": ["\ud800"]}]}),
        r"holds half a surrogate pair",
    ),
    ("spkatt", ("x.json", '{"Sentences": [\n}'), r"x\.json:2: is not JSON"),
    (
        "directquote",
        ("x.txt", "Uhl I-PER\n"),
        r"x\.txt, document x-000001: 'PER' at 0 is no label of DirectQuote",
    ),
    ("quotebank", ("x.json.bz2", "BZh9"), r"x\.json\.bz2: is packed by bzip2\n.*bzcat x\.json\.bz2"),
    ("quotebank", ("x.json", ""), r"x\.json: holds no quotation\n.*JSON lines"),
    ("quotebank", ("x.json", QUOTATION | {"quotation": " "}), r"x\.json:1: the quotation is empty"),
    ("quotebank", ("x.json", QUOTATION | {"speaker": None}), r"x\.json:1: has no 'speaker' of type str"),
    (
        "quotebank",
        ("x.json", QUOTATION | {"probas": [["Uhl"]]}),
        r"\['Uhl'\] is no candidate with a probability",
    ),
    (
        "quotebank",
        ("x.json", QUOTATION | {"probas": [["Uhl", "2"]]}),
        r"probability 2\.0 is not between 0 and 1",
    ),
    (
        "quotebank",
        ("x.json", {"articleID": "a", "quotations": [{"quotation": "Ja"}]}),
        r"x\.json:1, quotation 1: has no 'localTopSpeaker'",
    ),
]


@pytest.mark.parametrize(("spec", "file", "expected", "lost"), READ)
def test_what_is_read(spec, file, expected, lost, tmp_path):
    path = placed(file, tmp_path)
    losses = Losses(spec)
    found = {
        document.id: "|".join(
            " ".join(filter(None, words))
            for words in (
                *(
                    (one.label, one.span.text(document.text), one.qid, one.entity and f"@{one.entity}")
                    for one in document.entities
                ),
                *((one.type, one.content.text(document.text), one.speaker_entity) for one in document.quotes),
            )
        )
        for document in reader(spec, losses)(path)
    }
    assert found == expected and kinds(losses) == lost
    assert detect(path) == spec.partition("?")[0]


def test_speakers_of_news_are_found_where_their_corpus_says():
    """In DirectQuote on the side that the tag names; in Quotebank by name, with a probability."""
    found = [
        quote.speaker and quote.speaker.text(document.text)
        for document in reader("directquote")(CASES / "directquote/sound.txt")
        for quote in document.quotes
    ]
    assert found == ["Uhl", "Ott", None, None]
    documents = [*reader("quotebank")(CASES / "quotebank/sound.json")]
    clusters = [[(one.name, one.qid) for one in document.clusters] for document in documents]
    assert clusters == [[("Ada Uhl", "Q1")], [], [("Ada Uhl", None)]]  # of two ids neither is said
    assert [document.quotes[0].score for document in documents] == [0.75, 0.9, 0.8]
    assert documents[2].text == "Then she said: It rains. So said Ada Uhl."


def test_recogito_studio_has_a_row_for_each_tag_and_comment(tmp_path):
    (tmp_path / "letter.txt").write_text("Uhl in Köln")
    (tmp_path / "x.csv").write_text(
        "annotation_id,document,layer,text_quote,target,body_purpose,body_value\r\n"
        "1,letter,base,Uhl,start=0;end=3,tagging,Person\r\n1,letter,base,Uhl,start=0;end=3,commenting,?\r\n"
        "1,letter,base,Uhl,start=0;end=3,tagging,Chef\r\n2,letter,base,in,start=4;end=6,commenting,!\r\n"
        '3,letter,base,,"xywh=1,2,3,4",tagging,Person\r\n'
    )
    losses = Losses("recogito")
    (document,) = reader("recogito", losses)(tmp_path / "x.csv")
    assert document.id == "letter" and detect(tmp_path / "x.csv") == "recogito"
    assert [(one.label, [*one.span]) for one in document.entities] == [
        ("Person", [(0, 3)]),
        ("Chef", [(0, 3)]),
    ]
    assert kinds(losses) == {
        "comment": 2,
        "annotation without a label": 1,
        "annotation of no plain text": 1,
    }


def test_who_is_referred_to_by_other_words_is_mentioned(tmp_path):
    path = tmp_path / "x.xml"
    path.write_text(
        f"{TEI}<p><rs type='person' ref='#u'>Sie</rs> und <rs key='u'>die alte frau</rs>, <rs type='person'"
        " ref='#u'>Uhl</rs>: <rs>er</rs></p></body></text></TEI>"
    )
    losses = Losses("tei")
    (document,) = reader("tei", losses)(path)
    (cluster,) = document.clusters
    assert [one.span.text(document.text) for one in document.entities] == ["Uhl"] and cluster.name == "Uhl"
    assert [span.text(document.text) for span in cluster.mentions] == ["Sie", "die alte frau"]
    assert kinds(losses) == {"rs that is no name": 1}


def test_webanno_tsv_of_an_older_version_is_told(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text(" # de.NamedEntity | value\n#id=1\n#text=Uhl\n1-1\tUhl\tB-PER\t\n")
    with pytest.raises(WortlautError, match=r"is WebAnno TSV of version 2 or older\n.*as version 3"):
        detect(path)


@pytest.mark.parametrize(("spec", "file", "message"), REFUSED)
def test_what_is_refused(spec, file, message, tmp_path):
    with pytest.raises(WortlautError, match=message):
        list(reader(spec)(placed(file, tmp_path)))


@pytest.mark.parametrize(
    ("name", "lists"),
    [
        ("x.jsonl", "[]\n\n" + json.dumps([FOUND])),
        ("x.json", "[]\n" + json.dumps([FOUND])),
        ("x.json", [[], [FOUND]]),
        ("x.jsonl", '{"id": "a", "entities": []}\n' + json.dumps({"id": "b", "entities": [FOUND]})),
        ("x.json", [{"id": "a", "entities": []}, {"id": "b", "entities": [FOUND]}]),
        ("x.json", [{"id": "b", "found": [FOUND]}, {"id": "a", "found": []}]),
        ("x.json", [[], [{"start": 0, "end": 3, "text": "Uhl", "label": "PER", "score": 0.5}]]),
        ("x.json", [["Uhl", {"entities": [[0, 3, "PER"]]}], ["Ott", {"entities": []}]]),
    ],
)
def test_what_a_pipeline_returned_is_scored_in_order_or_by_id(name, lists, tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text(
        '{"id": "a", "text": "Ott", "entities": []}\n'
        '{"id": "b", "text": "Uhl", "entities": [{"start": 0, "end": 3, "label": "PER"}]}\n'
    )
    path = placed((name, lists), tmp_path)
    (system,) = score_files(str(gold), str(path), samples=0).systems
    assert next(iter(system.results.values())).f1 == 1
    (system,) = evaluate(f"preds:{path}", load_corpus(f"predictions:{gold}"), samples=0).systems
    assert next(iter(system.results.values())).f1 == 1


def test_lists_of_other_texts_are_told(tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "a", "text": "Ott kam.", "entities": []}\n')
    with pytest.raises(
        DataError, match=r"x\.json, list 1: is not of document 'a': \[0, 3\) is 'Ott' there, 'Uhl'"
    ):
        score_files(str(gold), str(placed(("x.json", [[FOUND]]), tmp_path)))
