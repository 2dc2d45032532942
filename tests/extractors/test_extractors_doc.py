"""docs/extractors.md: its example runs, and it names every spec and option that there is."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest
from shared import ROOT

from wortlaut.extractors import registry, resolve, run
from wortlaut.model import Document

PAGE = (ROOT / "docs" / "extractors.md").read_text(encoding="utf-8")


def test_the_example_runs(tmp_path: Path) -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip() and not line.startswith("#")]) <= 10
    file = tmp_path / "mine.py"
    file.write_text(code, encoding="utf-8")
    text = "Die UN in Genf"
    [found] = run(resolve(f"{file}:Capitals"), [Document("d", text)])
    assert [(entity.span.text(text), entity.label) for entity in found.entities] == [("UN", "ORG")]
    [code] = re.findall(r'```python title="shout.py"\n(.*?)```', PAGE, re.DOTALL)
    (tmp_path / "shout.py").write_text(code, encoding="utf-8")
    assert run(resolve(f"{tmp_path}/shout.py:find"), [Document("d", text)]) == [found]


@pytest.mark.parametrize("prefix", sorted(registry.PREFIXES))
def test_every_adapter_is_there_with_its_options(prefix: str) -> None:
    what, built_in = registry.PREFIXES[prefix]
    assert f"{prefix}:{what}" in PAGE
    section = PAGE[
        PAGE.index(f"`{prefix}:{what}`" if prefix in ("preds", "cmd") else f"### `{prefix}:{what}`") :
    ]
    section = section.partition("\n### ")[0]
    module, _, name = built_in.factory.partition(":")
    parameters = list(inspect.signature(getattr(importlib.import_module(module), name)).parameters)
    assert [option for option in parameters[1:] if not re.search(rf"[`?&]{option}[`=]", section)] == []


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN))
def test_every_built_in_is_there(name: str) -> None:
    assert f"`{name}`" in PAGE
