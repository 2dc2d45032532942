"""Compact letters: two systems share one exactly where no test told them apart."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wortlaut.scoring.letters import compact_letters


@pytest.mark.parametrize(
    ("names", "different", "expected"),
    [
        ("x", [], {"x": "a"}),
        ("xyz", [], {"x": "a", "y": "a", "z": "a"}),
        ("xyz", ["xy", "xz", "yz"], {"x": "a", "y": "b", "z": "c"}),
        ("xyz", ["xz"], {"x": "a", "y": "ab", "z": "b"}),
        # Piepho 2004, section 2: the order of the pairs decides nothing.
        ("wxyz", ["wz", "wy", "xz"], {"w": "a", "x": "ab", "y": "bc", "z": "c"}),
    ],
)
def test_examples(names: str, different: list[str], expected: dict[str, str]) -> None:
    assert compact_letters(list(names), [(a, b) for a, b in different]) == expected


@st.composite
def displays(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]]]:
    names = [f"s{i}" for i in range(draw(st.integers(1, 7)))]
    pairs = list(combinations(names, 2))
    return names, [pair for pair in pairs if draw(st.booleans())]


@given(displays())
def test_sharing_a_letter_means_not_told_apart(display: tuple[list[str], list[tuple[str, str]]]) -> None:
    names, different = display
    letters = compact_letters(names, different)
    for a, b in combinations(names, 2):
        assert bool(set(letters[a]) & set(letters[b])) == ((a, b) not in different)
    assert letters[names[0]].startswith("a")


@given(displays(), st.randoms(use_true_random=False))
def test_no_order_of_the_tests_changes_the_letters(display, random) -> None:  # type: ignore[no-untyped-def]
    names, different = display
    shuffled = [tuple(random.sample(pair, 2)) for pair in random.sample(different, len(different))]
    assert compact_letters(names, shuffled) == compact_letters(names, different)


def test_more_systems_than_letters() -> None:
    names = [f"s{i:02}" for i in range(28)]
    letters = compact_letters(names, combinations(names, 2))
    assert [letters[name] for name in ("s00", "s25", "s26", "s27")] == ["a", "z", "a2", "b2"]
