"""The card: filled from data and statement, checked offline, and refused where something is missing."""

from __future__ import annotations

import json
import shutil

import pytest
from shared import ROOT

from wortlaut.errors import DataError
from wortlaut.release import card
from wortlaut.release.build import build

CLEAN = ROOT / "tests/cases/validate/clean"
CARD = (ROOT / "corpus/README.md").read_text("utf-8")
HASH = json.loads((ROOT / "corpus/manifest.json").read_text("utf-8"))["hash"]


def rules(content):
    return {problem.rule for problem in card.check(content, HASH)}


@pytest.fixture
def root(tmp_path):
    shutil.copytree(CLEAN, tmp_path / "root")
    return tmp_path / "root"


def test_the_shipped_card_can_be_published():
    assert list(card.check(CARD, HASH)) == []


def test_it_says_how_it_was_made_and_what_was_not_reviewed():
    for phrase in (
        "**Annotators.** Language models, no people; which ones",
        "**What was not reviewed.** No human expert has reviewed the result yet",
        "their rights are not established",
    ):
        assert phrase in CARD


def test_the_hubs_own_reader_takes_it():
    from huggingface_hub import DatasetCard

    data = DatasetCard(CARD).data
    assert data.license == "unknown" and not {"license_name", "license_link"} & set(data.to_dict())
    assert data.task_categories == ["token-classification"] and data.size_categories == ["n<1K"]


@pytest.mark.parametrize(
    ("old", "new", "rule", "told"),
    [
        ("---\n", "", "P01", "does not begin"),
        ("pretty_name: Wortlaut", "pretty_name: [", "P01", "not YAML"),
        ("pretty_name: Wortlaut\n", "", "P02", "no pretty_name"),
        ("- token-classification", "- token-clasification", "P02", "token-clasification"),
        ("- n<1K", "- n<1000", "P02", "size_categories"),
        ("- machine-generated", "- machines", "P02", "annotations_creators"),
        ("license: unknown", "license: cc-by-4", "P02", "license cannot be"),
        ("language:\n- de", "language:\n- german", "P02", "language cannot be"),
        ("license: unknown", "license: other\nlicense_name: own", "P03", "where it stands"),
        ("## Rights\n", "## Rights\n\n[More Information Needed]\n", "P04", "More Information Needed"),
        ("## Rights\n", "## Rights\n\nTODO\n", "P04", "TODO"),
        ("## Rights\n", "## Funding\n\n## Rights\n", "P04", "'Funding' is empty"),
        ("**Annotators.**", "**People.**", "P05", "'Annotators'"),
        ("## Changelog", "## History", "P05", "'Changelog'"),
        (HASH, "0" * 64, "P06", "hash"),
    ],
)
def test_what_stands_against_publishing(old, new, rule, told):
    assert old in CARD
    # The first occurrence of a value is in the metadata; the hash stands more than once.
    changed = CARD.replace(old, new) if old == HASH else CARD.replace(old, new, 1)
    found = list(card.check(changed, HASH))
    assert {problem.rule for problem in found} == {rule}
    assert any(told in problem.what for problem in found)
    assert all(1 <= problem.line <= changed.count("\n") for problem in found)


def test_a_near_name_is_offered_and_three_letters_are_a_language():
    (problem,) = card.check(CARD.replace("- token-classification", "- token-clasification", 1), HASH)
    assert "Did you mean token-classification" in problem.fix
    assert rules(CARD.replace("language:\n- de", "language:\n- gsw", 1)) == set()


def test_the_vocabulary_holds_what_the_client_knows():
    """Sizes and creators as datasets ships them: the lists are copies, and must not be older than theirs."""
    from importlib.resources import files

    resources = files("datasets") / "utils" / "resources"
    if not (resources / "size_categories.json").is_file():
        pytest.skip("this version of datasets ships no lists")
    ours = card.vocabulary()
    assert set(json.loads((resources / "size_categories.json").read_text("utf-8"))) <= set(
        ours["size_categories"]
    )
    creators = json.loads((resources / "creators.json").read_text("utf-8"))
    assert set(creators["annotations"]) <= set(ours["annotations_creators"])
    assert set(creators["language"]) <= set(ours["language_creators"])


def test_without_a_statement_nothing_is_claimed(root, tmp_path):
    """Somebody else's corpus must not say that it was made like ours."""
    report = build(root, tmp_path / "corpus")
    content = (report.out / "README.md").read_text("utf-8")
    assert "Language models" not in content and "CC BY" not in content and "Wortlaut" not in content
    found = {problem.rule for problem in card.check(content, report.hash)}
    assert found == {"P05"}


def test_the_statement_is_taken_over(root, tmp_path):
    statement = root / "annotations/statement.yaml"
    shutil.copy(ROOT / "annotations/statement.yaml", statement)
    statement.write_text(
        statement.read_text("utf-8").replace("Wortlaut: who said", "Briefe: who said"), "utf-8"
    )
    report = build(root, tmp_path / "corpus")
    content = (report.out / "README.md").read_text("utf-8")
    assert "# Briefe: who said what" in content and list(card.check(content, report.hash)) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("annotators: [", "not YAML"),
        ("- eins\n", "not a mapping"),
        ("anotators: wir\n", "'anotators' is unknown"),
        ("annotators: 3\n", "must be a text"),
        ("annotators: ''\n", "must be a text"),
    ],
)
def test_a_broken_statement(root, content, told):
    (root / "annotations/statement.yaml").write_text(content)
    with pytest.raises(DataError, match=told):
        card.read_statement(root)
