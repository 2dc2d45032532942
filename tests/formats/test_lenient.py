"""What cannot be read is left out where that is asked for: counted by its cause, and listed."""

from __future__ import annotations

import json
from inspect import signature

import pyarrow.parquet as pq
import pytest
from command import run
from roundtrips import kinds

from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError, WortlautError
from wortlaut.evaluation.evaluate import score_files
from wortlaut.formats import FORMATS, docbin, module, reader, writer
from wortlaut.formats.losses import Losses
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.text.digests import text_hash

SPAN = {"start": 0, "end": 3, "label": "PER"}
FAR = SPAN | {"end": 99}
REGION = {"id": "a", "type": "labels", "to_name": "text", "value": {"start": 0, "end": 3, "labels": ["PER"]}}
GONE = REGION | {"id": "b", "value": {"start": 7, "end": 9, "labels": ["PER"]}}
LINK = {"type": "relation", "from_id": "a", "to_id": "b"}
CAS = "#FORMAT=WebAnno TSV 3.3\n#T_SP=x|y\n#Text=a b\n1-1\t0-1\ta\tX[1]\n1-2\t2-3\tb\tY[1]\n"
TWICE = "# newdoc\n# global.Entity = eid-etype-other\n1\tUhl{0}\n\n# newdoc\n1\tUhl{1}\n\n"
TWICE = TWICE.replace("Uhl", "Uhl" + "\t_" * 7 + "\tEntity=")
CHAINS = "#begin document (a);\na 0 0 Uhl {}\n\n#end document\n"
PASSAGE = {"offset": 0, "text": "Uhl"}


def annotation(length):
    return {"infons": {"type": "PER"}, "text": "Uhl", "locations": [{"offset": 0, "length": length}]}


@pytest.mark.parametrize(
    ("format", "name", "content", "names", "lost"),
    [
        (
            "label-studio",
            "x.json",
            [{"data": {"text": "Uhl"}, "annotations": [{"result": [REGION, GONE, LINK]}]}, {"id": 1}],
            [1],
            {"span": 1, "relation": 1, "task": 1},
        ),
        (
            "doccano",
            "x.jsonl",
            [{"text": "Uhl", "label": [[0, 3, "PER"], [0, 9, "X"]]}, {}],
            [1],
            {"span": 1, "document": 1},
        ),
        (
            "prodigy",
            "x.jsonl",
            [{"text": "Uhl", "spans": [SPAN, FAR]}, {"text": 1}],
            [1],
            {"span": 1, "task": 1},
        ),
        (
            "predictions",
            "x.jsonl",
            [
                {"id": "a", "text": "Uhl", "entities": [SPAN]},
                {"id": "b", "text": "x", "entities": [FAR]},
                {"id": "a", "text": ""},
            ],
            [1, 0],
            {"span": 1, "document": 1},
        ),
        (
            "spacy-json",
            "x.json",
            [["Uhl", {"entities": [[0, 3, "PER"], [2, 1, "X"]]}], 7],
            [1],
            {"span": 1, "document": 1},
        ),
        (
            "pipeline",
            "x.json",
            [{"text": "Uhl", "x": [SPAN, FAR, {"word": "Uhl"}]}, 7],
            [1],
            {"span": 2, "list": 1},
        ),
        (
            "bioc",
            "x.json",
            [
                {"id": "1", "passages": [PASSAGE | {"annotations": [annotation(3), annotation(2)]}]},
                {"id": "2", "passages": []},
            ],
            [1],
            {"span": 1, "document": 1},
        ),
        (
            "pubtator",
            "x.txt",
            "1|t|Uhl\n1\t0\t3\tUhl\tPER\t\n1\t4\t9\tNO ABSTRACT\tX\t\n?\n",
            [1],
            {"span": 1, "line": 1},
        ),
        ("webanno-tsv", "x.tsv", CAS, [0], {"span": 1}),
        (
            "conll",
            "x.conll",
            "Uhl B-PER\n\nUhl\n\nUhl X\n\nUhl B-PER\nx y z O\n\nUhl B-X\n",
            [1, 1, 1],
            {"document": 2},
        ),
        ("conllu", "x.conllu", TWICE.format("(1-PER-)", "1)"), [1], {"document": 1}),
        ("conll2012", "x.x_conll", CHAINS.format("(0)") + CHAINS.format("0)"), [0], {"document": 1}),
        ("tagged-json", "x.jsonl", [{"tokens": ["Uhl"], "tags": ["B-PER"]}, {}], [1], {"document": 1}),
        ("brat", "x.ann", "T1 PER", [], {"document": 1}),
        ("tei", "x.xml", "<TEI", [], {"document": 1}),
        ("web-annotation", "x.jsonld", "{}", [], {"document": 1}),
        ("german-news-quotation", "x.json", "{}", [], {"document": 1}),
    ],
)
def test_what_cannot_be_read_is_left_out(format, name, content, names, lost, tmp_path):
    path = tmp_path / name
    if not isinstance(content, str):
        content = "\n".join(map(json.dumps, content)) if path.suffix == ".jsonl" else json.dumps(content)
    path.write_text(content, "utf-8")
    losses = Losses(format)
    documents = list(reader(f"{format}?lenient=1", losses)(path))
    assert [len(document.entities) for document in documents] == names and kinds(losses) == lost
    with pytest.raises(WortlautError):
        list(reader(format)(path))


def refused():
    raise DataError("is broken", where="x")


