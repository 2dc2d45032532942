"""The verdict: a run against a baseline under rules. Plain data in, plain data out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from wortlaut.errors import WortlautError, counted, unknown_name
from wortlaut.evaluation.goldchange import GoldChange
from wortlaut.gate.baseline import MICRO, Baseline, Entry, Errors
from wortlaut.gate.phenomena import Examples, narrowed
from wortlaut.gate.rules import Rule, Rules
from wortlaut.model.columns import Ints
from wortlaut.records.record import (
    FILLED,
    OPTIONAL,
    UNWRITTEN,
    At,
    Count,
    Difference,
    Must,
    Positive,
    Share,
    as_dict,
    written,
)
from wortlaut.scoring.compare import PairedTest, holm
from wortlaut.scoring.equivalence import CANNOT_TELL, NO_LOSS, WORSE, Margin, judged
from wortlaut.scoring.keys import MATCHED, ScoreKey, differences
from wortlaut.scoring.metrics import weighs_gold
from wortlaut.scoring.power import smallest_drop
from wortlaut.scoring.result import MAIN_TASKS
from wortlaut.scoring.runs import SKEWED, pair_test, skewness
from wortlaut.scoring.uncertainty import FEW_DOCUMENTS

#: Exit codes from the best to the worst verdict; the worst check decides. Of what the corpus cannot tell the
#: rules say whether it is a warning or undecided.
EXIT_CODES = {"pass": 0, "warning": 0, "undecided": 3, "regression": 1, "invalid": 2}
VERDICTS = tuple(EXIT_CODES)
Status = Annotated[str, Must(enum=VERDICTS)]
#: How many changed items of a score are printed on each side; JSON holds all.
SHOWN = 10
#: Rounding must not turn a drop of exactly the limit into one above it.
SLACK = 1e-9


@dataclass(frozen=True)
class Known:
    """An item that this run can name: gold, or found by a system. ``excerpt`` shows it in its text."""

    document: str
    spans: tuple[tuple[Count, Count], ...]
    label: str
    excerpt: Annotated[str, "The item in its text."]


@dataclass(frozen=True)
class Change:
    """An item whose credit differs from the baseline's. ``kind`` is ``missed`` (gold) or ``spurious``.

    ``worse`` is a new error, else one that is gone. An item that only the baseline's system found can no
    longer be named: it has its hash only.
    """

    document: str
    kind: Annotated[str, Must(enum=("missed", "spurious"))]
    worse: Annotated[bool, "A new error, else one that is gone."]
    hash: Annotated[str, Must(pattern="^[0-9a-f]{12}$")]
    known: Annotated[
        Known | None, "null for what only the baseline's system found: the baseline holds no text."
    ]

    def __str__(self) -> str:
        if self.known is None:
            return f"{self.document} {self.kind} item {self.hash}"
        at = ", ".join(f"[{start}, {end})" for start, end in self.known.spans)
        label = f" {self.known.label}" if self.known.label else ""
        return f"{self.document} {at}{label} {self.kind}: {self.known.excerpt}"


_ANY = ScoreKey("", "")


@dataclass(frozen=True)
class Place:
    """Which score: the F1 of a system under a key, whose label is ``micro`` for all labels; or of any key.

    ``measure`` is what else is checked of a ``phenomenon``.
    """

    system: str
    key: Annotated[ScoreKey, UNWRITTEN] = _ANY
    phenomenon: Annotated[
        str, FILLED, "Of the examples of one phenomenon alone: their F1, or share right without gold."
    ] = ""
    measure: Annotated[str, UNWRITTEN] = "F1"

    def __str__(self) -> str:
        label = "" if self.label == MICRO else self.label
        parts = (self.system, self.layer, self.schema, label, self.phenomenon)
        return ", ".join(part for part in parts if part)

    @property
    @written()
    def layer(self) -> str:
        return self.key.layer

    @property
    @written()
    def schema(self) -> str:
        return self.key.variant

    @property
    @written()
    def label(self) -> str:
        return self.key.label


@dataclass(frozen=True)
class Check:
    """One demand and whether it is met: ``status`` is one of :data:`VERDICTS`, ``what`` a sentence."""

    name: Annotated[
        str,
        "The demand: test, margin, flips, floor, drop, relative_drop, throughput, …; or what is unlike.",
    ]
    status: Status
    what: Annotated[str, "A sentence."]
    place: Place | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" if self.place else self.what


@dataclass(frozen=True)
class Row:
    """A score then and now. ``p`` is adjusted by Holm's method, ``None`` where nothing was tested."""

    place: Place
    before: Annotated[Share | None, "null where it is undefined or missing."]
    now: Annotated[Share | None, "null where it is undefined or missing."]
    p: Annotated[
        Share | None, "Of the paired test, adjusted by Holm's method; null where nothing was tested."
    ] = None
    gated: Annotated[bool, "Whether a check is about it."] = False
    shows: Annotated[
        Share | None, "The smallest drop of F1 that the test supports on this corpus with 80%; null for none."
    ] = None
    margin: Annotated[
        Margin | None, OPTIONAL, "What can be said of a loss above a margin; without it where there is none."
    ] = None
    changes: tuple[Change, ...] = ()
    improved: Annotated[bool, "Whether the gain is worth recording."] = False

    def lines(self, shown: int) -> Iterator[tuple[bool, str]]:
        """The changed items, new errors first, at most ``shown`` a side: whether worse, and a line."""
        for worse, mark in ((True, "new"), (False, "gone")):
            changes = [change for change in self.changes if change.worse is worse]
            yield from ((worse, f"  {mark}: {change}") for change in changes[:shown])
            if len(changes) > shown:
                yield worse, f"  {mark}: {len(changes) - shown} more"

    @property
    @written()
    def delta(self) -> Difference | None:
        """now - before."""
        return None if self.before is None or self.now is None else self.now - self.before


