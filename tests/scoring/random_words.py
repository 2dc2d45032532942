"""Small documents whose answers are words without offsets, and every way to place them, by brute force."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import permutations, product
from random import Random

from wortlaut.model import Span

Labelled = tuple[Span, str]


@dataclass(frozen=True)
class Case:
    text: str
    gold: list[Labelled]
    fixed: list[Labelled]
    answers: list[tuple[str, str]]
    shared: bool

    @property
    def plain(self) -> bool:
        """Whether there are words alone, and no two gold spans are the same."""
        return not self.shared and not self.fixed and len({*self.gold}) == len(self.gold)


def case(random: Random) -> Case:
    """Up to nine words of few kinds; spans of one or two of them; two labels."""
    words = random.choices(["Au", "Ob", "Au Ob", "Auen", "„Au“"], k=random.randint(1, 6))
    text = random.choice([" ", "  ", "\n"]).join(words)
    starts = [(m.start(), m.end()) for m in re.finditer(r"\w+", text)]

    def span() -> Labelled:
        first = random.randrange(len(starts))
        last = min(len(starts) - 1, first + random.choice([0, 0, 1]))
        return Span.of(starts[first][0], starts[last][1]), random.choice("AB")

    shared = random.random() < 0.3
    gold = [span() for _ in range(random.randint(0, 5))]
    fixed = [span() for _ in range(random.choice([0, 0, 1, 2]))]
    said = random.choices(["Au", "Ob", "Au Au", "Au Ob", "Auen", "Aue"], k=random.randint(0, 4))
    return Case(text, gold, fixed, [(words, random.choice("AB")) for words in said], shared)


def found(text: str, words: str) -> list[tuple[int, int]]:
    """Every place, overlapping ones too, between words."""
    pattern = r"(?<!\w)(?=(" + r"\s+".join(map(re.escape, words.split())) + r")(?!\w))"
    return [match.span(1) for match in re.finditer(pattern, text)]


def reached(case: Case) -> set[int]:
    """How many answers can be right, over all ways to give each a place."""
    groups = Counter(case.answers)
    ways = []
    for (words, label), count in groups.items():
        places = {Span.of(*place) for place in found(case.text, words)}
        places |= {span for span, _ in case.gold if span.text(case.text).split() == words.split()}
        if case.shared:
            chosen = [*product(places, repeat=count)] if places else [()]
        else:
            often = {place: max(1, case.gold.count((place, label))) for place in places}
            free = [place for place in places for _ in range(often[place] - case.fixed.count((place, label)))]
            chosen = [*permutations(free, min(count, len(free)))]
        ways.append([[(place, label) for place in each] for each in set(chosen)])
    gold = Counter(case.gold)
    return {
        sum((Counter([*case.fixed, *(one for each in way for one in each)]) & gold).values())
        for way in product(*ways)
    }


def hits(case: Case, places: tuple[Span, ...]) -> int:
    labels = (label for _, label in case.answers)
    answers = Counter([*case.fixed, *zip(places, labels, strict=True)])
    return sum((answers & Counter(case.gold)).values())


def formula(case: Case) -> tuple[int, int]:
    """The bounds of docs/metrics.md, for answers beside no others, of distinct gold."""
    low = high = 0
    gold: dict[str, set[Labelled]] = defaultdict(set)
    for span, label in case.gold:
        gold[" ".join(span.text(case.text).split())].add((span, label))
    for (words, label), k in Counter(case.answers).items():
        n = len({*found(case.text, words)} | {(span.start, span.end) for span, _ in gold[words]})
        g = sum(own == label for _, own in gold[words])
        low += max(0, min(k, n) - (n - g))
        high += min(k, g)
    return low, high
