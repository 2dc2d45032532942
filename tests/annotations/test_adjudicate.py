"""Two layers merged: agreed as it is, disputed until decided, and then clean, with the reasons kept."""

from __future__ import annotations

import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import ROOT
from strategies import annotations

from wortlaut.annotations.adjudicate import finish, merge, write_merged
from wortlaut.annotations.diff import Layer, compare, diff, read_layer
from wortlaut.annotations.file import parse, read_annotations, write_annotations
from wortlaut.annotations.lines import Mention
from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError, MissingFileError
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.release.checks import validate

TEXT = "Anna Weiß sagte am Montag, sie komme. „Ja“, sagte sie. Bert Maier schwieg.\n"
ANNA, BERT = Entity(Span.of(0, 9), "PER"), Entity(Span.of(55, 65), "PER")
YES = Quote("z1", "direct", Span.of(38, 42), speaker=Span.of(50, 53))


@pytest.fixture
def root(tmp_path):
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/brief.txt").write_text(TEXT, "utf-8", newline="\n")
    return tmp_path


def layers(root, first, second):
    for layer, said in (("a", first), ("b", second)):
        path = root / f"annotations/layers/{layer}/brief.jsonl"
        write_annotations(path, said, TEXT, document="brief", layer=layer, annotator=f"wer {layer}")
    return [read_layer(layer, root) for layer in "ab"]


def merged(root, first, second):
    write_merged(merge(*layers(root, first, second)), root / "annotations/gold")
    return root / "annotations/gold/brief.jsonl"


