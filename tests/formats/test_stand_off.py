"""Web Annotation, TEI, INCEpTION, DocBin, CoNLL-U: the file as others read it, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from exported import exported_json, exported_project
from roundtrips import kinds
from shared import ROOT

from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats import annotators, detect, reader, table, writer
from wortlaut.formats.losses import Losses
from wortlaut.model import Annotations, Cluster, Document, Entity, Head, Quote, Span

TEXT = "🙂 Anna Krug sagte: „Ja.“\nDie CDU-Chefin fuhr gestern fort."
ENTITIES = (
    Entity(Span.of(2, 11), "PER", entity="anna", qid="Q1"),
    Entity(Span.of(29, 32), "ORGpart"),
)
SAID = Quote("q1", "direct", Span.of(19, 24), cue=Span(((40, 44), (53, 57))), speaker=Span.of(2, 11))
CLUSTERS = (Cluster("anna", "Anna Krug", "PER", mentions=(Span.of(25, 39),)),)
DOCUMENT = Document("d", TEXT, Annotations(ENTITIES, (SAID,), CLUSTERS))


def write(format, path, document=DOCUMENT):
    return list(writer(format)(path, [document]))


def test_a_web_annotation_selects_code_points_and_quotes_them(tmp_path):
    write("web-annotation", tmp_path / "x")
    page = json.loads((tmp_path / "x" / "d.jsonld").read_text())
    first = page["items"][0]
    assert page["@context"][0] == "http://www.w3.org/ns/anno.jsonld"
    position, quoted = first["target"][0]["selector"]
    assert (position["start"], position["end"], quoted["exact"]) == (2, 11, "Anna Krug")
    assert first["body"][1]["source"] == "http://www.wikidata.org/entity/Q1"
    # A list of annotations, as other programs keep them, is read too.
    bare = [{key: item[key] for key in ("id", "type", "body", "target")} for item in page["items"][:1]]
    (tmp_path / "x" / "d.jsonld").write_text(json.dumps(bare))
    (document,) = reader("web-annotation")(tmp_path / "x")
    assert document.entities == (Entity(Span.of(2, 11), "PER", qid="Q1"),)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"exact": "Anna Krug"', '"exact": "Anna"', r"item 1: \[2, 11\) is 'Anna Krug'"),
        ('"end": 11', '"end": 1100', "outside the text"),
        ('"TextPositionSelector"', '"XPathSelector"', "has no TextPositionSelector"),
        ('"purpose": "tagging"', '"purpose": "replying"', "neither a tag nor a Wikidata id"),
        ('"d.txt"', '"e.txt"', "annotations are of 2 texts"),
    ],
)
def test_web_annotations_are_refused(old, new, message, tmp_path):
    write("web-annotation", tmp_path / "x")
    file = tmp_path / "x" / "d.jsonld"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(DataError, match=message):
        list(reader("web-annotation")(tmp_path / "x"))


def test_tei_is_well_formed_and_points_into_its_body(tmp_path):
    write(
        "tei", tmp_path / "x", Document("d<&>", "a\r\nb & <c>", Annotations((Entity(Span.of(3, 4), "PER"),)))
    )
    (file,) = (tmp_path / "x").iterdir()
    root = ElementTree.parse(file).getroot()
    tei = "{http://www.tei-c.org/ns/1.0}"
    assert root.find(f".//{tei}body/{tei}ab").text == "a\r\nb & <c>"
    span = root.find(f".//{tei}span")
    assert (span.get("type"), span.get("target"), span.text) == ("PER", "#string-range(text,3,1)", "b")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (">Anna Krug</span>", ">Anna</span>", "span 1: covers 'Anna Krug' in the text, not 'Anna'"),
        ("text,2,9)", "text,2,900)", "outside the text"),
        ("#string-range(text,2,9)", "#text", "is no range of the text"),
        ("</standOff>", "", r"d\.xml:\d+: is not XML"),
        ('value="1"', 'value="one"', "the feature level cannot be"),
        ("<ab ", "<p/><ab ", "Anna"),
    ],
)
def test_tei_is_refused(old, new, message, tmp_path):
    write("tei", tmp_path / "x")
    file = tmp_path / "x" / "d.xml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    if message == "Anna":  # an element beside the text changes nothing
        assert list(reader("tei")(tmp_path / "x")) == [DOCUMENT]
        return
    with pytest.raises(DataError, match=message):
        list(reader("tei")(tmp_path / "x"))


def test_inception_offsets_are_utf16_units_and_an_unmappable_one_is_an_error(tmp_path):
    pytest.importorskip("cassis", reason="the extra [inception] is not installed")
    write("inception", tmp_path / "x")
    file = tmp_path / "x" / "d.xmi"
    content = file.read_text()
    assert 'begin="3" end="12" value="PER"' in content
    assert 'identifier="http://www.wikidata.org/entity/Q1"' in content
    file.write_text(content.replace('begin="3" end="12" value="PER"', 'begin="1" end="12" value="PER"'))
    with pytest.raises(DataError, match=r"d\.xmi: is no CAS that can be read: Not mapping external offset"):
        list(reader("inception")(tmp_path / "x"))
    (tmp_path / "x" / "TypeSystem.xml").unlink()
    with pytest.raises(MissingFileError, match=r"no such file\n.*type system"):
        list(reader("inception")(tmp_path / "x"))


def test_inception_counts_layers_of_others(tmp_path):
    cassis = pytest.importorskip("cassis", reason="the extra [inception] is not installed")
    system = cassis.load_dkpro_core_typesystem()
    named = system.get_type("de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity")
    mine = system.create_type("webanno.custom.Mood", "uima.tcas.Annotation")
    cas = cassis.Cas(typesystem=system)
    cas.sofa_string, cas.sofa_mime = TEXT, "text/plain"
    cas.add(named(begin=2, end=11, value="PER"))
    cas.add(named(begin=0, end=1))
    system.create_feature(mine, "kind", "uima.cas.String")
    with pytest.warns(UserWarning):  # a name that cassis has for itself
        system.create_feature(mine, "type", "uima.cas.String")
    cas.add(mine(begin=12, end=17, kind="calm", type_="x"))
    cas.to_xmi(tmp_path / "d.xmi")
    system.to_xml(tmp_path / "TypeSystem.xml")
    losses = Losses("inception")
    (document,) = reader("inception", losses)(tmp_path)
    (other,) = reader("inception?layer=Mood&feature=kind")(tmp_path)
    assert other.entities == (Entity(Span.of(12, 17), "calm"),)
    (other,) = reader("inception?layer=Mood&feature=type")(tmp_path)
    assert other.entities == (Entity(Span.of(12, 17), "x"),)
    with pytest.raises(DataError, match=r"has no feature 'tone'\n.*kind"):
        list(reader("inception?layer=Mood&feature=tone")(tmp_path))
    assert document.entities == (Entity(Span.of(2, 11), "PER"),)
    assert dict(document.meta)["layers_not_read"] == "webanno.custom.Mood 1"
    assert dict(document.meta)["not_read"] == "span without a label 1"
    assert kinds(losses) == {"layer webanno.custom.Mood": 1, "span without a label": 1}


def test_inception_of_two_annotators(tmp_path):
    pytest.importorskip("cassis", reason="the extra [inception] is not installed")
    for who, entities in ("ann", (ENTITIES[0],)), ("ben", ()), ("INITIAL_CAS", ()):
        mine = DOCUMENT.with_annotations(Annotations(entities))
        writer("inception")(tmp_path / who, [mine])
        (tmp_path / who / f"{DOCUMENT.id}.xmi").rename(tmp_path / who / f"{who}.xmi")
    assert list(annotators(f"inception:{tmp_path}")) == ["ann", "ben"]
    (document,) = reader("inception?annotator=ann")(tmp_path)
    assert len(document.entities) == 1
    for spec, message in (
        ("inception", "annotator=ann:FOLDER"),
        ("inception?annotator=x", "no annotations by 'x'"),
    ):
        with pytest.raises(DataError, match=message):
            list(reader(spec)(tmp_path))


def test_inception_projects_and_cas_as_json(tmp_path):
    """A document is named by its folder; curation is apart; what nobody touched is not read."""
    pytest.importorskip("cassis", reason="the extra [inception] is not installed")
    path = exported_project(tmp_path / "p.zip", [DOCUMENT], ("ann", "ben", "CURATION_USER"))
    assert detect(path) == "inception"
    assert list(annotators(f"inception:{path}")) == ["ann", "ben", "curation"]
    for who in ("ann", "curation"):
        (document,) = reader(f"inception?annotator={who}")(path)
        assert document == replace(DOCUMENT, id="d.txt")
    assert not annotators(f"inception:{exported_project(tmp_path / 'q.zip', [DOCUMENT])}")
    with ZipFile(tmp_path / "q.zip") as project:
        project.extractall(tmp_path / "q")
    for one in (tmp_path / "q.zip", tmp_path / "q"):
        assert [document.id for document in reader("inception")(one)] == ["d.txt"]
    folder = exported_json(tmp_path / "json", [DOCUMENT])
    assert detect(folder / "d.json") == "inception"
    assert list(reader("inception")(folder)) == [DOCUMENT]


def test_an_inception_project_of_tsv_needs_no_extra(tmp_path):
    tsv = (ROOT / "tests/cases/formats/webanno_tsv/sound.tsv").read_text("utf-8")
    with ZipFile(tmp_path / "p.zip", "w") as project:
        project.writestr("annotation/d.txt/ann.txt", "x")
        project.writestr("curation/d.txt/CURATION_USER.tsv", tsv)
    losses = Losses("inception")
    (document,) = reader("inception", losses)(tmp_path / "p.zip")
    assert (document.id, len(document.entities)) == ("d.txt", 3) and kinds(losses)["file"] == 1


def test_an_inception_project_without_cas_says_what_to_export(tmp_path):
    for name in ("annotation_ser/d.txt/ann.ser", "annotation/d.txt/ann.conll"):
        with ZipFile(tmp_path / "p.zip", "w") as project:
            project.writestr(name, "x")
        with pytest.raises(
            MissingFileError, match=r"p\.zip: holds no UIMA CAS.*\n.*with UIMA CAS XMI or JSON"
        ):
            list(reader("inception")(tmp_path / "p.zip"))


def test_docbin_as_spacy_reads_it(tmp_path):
    import spacy
    from spacy.tokens import DocBin

    (loss,) = write("docbin", tmp_path / "x.spacy")
    assert (loss.kind, loss.count, loss.reason) == ("entity", 1, "begins or ends inside a token")
    assert loss.examples == ("d [29, 32) 'CDU' ORGpart",)
    (doc,) = DocBin().from_disk(tmp_path / "x.spacy").get_docs(spacy.blank("de").vocab)
    assert doc.text == TEXT
    assert [(ent.text, ent.label_, ent.kb_id_) for ent in doc.ents] == [("Anna Krug", "PER", "Q1")]
    assert [span.text for span in doc.spans["quotes"]] == ["„Ja.“"]
    assert [span.text for span in doc.spans["cue"]] == ["fuhr", "fort"]


def test_a_docbin_of_others_has_its_entities_read(tmp_path):
    import spacy
    from spacy.tokens import DocBin

    doc = spacy.blank("de")(TEXT)
    doc.ents = [doc.char_span(2, 11, "PER")]
    DocBin(docs=[doc]).to_disk(tmp_path / "x.spacy")
    (document,) = reader("docbin")(tmp_path / "x.spacy")
    assert document == Document("1", TEXT, Annotations((Entity(Span.of(2, 11), "PER"),)))
    (tmp_path / "y.spacy").write_bytes(b"no")
    with pytest.raises(DataError, match="is not a DocBin"):
        list(reader("docbin")(tmp_path / "y.spacy"))


EMPTY = "\t_" * 7
CONLLU = """# newdoc id = d
# global.Entity = eid-etype-infstat-minspan-link-identity
# text = Anna lacht. Sie
1\tAnna\t_\t_\t_\t_\t_\t_\t_\tEntity=(1-person-new-1-coref-Anna)
2\tlacht\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
3\t.\t_\t_\t_\t_\t_\t_\t_\tEntity=(2-event-new-1-sgl
4\tSie\t_\t_\t_\t_\t_\t_\t_\tEntity=2)(1-person-giv-1-ana)
"""


@pytest.mark.parametrize("eid", ["eid", "GRP"])  # the second as GUM calls it
def test_conllu_of_others(eid, tmp_path):
    (tmp_path / "x.conllu").write_text(CONLLU.replace("= eid-", f"= {eid}-"))
    (document,) = reader("conllu")(tmp_path / "x.conllu")
    assert document.text == "Anna lacht. Sie"
    assert [(e.span.text(document.text), e.label, e.entity) for e in document.entities] == [
        ("Anna", "person", "1"),
        (". Sie", "event", None),
        ("Sie", "person", "1"),
    ]


@pytest.mark.parametrize("size", [1, 150, 300, 700])
def test_conllu_may_be_read_in_blocks(size, tmp_path, monkeypatch):
    again = CONLLU.replace("id = d", "id = e").replace("(2-event", "(3[1/2]-event").replace("2)(", "3[1/2])(")
    text = f"{CONLLU}\n# of = d\n# text = so\n# newdoc\n# of = e\n1\tso{EMPTY}\t_\n\n{again}"
    (tmp_path / "x.conllu").write_text(text)
    whole = list(reader("conllu")(tmp_path / "x.conllu"))
    assert [(one.id, dict(one.meta).get("of")) for one in whole] == [
        ("d", "d"),
        ("x-000002", "e"),
        ("e", None),
    ]
    monkeypatch.setattr(table, "_BLOCK", size)
    assert list(reader("conllu")(tmp_path / "x.conllu")) == whole


def test_conllu_brackets(tmp_path):
    assert [loss.kind for loss in write("conllu", tmp_path / "x.conllu")] == ["entity", "quote"]
    content = (tmp_path / "x.conllu").read_text()
    assert "\tEntity=(anna-PER-level:1,qid:Q1\n" in content and "\tEntity=anna)\n" in content
    assert (
        '# cluster = {"id": "anna", "name": "Anna Krug", "type": "PER", "named": true, "aliases": []}'
        in content
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Entity=2)(1", "Entity=3)(1", r"x\.conllu:7: 3\) closes what was not opened"),
        ("Entity=2)(1", "Entity=(1", r"x\.conllu:7: \(2 is never closed"),
        ("(1-person-giv-1-ana)", "1", r"x\.conllu:7: '2\)1' are no brackets"),
        ("# text = Anna", "# text = Anne", r"x\.conllu:4: the tokens make 'Anna lacht\. Sie'"),
        ("2\tlacht", "2\tlacht\tx", r"x\.conllu:5: has 11 columns"),
        ("2\tlacht", "zwei\tlacht", r"x\.conllu:5: 'zwei' is not the number"),
        ("= eid-etype", "= etype-x-y-z-a-b-eid", r"x\.conllu:4: \(1-person-new-1-coref-Anna has no eid"),
        ("# text = Anna lacht. Sie\n1\tAnna", "1\t", r"x\.conllu: 1 is a mention of no character"),
    ],
)
def test_conllu_is_refused(old, new, message, tmp_path):
    assert old in CONLLU
    (tmp_path / "x.conllu").write_text(CONLLU.replace(old, new, 1))
    with pytest.raises(DataError, match=message):
        list(reader("conllu")(tmp_path / "x.conllu"))


HEADS = """# newdoc id = d
# global.Entity = eid-etype-head-other
1-2\tim\t_\t_\t_\t_\t_\t_\t_\t_
1\tin\t_\t_\t_\t_\t_\t_\t_\t_
2\tdem\t_\t_\t_\t_\t_\t_\t_\tEntity=(1-place-2-
3\tHaus\t_\t_\t_\t_\t_\t_\t_\t_
3.1\t_\t_\t_\t_\t_\t_\t_\t_\tEntity=(2--1-)
4\tdort\t_\t_\t_\t_\t_\t_\t_\tEntity=1)
5\tam\t_\t_\t_\t_\t_\t_\t_\tEntity=(2[1/2]--2-)
6\tUfer\t_\t_\t_\t_\t_\t_\t_\t_
6.1\t_\t_\t_\t_\t_\t_\t_\t_\tEntity=(2--1-
7\tdort\t_\t_\t_\t_\t_\t_\t_\tEntity=2)(2[2/2]--2-)
8\tes\t_\t_\t_\t_\t_\t_\t_\tEntity=(1-place--)