@dataclass(frozen=True)
class Outcome:
    """What was checked. ``verdict`` and ``exit_code`` come from the checks and from nothing else."""

    format: ClassVar[Literal["wortlaut-check/1"]] = "wortlaut-check/1"
    checks: tuple[Check, ...]
    rows: Annotated[tuple[Row, ...], At(("scores",)), "Every score of the baseline, then and now."] = ()
    speeds: Annotated[
        Mapping[str, Positive],
        "System: how many times as fast as the reference; those whose throughput a rule is about.",
    ] = field(default_factory=dict)
    notes: Annotated[tuple[str, ...], "What a reader of the verdict must know."] = ()
    gold: Annotated[
        GoldChange | None,
        OPTIONAL,
        "What changed in the gold, and its share in the differences, where the baseline's is another one.",
    ] = None

    @property
    @written(after="format")
    def exit_code(self) -> Annotated[int, Must(enum=(0, 1, 2, 3))]:
        """0 pass or a warning, 1 regression, 2 invalid, 3 undecided."""
        return EXIT_CODES[self.verdict]

    @property
    @written(after="format")
    def verdict(self) -> Status:
        """That of the worst check. Nothing checked is invalid, not a pass."""
        return max((check.status for check in self.checks), key=VERDICTS.index, default="invalid")

    @property
    def failures(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if EXIT_CODES[check.status])

    @property
    def warnings(self) -> tuple[Check, ...]:
        """What the corpus cannot tell, where the rules let that pass."""
        return tuple(check for check in self.checks if check.status == "warning")

    @property
    def headline(self) -> str:
        if not self.checks:
            return "INVALID: nothing was checked"
        count = counted(len(self.checks), "check")
        undecided = [check for check in self.checks if check.status in ("warning", "undecided")]
        failed = len(self.failures) - len([check for check in undecided if check.status == "undecided"])
        what = [f"{failed} of {count} failed" if failed else ""]
        what += [f"{len(undecided)} of {count} cannot tell" if undecided else ""]
        told = ", ".join(filter(None, what)) or f"{count} passed"
        return "; ".join(filter(None, (f"{self.verdict.upper()}: {told}", self.power)))

    @property
    def power(self) -> str:
        """The smallest drops that this corpus shows, in words; empty where nothing could be compared."""
        tested = [row for row in self.rows if row.p is not None]
        shown = sorted(row.shows for row in tested if row.shows is not None)
        if not self.rows:
            return ""
        if not shown:
            return f"no drop of F1 {'shows with 80%' if tested else 'is tested'}"
        ends = [f"{drop:.3f}" for drop in (shown[0], shown[-1])]
        none = len(tested) - len(shown)
        return (
            f"drops of F1 show with 80% from {' to '.join(dict.fromkeys(ends))} on"
            + f", in {counted(none, 'score')} none does" * (none > 0)
        )

    @property
    def changed(self) -> tuple[Row, ...]:
        """The scores that are checked and have changed items."""
        return tuple(row for row in self.rows if row.gated and row.changes)

    def __str__(self) -> str:
        """The verdict, what failed, and the items that changed."""
        lines = [self.headline, *(f"{one.status}: {one}" for one in (*self.failures, *self.warnings))]
        for row in self.changed:
            lines += [str(row.place), *(line for _, line in row.lines(SHOWN))]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def to_dict(self) -> dict[str, Any]:
        return as_dict(self)


