"""Every worked example in docs/metrics.md is true."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from shared import ROOT

import wortlaut
from wortlaut.scoring.metrics import OURS

PAGE = (ROOT / "docs/metrics.md").read_text("utf-8")
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.S)]


#: What this page defines, by the names that stand in the examples.
DEFINED = sorted(name.partition("@")[0] for name in OURS)


def spans(rows: list[list[Any]]) -> list[dict[str, Any]]:
    return [
        {"start": row[0], "end": row[1], "label": row[2]}
        if len(row) == 3
        else {"spans": row[0], "label": row[1]}
        for row in rows
    ]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 10
    assert len({example["name"] for example in EXAMPLES}) == len(EXAMPLES)
    assert (
        sorted({schema.partition("@")[0] for example in EXAMPLES for schema in example["expect"]}) == DEFINED
    )


def test_the_table_has_every_schema() -> None:
    table = PAGE.partition("## Schemas")[2].partition("\n#")[0]
    assert sorted(re.findall(r"^\| `(\w+)[@`]", table, re.M)) == DEFINED


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_example(example: dict[str, Any]) -> None:
    results = wortlaut.score(
        [spans(example["gold"])],
        [spans(example["predicted"])],
        schema=list(example["expect"]),
        errors="errors" in example,
        intervals=False,
        allow_empty=True,
    )
    for schema, expected in example["expect"].items():
        found = {key: getattr(results[schema], key) for key in expected}
        assert found == pytest.approx(expected, abs=1e-12), schema
        if "errors" in example:
            assert results[schema].errors == example["errors"]
