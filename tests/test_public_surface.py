"""What users rely on by name stands in a file, so that what a change takes away or adds is seen."""

from __future__ import annotations

from public_surface import lines
from shared import ROOT


def test_the_names_that_users_rely_on_are_those_in_the_file() -> None:
    known = (ROOT / "tests/cases/public_surface.txt").read_text("utf-8").splitlines()
    found = list(lines())
    gone, new = [one for one in known if one not in {*found}], [one for one in found if one not in {*known}]
    hint = "python tests/public_surface.py > tests/cases/public_surface.txt; what is gone breaks 1.x"
    assert not gone, f"{hint}: {gone}"
    assert not new, f"{hint}: {new}"
    assert found == known, hint
