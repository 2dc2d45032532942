"""What changed texts may cost: transformations of the corpus, and checks of the scores after them."""

from __future__ import annotations

from collections.abc import Iterator

from wortlaut.corpus.load import Corpus
from wortlaut.evaluation.evaluate import Progress
from wortlaut.evaluation.systems import Extractors
from wortlaut.gate.baseline import MICRO
from wortlaut.gate.rules import StressRule
from wortlaut.gate.verdicts import SLACK, Check, Place, f1_text
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.stress.registry import built_in
from wortlaut.stress.run import Row, Stress, compared_schemas, stress


def run_stress(
    rule: StressRule,
    systems: Extractors,
    whole: Signature,
    corpus: Corpus,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Stress:
    """Systems, scored as that signature says, before and after what a rule names. Raises WortlautError."""
    names = rule.transforms or tuple(one.name for one in built_in().values() if one.expected)
    return stress(
        systems,
        corpus,
        names,
        schema=compared_schemas(whole.schemas) or ("strict",),
        labels=whole.projection,
        samples=0 if whole.resampling.samples == 0 else whole.resampling.samples or 1000,
        seed=rule.seed,
        timeout=timeout,
        progress=progress,
    )


def stress_checks(report: Stress, rule: StressRule, alpha: float) -> Iterator[Check]:
    """One check for each score after each transformation.

    A drop above the limit fails where the paired test supports it: the p-value of approximate
    randomisation, after Holm over all scores of the report, is at most ``alpha``. A system that fails on
    the changed texts fails the check.
    """
    if not any(one.changed for one in report.applied):
        names = ", ".join(one.name for one in report.applied)
        yield Check("rules", "invalid", f"stress: nothing in the corpus changes under {names}")
    for failure in report.failures:
        name, what = f"stress {failure.transform}".strip(), f"fails on the changed texts: {failure.why}"
        yield Check(name, "regression", what, Place(failure.system))
    for row in report.rows:
        place = Place(row.system, ScoreKey.named(row.layer, row.schema, MICRO))
        yield Check(f"stress {row.transform}", *_judged(row, rule, alpha, report.unit), place)


def stress_notes(report: Stress, rule: StressRule, alpha: float) -> Iterator[str]:
    """The largest drop, and how many are above the limit without a test that supports them."""
    tried = sum(one.changed > 0 for one in report.applied)
    worst = max(report.rows, key=_fell, default=None)
    if worst is None or _fell(worst) <= 0:
        yield f"stress: no score falls under {tried} transformation(s) of the texts"
    else:
        yield (
            f"stress: of {tried} transformation(s) {worst.transform} costs most, {_fell(worst):.4f}"
            f" of F1 ({worst.system}, {worst.layer}, {worst.schema});"
            f" more by wortlaut stress -t {worst.transform}"
        )
    above = [row for row in report.rows if _fell(row) > rule.drop + SLACK]
    if open_ := sum(_judged(row, rule, alpha, report.unit)[0] == "pass" for row in above):
        tests = f"{len(report.rows)} tests of {report.units} {report.unit}s"
        yield f"stress: {open_} drop(s) above {rule.drop:g} do not fail: {tests} cannot tell them from chance"
    yield from (f"stress: {note}" for note in report.notes)


def _fell(row: Row) -> float:
    """How much F1 fell; to nothing where it is undefined afterwards."""
    return 0.0 if row.before is None else row.before - (row.after or 0.0)


def _judged(row: Row, rule: StressRule, alpha: float, unit: str) -> tuple[str, str]:
    what = f"F1 {f1_text(row.before, row.after)} under {row.transform}, largest drop {rule.drop:g}"
    if _fell(row) <= rule.drop + SLACK:
        return "pass", what
    if row.test is None or row.p_holm is None:
        return "invalid", f"{what}; with one {unit} no test can say whether chance explains it"
    tested = f"p {row.p_holm:.4f} (paired randomisation of {row.test.units} {unit}s, Holm), level {alpha:g}"
    return ("regression" if row.p_holm <= alpha else "pass"), f"{what}, {tested}"
