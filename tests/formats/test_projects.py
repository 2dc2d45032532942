"""What a tool asks for by our configuration, our reader takes: every label and every role, and no other."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from wortlaut.errors import DataError
from wortlaut.formats import brat, inception, label_studio, predictions
from wortlaut.formats.projects import configurations
from wortlaut.model import QUOTE_TYPES, ROLES, Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.running.convert import convert

LABELS = {"PERSON": "wer <heißt>", "WERK": ""}
TEXT = " ".join(f"wort{n:02}" for n in range(60))
FILES, NOTES = configurations(LABELS)


def place(number):
    """The span of the word with this number."""
    return number * 7, number * 7 + 6


def layout(names):
    """Of the labels that are asked for: a word for each name, and for each quote type one for each role.

    Gives the places of the labels, and the relations, as (label, from, to) by the number of the place.
    """
    quotes = [name for name in names if name.startswith("quote-")]
    roles = [name for name in names if name not in (*LABELS, *quotes)]
    spans = [name for name in names if name in LABELS]
    edges = []
    for quote in quotes:
        head = len(spans)
        spans += [quote, *roles]
        edges += [(role, head, head + number) for number, role in enumerate(roles, 1)]
    return spans, edges


def check(document):
    assert [entity.label for entity in document.entities] == list(LABELS)
    assert [quote.type for quote in document.quotes] == list(QUOTE_TYPES)
    assert all(quote.role(role) is not None for quote in document.quotes for role in ROLES)
    assert not any(key == "not_read" for key, _ in document.meta)


def whole():
    """A document with every label, quote type and role, split and nested."""
    spans = [Span.of(*place(number)) for number in range(60)]
    roles = {role: spans[number] for number, role in enumerate(ROLES, 40)}
    split = Span((*spans[50].fragments, *spans[52].fragments))
    quotes = [Quote(f"q{n}", type_, spans[n]) for n, type_ in enumerate(QUOTE_TYPES, 10)]
    quotes.append(Quote("q20", "direct", split, parent="q21", **roles))
    quotes.append(Quote("q21", "indirect", Span.of(50 * 7, 54 * 7)))
    entities = tuple(Entity(spans[n], label) for n, label in enumerate(LABELS))
    return Document("d", TEXT, Annotations(entities, tuple(quotes)))


def asked_in_label_studio():
    view = ElementTree.fromstring(FILES["label-studio.xml"])
    control, text = view.find("Labels"), view.find("Text")
    assert control.get("toName") == text.get("name")
    names = [label.get("value") for label in control]
    return control.get("name"), text, names, [one.get("value") for one in view.find("Relations")]


def test_label_studio(tmp_path):
    control, text, names, relations = asked_in_label_studio()
    spans, edges = layout(names)
    result = [
        {
            "id": str(number),
            "type": "labels",
            "from_name": control,
            "to_name": text.get("name"),
            "value": dict(zip(("start", "end"), place(number), strict=True)) | {"labels": [label]},
        }
        for number, label in enumerate(spans)
    ]
    result += [
        {"type": "relation", "from_id": str(one), "to_id": str(other), "labels": [label]}
        for label, one, other in edges
        if label in relations
    ]
    task = {"data": {text.get("value").removeprefix("$"): TEXT}, "annotations": [{"result": result}]}
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([task]), "utf-8")
    check(*label_studio.read(path))
    label_studio.write(path, [whole()])
    written = json.loads(path.read_text("utf-8"))[0]["annotations"][0]["result"]
    for one in written:
        labels = one["value"]["labels"] if one["type"] == "labels" else one["labels"]
        assert {*labels} <= {*(names if one["type"] == "labels" else relations)}
        assert one.get("from_name", control) == control


def test_label_studio_gets_the_interface_beside_the_tasks(tmp_path):
    """Which names every label that is in them; without it the import of a project takes none."""
    source, out, view = (tmp_path / name for name in ("gold.jsonl", "tasks.json", "tasks.view.xml"))
    cluster = Cluster("c", "C", mentions=(Span.of(0, 1),))
    odd = Document("odd", "a b", Annotations((Entity(Span.of(0, 1), 'x "&'),), (), (cluster,)))
    predictions.write(source, [whole(), odd])
    assert convert(source, out, "label-studio").beside == view
    labels = [one.get("value") for one in ElementTree.fromstring(view.read_text("utf-8")).find("Labels")]
    written = [one for task in json.loads(out.read_text("utf-8")) for one in task["annotations"][0]["result"]]
    used = {label for one in written if one["type"] == "labels" for label in one["value"]["labels"]}
    assert used <= {*labels} and 'x "&' in used and len({*labels}) == len(labels)
    out.unlink()
    with pytest.raises(DataError, match="there already") as refused:
        convert(source, out, "label-studio")
    assert refused.value.where == str(view) and not out.exists()
    assert convert(source, out, "label-studio", force=True).documents == 2


def asked_in_brat():
    sections = {}
    for line in filter(None, FILES["brat/annotation.conf"].splitlines()):
        if line.startswith("["):
            sections[line[1:-1]] = lines = []
        else:
            lines.append(line)
    assert [*sections] == ["entities", "relations", "events", "attributes"]
    return sections["entities"], [line.partition(" ")[0] for line in sections["relations"]]


def test_brat(tmp_path):
    names, relations = asked_in_brat()
    spans, edges = layout(names)
    lines = [
        f"T{number}\t{label} {place(number)[0]} {place(number)[1]}\twort{number:02}"
        for number, label in enumerate(spans)
    ]
    lines += [
        f"R{number}\t{label} Arg1:T{one} Arg2:T{other}"
        for number, (label, one, other) in enumerate(edges)
        if label in relations
    ]
    assert "Equiv" in relations
    (tmp_path / "d.txt").write_text(TEXT, "utf-8")
    for equiv in ("", "*\tEquiv T0 T1\n"):
        (tmp_path / "d.ann").write_text("\n".join(lines) + "\n" + equiv, "utf-8")
        (document,) = brat.read(tmp_path)
        check(document)
        assert len(document.clusters) == bool(equiv)
    brat.write(tmp_path / "out", [whole()])
    for line in (tmp_path / "out/d.ann").read_text("utf-8").splitlines():
        if line[0] in "TR":
            assert line.split("\t")[1].split(" ")[0] in (names if line[0] == "T" else relations)


def test_inception(tmp_path):
    cassis = pytest.importorskip("cassis", reason="dkpro-cassis is not installed (extra inception)")
    layers = {layer["name"]: layer for layer in json.loads(FILES["inception-layers.json"])}
    tags = {
        (name, feature["name"]): [tag["tag_name"] for tag in feature.get("tag_set", {}).get("tags", ())]
        for name, layer in layers.items()
        for feature in layer["features"]
    }
    system = cassis.TypeSystem()
    for name, layer in layers.items():
        made = system.create_type(name, "uima.tcas.Annotation")
        for feature in layer["features"]:
            system.create_feature(made, feature["name"], feature["type"])
        if layer["type"] == "relation":
            for end in ("Governor", "Dependent"):
                system.create_feature(made, end, layer["attach_type"]["name"])
    cas = cassis.Cas(typesystem=system)
    cas.sofa_string, cas.sofa_mime = TEXT, "text/plain"
    named = [(inception.NAMED, "value", label) for label in tags[inception.NAMED, "value"]]
    spans, edges = layout([label for label in tags[inception.SPAN, "label"] if label != "mention"])
    placed = [*named, *((inception.SPAN, "label", label) for label in spans)]
    made = []
    for number, (kind, feature, label) in enumerate(placed):
        begin, end = place(number)
        made.append(system.get_type(kind)(begin=begin, end=end, **{feature: label}))
    for label, one, other in edges:
        ends = {"Governor": made[len(named) + one], "Dependent": made[len(named) + other]}
        assert label in tags[inception.RELATION, "label"]
        made.append(system.get_type(inception.RELATION)(begin=0, end=1, label=label, **ends))
    cas.add_all(made)
    cas.to_xmi(tmp_path / "d.xmi")
    system.to_xml(tmp_path / "TypeSystem.xml")
    check(*inception.read(tmp_path))


def test_labels_that_a_tool_cannot_ask_for():
    assert not NOTES
    files, notes = configurations({"Straße": ""})
    assert "brat/annotation.conf" not in files and "Straße" in notes[0]
    for taken in ("speaker", "quote-direct", "mention"):
        with pytest.raises(DataError, match=taken):
            configurations({taken: ""})