def invalid(error: WortlautError) -> Outcome:
    """The outcome where an error kept anything from being checked."""
    return Outcome((Check("input", "invalid", str(error)),))


def check(
    baseline: Baseline,
    run: Baseline,
    rules: Rules,
    *,
    known: Mapping[str, Known] | None = None,
    speeds: Mapping[str, float] | None = None,
    examples: Mapping[str, Examples] | None = None,
    trials: int = 10_000,
    power: bool = True,
) -> Outcome:
    """Compare a run with the baseline. ``known`` names items by hash, ``speeds`` are the measured ones.

    ``examples`` are those of each phenomenon that rules can name. Without ``power`` it is not worked out, but
    for margins, which drop shows: that takes longer than the tests.

    Status ``invalid`` means that the two cannot be compared or a rule cannot be applied, ``regression``
    that a system got worse. With ten documents or more a drop counts when the paired randomisation test
    supports it (two-sided, Holm over all tests of the check); with fewer when F1 fell and more than
    ``rules.flips`` items got lost. Where there is a margin a drop that is shown to be below it is none, and
    what cannot be told is ``undecided`` or, as the rules have it, a ``warning``.
    """
    notes = list(_environments(baseline, run))
    problems = tuple(Check(name, "invalid", what) for name, what in _incomparable(baseline, run))
    if problems:
        return Outcome(problems, notes=tuple(notes))
    checks: list[Check] = []
    rows: dict[Place, Row] = {}
    tests: dict[Place, _Tested] = {}
    unsure = "undecided" if rules.cannot_tell == "fail" else "warning"
    wholes = dict(_pairs(baseline, run, checks, notes))
    pairs = {place: both for whole, both in wholes.items() for place in _places(whole, both[0])}
    units = dict.fromkeys(pairs, baseline.documents)
    named = [rule for rule in rules.rules if rule.phenomenon]
    for whole, both in wholes.items():
        for place, own, count in _of_phenomena(whole, both, (examples if named else None) or {}):
            if any(selects(rule, place) for rule in named):
                pairs[place], units[place] = own, count
    checks += _idle(rules, list(pairs), examples or {})
    for place, (old, new) in pairs.items():
        few = units[place] < FEW_DOCUMENTS
        label, matched = place.key.label, place.key.setting == MATCHED
        gate = _strictest([rule for rule in rules.rules if selects(rule, place)])
        before, now = (None if one is None else one.f1 for one in (old.points(label), new.points(label)))
        row = Row(place, before, now, changes=tuple(_changes(old, new, label, known or {})))
        if label == MICRO and not matched and not place.phenomenon:
            checks += _defined(place, old, new)
        limits = list(_limits(row, gate))
        checks += limits
        main = place.key.task in MAIN_TASKS and label == MICRO and not place.key.setting
        main = main and not place.phenomenon
        test = (main if gate.test is None else gate.test) or gate.margin is not None
        margin = rules.margin if gate.margin is None else gate.margin
        items = test and few and old.errors is not None and new.errors is not None
        sums = None if few or matched or not test else _sums(old, new, label, units[place])
        if items:
            checks.append(_flips(row, rules.flips))
            if margin is not None:
                what = f"{units[place]} document(s) cannot tell whether F1 lost more than {margin:g}"
                checks.append(Check("margin", unsure, what, place))
        if sums is not None:
            try:
                weighs = weighs_gold(place.key.schema)
                test_of = pair_test(sums[1], sums[0], new.scale, trials=trials, weighs_gold=weighs)
                tests[place] = _Tested(test_of, *sums, new.scale, margin)
            except WortlautError as error:
                checks.append(Check("baseline", "invalid", str(error), place))
        tested = items or sums is not None
        if (gate.test or gate.margin is not None) and not tested:
            needs = "items to compare" if few else "sums of each document that both systems share"
            asked = "test" if gate.test else "margin"
            what = f"a rule asks for a {asked}, which needs {needs}; give a floor or a drop instead"
            checks.append(Check("rules", "invalid", what, place))
        rows[place] = replace(row, gated=bool(limits) or tested)
    checks += _test(rows, tests, rules.alpha, unsure, power)
    notes += dict.fromkeys(note for place, both in pairs.items() for note in _told_of_runs(place, *both))
    judged = {one.place.system for one in checks if one.place and one.status != "pass"}
    judged |= {place.system for place, row in rows.items() if row.gated}
    what = "no rule applies to any of its scores; write one, such as layer = …, floor = …"
    checks += [Check("rules", "invalid", what, Place(one)) for one in baseline.systems if one not in judged]
    checks += _throughput(baseline.systems, rules.throughput or {}, speeds or {})
    shown = [row for row in rows.values() if row.place.key.label == MICRO or row.gated]
    if baseline.documents < FEW_DOCUMENTS:
        shown = [replace(row, improved=(row.delta or 0) > SLACK) for row in shown]
        notes.append(
            f"{baseline.documents} document(s) are too few for a test: a lower F1 with more than"
            f" {rules.flips} lost items fails."
        )
    return Outcome(tuple(checks), tuple(shown), dict(speeds or {}), tuple(notes))


