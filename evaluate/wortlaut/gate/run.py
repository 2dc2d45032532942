"""Run the systems, compare them with the baseline file, and write a new one where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wortlaut.bench.speed import relative_speed
from wortlaut.errors import DataError, WortlautError
from wortlaut.evaluation.evaluate import Evaluation, Progress, evaluate
from wortlaut.gate.baseline import Baseline, baseline_of, item_hash, read_baseline, to_text
from wortlaut.gate.rules import Rules
from wortlaut.gate.stress import run_stress, stress_checks, stress_notes
from wortlaut.gate.verdicts import Known, Outcome, check, invalid
from wortlaut.io.files import write_whole
from wortlaut.scoring.keys import Signature
from wortlaut.text.excerpts import excerpt


@dataclass(frozen=True)
class Settings:
    """How a run is to be scored."""

    schemas: tuple[str, ...] = ("strict",)
    labels: str | Mapping[str, str | None] | None = None
    samples: int = 1000
    seed: int = 0

    @classmethod
    def of(cls, whole: Signature) -> Settings:
        """As a baseline was scored."""
        return cls(whole.schemas, whole.labels, whole.resampling.samples, whole.resampling.seed)


#: Where the baseline lies unless something else is said.
DEFAULT_PATH = "baseline.json"


def write_baseline(
    path: Path,
    extractors: Sequence[str] | None = None,
    corpus: str = "gold",
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
) -> Baseline:
    """Score the extractors and write the baseline file, whole or not at all. Raises WortlautError."""
    baseline, _ = _scored(extractors, corpus, settings or Settings(), progress)
    write_whole(path, to_text(baseline))
    return baseline


def gate(
    path: Path,
    rules: Rules,
    extractors: Sequence[str] | None = None,
    corpus: str | None = None,
    *,
    update: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Score again what the baseline of ``path`` scored, and compare.

    Extractors and corpus are those of the baseline unless named. With ``update`` the run becomes the
    baseline, unless a rule fails that does not depend on one, such as a floor; what differs from the old
    one is noted. An error of the input is an invalid outcome, never an exception.
    """
    try:
        old = read_baseline(path) if path.exists() or not update else None
        if old is None and extractors is None:
            raise DataError("there is no baseline yet: name the extractors", where=str(path), hint="-e SPEC")
        specs = list(old.systems) if extractors is None and old is not None else extractors
        run, evaluation = _scored(
            specs,
            corpus or (old.signature.corpus if old is not None else "gold"),
            Settings.of(old.signature) if old is not None else Settings(),
            progress,
        )
        speeds = _speeds(rules, evaluation)
        known = known_items(evaluation)
        outcome = check(old or run, run, rules, known=known, speeds=speeds)
        if not update:
            return _stressed(outcome, rules, run, evaluation, progress)
        # Floors, speed and stress need no old run: they hold for a new baseline, too.
        fresh = _stressed(
            check(run, run, rules, known=known, speeds=speeds), rules, run, evaluation, progress
        )
        fresh = replace(fresh, rows=outcome.rows or fresh.rows)
        if fresh.exit_code:
            return replace(fresh, notes=(*fresh.notes, f"{path} is left as it was"))
        write_whole(path, to_text(run))
        taken = (f"taken over: {failure}" for failure in outcome.failures)
        return replace(fresh, notes=(*fresh.notes, *taken, f"{path} is written anew"))
    except WortlautError as error:
        return invalid(error)


def _scored(
    extractors: Sequence[str] | None, corpus: str, settings: Settings, progress: Progress | None
) -> tuple[Baseline, Evaluation]:
    evaluation = evaluate(
        extractors,
        corpus,
        schemas=settings.schemas,
        labels=settings.labels,
        samples=settings.samples,
        seed=settings.seed,
        items=True,
        progress=progress,
    )
    return baseline_of(evaluation), evaluation


def _stressed(
    outcome: Outcome, rules: Rules, run: Baseline, evaluation: Evaluation, progress: Progress | None
) -> Outcome:
    """The outcome with the checks of changed texts, where a rule asks for them."""
    if rules.stress is None or outcome.verdict == "invalid":
        return outcome
    report = run_stress(rules.stress, run, evaluation.corpus, progress)
    return replace(
        outcome,
        checks=(*outcome.checks, *stress_checks(report, rules.stress, rules.alpha)),
        notes=(*outcome.notes, *stress_notes(report, rules.stress, rules.alpha)),
    )


def _speeds(rules: Rules, evaluation: Evaluation) -> dict[str, float]:
    asked = rules.throughput or {}
    documents = evaluation.corpus.documents
    return {
        one.name: relative_speed(one.system.spec, documents)
        for one in evaluation.systems
        if one.name in asked or "*" in asked
    }


def known_items(evaluation: Evaluation) -> Mapping[str, Known]:
    """Hash → item, for every gold item and every predicted one that is wrong."""
    texts = {document.id: document.text for document in evaluation.corpus.documents}
    return {
        item_hash(item): Known(*item, excerpt(texts[item[0]], item[1]))
        for system in evaluation.systems
        for judged in system.judged.values()
        for item in (*judged.gold, *judged.wrong())
    }
