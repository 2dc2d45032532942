"""A release without the text: no word run of it inside, and the way back is exact or fails with the place."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from hashlib import sha256

import pytest
from shared import ROOT

from wortlaut.annotations.file import write_annotations
from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError, MissingFileError
from wortlaut.model import Annotations, Cluster, Entity, Quote, Span
from wortlaut.release.build import build
from wortlaut.release.merge import merge
from wortlaut.release.publish import make
from wortlaut.release.standoff import check_words, word_runs, write

CLEAN = ROOT / "tests/cases/validate/clean"


def content(folder):
    """The files of a release; the tables of the probes hold no text of the article, and are no UTF-8."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith("data/probes/")}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The stand-off release of the real gold."""
    folder = tmp_path_factory.mktemp("released") / "release"
    make(ROOT, folder, stand_off=True)
    return folder


@pytest.fixture
def root(tmp_path):
    shutil.copytree(CLEAN, tmp_path / "root")
    shutil.copy(ROOT / "annotations/statement.yaml", tmp_path / "root/annotations/statement.yaml")
    return tmp_path / "root"


@pytest.fixture
def copies(tmp_path):
    """A reader's own copy of the real text."""
    shutil.copytree(ROOT / "seeds", tmp_path / "copies")
    return tmp_path / "copies"


def words(text):
    return re.findall(r"[^\W\d_]+", text.lower())


def test_no_three_words_of_the_text_are_in_any_file(released):
    """Counted otherwise than in the code: letters only, lower case, file by file."""
    runs = set()
    for path in (ROOT / "seeds").glob("*.txt"):
        found = words(path.read_text("utf-8"))
        runs |= {tuple(found[i : i + 3]) for i in range(len(found) - 2)}
    assert len(runs) > 300
    for name, data in content(released).items():
        found = words(f"{name}\n{data.decode('utf-8')}")
        assert not runs & {tuple(found[i : i + 3]) for i in range(len(found) - 2)}, name


def test_names_of_the_text_are_not_in_any_file(released):
    names = {
        entity.span.text(document.text)
        for document in load_corpus("gold").documents
        for entity in document.entities
    }
    for name, data in content(released).items():
        text = data.decode("utf-8")
        # The statement cites the scheme and speaks of German; a name is a word that begins with a capital.
        assert not [one for one in names if re.search(rf"\b{re.escape(one)}\b", text)], name


def test_links_and_labels_stay(released):
    lines = (released / "annotations/gold/000_8f5cd11ad6069882.jsonl").read_text("utf-8")
    for kept in ('"qid": "Q', '"label": "LOCderiv"', '"type": "indirect"'):
        assert kept in lines


def test_merge_rebuilds_everything_exactly(released, copies, tmp_path):
    merged = merge(released, copies, tmp_path / "out")
    gold = load_corpus("gold")
    assert merged.hash == gold.hash == load_corpus(f"native:{tmp_path / 'out'}").hash
    assert merged.documents == len(gold.documents) and merged.unused == merged.normalised == ()
    for name, data in content(tmp_path / "out").items():
        assert data == (ROOT / name).read_bytes()
    build(tmp_path / "out", tmp_path / "built/corpus")
    build(ROOT, tmp_path / "original/corpus")
    assert content(tmp_path / "built") == content(tmp_path / "original")


def test_what_is_measured_on_a_release_without_text_is_told(released):
    with pytest.raises(DataError, match="stand-off release has no texts") as error:
        load_corpus(released)
    assert f"wortlaut merge {released} TEXTS" in error.value.hint


def test_what_the_normalisation_evens_out_is_told(released, copies, tmp_path):
    (path,) = copies.glob("*.txt")
    text = unicodedata.normalize("NFD", path.read_text("utf-8")).replace("\n", "\r\n")
    path.rename(copies / "meine-kopie.txt").write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
    (copies / "anderes.txt").write_text("Etwas anderes.\n", "utf-8")
    merged = merge(released, copies, tmp_path / "out")
    assert merged.hash == load_corpus("gold").hash
    (told,) = merged.normalised
    assert "byte order mark" in told and "LF" in told and "NFC" in told
    assert merged.unused == (str(copies / "anderes.txt"),)