def _strictest(rules: Sequence[Rule]) -> Rule:
    """The demands of all rules on one score: the strictest limit of each kind, the last on the test."""

    def limit(name: str, strictest: Callable[..., float | None]) -> float | None:
        limits = (getattr(rule, name) for rule in rules)
        return strictest((value for value in limits if value is not None), default=None)

    tests = [rule.test for rule in rules if rule.test is not None]
    return Rule(
        floor=limit("floor", max),
        drop=limit("drop", min),
        relative_drop=limit("relative_drop", min),
        margin=limit("margin", min),
        test=tests[-1] if tests else None,
    )


def _idle(rules: Rules, scored: Sequence[Place], phenomena: Collection[str]) -> Iterator[Check]:
    for number, rule in enumerate(rules.rules, 1):
        if not any(selects(rule, place) for place in scored):
            texts = ", ".join(
                f"{key} {value!r}" for key, value in vars(rule).items() if isinstance(value, str)
            )
            what = f"rule {number} ({texts or 'all scores'}) selects no score of baseline and run"
            if rule.phenomenon not in (None, "*", *phenomena):
                what += f": {unknown_name('phenomenon', rule.phenomenon or '', phenomena)}"
            yield Check("rules", "invalid", what)


def _incomparable(baseline: Baseline, run: Baseline) -> Iterator[tuple[str, str]]:
    """What differs and so cannot be compared, and a sentence about it."""
    old, new = baseline.signature, run.signature
    if old.hash != new.hash:
        yield (
            "corpus",
            f"the gold changed: the baseline was scored on {old.corpus}@{old.hash[:12]}"
            f" ({baseline.documents} documents), this run on {new.corpus}@{new.hash[:12]}"
            f" ({run.documents}); look at the change, then take it over: wortlaut check --update",
        )
        return
    if baseline.documents != run.documents:
        yield "baseline", f"it says {baseline.documents} documents, the corpus has {run.documents}"
    if lacking := [schema for schema in old.schemas if schema not in new.schemas]:
        yield (
            "schema",
            f"the schemas changed: the baseline has {', '.join(lacking)}, this run {', '.join(new.schemas)}",
        )
    if list(differences(replace(old, schemas=new.schemas, resampling=new.resampling), new)):
        yield (
            "labels",
            f"the label projection changed: {old.projection.name if old.projection else 'none'} in the"
            f" baseline, {new.projection.name if new.projection else 'none'} in this run",
        )
    for system in baseline.systems:
        if system not in run.systems:
            yield "system", f"{system} is in the baseline and was not run"
    for system in run.systems:
        if system not in baseline.systems:
            yield "system", f"{system} is not in the baseline; take it over: wortlaut check --update"


