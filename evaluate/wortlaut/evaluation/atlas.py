"""The quotation atlas: every corpus of quotes in a folder, scored by one protocol for all and by its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from wortlaut.corpus.known import KNOWN
from wortlaut.corpus.parts import KEPT, Found, Part, Published, found_in
from wortlaut.errors import DataError, MissingFileError, WortlautError
from wortlaut.evaluation.evaluate import Evaluation, Progress, evaluate
from wortlaut.evaluation.files import EvaluationFile
from wortlaut.evaluation.scorer import NOT_KEPT
from wortlaut.evaluation.systems import Scored
from wortlaut.records.record import PLAIN, as_dict
from wortlaut.rendering import Tabular
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics.speakers import SPEAKER
from wortlaut.scoring.result import Result, Score

#: The protocol for all corpora, by task and schema.
ALL = (
    ScoreKey("quotes", "strict"),
    ScoreKey("quotes", "overlap@0.8"),
    ScoreKey("cues", "strict"),
    ScoreKey("speakers", "overlap"),
    ScoreKey("speakers", "entity"),
    ScoreKey("joint", "overlap"),
)
FOR_ALL, PUBLISHED = "for all", "published"
_SCHEMAS = ("strict", "overlap@0.8")
#: Language → what runs on its corpora where no system is named.
SYSTEMS: Mapping[str, str] = {"de": "quotes-de", "en": "quotes-simple (en)=quotes-simple?language=en"}
_ANY = "quotes-simple"


@dataclass(frozen=True)
class AtlasRow:
    """A score of a system on a corpus."""

    corpus: Annotated[str, "Its name, and the split that was run."]
    protocol: Annotated[str, "`for all`, or what the corpus's own is called, or `published`."]
    score: Annotated[str, "The task, for all also the schema; behind a comma a label or a group."]
    system: str
    scores: Annotated[Score, "Of a published number its F1 alone."]
    quoted: Annotated[str, "Where it was published, if it was not run here; else empty."] = ""


@dataclass(frozen=True)
class AtlasFile:
    """What ``wortlaut atlas --json`` writes."""

    format: ClassVar[Literal["wortlaut-atlas/1"]] = "wortlaut-atlas/1"
    rows: tuple[AtlasRow, ...]
    left_out: Annotated[tuple[str, ...], "What has no row, and why."]
    failed: Annotated[tuple[str, ...], "What should have one: corpora and systems that failed."]
    corpora: Annotated[Sequence[EvaluationFile], PLAIN, "On each corpus, by the protocol for all."]


@dataclass(frozen=True, repr=False)
class Atlas(Tabular):
    """The rows of all corpora, published numbers behind those that were run.

    ``evaluations`` hold the scores of the protocol for all, so that they can be compared.
    """

    rows: tuple[AtlasRow, ...]
    left_out: tuple[str, ...]
    failed: tuple[str, ...]
    evaluations: tuple[Evaluation, ...]

    def to_dict(self) -> dict[str, Any]:
        corpora = [one.to_dict() for one in self.evaluations]
        return as_dict(AtlasFile(self.rows, self.left_out, self.failed, corpora))  # type: ignore[arg-type]


def atlas(
    folder: Path,
    extractors: Sequence[str] = (),
    *,
    samples: int | None = None,
    progress: Progress | None = None,
) -> Atlas:
    """Score systems on every corpus of quotes that lies below ``folder``, as ``docs/atlas.md`` says.

    ``extractors``: specs, each run on all; by default ``quotes-de`` on the German ones and
    ``quotes-simple`` on the others. ``samples`` as :func:`wortlaut.evaluate` takes it. Raises
    MissingFileError where there is no such folder, DataError where nothing in it could be scored; what fails
    beside others that do not is in ``failed``.
    """
    if not folder.is_dir():
        raise MissingFileError("no such folder", where=str(folder), hint="It holds a folder for each corpus.")
    found, others = found_in(folder)
    rows: list[AtlasRow] = []
    left_out = [f"{other.name}: nothing in it lies as a known corpus of quotes does" for other in others]
    left_out.append(f"no folder called {', '.join(sorted(KEPT))} is entered: splits kept for a last test")
    failed, evaluations = [], list[Evaluation]()
    if not found:
        hint = "docs/atlas.md says how each must lie.\n  " + "\n  ".join(left_out)
        raise DataError("no corpus of quotes is here", where=str(folder), hint=hint)
    for one in found:
        if one.counted:
            left_out.append(f"{one.name} has the articles of {one.counted}: one corpus, counted once")
            continue
        if one.fault:
            failed.append(f"{one.name} cannot be read: {one.fault}")
            continue
        protocols = one.part.protocols
        schemas = [*_SCHEMAS, *(own.asked for own in protocols if own.asked)]
        try:
            made = evaluate(
                list(extractors) or _by_default(one.part),
                one.ref,
                schema=schemas,
                by=[own.by for own in protocols if own.by],
                samples=samples,
                items=False,
                on_error="keep",
                progress=progress and partial(_advance, progress, one.name),
            )
        except WortlautError as error:
            failed.append(f"{one.name} has no scores: {error}")
            continue
        if any(made.corpus.hash == other.corpus.hash for other in evaluations):
            left_out.append(f"{one.folder}: {one.name} once more, counted once")
            continue
        if any(one.name == other.corpus.name for other in evaluations):
            one = replace(one, place=str(one.folder.relative_to(folder)))
            left_out.append(f"{one.name} is another version of a corpus above: they share texts")
        evaluations.append(_common(made, one.name))
        own = [row for system in made.systems for row in _rows(one, system)]
        places = {place: number for number, place in enumerate(dict.fromkeys(map(_place, own)))}
        rows += sorted(own, key=lambda row: places[_place(row)])
        rows += [_quoted(one.name, said) for said in one.part.published]
        failed += [
            f"{system.name} on {one.name}: {system.failed}" for system in made.systems if system.failed
        ]
        left_out += [f"{one.name}: {note}" for note in made.notes if note != NOT_KEPT]
        scored = {row.system for row in own}
        left_out += [
            f"{system.name} marks nothing that {one.name} has"
            for system in made.systems
            if not system.failed and system.name not in scored
        ]
        if lacking := [key for key in ALL if not any(_holds(key, system.results) for system in made.systems)]:
            names = ", ".join(f"{key.layer} {key.variant}" for key in lacking)
            left_out.append(f"{one.name}: its gold has nothing for {names}")
    if not evaluations:
        hint = "\n  ".join([*failed, *left_out])
        raise DataError("nothing was scored", where=str(folder), hint=hint)
    return Atlas(tuple(rows), tuple(left_out), tuple(failed), tuple(evaluations))


def _advance(progress: Progress, corpus: str, system: str, done: int, total: int) -> None:
    progress(f"{corpus}: {system}", done, total)


def _place(row: AtlasRow) -> tuple[str, str]:
    return row.protocol, row.score


def _by_default(part: Part) -> str:
    languages = next(known.languages for known in KNOWN if known.ref.partition(":")[0] == part.format)
    return SYSTEMS.get(languages[0], _ANY) if languages else _ANY


def _common(evaluation: Evaluation, name: str) -> Evaluation:
    """The evaluation under the protocol for all alone, and under the corpus's name."""
    systems = (
        replace(
            one, results={key: one.results[key] for key in ALL if _holds(key, one.results)}, breakdowns={}
        )
        for one in evaluation.systems
    )
    signature = replace(evaluation.signature, schemas=_SCHEMAS, corpus=name)
    corpus = replace(evaluation.corpus, name=name)
    return replace(evaluation, corpus=corpus, signature=signature, systems=tuple(systems), by=())


