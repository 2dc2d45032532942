"""Figures for papers, drawn by matplotlib: SVG whose text is text, PDF with TrueType fonts.

The same evaluation gives the same bytes. Colours are those of Okabe and Ito (2008), which colour-blind
readers tell apart; markers, line styles and hatches say the same without them. Widths are those of a column
(3.3 inches) and of two.
"""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wortlaut.errors import MissingExtraError, WortlautError
from wortlaut.evaluation.breakdowns import FIRST, grouped_by
from wortlaut.io.files import write_whole
from wortlaut.model import Annotations
from wortlaut.reports.aligned import Row, content_rows, curves_or_none, entities_of, entity_rows, task_of
from wortlaut.reports.escapes import all_visible
from wortlaut.reports.html import shortened
from wortlaut.reports.values import by_layer
from wortlaut.scoring.confusion import EMPTY, Confusion
from wortlaut.scoring.curves import Curves
from wortlaut.scoring.result import MAIN_TASKS, Results, Score
from wortlaut.text.excerpts import slugs
from wortlaut.version import VERSION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from wortlaut.evaluation.corpora import CorporaComparison, RankRow
    from wortlaut.evaluation.evaluate import Evaluation
    from wortlaut.evaluation.systems import Scored

COLUMN, DOUBLE = 3.3, 6.9
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D1F")
_MARKERS = "osD^vPX*"
_LINES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))
_HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oo")
#: The classes of errors in the order of the bars, in words.
_ERRORS = {
    "label": "wrong label",
    "boundary_smaller": "too short",
    "boundary_larger": "too long",
    "boundary_overlap": "shifted",
    "label_boundary": "label and boundary",
    "missed": "missed",
    "spurious": "spurious",
}
#: More rows than these cannot be read in a column of a page: the ones with the most gold are drawn.
_MOST_LABELS, _MOST_GROUPS = 30, 30
#: How many characters of a system's name stand in a figure.
_NAME = 28
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
    "grid.linewidth": 0.4,
    "grid.color": "#d0d0d0",
    "hatch.linewidth": 0.5,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "lines.linewidth": 1.0,
    "lines.markersize": 4,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "wortlaut",
    "text.parse_math": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}


def check_folder(folder: Path) -> None:
    """Raises WortlautError where figures cannot be drawn or written, before the work begins."""
    _style()
    if folder.exists() and not folder.is_dir():
        raise WortlautError("is a file", where=str(folder), hint="Name a folder for the figures.")
    if not folder.absolute().parent.is_dir():
        raise WortlautError(
            "its folder is not there", where=str(folder), hint="Name a folder in one that is there."
        )


def write_figures(evaluation: Evaluation, folder: Path) -> tuple[list[Path], list[str]]:
    """Write every figure that the evaluation has numbers for, as SVG and PDF; say what it has none for.

    All are drawn before the first is written; each file is written whole. Raises MissingExtraError without
    matplotlib, WortlautError for a folder that cannot be written.
    """
    check_folder(folder)
    wanted, notes = _wanted(evaluation)
    return _written(wanted, folder), notes


def write_ranks(comparison: CorporaComparison, folder: Path) -> tuple[list[Path], list[str]]:
    """Write a critical-difference figure of each score that three systems have on several corpora."""
    check_folder(folder)
    names = slugs(f"ranks-{row.layer}-{row.schema}" for row in comparison.ranks)
    wanted = {name: partial(_ranks, row) for name, row in zip(names, comparison.ranks, strict=True)}
    notes = [] if wanted else ["no ranks: it takes three systems with the same score on two corpora"]
    return _written(wanted, folder), notes


def _written(wanted: Mapping[str, Callable[[], Figure]], folder: Path) -> list[Path]:
    files: dict[Path, bytes] = {}
    with _style():
        for name, draw in wanted.items():
            figure = draw()
            for kind, date in (("svg", "Date"), ("pdf", "CreationDate")):
                buffer = io.BytesIO()
                figure.savefig(buffer, format=kind, metadata={"Creator": f"wortlaut {VERSION}", date: None})
                figure.set_layout_engine("none")  # it is laid out
                files[folder / f"{name}.{kind}"] = buffer.getvalue()
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise WortlautError(f"cannot be made: {error.strerror}", where=str(folder)) from error
    for path, data in files.items():
        write_whole(path, data)
    return list(files)


