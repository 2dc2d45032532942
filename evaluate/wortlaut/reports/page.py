"""The results as one HTML file that needs nothing else: scores, errors in their texts, breakdowns, people.

What the page shows and how it is used: ``docs/report.md``. All text travels as JSON in elements that no
browser executes, and the page's script puts it in place as text, never as markup.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from wortlaut.evaluation.breakdowns import grouped_by
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.significance import BOLD, LETTERS, MARKED, Significance, significance
from wortlaut.evaluation.systems import is_main
from wortlaut.reports import tables
from wortlaut.reports.cells import ON_REQUEST, SCORES
from wortlaut.reports.escapes import terminal
from wortlaut.reports.layout import Layout, laid_out, usual
from wortlaut.reports.page_corpora import together
from wortlaut.reports.page_documents import Pages, in_words, numbers, pages, runs_of, short
from wortlaut.reports.phenomena import summary_of
from wortlaut.reports.templates import asset, fill
from wortlaut.reports.values import by_layer, lines
from wortlaut.scoring.confusion import Confusion
from wortlaut.scoring.keys import MATCHED, corpus_text
from wortlaut.scoring.metrics import METRICS
from wortlaut.version import VERSION

#: Above this many bytes a page is slow to open: further documents are left out, and it says so.
LIMIT = 20_000_000
#: A table of more labels than this is no longer read on a page.
MOST_LABELS = 60


def report_page(*evaluations: Evaluation, limit: int = LIMIT, own: Mapping[str, Any] | None = None) -> str:
    """The page of an evaluation, or of several on as many corpora, which it compares first.

    ``own``: the heads, rows and notes of a table beside the comparison, of what each corpus has alone.

    At most ``limit`` bytes where the scores alone leave room for documents. Documents that do not fit are
    left out of the texts, never of a number, and the page says which share it shows.
    """
    shown = [pages(one) for one in evaluations]
    summaries = [{**_summary(*both), **both[1].summary} for both in zip(evaluations, shown, strict=True)]
    several = len(evaluations) > 1 or own is not None
    compared = _json(together(evaluations) | ({"own": own} if own else {})) if several else ""
    style, script = asset("page/page.css"), asset("page/page.js")
    fixed = [asset("page/page.html.jinja"), style, script, compared, *map(_json, summaries)]
    # What the template adds around them, and the sentences about documents left out, fit the reserve.
    room = limit - sum(len(part.encode()) for part in fixed) - 4_000 * len(shown)
    documents = [""] * len(shown)
    # What a small corpus leaves of its share is for the larger ones.
    order = sorted(range(len(shown)), key=lambda i: sum(len(one.text) for one in shown[i].documents))
    for others, i in zip(range(len(order), 0, -1), order, strict=True):
        kept, left_out = _fitting(shown[i], room // others)
        documents[i] = "[" + ",\n".join(kept) + "]"
        room -= len(documents[i].encode())
        summaries[i]["documents"] = {
            "all": evaluations[i].documents,
            "kept": len(shown[i].documents),
            "shown": len(kept),
            "left_out": left_out[:20],
        }
    return fill(
        "page/page.html.jinja",
        corpora=[corpus_text(one.corpus.name, "") for one in evaluations],
        version=VERSION,
        style=style,
        script=script,
        together=compared,
        summaries=list(map(_json, summaries)),
        documents=documents,
    )


def _json(value: object) -> str:
    """Compact JSON that no HTML parser takes for the end of its element, and that UTF-8 can hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.replace("<", "\\u003c")
    return terminal(text)


def _fitting(shown: Pages, room: int) -> tuple[list[str], list[str]]:
    """The documents that fit in ``room`` bytes, in their order, and the ids of the others.

    Where not all fit, the order of the ids' hashes decides: a sample that is the same every time and that
    favours no end of the corpus.
    """
    order = sorted(
        range(len(shown.documents)),
        key=lambda i: hashlib.sha256(shown.documents[i].id.encode(errors="replace")).digest(),
    )
    chosen: dict[int, str] = {}
    for i in order:
        text = _json(shown.row(i))
        size = len(text.encode()) + 2
        if size <= room:
            chosen[i] = text
            room -= size
    left_out = [document.id for i, document in enumerate(shown.documents) if i not in chosen]
    return [chosen[i] for i in sorted(chosen)], left_out