def _rows(found: Found, system: Scored) -> Iterator[AtlasRow]:
    for key in ALL:
        if _holds(key, system.results):
            yield _row(found.name, FOR_ALL, key, system, system.results[key])
    for own in found.part.protocols:
        for key, result in system.results.items():
            if key.variant == own.schema and (not own.tasks or key.layer in own.tasks) and result.gold:
                yield _row(found.name, own.name, key, system, result)
                groups = system.breakdowns[key.task][own.by][key.variant].per_label if own.by else {}
                labels = groups or (result.per_label if own.labels else {})
                for label, score in labels.items():
                    of = _plain(score)
                    if groups:  # an answer is in none: recall is the share of right ones
                        of = replace(of, f1=of.recall, f1_interval=of.recall_interval)
                    if of.gold:
                        yield _row(found.name, own.name, key, system, of, label)


def _row(
    corpus: str, protocol: str, key: ScoreKey, system: Scored, score: Score, label: str = ""
) -> AtlasRow:
    named = f"{key.layer} {key.variant}" if protocol == FOR_ALL else key.layer
    return AtlasRow(corpus, protocol, f"{named}, {label}" if label else named, system.name, _plain(score))


def _plain(score: Score) -> Score:
    """Without what a result has more."""
    return Score(**{field.name: getattr(score, field.name) for field in fields(Score)})


def _quoted(corpus: str, said: Published) -> AtlasRow:
    score = Score(None, None, said.value, correct=0, gold=0, predicted=0)
    return AtlasRow(corpus, PUBLISHED, said.score, said.system, score, said.source)


def _holds(key: ScoreKey, results: Mapping[ScoreKey, Result]) -> bool:
    """Whether the gold has what the score is about: without spans of speakers, none say who they are."""
    if key not in results:
        return False
    spans = results[ScoreKey("speakers", "overlap")].per_label.get(SPEAKER)
    needs_spans = key.task in ("speakers", "joint") and key.schema == "overlap"
    return bool(spans and spans.gold) if needs_spans else results[key].gold > 0