"""


def test_heads_of_mentions_are_counted_in_words_and_empty_nodes(tmp_path):
    (tmp_path / "x.conllu").write_text(HEADS)
    (document,) = reader("conllu", losses := Losses("conllu"))(tmp_path / "x.conllu")
    found = {
        one.mention.text(document.text): one.head.text(document.text) for one in document.annotations.heads
    }
    # "im" stands for both of its words; the empty node is the head of the second mention of 2.
    assert found == {"im Haus dort": "Haus", "am … dort": "dort"}
    assert {loss.kind: loss.count for loss in losses} == {
        "head that is not in the text": 1,
        "mention of what is not in the text": 1,
    }
    writer("conllu")(tmp_path / "y.conllu", iter([document, Document("bare", "Ja.")]))
    text = (tmp_path / "y.conllu").read_text()
    assert "Entity=(1-place-2-level:1\n" in text and "(2[1/2]--2-)" in text
    assert text.count("# global.Entity = eid-etype-head-other\n") == text.count("# global.Entity") == 1
    assert "# sent_id = d-1\n" in text and "# sent_id = bare-1\n" in text
    (again, _) = reader("conllu")(tmp_path / "y.conllu")
    assert again.annotations.heads == document.annotations.heads


@pytest.mark.parametrize("head", ["0", "5", "x", "²"])
def test_a_head_must_be_a_word_of_its_mention(head, tmp_path):
    (tmp_path / "x.conllu").write_text(HEADS.replace("(1-place-2-", f"(1-place-{head}-"))
    with pytest.raises(DataError, match=rf"x\.conllu:5: the head of 1 is '{head}', and it has 4 words"):
        list(reader("conllu")(tmp_path / "x.conllu"))


def test_heads_that_a_format_cannot_hold_are_lost(tmp_path):
    text = "Der Mann lacht. Er geht."
    mention, cluster = Span.of(0, 8), Cluster("e", "e", mentions=(Span.of(0, 8), Span.of(16, 18)))
    heads = (
        Head(mention, Span.of(4, 8)),
        Head(Span.of(9, 14), Span.of(9, 14)),
        Head(Span.of(16, 18), Span.of(16, 17)),
    )
    document = Document("d", text, Annotations(clusters=(cluster,), heads=heads))
    losses = {loss.reason: loss.count for loss in writer("conllu")(tmp_path / "x.conllu", iter([document]))}
    assert losses == {"its mention is not written": 1, "is no token of its mention": 1}
    losses = [(loss.kind, loss.count) for loss in writer("native")(tmp_path / "n", iter([document]))]
    assert losses == [("head", 3)]
