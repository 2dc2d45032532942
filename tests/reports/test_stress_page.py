"""Numbers of the page of `wortlaut stress` that no run brings about for certain."""

from __future__ import annotations

from wortlaut.reports.stress import stress_page
from wortlaut.stress.run import Row, Same, Stress


def test_a_p_value_is_never_shown_as_zero() -> None:
    row = Row("nfd", "made", "entities", "strict", 1.0, 0.5, None, 0.0004, Same(1.0, None, 9, 9, 9))
    page = stress_page(Stress("made", "0" * 64, 12, "document", 12, 0, 0, ("made",), (), (row,)))
    assert "<td>&lt;.001</td>" in page