def changed(text, change):
    """The text with its second paragraph changed, and the number of that paragraph's line."""
    lines = text.split("\n")
    number = [index for index, line in enumerate(lines) if line.strip()][1]
    lines[number] = change(lines[number])
    return "\n".join(lines), number + 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda line: line[:10] + "X" + line[11:], "at its character 10: 'X' should be"),
        (lambda line: line[:7] + line[8:], "is missing"),
        (lambda line: line[:7] + "?" + line[7:], "'?' is too much"),
        (lambda line: line.replace(" ", "  "), "white space (at its character"),
        (lambda line: line.replace(" ", "\u00a0"), "white space (at its character"),
        (lambda line: line.replace("„", '"').replace("“", '"').replace("”", '"'), "quotation marks"),
        (lambda line: line + " Und noch ein Satz.", "characters, the document's"),
        (lambda line: line[::-1], "the same length"),
    ],
)
def test_the_first_paragraph_that_differs_is_named(tmp_path, root, change, told):
    text = (
        "Erster Absatz hier.\n\nAnna Muster sagte „Wir bauen die Brücke.“ am Montag, dann gingen alle heim.\n"
    )
    (root / "seeds/brief.txt").write_text(text, "utf-8", newline="\n")
    line = (root / "seeds/provenance.jsonl").read_text("utf-8")
    digest = sha256(text.encode("utf-8")).hexdigest()
    line = re.sub(r'"sha256": "\w+"', f'"sha256": "{digest}"', line)
    line = re.sub(r'"characters": \d+', f'"characters": {len(text)}', line)
    (root / "seeds/provenance.jsonl").write_text(line, "utf-8", newline="\n")
    gold = root / "annotations/gold/brief.jsonl"
    write_annotations(gold, Annotations(), text, document="brief", layer="gold", annotator="wir")
    make(root, tmp_path / "release", stand_off=True)
    copy, number = changed(text, change)
    (tmp_path / "brief.txt").write_text(copy, "utf-8", newline="\n")
    with pytest.raises(DataError) as caught:
        merge(tmp_path / "release", tmp_path / "brief.txt", tmp_path / "out")
    assert caught.value.where == f"{tmp_path / 'brief.txt'}:{number}"
    assert "paragraph 2 differs: " in caught.value.what and told in caught.value.what
    assert not (tmp_path / "out").exists()


