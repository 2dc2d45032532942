"""Who is scored, and what each scored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any, TypeVar, cast

import numpy as np

from wortlaut.errors import DataError, ExtractorError
from wortlaut.evaluation import digests
from wortlaut.evaluation.files import ResultRow, Sums, SystemRow, read_signature
from wortlaut.extractors.function import Function
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.registry import PREFIXES, Spec, split_name, takes, with_option
from wortlaut.extractors.run import named as spec_of
from wortlaut.formats import names_format
from wortlaut.io.storage import is_url
from wortlaut.model import Annotations
from wortlaut.model.columns import Ints
from wortlaut.records.record import as_dict
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.metrics import QUOTES
from wortlaut.scoring.result import MAIN_TASKS, Result, Results

T = TypeVar("T")
#: What is scored: specs, ``NAME=SPEC``, objects, one or several; or name → spec or object, or those of its
#: runs.
One = str | Extractor | Callable[..., Any]
Extractors = One | Sequence[One] | Mapping[str, One | Sequence[One]]
#: A document's id, fragments and a label (empty where the task has none).
Item = tuple[str, tuple[tuple[int, int], ...], str]
#: A document's id and fragments: where an item is, whatever it is called.
Place = tuple[str, tuple[tuple[int, int], ...]]
#: The gold items of each score, with the text that they cover.
GoldItems = Mapping[ScoreKey, Sequence[tuple[Item, str]]]


@dataclass(frozen=True)
class System:
    """Who is scored: its name in tables, the spec of its first run, and what answers in each of its runs.

    There is none where the scores were read from a file, which has the name alone.
    """

    name: str
    spec: str = ""
    runs: tuple[str | Extractor, ...] = ()

    def single(self) -> list[System]:
        """A system of each run, under the shortest name that tells it from the others."""
        if len(self.runs) == 1:
            return [self]
        specs = [one if isinstance(one, str) else spec_of(one) for one in self.runs]
        short, many = short_names(sorted(set(specs))), Counter(specs)
        names = [f"{short[spec]} ({i})" if many[spec] > 1 else short[spec] for i, spec in enumerate(specs, 1)]
        return [System(name, spec, (one,)) for name, spec, one in zip(names, specs, self.runs, strict=True)]


def named(extractors: Extractors, runs: int = 1) -> list[System]:
    """Each extractor under a name of its own; a function is one (see :class:`Function`).

    It is the key in a mapping, what stands before the ``=`` of ``NAME=SPEC``, or the ``name`` of an object;
    without one, the shortest that tells it from the others: of a file its name, with as much of its folders
    as that takes, of everything else its spec or class; numbered where the same stands twice.

    One system has several runs where a name stands before several specs, where a mapping has a list of them,
    where ``preds:`` has a path with ``*``, which stands for each file that is called so, and with ``runs``:
    all but files run so many times, with ``?seed=0``, ``1``, … where they take a seed. Raises DataError where
    there is no extractor, no file for a ``*``, one twice, and where two objects call themselves the same.
    """
    wanted: list[tuple[str | None, list[Any]]]
    if isinstance(extractors, Mapping):
        wanted = [
            (name, [*one] if isinstance(one, Sequence) and not isinstance(one, str) else [one])
            for name, one in extractors.items()
        ]
    else:
        alone = isinstance(extractors, str) or hasattr(extractors, "extract") or callable(extractors)
        each = cast("Sequence[One]", [extractors] if alone else extractors)
        given = [split_name(one) if isinstance(one, str) else (_own_name(one), one) for one in each]
        _check_objects(given)
        wanted = []
        for name, one in given:
            same = next((known for known in wanted if name is not None and known[0] == name), None)
            if same is None:
                wanted.append((name, [one]))
            else:
                same[1].append(one)
    if not wanted or not all(ones for _, ones in wanted):
        raise DataError(
            "no extractor is named", hint="Name one or several, or none at all for the built-in ones."
        )
    # A system without a name is called by its first run; one of several files, by what stands for them.
    called = [ones[0] if isinstance(ones[0], str) else spec_of(_extractor(ones[0])) for _, ones in wanted]
    taken = Counter(name for name, _ in wanted if name is not None)
    alike = {spec for (name, _), spec in zip(wanted, called, strict=True) if name is None}
    short = short_names(sorted(alike), taken)
    systems = []
    for (given_name, ones), spec in zip(wanted, called, strict=True):
        name = given_name or short[spec]
        if given_name is None:
            taken[name] += 1
            name += f" ({taken[name]})" if taken[name] > 1 else ""
        each_run = tuple(run for one in ones for run in _runs(one, runs))
        _check_files(name, each_run)
        first = each_run[0]
        systems.append(System(name, first if isinstance(first, str) else spec_of(first), each_run))
    if runs > 1 and all(len(system.runs) == 1 for system in systems):
        raise DataError(
            f"nothing runs {runs} times: what was found stands in files",
            hint="Name the file of each run: -e 'NAME=preds:run-*.jsonl'.",
        )
    return systems


def of_one_run(extractors: Extractors) -> list[System]:
    """The same where several runs of a system are no use: DataError for them."""
    systems = named(extractors)
    for system in systems:
        if len(system.runs) > 1:
            hint = "Give each a name of its own: several runs are for evaluate, score, baseline and check."
            raise DataError(f"{len(system.runs)} systems are called {system.name!r}", hint=hint)
    return systems


def _check_objects(given: Sequence[tuple[str | None, object]]) -> None:
    """Raises DataError where two objects have one name: that they are runs of one system is to be said."""
    for name, count in Counter(name for name, one in given if not isinstance(one, str)).items():
        if name is not None and (count > 1 or (name, str) in [(n, type(one)) for n, one in given]):
            hint = "Give each a name of its own; runs of one system are a list: {name: [first, second]}."
            raise DataError(f"several systems are called {name!r}", hint=hint)


def _runs(one: Any, times: int) -> list[str | Extractor]:
    """What answers in each run of what was given once."""
    if not isinstance(one, str):
        if times > 1:
            hint = "Name a spec, or give an object for each run: {name: [first, second]}."
            raise DataError(f"{one!r:.80} is one object, which cannot run {times} times", hint=hint)
        return [_extractor(one)]
    if one.startswith("preds:"):
        return list(_files(one))
    if times > 1 and "seed" in dict(Spec.parse(one).options):
        hint = (
            "Leave it out: the runs take 0, 1, …; or name each run: -e NAME=SPEC?seed=1 -e NAME=SPEC?seed=2."
        )
        raise DataError(f"{times} runs with one seed are one run", where=one, hint=hint)
    if times > 1 and takes(one, "seed"):
        return [with_option(one, "seed", number) for number in range(times)]
    return [one] * times


def _files(spec: str) -> Iterator[str]:
    """The spec with each file that its path with ``*`` stands for, ``run-2`` before ``run-10``."""
    target = Spec.parse(spec).target
    head, path = "preds:", target.removeprefix("preds:")
    if names_format(path):
        format, _, path = path.partition(":")
        head = f"{head}{format}:"
    if "*" not in path or is_url(path) or Path(path).exists():
        yield spec
        return
    pattern = PurePath(path.replace("[", "[[]").replace("?", "[?]"))
    found = [str(file) for file in Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))]
    if not found:
        raise DataError("no file is called so", where=path, hint="Check folder and name; * stands for any.")
    numbers = re.compile(r"(\d+)")
    for file in sorted(found, key=lambda file: [int(x) if x.isdigit() else x for x in numbers.split(file)]):
        yield f"{head}{file}{spec[len(target) :]}"


def _check_files(name: str, runs: Sequence[str | Extractor]) -> None:
    for spec, count in Counter(one for one in runs if isinstance(one, str)).items():
        if count > 1 and spec.startswith("preds:"):
            raise DataError(f"{count} runs of {name!r} are one file", where=spec.removeprefix("preds:"))


def _extractor(given: Any) -> Extractor:
    if isinstance(given, type):
        raise DataError(f"{given.__name__} is a class", hint=f"Make an extractor of it: {given.__name__}().")
    if hasattr(given, "extract"):
        return cast(Extractor, given)
    if not callable(given):
        hint = "Give a spec, an object with finds and extract(texts), or a function from a text to its spans."
        raise DataError(f"{given!r:.80} is no extractor", hint=hint)
    return Function(given, single=True)


def _own_name(extractor: object) -> str | None:
    name = getattr(extractor, "name", None)
    return name if isinstance(name, str) and name else None


def short_names(specs: Sequence[str], taken: Collection[str] = ()) -> dict[str, str]:
    """Spec → the shortest name that no other has: ``preds:a/x.jsonl`` is ``x``, ``a/x`` beside ``b/x``."""
    candidates = {spec: _candidates(spec) for spec in specs}
    while True:
        counts = Counter([*(names[0] for names in candidates.values()), *taken])
        longer = {
            spec: names[1:] for spec, names in candidates.items() if len(names) > 1 and counts[names[0]] > 1
        }
        if not longer:
            return {spec: names[0] for spec, names in candidates.items()}
        candidates |= longer


def _candidates(spec: str) -> list[str]:
    """Names for a spec, the shortest first, the spec last."""
    target, mark, options = spec.partition("?")
    kind, _, rest = target.partition(":")
    file, _, factory = target.rpartition(":")
    if kind == "preds":
        rest = spec.removeprefix("preds:")
        name, mark, options = (rest.partition(":")[2] if names_format(rest) else rest).partition("?")
        where = PurePath(name)
        head, path, tail = "", where.with_suffix("") if where.name else where, mark + options
    elif file.endswith(".py"):
        head, path, tail = "", PurePath(file), f":{factory}{mark}{options}"
    elif kind in PREFIXES and kind != "cmd" and rest.startswith(("/", ".", "~")):
        head, path, tail = f"{kind}:", PurePath(rest), mark + options
    else:
        return [spec]
    names = path.parts[1:] if path.is_absolute() else path.parts
    ends = ["/".join(names[-count:]) for count in range(1, len(names) + 1)]
    return [*(ends if kind == "preds" else ()), *(f"{head}{end}{tail}" for end in ends), spec]


def is_main(key: ScoreKey) -> bool:
    """Whether a score is shown, and compared, where not everything is asked for."""
    peer = key.schema.partition("@")[0] in QUOTES
    # The mean of three of its measures, under whichever schema.
    clusters = key.task == "clusters" and key.schema.rpartition("/")[2] == "conll"
    return peer or clusters or (key.task in MAIN_TASKS and not key.setting)


def by_names(values: Mapping[ScoreKey, T]) -> dict[str, dict[str, T]]:
    """Task → schema → value, under the names of files and tables: ``speakers`` → ``strict@matched``."""
    found: dict[str, dict[str, T]] = {}
    for key, value in values.items():
        found.setdefault(key.layer, {})[key.variant] = value
    return found


def by_keys(values: Mapping[str, Mapping[str, T]]) -> dict[ScoreKey, T]:
    """The same the other way."""
    return {
        ScoreKey.named(task, schema): value for task, row in values.items() for schema, value in row.items()
    }


@dataclass(frozen=True)
class Judged:
    """Item by item: gold and predicted ones, each with its hits in steps of the result's scale."""

    gold: tuple[Item, ...]
    hits: Ints
    predicted: tuple[Item, ...]
    predicted_hits: Ints

    def wrong(self) -> list[Item]:
        """The predicted items without any credit."""
        return [self.predicted[i] for i in np.flatnonzero(self.predicted_hits == 0).tolist()]