def _told_of_runs(place: Place, old: Entry, new: Entry) -> Iterator[str]:
    """What the test of a score knows about runs, where there are some."""
    then, now = len(old.single), len(new.single)
    if (then, now) == (1, 1):
        return
    yield f"{place.system}: means over runs, {then} then and {now} now; items are those of the middle run"
    if 1 in (then, now):
        yield f"{place.system}: of one run it is not known how others would score"
    if place.key.label == MICRO and any(
        abs(skewness(np.array([one.micro.f1 or 0.0 for one in entry.single])) or 0) > SKEWED
        for entry in (old, new)
    ):
        yield f"{place}: the runs are uneven, one may have failed: its test does not hold"


def _environments(baseline: Baseline, run: Baseline) -> tuple[str, ...]:
    differ = [
        f"{name} {baseline.environment.get(name, '–')} → {run.environment.get(name, '–')}"
        for name in sorted({*baseline.environment, *run.environment})
        if baseline.environment.get(name) != run.environment.get(name)
    ]
    return (f"another environment than the baseline's: {', '.join(differ)}",) if differ else ()


def _pairs(
    baseline: Baseline, run: Baseline, checks: list[Check], notes: list[str]
) -> Iterator[tuple[Place, tuple[Entry, Entry]]]:
    """The entries that both have; what is missing or scored in another way is a failed check."""
    for system, entries in baseline.systems.items():
        for key, old in entries.items():
            place, new = Place(system, key), run.systems[system].get(key)
            if new is None:
                what = "the score is missing: the system no longer has it"
                checks.append(Check("score", "regression", what, place))
            elif list(differences(old.signature, new.signature)):
                what = f"scored in another way: {old.signature.scoring} then, {new.signature.scoring} now"
                checks.append(Check("signature", "invalid", what, place))
            elif old.scale != new.scale:
                what = f"credit is counted in steps of 1/{old.scale} in the baseline, of 1/{new.scale} now"
                checks.append(Check("signature", "invalid", what, place))
            else:
                yield place, (old, new)
        if added := [f"{key.layer} {key.variant}" for key in run.systems[system] if key not in entries]:
            notes.append(f"{system}: not in the baseline and not checked: {', '.join(added)}")


def places(
    systems: Mapping[str, Mapping[ScoreKey, Entry]], examples: Mapping[str, Examples]
) -> Iterator[Place]:
    """Every score that rules can be about: of all labels, of each that the gold has, of each phenomenon."""
    for system, entries in systems.items():
        for key, entry in entries.items():
            whole = Place(system, key)
            yield from _places(whole, entry)
            yield from (place for place, *_ in _of_phenomena(whole, (entry, entry), examples))


def _places(whole: Place, entry: Entry) -> Iterator[Place]:
    # A label that only stands among the spurious ones is no score to defend.
    for label in (MICRO, *(label for label, points in entry.labels.items() if points.gold)):
        yield Place(whole.system, whole.key.of(label))