def test_missing_and_extra_paragraphs_and_gaps(released, copies, tmp_path):
    (path,) = copies.glob("*.txt")
    text = path.read_text("utf-8")
    lines = text.split("\n")
    number = [index for index, line in enumerate(lines) if line.strip()][2]
    cases = {
        "\n".join(lines[:number] + lines[number + 1 :]): "paragraph 3 (",
        "\n".join([*lines[:number], "Werbung", *lines[number:]]): "is not in the document",
        "\n".join([*lines[:number], "", *lines[number:]]): "white space before this paragraph",
        text + "\n\n": "white space at the end",
    }
    for copy, told in cases.items():
        path.write_text(copy, "utf-8", newline="\n")
        with pytest.raises(DataError, match=re.escape(told)):
            merge(released, copies, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_merged(released, copies, tmp_path):
    (path,) = copies.glob("*.txt")
    (tmp_path / "voll").mkdir()
    (tmp_path / "voll/x").write_text("x")
    with pytest.raises(DataError, match="not overwritten"):
        merge(released, copies, tmp_path / "voll")
    path.write_bytes(path.read_bytes()[:50] + b"\xff\n")
    with pytest.raises(DataError, match="not UTF-8"):
        merge(released, copies, tmp_path / "out")
    path.unlink()
    with pytest.raises(MissingFileError):
        merge(released, copies, tmp_path / "out")
    for name in ("anderes.txt", "weiteres.txt"):
        (copies / name).write_text("Etwas anderes.\n")
    with pytest.raises(MissingFileError, match="1 documents have no text"):
        merge(released, copies, tmp_path / "out")
    with pytest.raises(DataError, match="not wortlaut-standoff"):
        merge(ROOT / "corpus", ROOT / "seeds", tmp_path / "out")


def test_a_tampered_release_is_refused(released, copies, tmp_path):
    for name in ("documents.jsonl", "others.jsonl", "README.md"):
        shutil.rmtree(tmp_path / "release", ignore_errors=True)
        shutil.copytree(released, tmp_path / "release")
        path = tmp_path / "release" / name
        path.write_bytes(path.read_bytes().replace(b"e", b"E", 1))
        with pytest.raises(DataError, match="not the one in the manifest"):
            merge(tmp_path / "release", copies, tmp_path / "out")
    # Resealed: the checksum in the manifest is that of the changed file, what it rebuilds is not.
    shutil.rmtree(tmp_path / "release")
    shutil.copytree(released, tmp_path / "release")
    path = next((tmp_path / "release/annotations/gold").glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b'"label": "PER"', b'"label": "ORG"', 1))
    from hashlib import sha256

    manifest = json.loads((tmp_path / "release/manifest.json").read_text("utf-8"))
    name = path.relative_to(tmp_path / "release").as_posix()
    manifest["files"][name]["sha256"] = sha256(path.read_bytes()).hexdigest()
    (tmp_path / "release/manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(DataError, match="broken"):
        merge(tmp_path / "release", copies, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_strings_of_every_kind_come_back(root, tmp_path):
    """Words in other case, transliterated, in pieces, beside line separators and outside the BMP."""
    text = (root / "seeds/brief.txt").read_text("utf-8")
    start = text.index("Anna")
    name = text[start : start + 11]
    given = Annotations(
        (Entity(Span.of(start, start + 11), "PER", entity="anna-muster", note="\u2028 🙂 ANNA Bruecke"),),
        (Quote("q01", "direct", Span.of(start, start + 4), note=f"{name} und {name.lower()}"),),
        (Cluster("anna-muster", name, "PER", aliases=("A. Muster", "Frau Muster"), note="~ {[1, 2]}"),),
    )  # fmt: skip
    path = root / "annotations/gold/brief.jsonl"
    write_annotations(path, given, text, document="brief", layer="gold", annotator="wir")
    make(root, tmp_path / "release", stand_off=True)
    merge(tmp_path / "release", root / "seeds", tmp_path / "out")
    assert (tmp_path / "out/annotations/gold/brief.jsonl").read_bytes() == path.read_bytes()


def test_a_document_may_be_named_by_a_word_of_its_text(root, tmp_path):
    text = (root / "seeds/brief.txt").read_text("utf-8")
    start = text.index("Anna")
    for path in (root / "seeds/brief.txt", *root.glob("annotations/*/brief.jsonl")):
        path.rename(path.with_stem("anna"))
    record = {"id": "anna", "sha256": sha256(text.encode("utf-8")).hexdigest(), "characters": len(text)}
    (root / "seeds/provenance.jsonl").write_text(json.dumps(record) + "\n", "utf-8")
    path = root / "annotations/gold/anna.jsonl"
    given = Annotations((Entity(Span.of(start, start + 4), "PER"),))
    write_annotations(path, given, text, document="anna", layer="gold", annotator="wir")
    make(root, tmp_path / "release", stand_off=True)
    merge(tmp_path / "release", root / "seeds", tmp_path / "out")
    assert (tmp_path / "out/annotations/gold/anna.jsonl").read_bytes() == path.read_bytes()


def test_words_of_the_text_outside_of_annotations_are_refused(root):
    text = (root / "seeds/brief.txt").read_text("utf-8")
    run = " ".join(words(text)[:3])
    with pytest.raises(DataError, match="words of the text") as caught:
        check_words({"README.md": f"ab\nxx {run.upper()} xx".encode()}, [text])
    assert caught.value.where == "README.md:2"
    with pytest.raises(DataError, match="words of the text"):
        check_words({f"{run.replace(' ', '-')}.jsonl": b""}, [text])
    check_words({"README.md": " ".join(words(text)[:2]).encode()}, [text])
    assert word_runs(["Über die Straße 12 geht"]) == {
        ("ueber", "die", "strasse"),
        ("die", "strasse", "geht"),
    }


def test_a_file_that_could_not_be_rebuilt_is_refused(root, tmp_path):
    path = root / "annotations/gold/brief.jsonl"
    path.write_text(path.read_text("utf-8").replace('"level": 1', '"level":  1'), "utf-8")
    with pytest.raises(DataError, match="could not be rebuilt"):
        write(root, tmp_path / "release")
