"""The catalogue as a document, and datasets checked where they lie."""

from __future__ import annotations

import shutil

from shared import ROOT

from wortlaut.annotations.rules import LEVELS, RULES, document
from wortlaut.release.build import build
from wortlaut.release.checks import validate

CLEAN = ROOT / "tests/cases/validate/clean"


def test_the_document_is_in_step():
    """After a change of the catalogue: wortlaut rules > docs/rules.md"""
    assert (ROOT / "docs/rules.md").read_text("utf-8") == document()
    assert all(f"| {rule} | " in document() for rule in RULES)
    assert all(f"## {level.capitalize()}\n" in document() for level in LEVELS.values())


def test_the_shipped_dataset_is_a_release_that_can_be_published():
    assert validate([ROOT / "corpus"]) == []


def test_a_tampered_dataset_in_a_repository_is_found_and_can_be_rebuilt(tmp_path):
    root = tmp_path / "root"
    shutil.copytree(CLEAN, root)
    build(root)
    # Without a statement it is fine where it is, and not fit to be published.
    assert validate([root]) == []
    assert {incident.rule for incident in validate([root / "corpus"])} == {"P05"}
    (root / "corpus/README.md").write_text("Etwas anderes.\n")
    (root / "corpus/data/layers/test-00000-of-00001.parquet").unlink()
    found = validate([root])
    assert [(incident.rule, incident.level) for incident in found] == [("C02", "corpus")] * 2
    assert {incident.file for incident in found} == {
        str(root / "corpus/README.md"),
        str(root / "corpus/manifest.json"),
    }
    build(root)
    assert validate([root]) == []


def test_broken_manifests(tmp_path):
    for content in ("", "[]", '{"files": []}', '{"files": {"x": 1}, "hash": "", "format": ""}'):
        (tmp_path / "manifest.json").write_text(content)
        assert {incident.rule for incident in validate([tmp_path])} == {"C01"}


def test_the_hooks_and_the_action_run_commands_that_there_are(tmp_path):
    import re

    import yaml
    from typer.testing import CliRunner

    from wortlaut.cli import app

    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    guide = (ROOT / "docs/ci-corpus.md").read_text("utf-8")
    action = yaml.safe_load(re.search(r"```yaml\n(name: corpus.*?)```", guide, re.DOTALL)[1])
    steps = [step["run"] for step in action["jobs"]["validate"]["steps"] if "run" in step]
    told = guide + (ROOT / "docs/gate.md").read_text("utf-8")
    assert {hook["id"] for hook in hooks} == set(re.findall(r"- id: (wortlaut-[\w-]+)", told))
    commands = [hook["entry"] for hook in hooks] + [step for step in steps if step.startswith("wortlaut")]
    for command in commands:
        words = command.partition(" >")[0].split()[1:]
        done = CliRunner().invoke(app, [words[0], "--help"])
        assert done.exit_code == 0
        assert all(word in done.output for word in words[1:] if word.startswith("--")), command
