"""Several extractors run at once, each in a process of its own, and nothing that is written shows it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ends import SPEC

from wortlaut.errors import ExtractorError
from wortlaut.evaluation import engines
from wortlaut.evaluation.evaluate import evaluate
from wortlaut.extractors.registry import resolve
from wortlaut.model import Text
from wortlaut.running.processes import descendants

FAILING = f"{SPEC}?act=sys.exit&at=extract"
HANGING = f"{SPEC}?act=hang&at=extract"


def workers() -> list[str]:
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in descendants(os.getpid())]
    return [line for line in lines if "wortlaut.running.worker" in line]


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores, and a corpus that is large enough."""
    monkeypatch.setattr(engines, "usable_cores", lambda: 2)
    monkeypatch.setattr(engines, "LARGE", 0)


@pytest.mark.long
@pytest.mark.parametrize("items", [True, False])
def test_the_result_is_the_same_to_the_letter(
    items: bool, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = tmp_path / "found.jsonl"
    found.write_text('{"id": "spiegel-2017-01", "entities": [{"start": 0, "end": 5, "label": "PER"}]}\n')
    specs = {"q": "quotes-de", "p": f"preds:{found}?missing=empty", "bad": FAILING, "g": "gazetteer"}
    specs |= {"lost": "no-such-extractor", "made": SPEC + "?act=nothing&at=make"}
    told: list[tuple[str, int, int]] = []

    def run() -> dict[str, Any]:
        told.clear()
        return evaluate(
            {**specs, "mine": lambda text: []},
            samples=20,
            items=items,
            on_error="keep",
            progress=lambda *one: told.append(one),
        ).to_dict()

    alone, told_alone = run(), sorted(told)
    request.getfixturevalue("many")
    monkeypatch.setattr(
        engines, "resolve", lambda spec: resolve(spec) if "preds" in spec else pytest.fail(spec)
    )
    assert run() == alone
    assert sorted(told) == told_alone
    assert not workers()


@pytest.mark.long
def test_the_first_that_fails_ends_the_others(many: None) -> None:
    with pytest.raises(ExtractorError, match="SystemExit"):
        evaluate([FAILING, HANGING, "quotes-de"])
    assert not workers()


@pytest.mark.long
def test_an_interrupt_ends_all(many: None) -> None:
    def interrupted(name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate({"a": "quotes-de", "b": HANGING}, progress=interrupted)
    assert not workers()


class Spy:
    spec, finds = "spy", ("entities",)

    def __init__(self) -> None:
        self.seen: list[str] = []

    def extract(self, texts: list[Text]) -> Any:
        for text in texts:
            self.seen.append(text.id)
            yield {}


@pytest.mark.parametrize("specs", [["quotes-de", "transformers:x", "preds:y"], [Spy(), Spy()], ["gazetteer"]])
def test_no_process_for_one_alone_or_for_what_is_better_off_here(many: None, specs: list[Any]) -> None:
    with engines.side_by_side([*zip("abc", specs, strict=False)], {}, None, None) as begun:  # type: ignore[arg-type]
        assert not begun
