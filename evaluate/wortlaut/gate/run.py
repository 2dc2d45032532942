"""Run the systems, compare them with the baseline file, and write a new one where that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wortlaut.bench.speed import relative_speed
from wortlaut.errors import DataError, WortlautError
from wortlaut.evaluation.evaluate import Evaluation, Progress, evaluate
from wortlaut.evaluation.systems import Scored
from wortlaut.gate.baseline import Baseline, baseline_of, item_hash, read_baseline, to_text
from wortlaut.gate.goldchange import check_system, extra, rescored, without
from wortlaut.gate.phenomena import examples_of
from wortlaut.gate.rules import Rules, without_margins
from wortlaut.gate.stress import run_stress, stress_checks, stress_notes
from wortlaut.gate.verdicts import Check, Known, Outcome, Place, invalid
from wortlaut.io.files import write_whole
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.labels import Labels
from wortlaut.text.excerpts import excerpt


@dataclass(frozen=True)
class Settings:
    """How a run is to be scored."""

    schemas: tuple[str, ...] = ("strict",)
    labels: Labels = None
    samples: int | None = None
    seed: int | None = None

    @classmethod
    def of(cls, whole: Signature) -> Settings:
        """As a baseline was scored."""
        drawn = whole.resampling
        return cls(whole.schemas, whole.projection, drawn.samples, drawn.seed if drawn.samples else None)


#: Where the baseline lies unless something else is said.
DEFAULT_PATH = "baseline.json"
#: Seconds that a document may take unless something else is said.
TIMEOUT = 300.0


def write_baseline(
    path: Path,
    extractors: Sequence[str] | None = None,
    corpus: str = "gold",
    settings: Settings | None = None,
    *,
    runs: int = 1,
    timeout: float = TIMEOUT,
    progress: Progress | None = None,
) -> Baseline:
    """Score the extractors and write the baseline file, whole or not at all. Raises WortlautError."""
    evaluation = _scored(extractors, corpus, settings or Settings(), runs, timeout, progress)
    baseline = baseline_of(evaluation)
    write_whole(path, to_text(baseline))
    return baseline


def gate(
    path: Path,
    rules: Rules,
    extractors: Sequence[str] | None = None,
    corpus: str | None = None,
    *,
    runs: int = 1,
    update: bool = False,
    timeout: float | None = None,
    progress: Progress | None = None,
    scored: Callable[[Evaluation], object] = lambda _: None,
) -> Outcome:
    """Score the extractors, those of the rules unless named, and compare with the baseline of ``path``.

    A baseline is data: what it names is not run, and its corpus is the default. Each extractor has a process
    of its own, and ``timeout`` seconds for a document; one that fails makes the outcome invalid, and the
    others are checked. With ``update`` the run becomes the baseline, unless a rule fails that does not depend
    on one, such as a floor; what differs from the old one is noted. An error of the input is an invalid
    outcome, never an exception. ``scored`` is called with what was scored, if anything was.
    """
    extractors, timeout = extractors or rules.extractors, timeout or rules.timeout or TIMEOUT
    try:
        old = read_baseline(path) if path.exists() or not update else None
        if not extractors:
            known = f"; the baseline has {', '.join(old.systems)}" if old is not None else ""
            hint = f'-e SPEC, or extractors = ["SPEC"] in [tool.wortlaut.check]{known}'
            raise DataError("no extractor is named to be checked", where=str(path), hint=hint)
        evaluation = _scored(
            extractors,
            corpus or rules.corpus or (old.signature.corpus if old is not None else "gold"),
            Settings.of(old.signature) if old is not None else Settings(),
            runs,
            timeout,
            progress,
        )
        if old is not None:
            evaluation = replace(evaluation, systems=tuple(_as_in(old, one) for one in evaluation.systems))
        scored(evaluation)
        failed = {one.name: one.failed for one in evaluation.systems if one.failed is not None}
        broken = [
            Check("system", "invalid", f"run {run.name} failed: {run.failed}", Place(one.name))
            for one in evaluation.systems
            for run in one.runs
            if run.failed is not None and one.failed is None
        ]
        evaluation = replace(
            evaluation,
            systems=tuple(
                replace(one, runs=tuple(run for run in one.runs if run.failed is None))
                for one in evaluation.systems
                if one.name not in failed
            ),
        )
        whole, items = baseline_of(evaluation), known_items(evaluation)
        if old is not None:
            kept = {name: entries for name, entries in old.systems.items() if name not in failed}
            old = replace(old, systems=kept)
        failures = [Check("system", "invalid", f"failed: {why}", Place(name)) for name, why in failed.items()]
        failures += broken
        # What was found then, scored on another gold, is checked against and is no system of its own.
        aside = set() if old is None else extra(old, rescored(old, whole))
        evaluation = replace(
            evaluation, systems=tuple(one for one in evaluation.systems if one.name not in aside)
        )
        run = without(whole, aside)
        speeds = _speeds(rules, evaluation, timeout)
        examples = examples_of(evaluation)

        def checked(against: Baseline, run: Baseline, rules: Rules) -> Outcome:
            outcome = check_system(against, run, rules, known=items, speeds=speeds, examples=examples)
            noted = (*outcome.notes, *evaluation.notes, *_held_to(evaluation.systems))
            return replace(outcome, checks=(*failures, *outcome.checks), notes=tuple(dict.fromkeys(noted)))

        outcome = checked(old or run, whole, rules if old else without_margins(rules))
        if not update:
            return _stressed(outcome, rules, run, evaluation, timeout, progress)
        # Floors, speed and stress need no old run: they hold for a new baseline, too.
        fresh = _stressed(
            checked(run, run, without_margins(rules)), rules, run, evaluation, timeout, progress
        )
        fresh = replace(fresh, rows=outcome.rows or fresh.rows, gold=outcome.gold)
        if fresh.exit_code:
            return replace(fresh, notes=(*fresh.notes, f"{path} is left as it was"))
        write_whole(path, to_text(run))
        taken = (f"taken over: {failure}" for failure in (*outcome.failures, *outcome.warnings))
        return replace(fresh, notes=(*fresh.notes, *taken, f"{path} is written anew"))
    except WortlautError as error:
        return invalid(error)


def _as_in(old: Baseline, one: Scored) -> Scored:
    """Under the name that the baseline has: an earlier version called a system by its spec."""
    spec = one.system.spec
    known = spec in old.systems and one.name not in old.systems
    return replace(one, system=replace(one.system, name=spec)) if known else one


def _scored(
    extractors: Sequence[str] | None,
    corpus: str,
    settings: Settings,
    runs: int,
    timeout: float,
    progress: Progress | None,
) -> Evaluation:
    return evaluate(
        extractors,
        corpus,
        runs=runs,
        schema=settings.schemas,
        labels=settings.labels,
        samples=settings.samples,
        seed=settings.seed,
        items=True,
        timeout=timeout,
        on_error="keep",
        progress=progress,
    )


def _stressed(
    outcome: Outcome,
    rules: Rules,
    run: Baseline,
    evaluation: Evaluation,
    timeout: float,
    progress: Progress | None,
) -> Outcome:
    """The outcome with the checks of changed texts, where a rule asks for them."""
    if rules.stress is None or outcome.verdict == "invalid":
        return outcome
    systems = {one.name: one.system.runs[0] for one in evaluation.systems}
    several = [f"changed texts: the first run of {one.name}" for one in evaluation.systems if one.runs]
    report = run_stress(rules.stress, systems, run.signature, evaluation.corpus, timeout, progress)
    return replace(
        outcome,
        checks=(*outcome.checks, *stress_checks(report, rules.stress, rules.alpha)),
        notes=(*outcome.notes, *several, *stress_notes(report, rules.stress, rules.alpha)),
    )


def _held_to(systems: Iterable[Scored]) -> Iterator[str]:
    """What stands for the scores of answers in words without offsets."""
    for system in systems:
        if any(result.upper for result in system.results.values()):
            yield (
                f"{system.name} answers in words without offsets: it is held to what is right wherever they"
                " stand, the lower ends of its scores"
            )


def _speeds(rules: Rules, evaluation: Evaluation, timeout: float) -> dict[str, float]:
    asked = rules.throughput or {}
    documents = evaluation.corpus.documents
    return {
        one.name: relative_speed(one.system.spec, documents, timeout=timeout)
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