class Unscored(dict[str, Results]):
    """The scores of a system that failed: none, and whoever asks for one is told why."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def __missing__(self, task: str) -> Results:
        raise ExtractorError(f"there are no scores of {task}: {self.reason}")


@dataclass(frozen=True, repr=False)
class Scored:
    """What one system scored. ``failed`` says why there are no scores.

    ``pace``: characters, and the seconds that an extractor here took for them, its first batch left out;
    ``None`` where nothing was measured. It is no part of :meth:`to_dict`, which is the same every time.

    Of a system with several runs ``results`` are means over ``runs``, which holds each of them in full, those
    that failed too; ``found``, ``judged`` and errors are those of the run whose F1 is in the middle.
    """

    system: System
    results: Mapping[ScoreKey, Result] = field(default_factory=dict)
    failed: str | None = None
    notes: tuple[str, ...] = ()
    found: tuple[Annotations, ...] = field(default=(), repr=False)
    judged: Mapping[ScoreKey, Judged] = field(default_factory=dict, repr=False)
    #: Layer → by what → schema → result, whose ``per_label`` holds the groups.
    breakdowns: Mapping[str, Mapping[str, Results]] = field(default_factory=dict, repr=False)
    pace: tuple[int, float] | None = field(default=None, repr=False, compare=False)
    runs: tuple[Scored, ...] = field(default=(), repr=False)
    read_answers: digests.Answers = field(default=(), repr=False)

    def __repr__(self) -> str:
        return f"<Scored {self.name!r}: {'failed' if self.failed else ', '.join(self.scores)}>"

    @property
    def name(self) -> str:
        return self.system.name

    @cached_property
    def answers(self) -> digests.Answers:
        """What tells whether another system found the same in a document, in all runs; empty if not kept."""
        if self.runs and not self.read_answers:
            by_document = zip(*(run.answers for run in self.runs), strict=False)
            return [digests.short_hash(sorted(each)) for each in by_document]
        return digests.of_answers(self.found) if self.found else self.read_answers

    def erred(self) -> Iterator[Place]:
        """Where a gold item is missed or has less than full credit, and where a wrong one was found."""
        for key, one in self.judged.items():
            missed = np.flatnonzero(one.hits < self.results[key].scale).tolist()
            yield from (item[:2] for item in (*(one.gold[i] for i in missed), *one.wrong()))

    @cached_property
    def scores(self) -> Mapping[str, Results]:
        """Task → schema → result, under the names of tables, such as ``speakers`` → ``strict@matched``."""
        if self.failed is not None:
            return Unscored(self.failed)
        return {task: Results(row) for task, row in by_names(self.results).items()}

    def to_dict(self) -> dict[str, Any]:
        return as_dict(self.row())

    def row(self) -> SystemRow:
        """What a file holds of it."""
        scores = by_names({key: self._row(key, result) for key, result in self.results.items()})
        breakdowns = {
            layer: {
                by: {schema: ResultRow.of(result) for schema, result in results.items()}
                for by, results in own.items()
            }
            for layer, own in self.breakdowns.items()
        }
        runs = tuple(run.row() for run in self.runs)
        return SystemRow(self.name, self.notes, scores, breakdowns, self.failed, self.answers, runs)

    def _row(self, key: ScoreKey, result: Result) -> ResultRow:
        """With what paired tests need: the sums of each unit, and which items were right."""
        sums, judged = result.unit_sums, self.judged.get(key)
        upper = None if result.upper_sums is None else result.upper_sums[:, 2].tolist()
        return ResultRow.of(
            result,
            units=None if sums is None else Sums(result.scale, sums.tolist(), upper),
            hits=None if judged is None else "".join(map(str, judged.hits.tolist())),
            wrong=None if judged is None else judged.wrong(),
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], whole: Signature, gold: GoldItems) -> Scored:
        """Of its plain form, in an evaluation of that signature and those gold items."""

        def result(row: Mapping[str, Any]) -> Result:
            return Result.from_dict(row, read_signature(row["signature"], whole))

        def judged(key: ScoreKey, row: Mapping[str, Any]) -> Judged:
            hits = np.asarray([int(digit) for digit in row["hits"]], np.int64)
            wrong = tuple(map(read_item, row["wrong"]))
            items = tuple(item for item, _ in gold[key])
            if len(hits) != len(items):
                raise ValueError(f"{len(items)} items and {len(hits)} hits in {key.layer}, {key.variant}")
            return Judged(items, hits, wrong, np.zeros(len(wrong), np.int64))

        rows, runs = (
            by_keys(data["scores"]),
            [cls.from_dict(run, whole, gold) for run in data.get("runs", ())],
        )
        return cls(
            System(data["name"]),
            {
                key: result(row).of_runs([run.results[key] for run in runs if key in run.results])
                for key, row in rows.items()
            },
            data.get("failed"),
            tuple(data["notes"]),
            judged={key: judged(key, row) for key, row in rows.items() if "hits" in row},
            breakdowns={
                layer: {
                    by: Results((schema, result(row)) for schema, row in by_schema.items())
                    for by, by_schema in own.items()
                }
                for layer, own in data.get("breakdowns", {}).items()
            },
            runs=tuple(runs),
            read_answers=data.get("answers", ()),
        )


def read_item(row: Sequence[Any]) -> Item:
    document, spans, label = row
    return document, tuple((start, end) for start, end in spans), label
