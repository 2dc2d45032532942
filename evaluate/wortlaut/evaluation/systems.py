"""Who is scored, and what each scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from typing import Any, TypeVar, cast

import numpy as np

from wortlaut.errors import DataError, ExtractorError
from wortlaut.evaluation.files import ResultRow, Sums, SystemRow, read_signature
from wortlaut.extractors.function import Function
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.registry import PREFIXES, split_name
from wortlaut.extractors.run import named as spec_of
from wortlaut.formats import names_format
from wortlaut.model import Annotations
from wortlaut.model.columns import Ints
from wortlaut.records.record import as_dict
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.result import Result, Results

T = TypeVar("T")
#: What is scored: specs, ``NAME=SPEC``, objects, one or several; or name → spec or object.
One = str | Extractor | Callable[..., Any]
Extractors = One | Sequence[One] | Mapping[str, One]
#: A document's id, fragments and a label (empty where the task has none).
Item = tuple[str, tuple[tuple[int, int], ...], str]
#: A document's id and fragments: where an item is, whatever it is called.
Place = tuple[str, tuple[tuple[int, int], ...]]
#: The gold items of each score, with the text that they cover.
GoldItems = Mapping[ScoreKey, Sequence[tuple[Item, str]]]


@dataclass(frozen=True)
class System:
    """Who is scored: its name in tables, the spec that it is made from, and what answers in each of its runs.

    Today there is one run, or none where the scores were read from a file, which has the name alone.
    """

    name: str
    spec: str = ""
    runs: tuple[str | Extractor, ...] = ()


def named(extractors: Extractors) -> list[System]:
    """Each extractor under a name of its own; a function is one (see :class:`Function`).

    It is the key in a mapping, what stands before the ``=`` of ``NAME=SPEC``, or the ``name`` of an object;
    without one, the shortest that tells it from the others: of a file its name, with as much of its folders
    as that takes, of everything else its spec or class; numbered where the same stands twice. Raises
    DataError where there is none, and where two are given one name.
    """
    wanted: list[tuple[str | None, Any]]
    if isinstance(extractors, Mapping):
        wanted = list(extractors.items())
    else:
        alone = isinstance(extractors, str) or hasattr(extractors, "extract") or callable(extractors)
        each = cast("Sequence[One]", [extractors] if alone else extractors)
        wanted = [split_name(one) if isinstance(one, str) else (_own_name(one), one) for one in each]
    if not wanted:
        raise DataError(
            "no extractor is named", hint="Name one or several, or none at all for the built-in ones."
        )
    taken = Counter(name for name, _ in wanted if name is not None)
    for name, count in taken.items():
        if count > 1:
            raise DataError(f"{count} systems are called {name!r}", hint="Give each a name of its own.")
    wanted = [(name, one if isinstance(one, str) else _extractor(one)) for name, one in wanted]
    specs = [one if isinstance(one, str) else spec_of(one) for _, one in wanted]
    alike = {spec for (name, _), spec in zip(wanted, specs, strict=True) if name is None}
    short = short_names(sorted(alike), taken)
    systems = []
    for (given, extractor), spec in zip(wanted, specs, strict=True):
        name = given or short[spec]
        if given is None:
            taken[name] += 1
            name += f" ({taken[name]})" if taken[name] > 1 else ""
        systems.append(System(name, spec, (extractor,)))
    return systems


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
    """

    system: System
    results: Mapping[ScoreKey, Result] = field(default_factory=dict)
    failed: str | None = None
    notes: tuple[str, ...] = ()
    found: tuple[Annotations, ...] = field(default=(), repr=False)
    judged: Mapping[ScoreKey, Judged] = field(default_factory=dict, repr=False)
    breakdowns: Mapping[str, Results] = field(default_factory=dict, repr=False)
    pace: tuple[int, float] | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"<Scored {self.name!r}: {'failed' if self.failed else ', '.join(self.scores)}>"

    @property
    def name(self) -> str:
        return self.system.name

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
            by: {schema: ResultRow(**vars(result)) for schema, result in results.items()}
            for by, results in self.breakdowns.items()
        }
        return SystemRow(self.name, self.notes, scores, breakdowns, self.failed)

    def _row(self, key: ScoreKey, result: Result) -> ResultRow:
        """With what paired tests need: the sums of each unit, and which items were right."""
        sums, judged = result.unit_sums, self.judged.get(key)
        return ResultRow(
            **vars(result),
            units=None if sums is None else Sums(result.scale, sums.tolist()),
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
            return Judged(tuple(item for item, _ in gold[key]), hits, wrong, np.zeros(len(wrong), np.int64))

        rows = by_keys(data["scores"])
        return cls(
            System(data["name"]),
            {key: result(row) for key, row in rows.items()},
            data.get("failed"),
            tuple(data["notes"]),
            judged={key: judged(key, row) for key, row in rows.items() if "hits" in row},
            breakdowns={
                by: Results((schema, result(row)) for schema, row in by_schema.items())
                for by, by_schema in data.get("breakdowns", {}).items()
            },
        )


def read_item(row: Sequence[Any]) -> Item:
    document, spans, label = row
    return document, tuple((start, end) for start, end in spans), label