def _summary(evaluation: Evaluation, shown: Pages) -> dict[str, Any]:
    told = significance(evaluation)
    corpus = evaluation.corpus
    return {
        "corpus": {
            "name": corpus_text(corpus.name, ""),
            "hash": corpus.hash,
            "documents": evaluation.documents,
        },
        "signature": str(evaluation.signature),
        "units": {"kind": evaluation.units.kind, "count": len(evaluation.units)},
        "notes": list(evaluation.notes),
        "says": {metric.name.removesuffix("@T"): metric.says for metric in METRICS},
        "systems": [
            {"name": system.name, "failed": system.failed, "notes": list(system.notes), "pace": system.pace}
            for system in evaluation.systems
        ],
        "letters": {"why": told.why}
        if told.why
        else {
            "says": " ".join([LETTERS, BOLD, *[MARKED] * bool(told.alone)]),
            "how": told.how,
            "notes": list(told.notes),
        },
        "tables": _tables(evaluation, told),
        **_results(evaluation, told),
        **summary_of(evaluation),
        "groups": [
            {
                "by": grouped_by(by, layer),
                "layer": layer,
                "schema": schema,
                "system": i,
                "group": group,
                **numbers(score),
            }
            for i, system in enumerate(evaluation.systems)
            for layer, own in system.breakdowns.items()
            for by, results in own.items()
            for schema, result in results.items()
            for group, score in result.per_label.items()
        ],
    }


def _results(evaluation: Evaluation, told: Significance) -> dict[str, Any]:
    """A row for each layer, schema and system, in the order of the layers, and what more there is to it."""
    scores: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    # All span schemas of a layer have the same matrix and error classes.
    errors: dict[tuple[str, int], dict[str, Any]] = {}
    confusion: dict[tuple[str, int], dict[str, Any]] = {}
    bare = [in_words(system) for system in evaluation.systems]
    for layer, schema, i, result in by_layer(evaluation):
        key = layer, schema, evaluation.systems[i].name
        place = {"layer": layer, "system": i}
        row = place | {"schema": schema}
        shown = {
            "main": is_main(result.signature.key),
            "letters": told.letters.get(key, "") + "*" * (key in told.alone),
            "best": key in told.best,
            "notes": list(result.notes),
        }
        if ("entities" if layer == "entities" else "quotes") in bare[i]:
            shown["words"] = True
        scores.append(row | shown | numbers(result) | runs_of(result))
        # The names of people are no scheme of labels.
        if layer != "speakers" and 1 < len(result.per_label) <= MOST_LABELS:
            labels += [row | {"label": label} | numbers(score) for label, score in result.per_label.items()]
        if result.confusion is not None:
            confusion.setdefault((layer, i), place | _used(result.confusion))
        if result.fair is not None and result.signature.setting != MATCHED:
            means = {"traditional": short(result.fair.traditional.f1), "fair": short(result.fair.fair.f1)}
            errors.setdefault((layer, i), place | {"counts": dict(result.errors or {})} | means)
    return {
        "scores": scores,
        "labels": labels,
        "errors": list(errors.values()),
        "confusion": list(confusion.values()),
    }


def _tables(evaluation: Evaluation, told: Significance) -> dict[str, Any]:
    """What the buttons copy, a part for each row: the page puts those together that it shows."""
    found = lines(evaluation, told)
    figures = {*usual(SCORES, found.lines, Layout()), *([] if told.why else [ON_REQUEST])}
    columns = [*found.heads[:-1], *(name for name in SCORES if name in figures)]
    shown = laid_out(found, Layout.of(columns=columns))
    table = shown.table()
    made = {
        "LaTeX": tables.latex(table),
        "Markdown": tables.markdown(table),
        "CSV": tables.csv(*shown.records()),
    }
    return {name: vars(parts) for name, parts in made.items()}


def _used(confusion: Confusion) -> dict[str, Any]:
    """Without labels that neither side has, and without counts where they are too many to read."""
    matrix = np.asarray(confusion.matrix, np.int64)
    used = np.flatnonzero(matrix.any(axis=0) | matrix.any(axis=1))
    labels = {"labels": [confusion.labels[k] for k in used]}
    return labels | ({"matrix": matrix[np.ix_(used, used)].tolist()} if len(used) <= MOST_LABELS + 1 else {})