def _style() -> AbstractContextManager[None]:
    try:
        from matplotlib import rc_context
    except ImportError as error:
        raise MissingExtraError(
            "figures need matplotlib", hint="Install it: python -m pip install 'wortlaut[plots]'"
        ) from error
    return rc_context(_STYLE)


def _wanted(evaluation: Evaluation) -> tuple[dict[str, Callable[[], Figure]], list[str]]:
    """Name → how to draw it, and what is left out."""
    scored = [system for system in evaluation.systems if system.scores]
    if not scored:
        return {}, ["no system has scores: nothing to draw"]
    systems = [replace(one, system=replace(one.system, name=_name(one.name))) for one in scored]
    wanted: dict[str, Callable[[], Figure]] = {}
    notes: list[str] = []
    rows = _score_rows(systems)
    if rows:
        wanted["scores"] = partial(_scores, rows)
    drawn = {(layer, schema) for layer, _, scores in rows for schema in scores}
    if more := len({row[:2] for row in by_layer(evaluation)} - drawn):
        notes.append(f"scores: {more} more layers and schemas (other roles, matched quotes) are not drawn")
    named = zip(systems, slugs(system.name for system in scored), strict=True)
    for layer, (system, slug) in product(("entities", "quotes"), named):
        found = next((r.confusion for r in system.scores.get(layer, {}).values() if r.confusion), None)
        if found is not None and len(found.labels) > 2:
            name = f"confusion-{layer}-{slug}"
            wanted[name] = partial(_confusion, found)
            if (left := len(found.labels) - 1 - _MOST_LABELS) > 0:
                notes.append(f"{name}: the {left} rarest labels are not drawn")
    if errors := _error_rows(systems):
        wanted["errors"] = partial(_errors, errors)
    else:
        notes.append("no errors and confusion: strict and other schemas of spans tell them, these do not")
    if curves := _curves(evaluation, systems):
        wanted["precision-recall"] = partial(
            _panels, curves, ("recall", "precision"), ("AP", "average_precision"), _precision_recall
        )
        wanted["calibration"] = partial(
            _panels, curves, ("score", "share that is right"), ("ECE", "calibration_error"), _calibration
        )
    else:
        kept = evaluation.corpus.documents
        why = "no system gives its findings a score" if kept else "the items are not kept"
        notes.append(f"no precision-recall and calibration: {why}")
    places = [(layer, by) for system in systems for layer, own in system.breakdowns.items() for by in own]
    for layer, by in dict.fromkeys(places):
        schema, groups = _group_rows(systems, layer, by)
        if not groups or layer not in MAIN_TASKS:
            continue
        of = "" if layer == "entities" else f"{layer}-"
        name = f"{of}by-{re.sub(r'[^A-Za-z0-9-]+', '-', by)}"
        wanted[name] = partial(_breakdown, layer, by, groups)
        if (left := max(map(len, groups.values())) - _MOST_GROUPS) > 0:
            notes.append(f"{name}: the {left} groups with the least gold are not drawn")
        notes.append(f"{name}: {schema}")
    if "by-length" not in wanted:
        notes.append(
            "no breakdown by length: --by length adds it; --by surface --seen REF adds seen and unseen"
        )
    return wanted, notes


def _name(name: str) -> str:
    """As it stands in a figure: a path without its folders, nothing that cannot be seen."""
    short = shortened(all_visible(name), _NAME)
    # matplotlib leaves out of a legend what begins with an underscore.
    return f" {short}" if short.startswith("_") else short


#: Layer, system, and what it has there by schema or class.
Rows = Sequence[tuple[str, str, Mapping[str, Any]]]


def _score_rows(systems: Sequence[Scored]) -> Rows:
    """The scores of the main table."""
    return [
        (layer, system.name, scores)
        for layer, system in product(MAIN_TASKS, systems)
        if (scores := {s: r for s, r in system.scores.get(layer, {}).items() if not r.signature.setting})
    ]