def _of_phenomena(
    whole: Place, both: tuple[Entry, Entry], examples: Mapping[str, Examples]
) -> Iterator[tuple[Place, tuple[Entry, Entry], int]]:
    """Each phenomenon that is checked by the score, with the part of both entries and its number of units."""
    for name, own in examples.items():
        parts = [narrowed(entry, own) for entry in both] if own.key == whole.key else []
        old, new = parts if None not in parts and parts else (None, None)
        if old is not None and new is not None:
            place = Place(whole.system, whole.key.of(MICRO), name, old[0])
            yield place, (old[1], new[1]), len(own.units)


def selects(rule: Rule, place: Place) -> bool:
    key, label = place.key, rule.label or MICRO
    phenomena = ("*", place.phenomenon) if place.phenomenon else (None,)
    return (
        rule.phenomenon in phenomena
        and rule.system in (None, place.system)
        and rule.layer in (key.layer, None if key.layer == key.task else key.layer)
        and rule.schema in (key.variant, None if key.variant == key.schema else key.variant)
        and (label == key.label or (label == "*" and key.label != MICRO))
    )


def _defined(place: Place, old: Entry, new: Entry) -> Iterator[Check]:
    for name in ("precision", "recall", "f1"):
        before, now = getattr(old.micro, name), getattr(new.micro, name)
        if before is not None and now is None:
            why = " (nothing was found)" if name == "precision" and not new.micro.predicted else ""
            yield Check("score", "regression", f"{name} is undefined{why}; it was {before:.3f}", place)


def _limits(row: Row, gate: Rule) -> Iterator[Check]:
    if gate.floor is not None:
        met = row.now is not None and row.now >= gate.floor - SLACK
        what = f"{row.place.measure} {f1_text(row.now)}, floor {gate.floor:g}"
        yield _limit("floor", met, what, row.place)
    if row.before is None:
        return
    for name, limit, unit in (("drop", gate.drop, 1.0), ("relative_drop", gate.relative_drop, row.before)):
        if limit is not None:
            met = row.now is not None and row.before - row.now <= limit * unit + SLACK
            limited = f"largest {name.replace('_', ' ')} {limit:g}"
            what = f"{row.place.measure} {f1_text(row.before, row.now)}, {limited}"
            yield _limit(name, met, what, row.place)


def f1_text(*values: float | None) -> str:
    return " → ".join("undefined" if value is None else f"{value:.4f}" for value in values)


def _limit(name: str, met: bool, what: str, place: Place) -> Check:
    return Check(name, "pass" if met else "regression", what, place)


def _changes(old: Entry, new: Entry, label: str, known: Mapping[str, Known]) -> Iterator[Change]:
    """Items whose credit differs: gold ones that got less or more, spurious ones that came or went."""
    if old.errors is None or new.errors is None:
        return
    found = []
    for document in {*old.errors, *new.errors}:
        a, b = old.errors.get(document, Errors()), new.errors.get(document, Errors())
        for kind, before, now in (
            ("missed", _lost(a, old.scale), _lost(b, new.scale)),
            ("spurious", Counter(a.spurious), Counter(b.spurious)),
        ):
            for name in before.keys() | now.keys():
                more = now[name] - before[name]
                times = abs(more) if kind == "spurious" else int(more != 0)
                found += [Change(document, kind, more > 0, name, known.get(name))] * times

    def place(change: Change) -> tuple[object, ...]:
        return change.document, () if change.known is None else change.known.spans, change.hash, change.kind

    for change in sorted(found, key=place):
        if label == MICRO or (change.known is not None and change.known.label == label):
            yield change


def _lost(errors: Errors, scale: int) -> Counter[str]:
    """What each gold item lacks of its credit, in steps of ``1 / scale``."""
    lost: Counter[str] = Counter()
    for name, credit in errors.missed:
        lost[name] += scale - round(credit * scale)
    return lost


def _flips(row: Row, most: int) -> Check:
    lost = sum(change.worse for change in row.changes)
    fell = row.now is None or (row.delta or 0) < -SLACK
    measure = row.place.measure
    f1 = "" if row.delta is None else f", {measure} {f1_text(row.before, row.now)}"
    what = f"{lost} item(s) lost, {len(row.changes) - lost} won{f1}; tolerated with a lower {measure}: {most}"
    return _limit("flips", not (fell and lost > most), what, row.place)


