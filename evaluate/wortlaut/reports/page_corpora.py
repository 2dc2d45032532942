"""What several corpora say together, as the page's script reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wortlaut.errors import ComparisonError, UnknownNameError
from wortlaut.evaluation.comparison import Comparison, compare
from wortlaut.evaluation.corpora import CorporaComparison, compare_grouped, grouped
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.significance import significance
from wortlaut.reports.cells import family, pair_cells, rank_statements, short
from wortlaut.reports.layout import Layout
from wortlaut.reports.values import laid
from wortlaut.scoring.compare import LEVEL
from wortlaut.scoring.keys import corpus_text
from wortlaut.text.excerpts import slugs


def together(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """A key for each corpus, the mean differences, and both tables as text; or why there are none."""
    texts = [corpus_text(one.corpus.name, "") for one in evaluations]
    names = [
        text if texts.count(text) == 1 else corpus_text(one.corpus.name, one.corpus.hash)
        for text, one in zip(texts, evaluations, strict=True)
    ]
    shown: dict[str, Any] = {
        "keys": slugs(names),
        "names": names,
        "pairs": [],
        "says": [],
        "notes": [],
        "tables": {"scores": _written(list(evaluations), Layout(main=True))},
    }
    try:
        groups = grouped(evaluations)
        if len(groups) < len(evaluations):
            raise ComparisonError("two of them have the same texts")
        told = compare_grouped(groups, by=_compared)
    except (ComparisonError, UnknownNameError) as error:
        why = f"No differences over several corpora: {error.what}."
        return shown | {"why": why, "notes": error.hint.splitlines()}
    named = dict(zip(groups, names, strict=True))
    return shown | {
        "pairs": [
            {
                "place": f"{pair.layer}\n{pair.schema}",
                "a": pair.a,
                "b": pair.b,
                "f": pair.difference,
                "i": pair.interval,
                "runs": [on.difference for on in pair.corpora.values()],
                "best": pair.p_holm < LEVEL,
                "better": [
                    ", ".join(named[name] for name in better.corpora)
                    * (0 < better.at_least < len(pair.corpora))
                    for better in (pair.a_better, pair.b_better)
                ],
                "cells": [short(cell) for i, cell in enumerate(pair_cells(pair)) if i != 2],
            }
            for pair in told.pairs
        ],
        "says": [*rank_statements(told), family(told)],
        "notes": told.notes,
        "tables": shown["tables"] | {"pairs": _written(told, Layout())},
    }


def _compared(files: Mapping[str, Evaluation]) -> Comparison:
    """As the letters of its page have it; where there are none, anew."""
    (one,) = files.values()
    return significance(one).comparison or compare(files, samples=1)


def _written(value: list[Evaluation] | CorporaComparison, layout: Layout) -> dict[str, str]:
    made = laid(value, layout)
    return {"LaTeX": made.latex(), "Markdown": made.markdown(), "CSV": made.csv()}
