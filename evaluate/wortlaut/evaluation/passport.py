"""A passport: what anyone needs to check a result without its texts; and the check.

It holds each score with the counts of each document that it follows from, so it can be computed again. No
text is in it, nor what may quote one: notes, items, error classes; speakers, whose labels are names, have
numbers in their place.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from wortlaut.corpus.load import Corpus
from wortlaut.errors import ComparisonError, DataError, counted, listed, unknown_name
from wortlaut.evaluation.comparison import Comparison, compare
from wortlaut.evaluation.corpora import CorporaComparison, compare_grouped, grouped
from wortlaut.evaluation.digests import Digests, of_documents
from wortlaut.evaluation.evaluate import EVERY, Evaluation, as_predictions, checked_schemas, evaluate
from wortlaut.evaluation.files import EvaluationFile
from wortlaut.evaluation.runs import averaged
from wortlaut.evaluation.scorer import Source
from wortlaut.evaluation.systems import Scored, System, named
from wortlaut.io.reading import read_json
from wortlaut.records.misfit import misfit
from wortlaut.records.objects import STRICT, shown
from wortlaut.records.record import PLAIN, Digest, as_dict, json_schema
from wortlaut.scoring.engine import result_of
from wortlaut.scoring.keys import GIVEN, ScoreKey, Signature, corpus_text
from wortlaut.scoring.result import Result, Results
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.units import unplaced
from wortlaut.scoring.words import between
from wortlaut.version import SCORES_SINCE, VERSION, environment

#: The file in the folder that `wortlaut passport` writes.
NAME = "passport.json"
_WRITE = "Write one: wortlaut passport RESULT.json -o DIR"
#: Numbers that differ by less are the same: other processors and libraries round the last digits otherwise.
_SAME = 1e-9
#: So many statements that do not hold are told one by one.
_TOLD = 10


@dataclass(frozen=True)
class Passport:
    """Scores and tests with the counts that they follow from, without the texts."""

    format: ClassVar[Literal["wortlaut-passport/1"]] = "wortlaut-passport/1"
    digest: Annotated[
        Digest, "SHA-256 of all else in the file: as JSON in UTF-8, keys in their order, without blanks."
    ]
    environment: Annotated[Mapping[str, str], "Versions under which the numbers followed from the counts."]
    corpora: Annotated[
        Sequence[EvaluationFile],
        PLAIN,
        "The result on each corpus, without notes, items, error classes and confusion. Labels of speakers"
        " are numbers.",
    ]
    tests: Annotated[
        Comparison | CorporaComparison | None,
        PLAIN,
        "What `wortlaut compare` says of the systems; null where nothing can be compared.",
    ]


@dataclass
class Verdict:
    """What was found of a passport's statements, a line each."""

    digest: str
    holds: list[str] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def passport(evaluations: Sequence[Evaluation], where: str = "") -> dict[str, Any]:
    """The passport of what was scored on one corpus or several.

    Raises DataError where the counts are not kept, and where a number does not follow from them.
    """
    bare = [_without_texts(one) for one in evaluations]
    for evaluation in bare:
        _check_counts(evaluation, where)
    stated, found = [_plain(one.to_dict()) for one in bare], _followed(bare)
    for place, says, gives in _differences(stated, found["corpora"]):
        what = f"{', '.join(place)} is {_told(says)}, and the counts give {_told(gives)}"
        raise DataError(what, where=where, hint="The file was changed: write it anew.")
    data = as_dict(Passport("", environment(), stated, found["tests"]))
    return {**data, "digest": _digest(data)}


