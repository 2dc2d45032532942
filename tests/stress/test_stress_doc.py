"""docs/stress.md: lists every transformation with its meaning, and its example works as it stands."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

from shared import ROOT

from wortlaut.gate.rules import parse_rules
from wortlaut.model import Document
from wortlaut.stress.registry import built_in, resolve, transform

TEXT = (ROOT / "docs" / "stress.md").read_text(encoding="utf-8")


def test_every_transformation_is_listed_as_it_is() -> None:
    listed: dict[str, tuple[str, str]] = {}
    for line in re.findall(r"^\| (`.*?) \|$", TEXT, re.M):
        cells = [cell.strip() for cell in line.split(" |")]
        if len(cells) == 4:
            for spec in re.findall(r"`([^`]+)`", cells[0]):
                [one] = resolve(spec)
                listed[spec.partition("?")[0]] = (cells[2], cells[3].strip("` |"))
                name, _, option = spec.partition("?")
                if option:
                    key, _, value = option.partition("=")
                    default = inspect.signature(built_in()[name].function).parameters[key].default
                    assert value == str(default)
                assert one.meaning == cells[2]
    assert listed == {name: (one.meaning, one.inverse or "") for name, one in built_in().items()}


def test_the_measured_ones_are_all_that_change_the_gold() -> None:
    section = TEXT.partition("## Measured on the gold")[2].partition("On more texts")[0]
    measured = re.findall(r"^\| `([\w-]+)` \| [·+-]", section, re.M)
    assert measured == [name for name in built_in() if name not in ("quotes-german", "nfc")]


def test_the_example_works(tmp_path: Path) -> None:
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    (tmp_path / "own.py").write_text(code, "utf-8")
    for spec, expected in (("shouted", "Ja!"), ("loud?mark=%3F", "Ja?")):
        assert transform(Document("d", "Ja."), f"{tmp_path / 'own.py'}:{spec}").document.text == expected
    assert resolve(f"{tmp_path / 'own.py'}:loud")[0].expected


def test_the_table_of_the_gate_is_one() -> None:
    for page in ("stress.md", "gate.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        [table] = re.findall(r"```toml\n(\[tool\.wortlaut\.check\.stress\].*?)```", text, re.S)
        rules = parse_rules(tomllib.loads(table)["tool"]["wortlaut"]["check"])
        assert rules.stress is not None and rules.stress.drop == 0.05
        assert all(resolve(spec) for spec in rules.stress.transforms)
