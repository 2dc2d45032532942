"""Answers in words without offsets: their bounds against every placement, by brute force, on many cases.

    pytest tests/benchmarks/test_words.py -s

The table is that of ``docs/metrics.md``.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from wortlaut.extractors.grounding import Grounder
from wortlaut.scoring.words import placed

sys.path.insert(0, str(Path(__file__).parents[1] / "scoring"))

from random_words import case, formula, hits, reached

CASES = 30_000


def test_bounds_by_brute_force(capsys: pytest.CaptureFixture[str]) -> None:
    random = Random(2026)
    count: dict[str, Counter[str]] = {}
    for _ in range(CASES):
        one = case(random)
        kind = "roles of quotes" if one.shared else "words alone" if one.plain else "beside others"
        own = count.setdefault(kind, Counter())
        found = placed(Grounder(one.text), one.answers, one.gold, one.fixed, shared=one.shared)
        low, high = hits(one, found.low), hits(one, found.high)
        all_of_them = reached(one)
        own.update(
            cases=1,
            answers=len(one.answers),
            ranges=low < high,
            bounds=(low, high) == (min(all_of_them), max(all_of_them)),
            between=all_of_them == set(range(low, high + 1)),
        )
        if kind == "words alone":
            own["formula"] += formula(one) == (low, high)
    with capsys.disabled():
        print("\n| | cases | answers | cases with a range | bounds reached | every value between | formula |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for kind, own in sorted(count.items()):
            same = f"{own['formula']:,}" if "formula" in own else "–"
            columns = [f"{own[name]:,}" for name in ("cases", "answers", "ranges", "bounds", "between")]
            print(f"| {kind} | {' | '.join(columns)} | {same} |")
    assert all(own["cases"] == own["bounds"] == own["between"] for own in count.values())
    assert count["words alone"]["formula"] == count["words alone"]["cases"]