def verify(path: Path, ref: str | None = None, predictions: Sequence[str] = ()) -> Verdict:
    """Compute everything in a passport anew, from its counts and, of those that are given, from the texts.

    ``ref`` names the corpus, ``predictions`` are files of what its systems found, ``NAME=FILE``. Raises
    DataError and MissingFileError for what is no passport, or one of a version that scores otherwise.
    """
    path = path / NAME if path.is_dir() else path
    where = str(path)
    data = read_json(path, _WRITE, **STRICT)
    if not isinstance(data, Mapping) or data.get("format") != Passport.format:
        raise DataError("is no passport", where=where, hint=_WRITE)
    schema = json_schema(Passport, "", "")
    lacking = [key for key in schema["required"] if key not in data]
    what = f"it lacks {lacking[0]}" if lacking else misfit(data, schema, schema["$defs"])
    if what or not data["corpora"]:
        raise DataError(f"is no whole passport: {what or 'it is of no corpus'}", where=where, hint=_WRITE)
    verdict = Verdict(_digest(data))
    named_corpora = [f"{where}, corpus {i}" for i, _ in enumerate(data["corpora"], 1)]
    evaluations = [Evaluation.from_dict(*one) for one in zip(data["corpora"], named_corpora, strict=True)]
    for evaluation in evaluations:
        _check_version(evaluation.signature.version, where)
        _check_counts(evaluation, where)
    try:
        found = _followed(evaluations)
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        what = f"nothing follows from such counts: {type(error).__name__}: {error}"
        raise DataError(
            what, where=where, hint="The file was changed: take the one that was published."
        ) from error
    head = {"format": Passport.format, "digest": verdict.digest, "environment": data["environment"]}
    faults = list(_differences({key: one for key, one in data.items() if key not in found}, head))
    _judge(
        verdict,
        where,
        faults,
        "the file is as it was written: its digest is that of its content",
        "the content gives",
    )
    for i, (one, evaluation) in enumerate(zip(found["corpora"], evaluations, strict=True)):
        name = f"{counted(len(evaluation.systems), 'system')} on {evaluation.corpus.name}"
        faults = list(_differences(data["corpora"][i], one, ("corpora", str(i))))
        _judge(verdict, where, faults, f"scores and intervals of {name} follow from the counts")
    if data["tests"] or found["tests"]:
        faults = list(_differences(data["tests"], found["tests"], ("tests",)))
        _judge(verdict, where, faults, "tests follow from the counts")
    _rescan(verdict, where, evaluations, ref, predictions)
    return verdict


def _judge(
    verdict: Verdict,
    where: str,
    faults: Sequence[tuple[Sequence[str], Any, Any]],
    held: str,
    by: str = "the counts give",
) -> None:
    for place, says, gives in faults[:_TOLD]:
        verdict.fails.append(f"{where}: {', '.join(place)}: is {_told(says)}; {by} {_told(gives)}")
    if len(faults) > _TOLD:
        verdict.fails.append(f"{where}: and {len(faults) - _TOLD} more")
    if not faults:
        verdict.holds.append(held)


# --- without the texts ---


def _without_texts(evaluation: Evaluation) -> Evaluation:
    name = corpus_text(evaluation.corpus.name, "")
    return replace(
        evaluation,
        corpus=Corpus(name, (), evaluation.corpus.hash),
        signature=replace(evaluation.signature, corpus=name),
        systems=tuple(map(_bare, evaluation.systems)),
        notes=(),
        read=None,
        read_excerpts={},
        read_units=evaluation.unit_names(),
        read_digests=evaluation.digests(),
    )


def _bare(system: Scored) -> Scored:
    """Without what may quote a text; speakers by number, the same in all runs."""
    every = [(key, one) for run in system.runs or (system,) for key, one in run.results.items()]
    tallies = [one.tally for key, one in every if key.task == "speakers" and one.tally]
    names = sorted({name for tally in tallies for name in tally.labels})
    numbers = {name: f"{i:0{len(str(len(names)))}}" for i, name in enumerate(names, 1)}
    return _numbered(system, numbers)


def _numbered(system: Scored, numbers: Mapping[str, str]) -> Scored:
    runs = tuple(_numbered(run, numbers) for run in system.runs)

    def bare(key: ScoreKey, result: Result) -> Result:
        called = numbers if key.task == "speakers" and not result.signature.by else {}
        tallies = (
            one and replace(one, labels=tuple(called.get(label, label) for label in one.labels))
            for one in (result.tally, result.upper_tally)
        )
        tally, upper = tallies
        labels = {called.get(label, label): score for label, score in result.per_label.items()}
        of_runs = [run.results[key] for run in runs if key in run.results]
        return replace(
            result, per_label=labels, notes=(), errors=None, confusion=None, tally=tally, upper_tally=upper
        ).of_runs([] if result.signature.by else of_runs)

    kept = Scored(System(system.name), system.results, system.failed and "failed", runs=runs)
    return _each(replace(kept, breakdowns=system.breakdowns, read_answers=system.answers), bare)


