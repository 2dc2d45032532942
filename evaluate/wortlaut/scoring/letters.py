"""Which systems cannot be told apart: a compact letter display of paired tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from string import ascii_lowercase


def compact_letters(best_first: Sequence[str], different: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Letters for each system: two that share one are not significantly different.

    ``best_first`` names the systems in the order of their scores, ``different`` the pairs that a test told
    apart. By insertion and absorption (Piepho 2004, "An Algorithm for a Letter-Based Representation of
    All-Pairwise Comparisons", section 2).

    >>> compact_letters(["x", "y", "z"], [("x", "z")])
    {'x': 'a', 'y': 'ab', 'z': 'b'}
    """
    groups = [frozenset(best_first)]
    for pair in different:
        split = [
            part
            for group in groups
            for part in ([group - {one} for one in pair] if group.issuperset(pair) else [group])
        ]
        groups = [group for group in dict.fromkeys(split) if not any(group < other for other in split)]
    place = {name: i for i, name in enumerate(best_first)}
    groups.sort(key=lambda group: sorted(place[name] for name in group))
    return {
        name: "".join(_letter(i) for i, group in enumerate(groups) if name in group) for name in best_first
    }


def _letter(number: int) -> str:
    """a, b … z, then a2, b2 …"""
    round_, place = divmod(number, len(ascii_lowercase))
    return ascii_lowercase[place] + (str(round_ + 1) if round_ else "")