def _new(width: float, height: float, panels: int = 1) -> tuple[Figure, Sequence[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, panels, squeeze=False)[0]


def _places(rows: Rows) -> list[float]:
    """Where each row stands, from the top: a gap between layers."""
    layers = list(dict.fromkeys(layer for layer, *_ in rows))
    return [i + 0.8 * layers.index(layer) for i, (layer, *_) in enumerate(rows)]


def _label_rows(axes: Axes, rows: Rows, at: Sequence[float]) -> None:
    """The name of the system beside each row, that of the layer above its first one."""
    axes.set_yticks(at, [name for _, name, _ in rows])
    axes.set_ylim(at[-1] + 0.6, -1.0)
    axes.tick_params(axis="y", length=0)
    for layer in dict.fromkeys(layer for layer, *_ in rows):
        first = next(y for y, row in zip(at, rows, strict=True) if row[0] == layer)
        axes.annotate(
            layer, (0, first - 0.72), xycoords=("axes fraction", "data"), fontweight="bold", va="center",
            annotation_clip=False,
        )  # fmt: skip


def _scores(rows: Rows) -> Figure:
    """A dot and whisker for each score: systems below each other, schemas by marker."""
    at = _places(rows)
    schemas = list(dict.fromkeys(schema for *_, scores in rows for schema in scores))
    own = {
        layer: list(dict.fromkeys(schema for other, _, scores in rows if other == layer for schema in scores))
        for layer, *_ in rows
    }
    row_height = 0.1 + 0.075 * max(map(len, own.values()))
    figure, (axes,) = _new(COLUMN, 0.5 + (at[-1] + 1.6) * row_height + _legend_height(schemas, COLUMN))
    for y, (layer, _, scores) in zip(at, rows, strict=True):
        for schema, score in scores.items():
            beside = _beside(own[layer].index(schema), len(own[layer]))
            _whisker(axes, score, "f1", y + beside, schemas.index(schema))
    _label_rows(axes, rows, at)
    shown = [score for *_, scores in rows for score in scores.values() if score.f1 is not None]
    runs = [run.f1 or 0.0 for score in shown for run in getattr(score, "runs", ())]
    lowest = min([*(min(score.f1_interval or (score.f1,)) for score in shown), *runs], default=1.0)
    axes.set_xlim(max(0.0, np.floor(lowest * 10 - 0.5) / 10), 1.005)
    with_interval = " with its 95% interval" if any(score.f1_interval for score in shown) else ""
    axes.set_xlabel(f"F1{with_interval}{', and its runs' if runs else ''}")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    _legend(figure, _handles(len(schemas)), schemas, COLUMN)
    return figure


def _beside(i: int, number: int) -> float:
    """Where the i-th of some marks of one row stands, around its middle."""
    return (i - (number - 1) / 2) * 0.7 / max(number, 2)


def _legend_columns(names: Sequence[str], width: float) -> int:
    """How many names stand side by side in ``width`` inches."""
    return max(1, min(len(names), int(width * 16 // (max(map(len, names)) + 7))))


def _legend_height(names: Sequence[str], width: float) -> float:
    return 0.08 + 0.14 * math.ceil(len(names) / _legend_columns(names, width))


def _legend(place: Axes | Figure, handles: Sequence[Any], names: Sequence[str], width: float) -> None:
    """Above the figure, or a panel of it, in as many columns as fit into ``width`` inches."""
    where: dict[str, Any] = (
        {"loc": "outside upper left"}
        if hasattr(place, "add_subplot")
        else {"loc": "lower left", "bbox_to_anchor": (0, 1.0)}
    )
    place.legend(
        handles, names, **where, ncols=_legend_columns(names, width), borderaxespad=0.3, columnspacing=1.2,
        handletextpad=0.5,
    )  # fmt: skip


def _confusion(confusion: Confusion) -> Figure:
    """Counts, shaded by the share of their row; what is missed and spurious apart."""
    labels, matrix = _frequent(confusion)
    size = len(labels)
    cell = min(0.34, (DOUBLE - 0.9) / size)
    figure, (axes,) = _new(0.9 + cell * size, 0.8 + cell * size)
    sums = matrix.sum(axis=1, keepdims=True)
    share = np.divide(matrix, sums, out=np.zeros(matrix.shape), where=sums > 0)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1.25, aspect="equal")
    for i, j in zip(*np.nonzero(matrix), strict=True):
        axes.text(
            j, i, str(matrix[i, j]), ha="center", va="center", fontsize=7 if size <= 14 else 5,
            color="white" if share[i, j] > 0.92 else "black",
        )  # fmt: skip
    shown = [all_visible(label) for label in labels]
    axes.set_xticks(range(size), [*shown[:-1], "missed"], rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), [*shown[:-1], "spurious"])
    axes.tick_params(length=0)
    axes.axhline(size - 1.5, color="black", linewidth=0.6)
    axes.axvline(size - 1.5, color="black", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(True)
    axes.set(xlabel="found", ylabel="gold")
    return figure


def _frequent(confusion: Confusion) -> tuple[list[str], Any]:
    """The labels that occur, the most frequent ones where there are many, with the empty one last."""
    matrix = np.asarray(confusion.matrix, np.int64)
    weight = matrix.sum(axis=0) + matrix.sum(axis=1)
    empty = confusion.labels.index(EMPTY)
    kept = [i for i in np.argsort(-weight, kind="stable") if weight[i] and i != empty][:_MOST_LABELS]
    order = [*sorted(kept), empty]
    return [confusion.labels[i] for i in order], matrix[np.ix_(order, order)]


def _error_rows(systems: Sequence[Scored]) -> Rows:
    """The errors by class, under the first schema that has them."""
    return [
        (layer, system.name, errors)
        for layer, system in product(("entities", "quotes", "cues"), systems)
        for errors in [r.errors for r in system.scores.get(layer, {}).values() if r.errors and r.fair][:1]
    ]


def _errors(rows: Rows) -> Figure:
    """Stacked bars of errors by class, a bar for each system, layer by layer."""
    from matplotlib.ticker import MaxNLocator

    at = _places(rows)
    classes = [kind for kind in _ERRORS if any(errors.get(kind) for *_, errors in rows)]
    names = [_ERRORS[kind] for kind in classes]
    head = _legend_height(names, COLUMN) if names else 0.0
    figure, (axes,) = _new(COLUMN, 0.5 + 0.19 * (at[-1] + 1.6) + head)
    left = np.zeros(len(rows))
    bars = []
    for kind in classes:
        i = list(_ERRORS).index(kind)
        sizes = np.array([errors.get(kind, 0) for *_, errors in rows])
        bars.append(
            axes.barh(
                at, sizes, 0.62, left, color=_tint(_COLOURS[i]), edgecolor="black", linewidth=0.5,
                hatch=_HATCHES[i],
            )
        )  # fmt: skip
        left += sizes
    for y, total in zip(at, left, strict=True):
        axes.annotate(f"{total:.0f}", (total, y), (2, 0), textcoords="offset points", va="center")
    _label_rows(axes, rows, at)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set(xlim=(0, max(left.max(), 1) * 1.08), xlabel="errors")
    if names:
        _legend(figure, bars, names, COLUMN)
    return figure


def _tint(colour: str) -> tuple[float, ...]:
    """Half way to white: a hatch can be seen on it."""
    from matplotlib.colors import to_rgb

    return tuple((1 + part) / 2 for part in to_rgb(colour))


def _curves(evaluation: Evaluation, systems: Sequence[Scored]) -> dict[str, dict[str, Curves]]:
    """Layer → system → its curves under strict, where single findings are judged and all have a score."""
    found: dict[str, dict[str, Curves]] = {}
    chosen = evaluation.signature.projection

    def rows(annotated: Sequence[Annotations], layer: str, side: str) -> list[Row]:
        if layer == "quotes":
            return content_rows(annotated)
        return entity_rows([entities_of(one, chosen, side) for one in annotated])

    gold = [document.annotations for document in evaluation.corpus.documents]
    for layer, system in product(("entities", "quotes"), systems):
        if any(key.task == layer and key.schema != "partial" for key in system.judged):
            sides = rows(gold, layer, "gold"), rows(system.found, layer, "predicted")
            one = curves_or_none(task_of(*sides, sorted({row[3] for side in sides for row in side})))
            if one is not None:
                found.setdefault(layer, {})[system.name] = one
    return found


def _panels(
    curves: Mapping[str, Mapping[str, Curves]],
    axis: tuple[str, str],
    worth: tuple[str, str],
    draw: Callable[[Axes, Sequence[Curves]], object],
) -> Figure:
    """A panel for each layer, two in a double column, the worth of each curve in the legend."""
    short, attribute = worth
    legends = [
        [f"{name} ({short} {getattr(one, attribute):.2f})" for name, one in by_system.items()]
        for by_system in curves.values()
    ]
    height = 2.3 + max(_legend_height(names, COLUMN) for names in legends)
    figure, panels = _new(COLUMN if len(curves) == 1 else DOUBLE, height, len(curves))
    for axes, names, (layer, by_system) in zip(panels, legends, curves.items(), strict=True):
        axes.set(xlim=(0, 1.01), ylim=(0, 1.03), xlabel=axis[0], ylabel=axis[1])
        draw(axes, list(by_system.values()))
        _legend(axes, _handles(len(names), _LINES), names, COLUMN)
        if len(curves) > 1:
            axes.annotate(layer, (0.02, 0.03), xycoords="axes fraction", fontweight="bold")
    return figure


def _precision_recall(axes: Axes, curves: Sequence[Curves]) -> None:
    """Precision against recall; the threshold with the best F1 is marked."""
    for f1 in (0.2, 0.4, 0.6, 0.8):
        # From the recall on that has this F1 at a precision of 1.
        recall = np.linspace(f1 / (2 - f1), 1, 1000)
        axes.plot(recall, f1 * recall / (2 * recall - f1), color="#b8b8b8", linewidth=0.5, zorder=0)
        axes.annotate(
            f"F1 {f1}", (1.0, f1 / (2 - f1)), (2, 0), textcoords="offset points", va="center",
            fontsize=5.5, color="#767676",
        )  # fmt: skip
    for i, one in enumerate(curves):
        best = np.flatnonzero(one.threshold == one.best_threshold)[:1] + 1
        precision = np.r_[one.precision[:1], one.precision]
        axes.step(
            np.r_[0, one.recall], precision, where="pre", **_look(i, _LINES), markevery=best.tolist()
        )  # fmt: skip


def _calibration(axes: Axes, curves: Sequence[Curves]) -> None:
    """The share that is right against the mean score of up to ten bins of equally many findings."""
    axes.plot([0, 1], [0, 1], color="#b8b8b8", linewidth=0.5, zorder=0)
    for i, one in enumerate(curves):
        means, shares, _ = zip(*one.calibration, strict=True)
        axes.plot(means, shares, **_look(i, _LINES))
        if any(not 0 <= mean <= 1 for mean in means):
            axes.set_xlim(auto=True)


def _look(i: int, lines: Sequence[Any] = ("",)) -> dict[str, Any]:
    """Colour, marker and line of the i-th of several things."""
    return {
        "color": _COLOURS[i % len(_COLOURS)],
        "marker": _MARKERS[i % len(_MARKERS)],
        "linestyle": lines[i % len(lines)],
    }


def _handles(number: int, lines: Sequence[Any] = ("-",)) -> list[Line2D]:
    """What stands beside the names of a legend."""
    from matplotlib.lines import Line2D

    return [Line2D([], [], **_look(i, lines)) for i in range(number)]


def _whisker(axes: Axes, score: Score | None, measure: str, y: float, i: int) -> None:
    """A dot and its interval at the height ``y``, in the look of the i-th of several things.

    Of a range, where answers are words without offsets, a dot at either end.
    """
    value = getattr(score, measure, None)
    if value is None:
        return
    ends = getattr(score, f"{measure}_interval") or (value, value)
    axes.plot(ends, [y, y], color=_look(i)["color"], solid_capstyle="butt")
    runs = [getattr(run, measure) for run in getattr(score, "runs", ())]
    if runs:
        axes.plot(
            runs, [y] * len(runs), **_look(i) | {"linestyle": ""}, alpha=0.35, markersize=2.5, zorder=2.5
        )
    upper = getattr(getattr(score, "upper", None), measure, None)
    dots = [value] if upper is None else [value, upper]
    axes.plot(dots, [y] * len(dots), **_look(i), zorder=3)


Groups = dict[str, dict[str, Score]]


def _group_rows(systems: Sequence[Scored], layer: str, by: str) -> tuple[str, Groups]:
    """The first schema of a breakdown, and system → group → score."""
    results = [(one.name, one.breakdowns.get(layer, {}).get(by, Results())) for one in systems]
    firsts = [(name, schema, r) for name, own in results for schema, r in [*own.items()][:1]]
    rows = {
        name: {group: score for group, score in result.per_label.items() if score.gold or score.predicted}
        for name, _, result in firsts
    }
    return firsts[-1][1], {name: groups for name, groups in rows.items() if groups}


def _breakdown(layer: str, by: str, rows: Groups) -> Figure:
    """Recall and precision of each group with their intervals, systems side by side."""
    first = {group: i for i, group in enumerate(FIRST.get(by, ()))}
    sizes: Counter[str] = Counter()
    for groups in rows.values():
        sizes |= Counter({group: score.gold for group, score in groups.items()})
    kept = sorted({*chain(*rows.values())}, key=lambda group: (-sizes[group], group))[:_MOST_GROUPS]
    shown = sorted(kept, key=lambda group: (group not in first, first.get(group, 0), group))
    height = 0.7 + len(shown) * (0.1 + 0.09 * len(rows)) + _legend_height(list(rows), DOUBLE)
    figure, panels = _new(DOUBLE, height, 2)
    for axes, measure in zip(panels, ("recall", "precision"), strict=True):
        for (i, groups), (place, group) in product(enumerate(rows.values()), enumerate(shown)):
            _whisker(axes, groups.get(group), measure, place + _beside(i, len(rows)), i)
        axes.set_yticks(range(len(shown)), [""] * len(shown))
        axes.tick_params(axis="y", length=0)
        axes.set(xlim=(-0.01, 1.01), ylim=(len(shown) - 0.4, -0.6), xlabel=measure)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
    panels[0].set_yticks(range(len(shown)), [f"{all_visible(group)} ({sizes[group]})" for group in shown])
    # Few groups leave no height for a label beside them.
    panels[0].set_title(
        f"{all_visible(grouped_by(by, layer))}, gold {layer} in brackets", loc="left", fontsize="medium"
    )
    _legend(figure, _handles(len(rows)), list(rows), DOUBLE)
    return figure


def _ranks(row: RankRow) -> Figure:
    """The mean rank of each system, the critical difference, and a bar over those that do not differ."""
    number = len(row.systems)
    half = (number + 1) // 2
    bars = _alike(row)
    figure, (axes,) = _new(COLUMN, 0.55 + 0.16 * (half + len(bars)))
    axes.axis("off")
    low = 1.0 + 0.35 * len(bars)
    axes.set(xlim=(-0.45 * number, 1.45 * number + 1), ylim=(low + half + 0.3, -2.2))
    axes.plot([1, number], [0, 0], color="black")
    for tick in range(1, number + 1):
        axes.plot([tick, tick], [0, -0.2], color="black")
        axes.annotate(str(tick), (tick, -0.3), ha="center", va="bottom")
    for i, (name, rank) in enumerate(zip(row.systems, row.ranks, strict=True)):
        left = i < half
        y = low + (i if left else number - 1 - i)
        side = 0.7 if left else number + 0.3
        axes.plot([rank, rank, side], [0, y, y], color="black", linewidth=0.6)
        axes.annotate(
            f"{_name(name)} {rank:.2f}", (side, y), (-3 if left else 3, 0), textcoords="offset points",
            ha="right" if left else "left", va="center", annotation_clip=False,
        )  # fmt: skip
    for i, (first, last) in enumerate(bars):
        ends = [first - 0.05, last + 0.05]
        axes.plot(ends, [0.5 + 0.35 * i] * 2, color="black", linewidth=2.5, solid_capstyle="butt")
    end = 1 + row.critical_difference
    axes.plot([1, end], [-1.4, -1.4], color="black")
    for at in (1, end):
        axes.plot([at, at], [-1.55, -1.25], color="black")
    axes.annotate(f"CD {row.critical_difference:.2f}", ((1 + end) / 2, -1.5), ha="center", va="bottom")
    return figure


def _alike(row: RankRow) -> list[tuple[float, float]]:
    """From where to where ranks differ by less than the critical difference, without what lies in another."""
    found: list[tuple[float, float]] = []
    for i, first in enumerate(row.ranks):
        last = max(rank for rank in row.ranks if rank - first < row.critical_difference)
        if row.ranks.index(last) > i and (not found or last > found[-1][1]):
            found.append((first, last))
    return found