def _each(system: Scored, change: Callable[[ScoreKey, Result], Result]) -> Scored:
    """With other results; those of its runs stay."""
    breakdowns = {
        layer: {
            by: Results((name, change(ScoreKey.named(layer, name), one)) for name, one in rows.items())
            for by, rows in own.items()
        }
        for layer, own in system.breakdowns.items()
    }
    results = {key: change(key, result) for key, result in system.results.items()}
    return replace(system, results=results, breakdowns=breakdowns)


# --- again from the counts ---


def _check_counts(evaluation: Evaluation, where: str) -> None:
    if not any(system.results for system in evaluation.systems):
        raise DataError("no system has scores", where=where, hint="See why: wortlaut evaluate.")
    for system in evaluation.systems:
        for run in system.runs or (system,):
            broken_down = [rows for own in run.breakdowns.values() for rows in own.values()]
            every = [*run.results.values(), *(one for rows in broken_down for one in rows.values())]
            if any(result.tally is None for result in every):
                samples = (
                    "a result of --samples 0 has none" if not evaluation.signature.resampling.wanted else ""
                )
                raise DataError(
                    f"lacks the counts of each document: {samples or 'an earlier version wrote none'}",
                    where=where,
                    hint="Score again, with intervals: wortlaut evaluate -e SPEC --json FILE, or score.",
                )
    if what := next(_at_odds(evaluation), None):
        raise DataError(what, where=where, hint="The file was changed: write it anew.")


def _at_odds(evaluation: Evaluation) -> Iterator[str]:
    """What of the names and hashes, which no count gives, does not fit what stands beside it."""
    names, digests = evaluation.unit_names(), evaluation.digests()
    scored = [run for system in evaluation.systems if system.results for run in (system, *system.runs)]
    for key, there in (
        ("named", names is not None),
        *((f"answers of {one.name}", bool(one.answers)) for one in scored),
    ):
        if there != (digests is not None):
            yield f"has {key} without digests" if there else f"has digests without {key}"
    sentences = evaluation.units.kind == "sentence"
    of_units = dict.fromkeys(name.rpartition(" at ")[0] if sentences else name for name in names or ())
    if list(of_units) != [id for id in digests or () if id in of_units]:
        yield "named are other documents than those of the digests"
    for by in {by for one in scored for rows in one.breakdowns.values() for by in rows} - {*evaluation.by}:
        yield f"has a breakdown by {by}, which the settings do not name"


