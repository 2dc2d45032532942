"""The pictures of the docs are what their program draws, and the numbers in them are computed."""

from __future__ import annotations

import re
import runpy

import pytest
from docpages import DOCS

NAMES = runpy.run_path(str(DOCS / "pictures.py"))


@pytest.mark.parametrize("name", NAMES["PICTURES"])
def test_a_picture_is_as_drawn(name: str) -> None:
    drawn = (DOCS / "images" / f"{name}.svg").read_text("utf-8")
    assert drawn == NAMES["PICTURES"][name](), "python docs/pictures.py"


def test_every_picture_is_shown_with_words() -> None:
    shown = {
        match[2]: match[1]
        for page in DOCS.glob("*.md")
        for match in re.finditer(r"!\[([^\]]*)\]\(images/([^)]+)\)", page.read_text("utf-8"))
    }
    assert set(shown) >= {f"{name}.svg" for name in NAMES["PICTURES"]}
    assert min(len(words) for words in shown.values()) > 40
