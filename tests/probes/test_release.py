"""The frozen probes: sound, of the size that is claimed, their halves apart, their pairs minimal."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise

import pytest

from wortlaut.annotations.validate import validate
from wortlaut.corpus.frozen import versions
from wortlaut.corpus.load import load_corpus
from wortlaut.corpus.probes import ABOUT, frozen_documents, release
from wortlaut.errors import DataError, UnknownNameError
from wortlaut.formats import native
from wortlaut.io.files import file_hash
from wortlaut.probes import lexicon
from wortlaut.probes.generate import generate
from wortlaut.probes.templates import templates


@pytest.fixture(scope="module")
def frozen():
    return [(document, dict(document.meta)) for document in frozen_documents()]


def test_the_release_is_its_newest_version(frozen):
    newest, digest = [*versions("probes").items()][-1]
    assert load_corpus(f"probes@{newest}").hash == digest
    about = json.loads((release()[0].parent / ABOUT).read_text("utf-8"))
    assert about == {
        "version": newest,
        "hash": digest,
        "files": {one.name: file_hash(one) for one in release()},
    }
    assert sum(file.stat().st_size for file in release()) < 4_000_000


def test_it_is_as_large_as_is_claimed(frozen):
    assert len(templates()) >= 400 and lexicon.size() >= 3000
    items = Counter(meta["phenomenon"] for _, meta in frozen)
    assert min(items.values()) >= 40, items.most_common()[-1]
    pairs = Counter(meta["contrast"] for _, meta in frozen if meta.get("side") == "a")
    assert len(pairs) >= 25 and min(pairs.values()) >= 20, pairs.most_common()[-1]


def test_the_halves_share_no_template_and_no_words(frozen):
    used = {half: {m["template"] for _, m in frozen if m["half"] == half} for half in lexicon.HALVES}
    assert used["development"].isdisjoint(used["test"])
    for name in ("surnames", "cities", "organisations", "statements", "cue_verbs", "roles"):
        rows = lexicon.table(name)
        assert {row.half for row in rows} == {*lexicon.HALVES}
        assert len({row.key for row in rows}) == len(rows)


def test_no_two_items_are_the_same(frozen):
    texts = sorted(document.text for document, meta in frozen if meta.get("side") != "b")
    assert not [one for one, other in pairwise(texts) if one == other]


def test_the_sides_of_a_pair_differ_in_a_word_or_a_phrase_and_in_the_gold(frozen):
    sides: dict[str, dict[str, object]] = {}
    for document, meta in frozen:
        if "pair" in meta:
            sides.setdefault(meta["pair"], {})[meta["side"]] = document
    far = {}
    for pair, both in sides.items():
        a, b = both["a"], both["b"]
        assert _said(a) != _said(b), pair
        words = (a.text.split(), b.text.split())
        changed = [
            max(i2 - i1, j2 - j1)
            for what, i1, i2, j1, j2 in SequenceMatcher(None, *words, autojunk=False).get_opcodes()
            if what != "equal"
        ]
        if sum(changed) > 7:
            far[pair] = changed
    assert not far


def _said(document):
    def words(span):
        return span and span.text(document.text)

    return [
        *((words(entity.span), entity.label, entity.metonymy) for entity in document.entities),
        *((quote.type, *((role, words(span)) for role, span in quote.spans())) for quote in document.quotes),
        *((cluster.name, len(document.mentions(cluster.id))) for cluster in document.clusters),
    ]


@pytest.mark.long
def test_every_item_keeps_every_rule(frozen, tmp_path):
    losses = native.write(tmp_path / "probes", (document for document, _ in frozen))
    assert not list(losses)
    found = validate([tmp_path / "probes"])
    assert not [one for one in found if one.severity == "error"]
    # Direct without marks is what some test; with `nach eigenen Angaben` the speaker stands in the content.
    warned = Counter(one.rule for one in found)
    assert set(warned) <= {"L01", "L05"} and warned["L05"] < 20
    assert all("marks-" in one.file for one in found if one.rule == "L01")


def test_a_seed_gives_the_same_items_and_another_others():
    once, again, other = (
        [(one.id, one.text, one.annotations) for one in generate(seed, 2, "test", "speaker-name")]
        for seed in (7, 7, 8)
    )
    assert once == again != other


def test_what_cannot_be_made_is_told():
    with pytest.raises(UnknownNameError, match="unknown half"):
        load_corpus("probes?seed=1&half=train")
    with pytest.raises(UnknownNameError, match="option of probes"):
        load_corpus("probes?sed=1")
    with pytest.raises(UnknownNameError, match="unknown phenomenon, contrast or template"):
        load_corpus("probes?only=nothing")
    with pytest.raises(DataError, match="size=1 is not"):
        load_corpus("probes?size=1")
    with pytest.raises(DataError, match="has no seed"):
        load_corpus("probes@1.0.0?seed=2")
    with pytest.raises(UnknownNameError, match="version of the probes"):
        load_corpus("probes@9.9.9")


def test_a_damaged_release_is_not_published(tmp_path, monkeypatch):
    from wortlaut.corpus import probes as of_corpus
    from wortlaut.release import probes

    folder = tmp_path / "release"
    shutil.copytree(release()[0].parent, folder)
    copies = [folder / file.name for file in release()]
    for module in (of_corpus, probes):
        monkeypatch.setattr(module, "release", lambda: copies)
    assert probes.write({"probes": "1.0.0"}, tmp_path / "good").rows == {"validation": 2840, "test": 2840}
    with pytest.raises(UnknownNameError, match="version of the probes"):
        probes.write({"probes": "9.9.9"}, tmp_path / "bad")
    (folder / "test.parquet").write_bytes((folder / "test.parquet").read_bytes()[:-1])
    with pytest.raises(DataError, match="damaged"):
        probes.write({"probes": "1.0.0"}, tmp_path / "bad")
    with pytest.raises(DataError, match="damaged"):
        load_corpus("probes@1.0.0")
    assert not (tmp_path / "bad").exists()