def _followed(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """What a passport of these counts says of them."""
    again = [_again(one) for one in evaluations]
    found: dict[str, Any] = _plain({"corpora": [one.to_dict() for one in again], "tests": _tests(again)})
    return found


def _again(evaluation: Evaluation) -> Evaluation:
    """All that follows from the counts of units computed anew, and how many these are from their names."""
    kind, names, digests = evaluation.units.kind, evaluation.read_units, evaluation.read_digests
    units = len(evaluation.units) if names is None else len(names)
    documents = evaluation.documents if digests is None else len(digests)
    if kind == "document":
        documents = units
    size = unplaced(kind, units)
    systems = tuple(_counted_again(one, evaluation.signature, units, documents) for one in evaluation.systems)
    return replace(evaluation, systems=systems, units=size, documents=documents)


def _counted_again(system: Scored, whole: Signature, units: int, documents: int) -> Scored:
    if system.runs:
        runs = [_counted_again(run, whole, units, documents) for run in system.runs]
        return replace(_numbered(averaged(system.system, runs), {}), read_answers=())

    def again(key: ScoreKey, result: Result) -> Result:
        drawn = whole.resampling if result.signature.resampling.wanted else Resampling(samples=0)
        signature = replace(whole.of(key), resampling=drawn, runs=1, by=result.signature.by)
        if signature.by:
            signature = replace(signature, projection=None)
        ends = [
            replace(
                one,
                counts=replace(one.counts, units=units),
                pooled=one.pooled and replace(one.pooled, units=units),
                documents=one.documents and replace(one.documents, units=documents),
            )
            for one in (result.tally, result.upper_tally)
            if one is not None
        ]
        made = [replace(result_of(end, signature), tally=end, notes=()) for end in ends]
        return between(*made) if len(made) > 1 else made[0]

    return _each(system, again)


def _tests(evaluations: Sequence[Evaluation]) -> Any:
    try:
        groups = grouped(evaluations)
        found = compare_grouped(groups) if len(groups) > 1 else compare(*groups.values())
    except ComparisonError:
        return None
    return found.to_dict()


def _check_version(version: str, where: str) -> None:
    made, since, ours = (
        [int(number) for number in re.findall(r"\d+", one)] for one in (version, SCORES_SINCE, VERSION)
    )
    if not since <= made <= ours:
        raise DataError(
            f"was made by version {version}; version {VERSION} may score otherwise",
            where=where,
            hint=f"Verify it with its own: pip install wortlaut=={version}",
        )


# --- from the texts ---


def _rescan(
    verdict: Verdict,
    where: str,
    evaluations: Sequence[Evaluation],
    ref: str | None,
    predictions: Sequence[str],
) -> None:
    """What the corpus and the predictions say of the hashes and the counts, and what nobody has looked at."""
    unchecked = verdict.unchecked
    if predictions and ref is None:
        raise DataError("predictions are counted against a corpus", hint="Name it: --corpus REF")
    left = list(evaluations)
    if ref is not None:
        first = evaluations[0]
        items = True if any(one.read_digests for one in evaluations) else None
        source = Source.of(ref, items, allow_empty=True, scheme=first.signature.conventions or None)
        same = [one for one in evaluations if one.corpus.hash == source.gold.hash]
        for one in same[:1]:
            left.remove(one)
            _read_again(verdict, where, one, source, ref)
            _score_again(verdict, where, one, ref, predictions)
        if not same:
            hashes = ", ".join(one.corpus.hash for one in evaluations)
            verdict.fails.append(f"{where}: corpora: hash: is {hashes}; that of {ref} is {source.gold.hash}")
            if len(evaluations) == 1 and first.read_digests:
                told = list(_changed(first.read_digests, of_documents(source.documents)))
                verdict.fails += [f"{ref}: {what}" for what in told[:_TOLD]]
                verdict.fails += [f"{ref}: and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
    for one in left:
        unchecked.append(f"that the counts are those of texts and gold of {one.corpus.name}: --corpus REF")
    if left and not predictions:
        unchecked.append("that the systems found what is counted: --predictions [NAME=]FILE, with --corpus")
    if any(not one.read_digests for one in evaluations):
        unchecked.append(
            "single documents and predictions by their hashes: the result kept no items (--items)"
        )
    unchecked.append("who made the predictions, and how: no passport can show it")


def _changed(stated: Digests, found: Digests) -> Iterator[str]:
    """What became of each document that is not as it was."""
    for id in dict.fromkeys([*stated, *found]):
        old, new = stated.get(id), found.get(id)
        if old is None or new is None:
            yield f"document {id} {'is missing' if new is None else 'is in no passport'}"
        elif tuple(old) != new:
            yield f"document {id} has {'another text' if old[0] != new[0] else 'other annotations'}"


def _read_again(verdict: Verdict, where: str, evaluation: Evaluation, source: Source, ref: str) -> None:
    """The documents, as the passport has them."""
    gold = source.gold
    stated = replace(evaluation, systems=())
    found = replace(
        stated,
        corpus=Corpus(evaluation.corpus.name, source.documents if evaluation.read_digests else (), gold.hash),
        units=gold.units,
        documents=len(gold.ids),
        probes=gold.probes,
    )
    found = _without_texts(found)
    faults = list(_differences(_plain(stated.to_dict()), _plain(found.to_dict())))
    _judge(
        verdict, where, faults, f"{ref} has these {counted(len(gold.ids), 'document')}", "the documents give"
    )


def _score_again(
    verdict: Verdict, where: str, evaluation: Evaluation, ref: str, predictions: Sequence[str]
) -> None:
    """What is counted when the predictions are scored anew, and their hashes."""
    whole, stated = evaluation.signature, {one.name: one for one in evaluation.systems if one.results}
    given: dict[str, Sequence[Any]] = {}
    for system in named(as_predictions(list(predictions))) if predictions else ():
        name = next(iter(stated)) if len(stated) == len(predictions) == 1 else system.name
        if name not in stated:
            raise unknown_name("system of the passport", name, stated, where="--predictions")
        given[name] = system.runs
    if given:
        every = set(checked_schemas(EVERY)) <= set(whole.schemas)
        drawn = whole.resampling
        scored = evaluate(
            given,
            ref,
            schema=EVERY if every else whole.schemas,
            labels=whole.projection,
            scheme=whole.conventions or None,
            by=[by for by in evaluation.by if by != "surface"],
            samples=drawn.samples,
            seed=drawn.seed if drawn.samples else None,
            items=evaluation.read_digests is not None,
            allow_empty=True,
        )
        for found in _without_texts(scored).systems:
            _compare_system(verdict, where, stated[found.name], found)
    if left := [name for name in stated if name not in given]:
        what = f"that {listed(left, 5)} found what is counted"
        verdict.unchecked.append(f"{what}: --predictions {left[0]}=FILE")


def _compare_system(verdict: Verdict, where: str, stated: Scored, found: Scored) -> None:
    """One system as it is stated and as its predictions make it; what these cannot say is left out."""
    asked = sum(key.setting == GIVEN for key in stated.results)
    if asked:
        verdict.unchecked.append(
            f"{counted(asked, 'score')} of {stated.name} on given quotes (@gold): files do not answer them"
        )
    if any("surface" in own for own in stated.breakdowns.values()):
        verdict.unchecked.append(
            f"the breakdown of {stated.name} by surface: its corpus of names is not named"
        )
    if len(stated.runs) == len(found.runs):
        runs = zip(stated.runs, found.runs, strict=True)
        found = replace(found, runs=tuple(replace(new, system=old.system) for old, new in runs))
    rows = [_plain(_comparable(one, stated).to_dict()) for one in (stated, found)]
    faults = [(("systems", stated.name, *at), *two) for at, *two in _differences(*rows)]
    _judge(verdict, where, faults, f"what {stated.name} found is what is counted", "the predictions give")


def _comparable(system: Scored, stated: Scored) -> Scored:
    """The results that are stated and that predictions make."""
    return replace(
        system,
        results={key: one for key, one in system.results.items() if key.setting != GIVEN},
        breakdowns={
            layer: {by: rows for by, rows in own.items() if by != "surface"}
            for layer, own in system.breakdowns.items()
            if layer in stated.breakdowns
        },
        runs=tuple(_comparable(run, stated) for run in system.runs),
    )


# --- leaf by leaf ---


#: Stands for a value that is not there, which is not null.
_NOTHING = object()


def _told(value: Any) -> str:
    return "nothing" if value is _NOTHING else shown(value)


def _plain(value: Any) -> Any:
    """As it is read back from a file."""
    return json.loads(json.dumps(value))


def _digest(data: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in data.items() if key != "digest"}
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _differences(
    stated: Any, found: Any, place: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Where two values differ, and what is there on either side, if anything."""
    if isinstance(stated, dict) and isinstance(found, dict):
        for key in {**stated, **found}:
            yield from _differences(stated.get(key, _NOTHING), found.get(key, _NOTHING), (*place, key))
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for i, (one, other) in enumerate(zip(stated, found, strict=True)):
            name = one.get("name") if isinstance(one, dict) else None
            yield from _differences(one, other, (*place, f"{i} ({name})" if name else f"{i}"))
    elif isinstance(stated, float) and isinstance(found, float):
        if not math.isclose(stated, found, rel_tol=0, abs_tol=_SAME):
            yield place, stated, found
    elif type(stated) is not type(found) or stated != found:
        yield place, stated, found
