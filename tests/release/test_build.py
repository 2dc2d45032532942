"""The published dataset: the same bytes twice, loads with datasets, and swapped in whole or not at all."""

from __future__ import annotations

import json
import shutil

import pyarrow.parquet as pq
import pytest
import yaml
from shared import ROOT

from wortlaut import score
from wortlaut.annotations.file import write_annotations
from wortlaut.annotations.labels import GERMEVAL
from wortlaut.annotations.lines import canonical
from wortlaut.corpus import splits
from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError, MissingFileError
from wortlaut.model import ENTITY_LABELS, Annotations, Document, Entity, Span
from wortlaut.release.build import CONFIGS, bio, build, is_stale, table_path, tags_of
from wortlaut.release.checks import validate
from wortlaut.text.digests import text_hash

TAGS = tags_of(GERMEVAL)
CLEAN = ROOT / "tests/cases/validate/clean"


@pytest.fixture
def root(tmp_path):
    """A repository with one made-up text, its gold and one more layer."""
    shutil.copytree(CLEAN, tmp_path / "root")
    gold = tmp_path / "root/annotations/gold/brief.jsonl"
    layer = tmp_path / "root/annotations/layers/a/brief.jsonl"
    layer.parent.mkdir(parents=True)
    layer.write_text(
        gold.read_text("utf-8").replace('"layer": "gold"', '"layer": "a"'), "utf-8", newline="\n"
    )
    return tmp_path / "root"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The dataset of the real gold, built once."""
    out = tmp_path_factory.mktemp("built") / "corpus"
    return build(ROOT, out)


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def table(folder, name):
    return pq.read_table(folder / f"data/{name}/test-00000-of-00001.parquet")


def test_the_same_bytes_twice(root, tmp_path):
    build(root, tmp_path / "eins")
    build(root, tmp_path / "zwei" / "eins")
    assert content(tmp_path / "eins") == content(tmp_path / "zwei" / "eins")
    build(root, tmp_path / "eins")
    assert content(tmp_path / "eins") == content(tmp_path / "zwei" / "eins")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["eins", "root", "zwei"]


def test_datasets_does_not_give_the_rows_of_an_older_build(root, tmp_path):
    datasets = pytest.importorskip("datasets")
    gold = root / "annotations/gold/brief.jsonl"
    labels = []
    for label in ("PER", "OTH"):
        gold.write_text(gold.read_text("utf-8").replace('"label": "PER"', f'"label": "{label}"'), "utf-8")
        build(root)
        loaded = datasets.load_dataset(str(root / "corpus"), "documents", cache_dir=str(tmp_path / "cache"))
        labels.append({entity["label"] for entity in loaded["test"][0]["entities"]})
    assert "PER" in labels[0] and "PER" not in labels[1]


@pytest.mark.parametrize("name", CONFIGS)
def test_loads_with_datasets(built, name, tmp_path):
    from datasets import ClassLabel, load_dataset

    loaded = load_dataset(str(built.out), name, cache_dir=str(tmp_path))
    assert loaded["test"].num_rows == built.rows[name] > 0
    assert loaded["test"].column_names == table(built.out, name).column_names
    if name == "entities":
        for column in ("ner_tags", "ner_tags_inner"):
            listed = loaded["test"].features[column]
            tag = listed[0] if isinstance(listed, list) else listed.feature
            assert tag == ClassLabel(names=list(TAGS))
        assert score(loaded["test"], loaded["test"]).f1 == 1.0
    if name == "quotes":
        for column in ("type", "attribution"):
            numbers, names = loaded["test"][column], table(built.out, name)[column].to_pylist()
            assert loaded["test"].features[column].int2str(list(numbers)) == names
    (said,) = (one for one in header(built.out)["dataset_info"] if one["config_name"] == name)
    (split,) = said["splits"]
    measured = loaded["test"].info.splits["test"]
    assert split["num_examples"] == measured.num_examples and said["dataset_size"] == split["num_bytes"]
    # In the tables of quotes the closed sets are names, not numbers.
    assert split["num_bytes"] == measured.num_bytes or name == "quotes"
    assert said["download_size"] == (built.out / table_path(name, "test")).stat().st_size


def header(folder):
    return yaml.safe_load((folder / "README.md").read_text("utf-8").split("---\n")[1])


def with_splits(root):
    """The repository with a second text, one in train, one in test."""
    (root / "seeds/notiz.txt").write_text("Ein Text ohne Zitat und ohne Namen.\n", "utf-8")
    text = (root / "seeds/notiz.txt").read_text("utf-8")
    about = {"id": "notiz", "sha256": text_hash(text), "characters": len(text)}
    with (root / "seeds/provenance.jsonl").open("a", encoding="utf-8") as table:
        table.write(json.dumps(about) + "\n")
    write_annotations(
        root / "annotations/gold/notiz.jsonl",
        Annotations(),
        text,
        document="notiz",
        layer="gold",
        annotator="wir",
    )
    (root / splits.DECLARED).write_text("train: [brief]\ntest: [notiz]\n", "utf-8")
    return root


def test_splits_by_document_in_tables_card_and_croissant(root):
    report = build(with_splits(root))
    assert report.splits == {"train": 1, "test": 1}
    for config, key in (("documents", "id"), ("entities", "document")):
        for split, id in (("train", "brief"), ("test", "notiz")):
            rows = pq.read_table(root / "corpus" / table_path(config, split)).to_pylist()
            assert {row[key] for row in rows} == {id}
    card = (root / "corpus/README.md").read_text("utf-8")
    assert "Documents by split: `train` 1, `test` 1." in card
    assert 'load_dataset(getcwd(), "documents", split="test")' in card
    assert 'wortlaut evaluate --corpus "hub:.?split=test"' in card
    sizes = {one["config_name"]: one["splits"] for one in header(root / "corpus")["dataset_info"]}
    assert [(one["name"], one["num_examples"]) for one in sizes["documents"]] == [("train", 1), ("test", 1)]
    assert [one["name"] for one in sizes["quotes"]] == ["train"]
    croissant = json.loads((root / "corpus/croissant.json").read_text("utf-8"))
    assert {"documents-train", "documents-test", "quotes-train"} <= {
        one["name"] for one in croissant["recordSet"]
    }
    assert [one["splits/name"] for one in croissant["recordSet"][1]["data"]] == ["train", "test"]
    (root / splits.DECLARED).write_text("train: [brief]\n", "utf-8")
    for command in (build, lambda root: validate([root])):
        with pytest.raises(DataError, match="notiz"):
            command(root)


@pytest.mark.long
def test_splits_load_with_datasets_and_are_evaluated_apart(root, tmp_path):
    from datasets import load_dataset

    build(with_splits(root))
    assert is_stale(root) == []
    documents = load_corpus(root / "corpus").documents
    assert {one.id: dict(one.meta)["split"] for one in documents} == {"brief": "train", "notiz": "test"}
    for config in CONFIGS:
        loaded = load_dataset(str(root / "corpus"), config, cache_dir=str(tmp_path))
        # The text in test has no quotes, and no annotations in any layer.
        assert {*loaded} == ({"train"} if config in ("quotes", "layers") else {"train", "test"})
    (document,) = load_corpus(f"hub:{root / 'corpus'}?split=test").documents
    assert document.id == "notiz"
    croissant = pytest.importorskip("mlcroissant").Dataset(root / "corpus/croissant.json")
    assert not croissant.metadata.ctx.issues.errors
    assert [row["documents-test/id"] for row in croissant.records("documents-test")] == [b"notiz"]


def test_the_folder_loads_as_the_gold_it_was_built_from(built):
    loaded, gold = load_corpus(built.out), load_corpus("gold")
    assert loaded.hash == gold.hash == built.hash
    for ours, theirs in zip(loaded.documents, gold.documents, strict=True):
        assert (ours.id, ours.text, ours.meta) == (theirs.id, theirs.text, theirs.meta)
        assert canonical(ours.annotations) == canonical(theirs.annotations)


def test_no_table_carries_metadata(built):
    for name in CONFIGS:
        assert table(built.out, name).schema.metadata is None


def test_bio_gives_the_entities_back(built):
    """Decoding the tags yields every entity of the gold that is not reported as lost."""
    found = set()
    for row in table(built.out, "entities").to_pylist():
        for level, column in ((1, "ner_tags"), (2, "ner_tags_inner")):
            for tag, start, end in zip(row[column], row["token_starts"], row["token_ends"], strict=True):
                prefix, _, label = TAGS[tag].partition("-")
                if prefix == "B":
                    current = (row["document"], start, end, label, level)
                    found.add(current)
                elif prefix == "I":
                    found.remove(current)
                    current = (*current[:2], end, *current[3:])
                    found.add(current)
    gold = {
        (document.id, entity.span.start, entity.span.end, entity.label, entity.level)
        for document in load_corpus("gold").documents
        for entity in document.entities
    }
    lost = {(loss.document, loss.span.start, loss.span.end) for loss in built.losses}
    assert found == {item for item in gold if item[:3] not in lost}


def test_what_tokens_lose_is_reported():
    text = "Anna und Bert Muster kamen. US-Beamte aus Ulm gingen."

    def entity(surface, label="PER", level=1):
        start = text.index(surface)
        return Entity(Span.of(start, start + len(surface)), label, level)

    split = Entity(Span(((0, 4), (14, 20))), "PER")
    given = (
        split,
        entity("Bert Muster"),
        entity("Muster", level=1),
        entity("Muster", level=2),
        entity("US", "LOC"),
        entity("kamen. US-Beamte", "OTH"),
        entity("Ulm", "LOC"),
        entity("gingen", "OTH", level=3),
    )
    rows, losses = bio(Document("eins", text, Annotations(given)))
    assert {(loss.span.text(text), loss.reason) for loss in losses} == {
        ("Anna … Muster", "discontinuous"),
        ("Muster", "overlaps another entity of its level"),
        ("US", "begins or ends inside a token"),
        ("kamen. US-Beamte", "crosses the end of a sentence"),
        ("gingen", "nested deeper than two levels"),
    }
    assert [[TAGS[tag] for tag in row["ner_tags"]] for row in rows] == [
        ["O", "O", "B-PER", "I-PER", "O", "O"],
        ["O", "O", "B-LOC", "O", "O"],
    ]
    assert [TAGS[tag] for tag in rows[0]["ner_tags_inner"]] == ["O", "O", "O", "B-PER", "O", "O"]


def test_tags_are_stable():
    assert TAGS[:3] == ("O", "B-PER", "I-PER") and len(TAGS) == 1 + 2 * len(ENTITY_LABELS)


def test_losses_reach_report_manifest_and_card(root):
    (provenance,) = root.glob("seeds/*.jsonl")
    line = json.loads(provenance.read_text("utf-8")) | {"source": "x | y\n\n# <b>"}
    provenance.write_text(json.dumps(line) + "\n", "utf-8")
    text = (root / "seeds/brief.txt").read_text("utf-8")
    place = text.index("Muster")
    given = Annotations((Entity(Span.of(place, place + 3), "PER"),))
    write_annotations(
        root / "annotations/gold/brief.jsonl", given, text, document="brief", layer="gold", annotator="wir"
    )
    report = build(root)
    assert [loss.reason for loss in report.losses] == ["begins or ends inside a token"]
    assert json.loads((root / "corpus/manifest.json").read_text("utf-8"))["not_in_tokens"] == 1
    assert "| begins or ends inside a token | 1 |" in (root / "corpus/README.md").read_text("utf-8")
    assert "source: x / y # &lt;b&gt;" in (root / "corpus/README.md").read_text("utf-8"), "in one cell"


def test_a_corpus_of_which_nothing_is_stated_has_a_name_that_says_something(root):
    (root / "annotations/statement.yaml").unlink(missing_ok=True)
    build(root)
    card = (root / "corpus/README.md").read_text("utf-8")
    assert "pretty_name: 1 annotated document\n" in card and "\n# 1 annotated document\n" in card
    assert json.loads((root / "corpus/croissant.json").read_text("utf-8"))["name"] == "1 annotated document"


def test_quotes_have_their_roles_resolved(root):
    build(root)
    direct, indirect = table(root / "corpus", "quotes").to_pylist()
    assert direct["text"] == "„Wir bauen die Brücke.“"
    assert [fragment["text"] for fragment in indirect["cue"]] == ["fügte", "hinzu"]
    assert (indirect["speaker_entity"], indirect["speaker_name"]) == ("anna-muster", "Anna Muster")
    assert (indirect["speaker_type"], indirect["speaker_qid"]) == ("PER", "NIL")
    assert indirect["addressee"] == []


def test_layers_hold_every_line(root):
    build(root)
    rows = table(root / "corpus", "layers").to_pylist()
    lines = (root / "annotations/gold/brief.jsonl").read_text("utf-8").splitlines()[1:]
    for layer in ("a", "gold"):
        assert [row["annotation"] for row in rows if row["layer"] == layer] == lines
    text = (root / "seeds/brief.txt").read_text("utf-8")
    for row in rows:
        if row["kind"] == "entity":
            assert text[row["start"] : row["end"]] == row["text"]


def test_the_card(built):
    from huggingface_hub import DatasetCard

    card = DatasetCard.load(built.out / "README.md")
    assert card.data.language == ["de"] and card.data.license == "unknown"
    assert [config["config_name"] for config in card.data.to_dict()["configs"]] == [*CONFIGS, "probes"]
    for phrase in ("Language models", "No human expert", "not established", built.hash):
        assert phrase in card.text
    for unwanted in ("More Information Needed", "{{", "{%", str(ROOT)):
        assert unwanted not in card.content


def test_the_manifest_names_every_file(built):
    manifest = json.loads((built.out / "manifest.json").read_text("utf-8"))
    assert {*manifest["files"], "manifest.json"} == set(content(built.out)) == set(built.files)
    assert manifest["hash"] == built.hash
    assert "annotations/gold/000_8f5cd11ad6069882.jsonl" in manifest["sources"]


def test_stale_or_not(root):
    assert is_stale(root) == ["corpus/manifest.json is missing"]
    build(root)
    assert is_stale(root) == []
    card = root / "corpus/README.md"
    card.write_text(card.read_text("utf-8") + "Nachtrag\n", "utf-8")
    assert is_stale(root) == [
        "corpus/README.md differs",
        "corpus/README.md is not the file in its manifest",
    ]
    build(root)
    (root / "corpus/notiz.txt").write_text("x")
    (root / "corpus/data/quotes/test-00000-of-00001.parquet").unlink()
    assert is_stale(root) == [
        "corpus/data/quotes/test-00000-of-00001.parquet is missing",
        "corpus/notiz.txt does not belong there",
    ]
    build(root)
    gold = root / "annotations/gold/brief.jsonl"
    gold.write_text(gold.read_text("utf-8").replace('"annotator": "beispiel"', '"annotator": "wir"'), "utf-8")
    assert is_stale(root) == [
        "corpus/README.md differs",
        "corpus/data/documents/test-00000-of-00001.parquet differs",
        "corpus/data/layers/test-00000-of-00001.parquet differs",
        "corpus/manifest.json differs",
    ]


def test_other_bytes_of_the_same_table_are_not_stale(root):
    """Another version of pyarrow writes other bytes."""
    build(root)
    path = root / "corpus/data/quotes/test-00000-of-00001.parquet"
    before = path.read_bytes()
    pq.write_table(pq.read_table(path), path, compression="none")
    assert path.read_bytes() != before
    card, size = root / "corpus/README.md", f"download_size: {len(before)}"
    text = card.read_text("utf-8")
    card.write_text(text.replace(size, f"download_size: {path.stat().st_size}"), "utf-8")
    assert card.read_text("utf-8") != text
    assert is_stale(root) == [
        f"corpus/{name} is not the file in its manifest"
        for name in ("README.md", "data/quotes/test-00000-of-00001.parquet")
    ]


def test_errors_are_not_published_and_leave_the_old_corpus(root):
    build(root)
    before = content(root / "corpus")
    gold = root / "annotations/gold/brief.jsonl"
    gold.write_text(gold.read_text("utf-8").replace("[[12, 23,", "[[13, 24,"), "utf-8")
    with pytest.raises(DataError, match="O04") as caught:
        build(root)
    assert caught.value.where.endswith("brief.jsonl:6")
    assert content(root / "corpus") == before
    assert not [path for path in root.iterdir() if path.name.startswith(".corpus")]


def test_an_error_of_a_whole_file_has_no_line(root):
    (root / "annotations/gold/brief.jsonl").unlink()
    with pytest.raises(DataError, match=r"^[^:]*seeds/brief\.txt: 1 error in"):
        build(root)


def test_a_failure_half_way_leaves_the_old_corpus(root, monkeypatch):
    build(root)
    before = content(root / "corpus")

    def fail(*arguments):
        raise RuntimeError("disk full")

    monkeypatch.setattr("wortlaut.release.build._card", fail)
    with pytest.raises(RuntimeError):
        build(root)
    assert content(root / "corpus") == before
    assert not [path for path in root.iterdir() if path.name.startswith(".corpus")]


def test_a_folder_with_something_else_is_not_replaced(root, tmp_path):
    with pytest.raises(DataError, match="not replaced"):
        build(root, root / "seeds")
    assert (root / "seeds/brief.txt").is_file()
    with pytest.raises(MissingFileError):
        build(tmp_path, tmp_path / "out")


def test_a_tampered_dataset_is_refused(root):
    import pyarrow as pa

    build(root)
    path = root / "corpus/data/documents/test-00000-of-00001.parquet"
    rows = pq.read_table(path).to_pylist()
    schema = pq.read_schema(path)
    rows[0]["text"] += "!"
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    with pytest.raises(DataError, match="checksum"):
        load_corpus(root / "corpus")
    rows[0]["text"] = rows[0]["text"][:-1]
    rows[0]["entities"][0]["spans"][0]["start"] += 1
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    with pytest.raises(DataError, match="in the text"):
        load_corpus(root / "corpus")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="cannot be read"):
        load_corpus(root / "corpus")
    (root / "corpus/README.md").write_text("Kein Datensatz.\n")
    with pytest.raises(DataError):
        load_corpus(root / "corpus")


def test_the_shipped_corpus_is_not_stale():
    assert is_stale(ROOT) == []
