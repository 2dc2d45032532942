"""Texts that are made to take long take hardly longer than others."""

from __future__ import annotations

import pytest
from hostile import NAMES, calls, hostile, ordinary, programs, seconds

from wortlaut.extractors.quotes_de import QuotesDe
from wortlaut.model import Text

#: Program → length of the texts: HanTa tags 20,000 characters a second.
LENGTHS = {"tokens and sentences": 10_000, "quotes-de": 5_000, "gazetteer": 5_000, "hanta": 500}


@pytest.mark.long
@pytest.mark.parametrize("program", LENGTHS)
def test_no_text_takes_much_longer_than_ordinary_text(program: str) -> None:
    run, length = programs()[program], LENGTHS[program]
    usual = seconds(run, ordinary(length), rounds=3)
    # 10 on a quiet machine, says tests/benchmarks/test_growth.py; what is quadratic takes 50 times as long.
    late = {name for name in NAMES if seconds(run, hostile(name, length)) > 25 * usual}
    assert not {name for name in late if seconds(run, hostile(name, length), rounds=2) > 25 * usual}


@pytest.mark.parametrize("piece", ["sagte ", "stellte mit "])
def test_verbs_of_saying_without_end_cost_little(piece: str) -> None:
    quotes = QuotesDe()

    def run(text: str) -> None:
        list(quotes.extract([Text(text, "t")]))

    run("Er sagte, er gehe.")
    assert calls(run, hostile(piece, 1_200)) < 20 * calls(run, ordinary(1_200))