@pytest.mark.parametrize("format", ["native", "dataset", "docbin"])
def test_a_document_of_a_folder_is_left_out(format, tmp_path, monkeypatch):
    texts = [Document(id, f"Uhl {id}", Annotations((Entity(Span.of(0, 3), "PER"),))) for id in "ab"]
    path = tmp_path / ("x.spacy" if format == "docbin" else "x")
    writer(format)(path, texts)
    if format == "native":
        (path / "seeds/a.txt").write_text("Ufl a")
    elif format == "dataset":
        (table,) = path.rglob("*.parquet")
        rows = pq.read_table(table)
        place = rows.column_names.index("sha256")
        pq.write_table(rows.set_column(place, "sha256", [["0" * 64, text_hash("Uhl b")]]), table)
    else:  # of its bytes none is of one document
        made = docbin.from_doc
        monkeypatch.setattr(docbin, "from_doc", lambda *given: refused() if given[1] == "1" else made(*given))
    losses = Losses(format)
    assert [one.id for one in reader(f"{format}?lenient=1", losses)(path)] == ["b"]
    assert kinds(losses) == {"document": 1}
    with pytest.raises(DataError):
        list(reader(format)(path))


@pytest.mark.parametrize("name", [n for n in FORMATS if "losses" not in signature(module(n).read).parameters])
def test_what_is_read_whole_or_not_at_all_says_so(name, tmp_path):
    """A format whose reader counts no losses."""
    (tmp_path / "x.tsv").write_text("no table\n")
    said = run("score", f"{name}:x.tsv", f"{name}:x.tsv", "--lenient", cwd=tmp_path)
    assert said.returncode == 2 and "is read whole or not at all, leniently, too" in " ".join(
        said.stderr.split()
    )


def test_predictions_of_a_system_are_read_leniently(tmp_path):
    """Lines that cannot be read, that are missing, or of other texts, in notes of the system."""
    rows = [{"id": id, "text": f"Uhl {id}", "entities": [SPAN]} for id in "abcd"]
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, rows)))
    rows = [rows[0] | {"entities": [SPAN, FAR]}, rows[1] | {"sha256": "x"}, rows[2], rows[2], {"id": "x"}, {}]
    (tmp_path / "found.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n{")
    (tmp_path / "found.conll").write_text("Uhl B-PER\na O\n\nUhl B-PER\nx O\n")
    command = ("evaluate", "--corpus", "predictions:gold.jsonl", "-e", "A=preds:found.jsonl?missing=error")
    command += ("-e", "preds:found.conll", "--samples", "0", "--json", "-")
    assert run(*command, cwd=tmp_path).returncode == 2
    said = run(*command, "--lenient", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    lines, tokens = json.loads(said.stdout)["systems"]
    told = " ".join(lines["notes"])
    assert lines["name"] == "A" and lines["scores"]["entities"]["strict"]["recall"] == 0.5
    for cause in ("span (1", "line (1", "already in line 3", "'x' (line 5)", "no line for document 'd'"):
        assert cause in told, told
    assert tokens["name"] == "found" and tokens["scores"]["entities"]["strict"]["recall"] == 0.25
    assert "lacks document" in " ".join(tokens["notes"])


def test_causes_are_counted_and_each_place_is_listed(tmp_path):
    path = tmp_path / "x.jsonl"
    lines = [json.dumps({"text": f"Uhl {at}", "spans": [FAR, SPAN]}) for at in range(5)]
    path.write_text("\n".join([*lines, "{"]))
    said = run("convert", path, tmp_path / "out.conllu", "--json", "lost.json", "--lenient", cwd=tmp_path)
    assert said.returncode == 0 and "lost: span (5): cannot be read: […, …) is empty, reversed" in said.stdout
    causes = json.loads((tmp_path / "lost.json").read_text())
    found = {cause["kind"]: cause for cause in causes}
    assert found["span"]["count"] == 5 and len(found["span"]["examples"]) == 5
    assert "x.jsonl:2, span 1: [0, 99) is empty" in found["span"]["examples"][1]
    assert found["line"]["count"] == 1
    said = run("convert", path, tmp_path / "out2.conllu", cwd=tmp_path)
    assert said.returncode == 2 and not (tmp_path / "out2.conllu").exists()


def test_a_file_is_scored_without_what_cannot_be_read(tmp_path):
    """A document that is left out of the predictions counts as one in which nothing was found."""
    rows = [{"id": id, "text": f"Uhl {id}", "entities": [SPAN]} for id in "ab"]
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, rows)))
    rows[1] |= {"sha256": "x"}
    (tmp_path / "found.jsonl").write_text("\n".join(map(json.dumps, rows)))
    said = run(
        "score", "gold.jsonl", "A=found.jsonl", "--samples", "0", "--json", "-", "--lenient", cwd=tmp_path
    )
    assert said.returncode == 0 and "cannot be read" in said.stdout and "found.jsonl:2" in said.stdout
    assert "lenient=1" not in said.stdout
    gold, found = (f"predictions?lenient=1:{tmp_path / name}.jsonl" for name in ("gold", "found"))
    (system,) = score_files(gold, found, samples=0).systems
    assert next(iter(system.results.values())).recall == 0.5
    assert len(load_corpus(found).documents) == 1


def test_lists_behind_one_that_cannot_be_read_keep_their_places(tmp_path):
    rows = [{"id": id, "text": f"Uhl {id}", "entities": [SPAN]} for id in "ab"]
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "found.json").write_text(json.dumps([7, [SPAN | {"word": "Uhl"}]]))
    found = f"pipeline?lenient=1:{tmp_path / 'found.json'}"
    (system,) = score_files(str(tmp_path / "gold.jsonl"), found, samples=0).systems
    assert next(iter(system.results.values())).recall == 0.5
    assert [note for note in system.notes if "left out, cannot be read: is no list of spans: list (1" in note]