def decide(path, *decided):
    """Fills in ``(keep, reason)`` in the decisions of a file, in their order."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    decisions = [line for line in lines if line["kind"] == "decision"]
    for line, (keep, reason) in zip(decisions, decided, strict=True):
        line |= {"keep": keep, "reason": reason}
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")


def rules(path):
    return [incident.rule for incident in validate([path])]


def test_equal_layers_are_a_gold_at_once(root):
    said = Annotations((ANNA, BERT), (YES,))
    path = merged(root, said, said)
    file = read_annotations(path, TEXT)
    assert file.header.layer == "gold" and file.header.annotator == "adjudicated from wer a, wer b"
    assert [pair for pair in compare(said, file.annotations) if not pair.equal] == []
    assert [quote.id for quote in file.annotations.quotes] == ["q01"]
    assert rules(path) == [] and finish(path.parent) == []


def test_each_open_disagreement_is_one_incident_with_both_readings(root):
    shorter = Entity(Span.of(0, 4), "PER")
    path = merged(root, Annotations((ANNA, BERT), (YES,)), Annotations((shorter, BERT)))
    (incident,) = validate([path])
    assert (incident.rule, incident.severity, incident.line) == ("S17", "error", 4)
    assert "a: span [0, 9) 'Anna Weiß'; b: span [0, 4) 'Anna'" in incident.what
    with pytest.raises(DataError, match="S17"):
        read_annotations(path)


def test_decisions_are_carried_out_and_the_reasons_kept(root):
    noted = Annotations((ANNA, BERT), (YES,))
    other = Annotations((Entity(Span.of(0, 4), "PER"),), (Quote("k", "direct", Span.of(38, 42)),))
    path = merged(root, noted, other)
    assert rules(path) == ["S17", "S17"]
    decide(path, ("a", "G-ENT-04 | der ganze Name"), ("", ""))
    (still,) = finish(path.parent)
    assert not still.carried_out and [d.id for d in still.open] == ["d02"]
    assert rules(path) == ["S18", "S17"]
    decide(path, ("a", "G-ENT-04 | der ganze Name"), ("none", "kein Name"))
    assert rules(path) == ["S18", "S18"]
    (done,) = finish(path.parent)
    assert len(done.carried_out) == 2
    assert validate([path]) == []
    # The speaker, which b has nowhere, is no disagreement.
    assert read_annotations(path, TEXT).annotations == Annotations((ANNA,), (_as("q01", YES),))
    assert "decision" not in path.read_text("utf-8")
    told = (root / "annotations/adjudication/brief.md").read_text("utf-8")
    assert "speaker of quote lines: only a has them" in told
    assert r"| d01 | span | span [0, 9) 'Anna Weiß' | span [0, 4) 'Anna' | a | G-ENT-04 \| der ganze" in told
    assert "| d02 | only in a | entity, PER, [55, 65) 'Bert Maier' | nothing | none | kein Name |" in told


def _as(id, quote):
    from dataclasses import replace

    return replace(quote, id=id)


def test_a_third_reading_can_be_added_and_kept(root):
    path = merged(root, Annotations((ANNA,)), Annotations((Entity(Span.of(0, 4), "ORG"),)))
    lines = path.read_text("utf-8").splitlines()
    line = json.loads(lines[-1])
    line["readings"]["gold"] = {"kind": "entity", "span": [[5, 9, "Weiß"]], "label": "PER", "level": 1}
    line |= {"keep": "gold", "reason": "beide irren"}
    path.write_text("\n".join([*lines[:-1], json.dumps(line, ensure_ascii=False)]) + "\n", "utf-8")
    assert rules(path) == ["S18"]
    finish(path.parent)
    assert read_annotations(path, TEXT).annotations.entities == (Entity(Span.of(5, 9), "PER"),)
    told = (root / "annotations/adjudication/brief.md").read_text("utf-8")
    assert "| id | differs | a | b | gold | kept | reason |" in told
    assert "| span [5, 9) 'Weiß', label PER | gold | beide irren |" in told


def test_a_reading_without_a_kind_is_told(root):
    path = merged(root, Annotations((ANNA,)), Annotations((Entity(Span.of(0, 4), "ORG"),)))
    lines = path.read_text("utf-8").splitlines()
    line = json.loads(lines[-1])
    line["readings"]["gold"] = {}
    path.write_text("\n".join([*lines[:-1], json.dumps(line, ensure_ascii=False)]) + "\n", "utf-8")
    assert [problem.what for problem in parse(path).problems] == ["the reading of gold has the kind None"]


def test_what_only_one_layer_annotates_is_told_apart_from_what_both_say(root):
    """The quote is of a kind that b has nowhere; one name is in both, the other a disagreement."""
    a, b = Annotations((ANNA, BERT), (YES,)), Annotations((ANNA,))
    for first, second in ((a, b), (b, a)):
        (one,) = merge(*layers(root, first, second))
        assert (one.agreed, one.only_one, len(one.decisions)) == (1, 1, 1)
    merged(root, a, b)
    told = (root / "annotations/adjudication/brief.md").read_text("utf-8")
    assert "1 annotations agree and were taken as they are; 1 differ. 1 are of a kind that only" in told


@pytest.mark.parametrize(
    ("keep", "reason", "what"),
    [
        ("", "weil", "keep is empty"),
        ("c", "weil", "keep is 'c', and the readings are a, b, none"),
        ("a", " ", "the reason is missing"),
    ],
)
def test_half_decided_is_open(root, keep, reason, what):
    path = merged(root, Annotations((ANNA,)), Annotations((Entity(Span.of(0, 4), "PER"),)))
    decide(path, (keep, reason))
    (incident,) = validate([path])
    assert incident.rule == "S17" and what in incident.what
    assert finish(path.parent)[0].open


def test_a_reading_that_was_broken_in_editing_is_told_and_nothing_is_written(root):
    path = merged(root, Annotations((ANNA,)), Annotations((Entity(Span.of(0, 4), "PER"),)))
    decide(path, ("a", "weil"))
    path.write_text(
        path.read_text("utf-8").replace('[[0, 9, "Anna Weiß"]]', '[[0, 9, "Anna Weiss"]]'), "utf-8"
    )
    before = path.read_bytes()
    assert "O04" in rules(path)
    with pytest.raises(DataError, match="O04"):
        finish(path.parent)
    assert path.read_bytes() == before


def test_a_cluster_that_is_decided_keeps_its_mentions(root):
    first, second = (Cluster("anna", n, mentions=(Span.of(27, 30),)) for n in ("Anna Weiß", "Weiß"))
    path = merged(root, Annotations(clusters=(first,)), Annotations(clusters=(second,)))
    assert rules(path) == ["S17"]
    decide(path, ("b", "der Name im Text"))
    finish(path.parent)
    assert read_annotations(path, TEXT).annotations.clusters == (second,)


def test_a_rejected_cluster_takes_its_mentions_along_and_it_is_told(root):
    both = Cluster("anna", "Anna Weiß", mentions=(Span.of(27, 30),))
    alone = Cluster("bert", "Bert Maier", mentions=(Span.of(55, 65),))
    path = merged(root, Annotations(clusters=(both, alone)), Annotations(clusters=(both,)))
    assert rules(path) == ["S17"]
    decide(path, ("none", "redet nicht"))
    finish(path.parent)
    assert read_annotations(path, TEXT).annotations.clusters == (both,)
    told = (root / "annotations/adjudication/brief.md").read_text("utf-8")
    assert "Removed with their clusters: mention, bert, [55, 65) 'Bert Maier'." in told


def test_scores_and_rules_decide_nothing_and_notes_are_kept(root):
    one = Annotations((Entity(Span.of(0, 9), "PER", score=0.4, note="eins"),))
    other = Annotations((Entity(Span.of(0, 9), "PER", score=0.9, note="zwei"),))
    path = merged(root, one, other)
    assert read_annotations(path).annotations.entities == (Entity(Span.of(0, 9), "PER", note="eins; zwei"),)


def test_a_gold_is_not_overwritten(root):
    first, second = layers(root, Annotations((ANNA,)), Annotations((ANNA,)))
    out = root / "annotations/gold"
    write_merged(merge(first, second), out)
    before = (out / "brief.jsonl").read_bytes()
    with pytest.raises(DataError, match="not overwritten"):
        write_merged(merge(first, first), out)
    assert (out / "brief.jsonl").read_bytes() == before
    write_merged(merge(first, first), out, force=True)
    assert (out / "brief.jsonl").read_bytes() != before


def test_layers_of_other_documents_and_no_folder(root):
    first = Layer("a", {"eins": Document("eins", "Ja.")})
    with pytest.raises(DataError, match="only a has the document 'eins'"):
        merge(first, Layer("b", {}))
    with pytest.raises(MissingFileError):
        finish(root / "nirgends")


def test_the_layers_of_the_repository(tmp_path):
    """The real case: 14 places to decide; all of them as b, and b is what there is."""
    for name in ("seeds", "annotations"):
        shutil.copytree(ROOT / name, tmp_path / name)
    first, second = (read_layer(name, tmp_path) for name in "ab")
    out = tmp_path / "annotations/gold"
    (path,) = write_merged(merge(first, second), out, force=True)
    assert rules(path) == ["S17"] * 14
    decide(path, *[("b", "als Probe")] * 14)
    finish(out)
    assert [i for i in validate([path]) if i.severity == "error"] == []
    assert diff(read_layer("b", tmp_path), read_layer("gold", tmp_path)).equal
    assert len(load_corpus(f"native:{out}").documents[0].quotes) == 16


SHORT = "Anna sagte: „Ja, Bert.“ So … er. Anna schwieg in Berlin 🙂."


@given(st.tuples(annotations(SHORT), annotations(SHORT)), st.sampled_from("ab"))
def test_keeping_one_side_throughout_gives_that_side(pair, keep):
    """Decisions for one layer, and what is agreed, make up that layer, but for what it never annotates."""
    sides = [Layer(n, {"d": Document("d", SHORT, said)}) for n, said in zip("ab", pair, strict=True)]
    (one,) = merge(*sides)
    kept = [dict(decision.readings)[keep] for decision in one.decisions]
    mine = pair["ab".index(keep)]
    found = list(one.document.entities) + [item for item in kept if isinstance(item, Entity)]
    places = sorted((e.span, e.label, e.level) for e in found)
    if mine.entities:
        assert places == sorted((e.span, e.label, e.level) for e in mine.entities)
    quotes = list(one.document.quotes) + [item for item in kept if isinstance(item, Quote)]
    if mine.quotes:
        assert sorted((q.content, q.type) for q in quotes) == sorted((q.content, q.type) for q in mine.quotes)
    assert len({quote.id for quote in quotes}) == len(quotes)
    mentions = {m for cluster in one.document.clusters for m in cluster.mentions}
    mentions |= {m.span for m in (*one.carried, *kept) if isinstance(m, Mention)}
    wanted = {m for cluster in mine.clusters for m in cluster.mentions}
    assert wanted <= mentions | {entity.span for entity in found if entity.entity}
