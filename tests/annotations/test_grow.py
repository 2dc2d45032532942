"""Texts come in as they are or not at all; the whole way from a text to a gold, as a user walks it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from command import WORTLAUT
from command import run as run_command
from hypothesis import given
from strategies import annotations

from wortlaut.annotations import grow
from wortlaut.annotations.checks import ID
from wortlaut.annotations.file import read_annotations, read_provenance
from wortlaut.annotations.grow import NewLayer, check, fitted, take, together, write
from wortlaut.cli.corpus import _layer_names
from wortlaut.errors import DataError, MissingFileError, WortlautError
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.release.checks import validate

TEXT = "Anna Weiß sagte am Montag in Ulm: „Wir kommen. 🙂“\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "eins.txt").write_bytes(TEXT.encode())
    (tmp_path / "zwei.txt").write_bytes(b"Ja.")
    return tmp_path


def everything(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_a_text_comes_in_byte_for_byte_with_its_provenance(folder):
    root = folder / "korpus"
    additions = check([folder / "eins.txt", folder / "zwei.txt"], root, {"source": "erfunden", "note": ""})
    write(additions, root)
    for name in ("eins.txt", "zwei.txt"):
        assert (root / "seeds" / name).read_bytes() == (folder / name).read_bytes()
    assert read_provenance(root / "seeds")["eins"] == {
        "id": "eins",
        "sha256": additions[0].sha256,
        "characters": str(len(TEXT)),
        "source": "erfunden",
    }
    assert {path.name for path in (root / "annotations").iterdir()} == {"gold", "layers"}


def test_old_lines_of_provenance_stay_as_they_are(folder):
    seeds = folder / "seeds"
    seeds.mkdir()
    old = '{"id": "alt",  "source": "von Hand, ohne Zeilenende"}'
    (seeds / "provenance.jsonl").write_text(old, "utf-8")
    (seeds / "alt.txt").write_bytes(b"Alt.\n")
    write(check([folder / "eins.txt"], folder, {}), folder)
    assert (seeds / "provenance.jsonl").read_text("utf-8").startswith(old + '\n{"id": "eins", ')


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ("Grün\n".encode("cp1252"), "F01"),
        (b"\xef\xbb\xbf" + "Grün\n".encode(), "F02"),
        ("Grün\r\nund\r\n".encode(), "F03"),
        ("Gru\u0308n\n".encode(), "F04"),
    ],
)
def test_a_refused_text_is_mended_by_the_command_that_is_told(tmp_path, data, rule):
    path = tmp_path / "text';exit 3;#.txt"
    path.write_bytes(data)
    with pytest.raises(DataError, match=rule) as error:
        check([path], tmp_path / "korpus", {})
    assert not (tmp_path / "korpus").exists()
    command = error.value.hint.removeprefix("Mend a copy: ").partition("  (")[0]
    command = command.replace("python ", f"'{sys.executable}' ", 1)
    subprocess.run(command, shell=True, check=True)
    mended = tmp_path / "text';exit 3;#-mended.txt"
    assert path.read_bytes() == data
    with pytest.raises(DataError, match="cannot be the id") as error:
        check([mended], tmp_path, {})
    subprocess.run("cp" + error.value.hint.rpartition(": cp")[2], shell=True, check=True)
    (addition,) = check([tmp_path / "text--exit-3---mended.txt"], tmp_path, {})
    assert addition.document.text.startswith("Grün\n")


def test_half_a_surrogate_pair_an_empty_text_and_no_file(tmp_path):
    (tmp_path / "halb.txt").write_bytes(b"\xed\xa0\xbd")
    (tmp_path / "leer.txt").write_bytes(b" \n")
    for name, what in (("halb", "F05"), ("leer", "empty")):
        with pytest.raises(DataError, match=what):
            check([tmp_path / f"{name}.txt"], tmp_path, {})
    with pytest.raises(MissingFileError):
        check([tmp_path / "nichts.txt"], tmp_path, {})


def test_an_id_or_a_text_that_is_there_is_refused(folder):
    root = folder / "korpus"
    write(check([folder / "eins.txt"], root, {}), root)
    (folder / "drei.txt").write_bytes(TEXT.encode())
    with pytest.raises(DataError, match="'eins' already"):
        check([folder / "eins.txt"], root, {})
    with pytest.raises(DataError, match=r"same text as .*eins\.txt"):
        check([folder / "zwei.txt", folder / "drei.txt"], root, {})
    with pytest.raises(DataError, match=r"same text as .*drei\.txt"):
        check([folder / "drei.txt", folder / "eins.txt"], folder / "neu", {})


@pytest.mark.parametrize("fails_at", range(1, 6))
def test_all_or_nothing(folder, monkeypatch, fails_at):
    """Whichever of the five files cannot be written, nothing is left of the others."""
    root = folder / "korpus"
    additions = check([folder / "eins.txt", folder / "zwei.txt"], root, {})
    said = [Annotations((Entity(Span.of(0, 2), "PER"),))] * 2
    before, real, calls = everything(folder), grow.write_whole, []

    def sometimes(path, data):
        calls.append(path)
        if len(calls) == fails_at:
            raise OSError("disk full")
        real(path, data)

    monkeypatch.setattr(grow, "write_whole", sometimes)
    with pytest.raises(OSError, match="disk full"):
        write(additions, root, [NewLayer("x", "x", said)])
    assert everything(folder) == before and not root.exists()
    monkeypatch.setattr(grow, "write_whole", real)
    assert len(write(additions, root, [NewLayer("x", "x", said)])) == 5


def test_annotations_that_the_format_cannot_hold_leave_nothing(folder):
    root = folder / "korpus"
    said = [Annotations((Entity(Span.of(0, 4), "PERSON"),))]
    with pytest.raises(DataError, match="PERSON"):
        write(check([folder / "eins.txt"], root, {}), root, [NewLayer("x", "x", said)])
    assert not root.exists()


@pytest.mark.parametrize("layer", ["gold", "a/b", ".x", "a b"])
def test_names_that_no_layer_can_have(folder, layer):
    with pytest.raises(DataError, match="name of a layer"):
        write(check([folder / "eins.txt"], folder, {}), folder, [NewLayer(layer, "", [Annotations()])])


def taken(root, *documents, **options):
    return take(documents, root, **{"layer": "b", "annotator": "Berta"} | options)


@pytest.fixture
def repository(folder):
    """A corpus of two texts without annotations."""
    root = folder / "korpus"
    root.mkdir()
    write(check([folder / "eins.txt", folder / "zwei.txt"], root, {}), root)
    return root


def test_what_a_tool_exports_becomes_a_layer(repository):
    """Documents are known by their ids, or by their texts where the tool names them otherwise."""
    texts = {path.stem: path.read_text("utf-8") for path in (repository / "seeds").glob("*.txt")}
    said = Annotations(
        (Entity(Span.of(0, 4), "PER", entity="Anna Weiß"),), (), (Cluster("Anna Weiß", "Anna"),)
    )
    paths = taken(repository, Document("eins", texts["eins"], said), Document("17", texts["zwei"]))
    assert [path.relative_to(repository).as_posix() for path in paths] == [
        "annotations/layers/b/eins.jsonl",
        "annotations/layers/b/zwei.jsonl",
    ]
    file = read_annotations(paths[0], texts["eins"])
    assert (file.header.layer, file.header.annotator) == ("b", "Berta")
    assert file.annotations.entities[0].entity == "anna-weiss"
    assert [incident.rule for incident in validate([paths[0].parent])] == []
    before = everything(repository)
    with pytest.raises(DataError, match="is not overwritten"):
        taken(repository, Document("eins", texts["eins"]))
    assert everything(repository) == before
    taken(repository, Document("eins", texts["eins"]), force=True)
    assert read_annotations(paths[0], texts["eins"]).annotations == Annotations()


def test_what_is_none_of_the_texts_is_told_and_nothing_is_left(repository):
    text = (repository / "seeds/eins.txt").read_text("utf-8")
    before = everything(repository)
    good = Document("zwei", (repository / "seeds/zwei.txt").read_text("utf-8"))
    odd = Annotations((Entity(Span.of(0, 4), "PERSON"),))
    for document, what, hint in (
        (Document("eins", text[:5] + "#" + text[6:]), "line 1, character 5 on", f"There {text[5:25]!r}"),
        (Document("drei", "Etwas anderes."), "none of seeds/", "wortlaut add"),
        (Document("7", text.rstrip()), "not that of seeds/eins.txt", "There '\\n', here ''"),
        (Document("eins", text, odd), "label", ""),
        (good, "two documents have its text", ""),
    ):
        with pytest.raises(DataError, match=what) as refused:
            taken(repository, good, document)
        assert hint in refused.value.hint
    with pytest.raises(DataError, match="cannot be the name of a layer"):
        taken(repository, good, layer="gold")
    assert everything(repository) == before


def test_names_become_slugs_with_a_cluster_behind_each():
    said = Annotations(
        (
            Entity(Span.of(0, 9), "PER", entity="Anna Weiß"),
            Entity(Span.of(29, 32), "LOC", entity="Ulm (Stadt)"),
        ),
        (
            Quote("Zitat 1", "direct", Span.of(34, 51), speaker_entity="Weiß"),
            Quote("2", "direct", Span.of(35, 40), speaker_entity="ANNA WEISS", parent="Zitat 1"),
        ),
        (Cluster("Anna Weiß", "Anna Weiß", aliases=("Weiß",)),),
    )
    found = fitted(said)
    assert [(c.id, c.name) for c in found.clusters] == [
        ("anna-weiss", "Anna Weiß"),
        ("ulm-stadt", "Ulm (Stadt)"),
        ("anna-weiss-2", "ANNA WEISS"),
    ]
    assert [e.entity for e in found.entities] == ["anna-weiss", "ulm-stadt"]
    assert [(q.id, q.speaker_entity, q.parent) for q in found.quotes] == [
        ("q1", "anna-weiss", None),
        ("q2", "anna-weiss-2", "q1"),
    ]


def test_each_extractor_has_a_layer_of_its_own():
    own = {"hanta": ["hanta"], "ich": ["quotes-de?a=1"]}
    assert _layer_names(["hanta", "ich=quotes-de?a=1"], None) == own
    assert _layer_names(["hanta", "quotes-de?a=1"], "b") == {"b": ["hanta", "quotes-de?a=1"]}
    for specs, layer, what in (
        (["a.py:X", "a-py:X"], None, "the layer 'a-py-X'"),
        (None, "a", "needs an extractor"),
        (["hanta"], "gold", "the name of a layer"),
    ):
        with pytest.raises(WortlautError, match=what) as error:
            _layer_names(specs, layer)
        assert error.value.hint


def test_one_layer_holds_names_of_one_and_quotes_of_another():
    names = Annotations((Entity(Span.of(0, 4), "PER", entity="anna"),), (), (Cluster("anna", "Anna"),))
    quotes = Annotations((), (Quote("q1", "direct", Span.of(6, 9)),), (Cluster("anna", "Anna Weiß"),))
    (both,) = together({"hanta": [names], "quotes-de": [quotes]})
    assert both == Annotations(names.entities, quotes.quotes, quotes.clusters)
    assert together({"hanta": [names, Annotations()]}) == [names, Annotations()]
    with pytest.raises(DataError, match="hanta and gazetteer have both found entities"):
        together({"hanta": [names], "quotes-de": [quotes], "gazetteer": [names]})


@given(annotations("Anna sagte: „Ja.“ Bert schwieg."))
def test_fitted_ids_are_ids_and_every_reference_holds(said):
    found = fitted(said)
    ids = [cluster.id for cluster in found.clusters]
    assert len(set(ids)) == len(ids) and all(map(ID.fullmatch, ids))
    assert {e.entity for e in found.entities} | {q.speaker_entity for q in found.quotes} <= {None, *ids}
    assert len(found.quotes) == len(said.quotes) and len(found.clusters) >= len(said.clusters)


@pytest.mark.skipif(not WORTLAUT.exists(), reason="the wortlaut script is not installed here")
@pytest.mark.long
def test_the_way_of_docs_annotate(folder):
    """add, validate, diff, agree, adjudicate, decide, finish, validate: exit codes and what is left."""

    def run(*arguments, code=0):
        done = run_command(*arguments, cwd=root)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    root = folder / "korpus"
    root.mkdir()
    told = run("add", "../eins.txt", "-e", "a=quotes-de", "-e", "gazetteer", "--source", "made up")
    assert "annotations/layers/a/eins.jsonl" in told and "layers/gazetteer/eins.jsonl" in told
    assert "wrote" not in run("add", "../zwei.txt")
    told = run("annotate", "-e", "gazetteer", "-e", "ich=quotes-de", "zwei")
    assert "layers/gazetteer/zwei.jsonl" in told and "layers/ich/zwei.jsonl" in told
    told = run("annotate", "-e", "gazetteer", "-e", "ich=quotes-de")
    assert "gazetteer: 2 texts annotated before" in told and "layers/ich/eins.jsonl" in told
    assert "unknown document 'drei'" in run("annotate", "-e", "gazetteer", "drei", code=2)
    for name in ("zwei", "gazetteer", "ich"):  # the rest is about one text in two layers
        for path in [*root.glob(f"**/{name}.txt"), *root.glob(f"**/{name}.jsonl")]:
            path.unlink()
        shutil.rmtree(root / "annotations/layers" / name, ignore_errors=True)
    lines = (root / "seeds/provenance.jsonl").read_text("utf-8").splitlines(keepends=True)
    (root / "seeds/provenance.jsonl").write_text(lines[0], "utf-8")
    assert "R03" in run("validate", code=1)
    path = root / "annotations/layers/a/eins.jsonl"
    run("convert", "annotations/layers/a", "../tasks.json", "--to", "label-studio")
    run("import", "../tasks.json", "--layer", "b", "--annotator", "quotes-de")
    other = root / "annotations/layers/b/eins.jsonl"
    assert other.read_text("utf-8") == path.read_text("utf-8").replace('"layer": "a"', '"layer": "b"')
    other.write_text(
        path.read_text("utf-8")
        .replace('"layer": "a"', '"layer": "b"')
        .replace('"cue": [[10, 15, "sagte"]]', '"cue": [[10, 25, "sagte am Montag"]]'),
        "utf-8",
    )
    assert "1 difference (quote 1)" in run("diff", "a", "b", code=1)
    assert json.loads(run("diff", "a", "b", "--json", "-", code=1))["different"] == 1
    assert "equal" in run("diff", "a", "a")
    assert "no such layer" in run("diff", "a", "c", code=2)
    rows = json.loads(run("agree", "--json", "-", "--samples", "0"))["pairs"][0]["rows"]
    assert rows["quotes"]["strict"]["value"] == 1 and rows["cues"]["strict"]["value"] == 0
    assert "α_U" in run("agree", "--write", "--samples", "0")
    assert "1 to decide" in run("adjudicate", "a", "b")
    assert "not overwritten" in run("adjudicate", "a", "b", code=2)
    assert "S17" in run("validate", code=1)
    assert "d01 is open" in run("adjudicate", "--finish", code=1)
    gold = root / "annotations/gold/eins.jsonl"
    decided = gold.read_text("utf-8").replace('"keep": "", "reason": ""', '"keep": "a", "reason": "G-CUE-01"')
    gold.write_text(decided, "utf-8")
    assert "S18" in run("validate", code=1)
    assert "1 carried out" in run("adjudicate", "--finish")
    assert "0 error(s)" in run("validate")
    assert read_annotations(gold, TEXT).annotations.quotes[0].cue == Span.of(10, 15)
    other.write_text(other.read_text("utf-8") + "\n", "utf-8")
    assert {incident.rule for incident in validate([root])} >= {"R12"}


def test_an_export_of_two_annotators_becomes_two_layers_and_what_is_left_out_is_said(tmp_path):
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "eins.txt").write_text("Uhl kam.", encoding="utf-8")
    value = {"start": 0, "end": 3, "labels": ["PER"]}
    regions = [{"id": id, "type": "labels", "value": value} for id in "ab"]
    link = {"type": "relation", "from_id": "a", "to_id": "b", "labels": ["same"]}
    done = [{"completed_by": 1, "result": [*regions, link]}, {"completed_by": 2, "result": []}]
    tasks = tmp_path / "tasks.json"
    tasks.write_text(json.dumps([{"data": {"text": "Uhl kam."}, "annotations": done}]), encoding="utf-8")
    said = run_command("import", f"label-studio:{tasks}", "--layer", "l", cwd=tmp_path)
    assert said.returncode == 0 and "lost: relation (1): there is no place" in said.stdout
    layers = tmp_path / "annotations" / "layers"
    assert [("PER" in (layers / f"l-{who}" / "eins.jsonl").read_text("utf-8")) for who in "12"] == [
        True,
        False,
    ]
    assert '"annotator": "2"' in (layers / "l-2" / "eins.jsonl").read_text("utf-8")