def _sums(old: Entry, new: Entry, label: str, documents: int) -> tuple[list[Ints], list[Ints]] | None:
    """The sums of all documents in each run of both, shape ``(documents, 4)`` each."""
    names = sorted({name for one in (*old.single, *new.single) for name in one.documents or ()})
    rest = np.zeros((max(0, documents - len(names)), 4), np.int64)
    sides: tuple[list[Ints], list[Ints]] = ([], [])
    for side, entry in zip(sides, (old, new), strict=True):
        for one in entry.single:
            sums = one.sums(label, names)
            if sums is None:
                return None
            side.append(np.concatenate([sums, rest]))
    return sides


@dataclass(frozen=True)
class _Tested:
    """The test of now minus before, and the sums of each run that it comes from; with a margin, if any."""

    test: PairedTest
    old: list[Ints]
    new: list[Ints]
    scale: int
    margin: float | None


def _test(
    rows: dict[Place, Row], tests: Mapping[Place, _Tested], alpha: float, unsure: str, power: bool
) -> Iterator[Check]:
    """One check for each paired test, adjusted for all of them; rows get what it says."""
    adjusted = supported([one.test for one in tests.values()], alpha)
    for (place, one), (p, change) in zip(tests.items(), adjusted, strict=True):
        test, row = one.test, replace(rows[place], p=p, improved=change > 0)
        both = "is undefined on one side" if row.delta is None else f1_text(row.before, row.now)
        what = f"{place.measure} {both}"
        if p is not None:
            how = f"paired randomisation of {test.units} documents"
            if test.runs is not None:
                now, then = test.runs
                how = f"{then} and {now} runs on {test.units} documents"
            what += f", p {p:.4f} ({how}, Holm over {len(tests)})"
        what += f", level {alpha:g}"
        if one.margin is None:
            shows = smallest_drop(one.old, one.new, one.scale, alpha / len(tests)) if power else None
            rows[place] = replace(row, shows=shows)
            yield _limit("test", change >= 0, what, place)
            continue
        loss = None if test.f1 is None else -test.f1
        said = judged(place.system, one.old, one.new, one.scale, loss, p, one.margin, alpha, len(tests))
        rows[place] = replace(row, shows=said.shows, margin=said)
        status = {NO_LOSS: "pass", WORSE: "regression", CANNOT_TELL: unsure}[said.verdict]
        most = "" if said.at_most is None else f"; at most {said.at_most:.4f} lower (95%)"
        shown = "no drop shows" if said.shows is None else f"a drop shows from {said.shows:.4f} on"
        verdict = said.verdict.replace("the margin", f"{one.margin:g}")
        told = f"{verdict}, the margin is {one.margin:g}" if said.verdict == CANNOT_TELL else verdict
        yield Check("margin", status, f"{told}: {what}{most}; {shown} with 80%", place)


def supported(tests: Sequence[PairedTest], alpha: float) -> list[tuple[float | None, int]]:
    """For each test of now minus before the p after Holm, and -1, 0 or 1: a drop, nothing, a gain."""
    adjusted = holm([test.p for test in tests])
    return [
        (p, 0 if p is None or test.f1 is None or p > alpha else int(np.sign(test.f1)))
        for test, p in zip(tests, adjusted, strict=True)
    ]


def _throughput(
    systems: Mapping[str, Any], floors: Mapping[str, float], speeds: Mapping[str, float]
) -> Iterator[Check]:
    for name in floors:
        if name not in ("*", *systems):
            yield Check("rules", "invalid", f"a throughput is asked of {name}, which is not in the baseline")
    for system in systems:
        least, speed = floors.get(system, floors.get("*")), speeds.get(system)
        if least is not None and speed is None:
            yield Check("throughput", "invalid", "the speed was not measured", Place(system))
        elif least is not None and speed is not None:
            what = f"{speed:.4g} times the speed of the reference extractor, floor {least:g}"
            yield _limit("throughput", speed >= least, what, Place(system))
