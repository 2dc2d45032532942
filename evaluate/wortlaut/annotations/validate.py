"""Checks annotation files and their texts against the catalogue of rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, TypeVar

from wortlaut.annotations.checks import check_text, label_problems
from wortlaut.annotations.diff import overlapping
from wortlaut.annotations.file import decode, parse, read_provenance, text_path
from wortlaut.annotations.labels import GERMEVAL, Labels, read_labels
from wortlaut.annotations.lines import Decision, Line, Mention, Parsed
from wortlaut.annotations.rules import LEVELS, RULES, Problem
from wortlaut.errors import DataError, MissingFileError, counted
from wortlaut.io.files import file_hash, file_hashes
from wortlaut.io.reading import raw_bytes, read_json
from wortlaut.model import Cluster, Entity, Quote, Span
from wortlaut.records.record import Count, Must
from wortlaut.text.segments import ABBREVIATIONS, tokens

_T = TypeVar("_T", Cluster, Mention, Entity, Quote)

#: The figures of `wortlaut agree --write`, in a repository.
AGREEMENT = "annotations/agreement.json"
_MARKS = "„“”‚‘’»«›‹\"'"
_TITLES = frozenset(
    title + ending
    for title in ("Präsident", "Kanzler", "Minister", "Sprecher", "Direktor", "Professor", "General", "König")
    for ending in ("", "in", "s", "en")
) | {"Herr", "Herrn", "Frau", "Papst", "Dr.", "Prof."}


@dataclass(frozen=True, slots=True)
class Incident:
    """A broken rule at its place. ``line`` counts from 1, 0 is the whole file; offsets as in the text."""

    rule: Annotated[str, Must(pattern=f"^[{''.join(LEVELS)}][0-9]{{2}}$")]
    level: Annotated[str, Must(enum=list(LEVELS.values()))]
    severity: Annotated[str, Must(enum=["error", "warning"])]
    file: str
    line: Annotated[Count, "From 1; 0 is the file as a whole."]
    offsets: Annotated[tuple[tuple[Count, Count], ...], "Code points, half-open."]
    what: str
    fix: Annotated[str, "What to do."]


def validate(paths: Iterable[Path]) -> list[Incident]:
    """Every incident in annotation files, folders of them, or repositories, without what is built from them.

    A path that is not there, or holds nothing to check, raises a :class:`MissingFileError`.
    """
    texts: dict[Path, str | None] = {}
    declared = cache(read_labels)
    found: list[Incident] = []
    for path in paths:
        files, home = files_of(path)
        found += [each for file in files for each in _check_file(file, texts, declared)]
        if home is not None:
            gold = {file.stem for file in files if file.parent.name == "gold"}
            found += [*_check_seeds(home / "seeds", gold, texts), *_check_agreement(home)]
    return list(dict.fromkeys(found))


def exit_code(incidents: Sequence[Incident]) -> int:
    """0 without errors, else 1; warnings alone do not fail. (2 is for what cannot be checked at all.)"""
    return int(any(incident.severity == "error" for incident in incidents))


def refuse_errors(root: Path) -> None:
    """Raises where ``root`` has no gold, or annotations with errors."""
    if not (root / "annotations" / "gold").is_dir():
        raise MissingFileError(
            "no annotations/gold to build from",
            where=str(root),
            hint="Build in a checkout, or name one: it holds seeds/ and annotations/.",
        )
    errors = [incident for incident in validate([root]) if incident.severity == "error"]
    if errors:
        first = errors[0]
        raise DataError(
            f"{counted(len(errors), 'error')} in the annotations, the first: {first.what} ({first.rule})",
            where=f"{first.file}:{first.line}" if first.line else first.file,
            hint="Correct what `wortlaut validate` lists, then build again.",
        )


def files_of(path: Path) -> tuple[list[Path], Path | None]:
    """The annotation files that ``path`` stands for, and the repository that they are all of, if any."""
    if not path.exists():
        raise MissingFileError("no such file or folder", where=str(path), hint="Check the path.")
    if path.is_file():
        if path.suffix != ".jsonl":
            raise DataError(
                "not an annotation file",
                where=str(path),
                hint="Name a .jsonl file, a folder of them, or a repository with seeds/ and annotations/.",
            )
        return [path], None
    root = path / "annotations" if (path / "annotations").is_dir() else path
    layers = [root / name for name in ("gold", "layers") if (root / name).is_dir()]
    files = [file for folder in layers or [root] for file in sorted(folder.rglob("*.jsonl"))]
    files = [file for file in files if file.absolute().parent.name != "seeds"]
    if not files:
        raise MissingFileError(
            "no annotation file in this folder",
            where=str(path),
            hint="Annotations are .jsonl files in annotations/gold and annotations/layers/<layer>.",
        )
    return files, root.parent if layers else None


def incident(file: Path, problem: Problem) -> Incident:
    rule = RULES[problem.rule]
    return Incident(
        rule.id,
        rule.level,
        rule.severity,
        str(file),
        problem.line,
        problem.offsets,
        problem.what,
        problem.fix or rule.fix,
    )


def _text(path: Path, texts: dict[Path, str | None]) -> Iterator[Incident]:
    """Reads a text into ``texts`` once, and yields what is wrong with its file."""
    if path in texts:
        return
    texts[path] = None
    if path.exists():
        texts[path], problems = decode(raw_bytes(path))
        yield from (incident(path, problem) for problem in problems)


def _check_file(
    file: Path, texts: dict[Path, str | None], declared: Callable[[Path], Labels]
) -> Iterator[Incident]:
    parsed = parse(file)
    document = parsed.header.document if parsed.header else file.stem
    problems, labels = list(parsed.problems), GERMEVAL
    try:
        seed = text_path(file, document)
    except MissingFileError as error:
        problems.append(Problem("R01", 1, error.what, error.hint))
        text = None
    else:
        yield from _text(seed, texts)
        text, labels = texts[seed], declared(seed.parent.parent)
        if text is None:
            problems.append(Problem("R01", 1, f"there is no text {seed.name} in seeds"))
    problems += [*_name_problems(file, parsed), *label_problems(parsed.lines, labels)]
    # How lines fit together can be judged when all is decided.
    if not any(isinstance(line.value, Decision) for line in parsed.lines):
        for judged in (_cluster_problems, _quote_problems, _speaker_problems):
            problems += judged(parsed.lines)
        problems += _entity_problems(parsed.lines, labels)
    if text is not None:
        misplaced = [*check_text(parsed, text)]
        problems += misplaced
        # Words can be judged only where the offsets are right.
        wrong = {problem.line for problem in misplaced}
        problems += _word_problems([line for line in parsed.lines if line.number not in wrong], text)
    yield from (incident(file, problem) for problem in sorted(problems, key=lambda problem: problem.line))


def _check_seeds(seeds: Path, gold: set[str], texts: dict[Path, str | None]) -> Iterator[Incident]:
    """Every text has gold and a line of provenance, and every line of provenance a text."""
    table = seeds / "provenance.jsonl"
    try:
        provenance = read_provenance(seeds)
    except DataError as error:
        yield incident(table, Problem("R11", 0, str(error)))
        return
    lines = {id: number for number, id in enumerate(provenance, 1)}
    for path in sorted(seeds.glob("*.txt")):
        yield from _text(path, texts)
        if path.stem not in gold:
            yield incident(path, Problem("R03", 0, f"there is no annotations/gold/{path.stem}.jsonl"))
        if path.stem not in provenance:
            yield incident(table, Problem("R11", 0, f"no line about {path.stem}"))
        elif provenance[path.stem].get("sha256") != file_hash(path):
            yield incident(
                table,
                Problem("R11", lines[path.stem], f"the checksum of {path.stem} is that of another text"),
            )
    for id in sorted(provenance):
        if not (seeds / f"{id}.txt").is_file():
            what, fix = f"there is no text {id}.txt", "Bring the text back, or remove the line."
            yield incident(table, Problem("R11", lines[id], what, fix))


def _check_agreement(root: Path) -> Iterator[Incident]:
    path = root / AGREEMENT
    if path.exists():
        data = read_json(path, "Run `wortlaut agree --write`.")
        measured = data.get("sources") if isinstance(data, dict) else None
        if not isinstance(measured, dict):
            yield incident(path, Problem("R12", 0, "it does not say which layers it is of"))
            return
        there = layer_hashes(root)
        for name in sorted({*measured, *there}):
            if measured.get(name) != there.get(name):
                state = "new" if name not in measured else "gone" if name not in there else "changed"
                yield incident(path, Problem("R12", 0, f"{name} is {state}"))


def layer_hashes(root: Path) -> dict[str, str]:
    """SHA-256 of every file in ``annotations/layers``, by its path in the repository."""
    return file_hashes(root, root.glob("annotations/layers/*/*.jsonl"))


def _name_problems(file: Path, parsed: Parsed) -> Iterator[Problem]:
    if parsed.header is None:
        return
    if parsed.header.document != file.stem:
        yield Problem("F15", 1, f"the file {file.name} annotates the document {parsed.header.document!r}")
    folder = file.absolute().parent
    in_layer = folder.name == "gold" or folder.parent.name == "layers"
    if in_layer and parsed.header.layer != folder.name:
        yield Problem("F15", 1, f"the folder {folder.name} holds the layer {parsed.header.layer!r}")


def _values(lines: Iterable[Line], kind: type[_T]) -> list[tuple[int, _T]]:
    return [(line.number, line.value) for line in lines if isinstance(line.value, kind)]


def _cluster_problems(lines: Sequence[Line]) -> Iterator[Problem]:
    entities, mentions, quotes = _values(lines, Entity), _values(lines, Mention), _values(lines, Quote)
    used = {
        *(entity.entity for _, entity in entities),
        *(mention.cluster for _, mention in mentions),
        *(quote.speaker_entity for _, quote in quotes),
    }
    linked: dict[str, str] = {}
    for number, cluster in _values(lines, Cluster):
        if cluster.id not in used:
            yield Problem("R08", number, f"nothing refers to the cluster {cluster.id!r}")
        if cluster.qid in (None, "NIL"):
            continue
        if cluster.qid in linked:
            yield Problem("R10", number, f"{cluster.qid} is also the QID of {linked[cluster.qid]!r}")
        linked.setdefault(cluster.qid, cluster.id)
    seen = {(entity.entity, entity.span): number for number, entity in entities}
    for number, mention in mentions:
        first = seen.setdefault((mention.cluster, mention.span), number)
        if first != number:
            yield Problem(
                "S16",
                number,
                f"line {first} already says that this is {mention.cluster!r}",
                offsets=mention.span.fragments,
            )


def _entity_problems(lines: Sequence[Line], labels: Labels) -> Iterator[Problem]:
    clusters = {cluster.id: cluster for _, cluster in _values(lines, Cluster)}
    entities = _values(lines, Entity)
    linked = any(entity.entity for _, entity in entities)
    for number, entity in entities:
        cluster = clusters.get(entity.entity or "")
        place = entity.span.fragments
        if cluster and entity.qid and cluster.qid and entity.qid != cluster.qid:
            yield Problem(
                "R09",
                number,
                f"the entity has {entity.qid}, its cluster {cluster.id!r} has {cluster.qid}",
                offsets=place,
            )
        classes = {labels.kind(label) for label in (entity.label, entity.metonymy) if label}
        declared = entity.label in labels.names
        if declared and cluster and cluster.type not in (None, "GROUP", *classes):
            yield Problem(
                "L09",
                number,
                f"a {entity.label} refers to {cluster.id!r}, which is a {cluster.type}",
                offsets=place,
            )
        if entity.entity is None and linked:
            yield Problem("L11", number, f"a {entity.label} of no cluster", offsets=place)
    by_level: list[list[tuple[int, Span]]] = [[] for _ in range(labels.levels)]
    for number, entity in entities:
        if 1 <= entity.level <= labels.levels:
            by_level[entity.level - 1].append((number, entity.span))
    for names in by_level:
        yield from _overlaps(sorted(names, key=lambda item: item[1].start))
    for above, (around, names) in enumerate(pairwise(by_level), 1):
        outer, inner = ([span for _, span in side] for side in (around, names))
        enclosed = {j for i, j in overlapping(outer, inner) if outer[i].contains(inner[j])}
        for index, (number, span) in enumerate(names):
            if index not in enclosed:
                what = f"no entity of level {above} encloses this one of level {above + 1}"
                yield Problem("S13", number, what, offsets=span.fragments)


def _overlaps(names: Sequence[tuple[int, Span]]) -> Iterator[Problem]:
    """Names of one level, sorted by their start, that share characters."""
    spans = [span for _, span in names]
    for before, after in overlapping(spans, spans):
        (line, one), (number, other) = names[before], names[after]
        if before < after and one == other:
            what = f"line {line} is an entity of the same span and level"
            yield Problem("S11", number, what, "", other.fragments)
        elif before < after:
            yield Problem("S12", number, f"it overlaps the entity in line {line}", "", other.fragments)


def _quote_problems(lines: Sequence[Line]) -> Iterator[Problem]:
    quotes = _values(lines, Quote)
    by_id = {quote.id: quote for _, quote in quotes}
    seen: dict[tuple[str, Span, str | None], int] = {}
    for number, quote in quotes:
        place = quote.content.fragments
        first = seen.setdefault((quote.type, quote.content, quote.speaker_entity), number)
        if first != number:
            yield Problem(
                "S15", number, f"line {first} is a quote of the same type, content and speaker", offsets=place
            )
        parent = by_id.get(quote.parent or "")
        if parent and not parent.content.contains(quote.content):
            yield Problem("S14", number, f"it does not lie inside its parent {parent.id}", "", place)
        if quote.attribution in ("explicit", "anaphoric") and quote.speaker is None:
            yield Problem(
                "L08", number, f"the attribution is {quote.attribution} but no speaker is marked", "", place
            )
        for role in ("cue", "speaker", "addressee"):
            # The other types have no frame: who speaks, and how, is told inside the content.
            span = quote.role(role) if quote.type in ("direct", "indirect") else None
            if span is not None and span.overlap(quote.content):
                yield Problem("L05", number, f"the {role} overlaps the content", "", span.fragments)


def _speaker_problems(lines: Sequence[Line]) -> Iterator[Problem]:
    """Speakers whose mention says somebody else, or who nobody said who they are."""
    mentioned: dict[Span, set[str]] = defaultdict(set)
    for _, mention in _values(lines, Mention):
        mentioned[mention.span].add(mention.cluster)
    for _, entity in _values(lines, Entity):
        if entity.entity is not None:
            mentioned[entity.span].add(entity.entity)
    spoken = [(n, quote, quote.speaker) for n, quote in _values(lines, Quote) if quote.speaker is not None]
    resolved = any(quote.speaker_entity for _, quote, _ in spoken)
    for number, quote, speaker in spoken:
        meant = mentioned.get(speaker, set())
        if quote.speaker_entity is None and resolved:
            yield Problem("L10", number, "nobody says who the speaker is", "", speaker.fragments)
        elif quote.speaker_entity is not None and meant and quote.speaker_entity not in meant:
            whose = " and ".join(map(repr, sorted(meant)))
            what = f"the speaker is {quote.speaker_entity!r}, the mention is one of {whose}"
            yield Problem("R13", number, what, "", speaker.fragments)


def _word_problems(lines: Sequence[Line], text: str) -> Iterator[Problem]:
    inside = {place for start, end in tokens(text) for place in range(start + 1, end)}
    for line in lines:
        for start, end, surface in line.surfaces:
            if start in inside or end in inside:
                yield Problem(
                    "L06",
                    line.number,
                    f"{surface[:40]!r} begins or ends inside a word",
                    offsets=((start, end),),
                )
        if isinstance(line.value, Entity):
            first, _, rest = line.value.span.text(text).partition(" ")
            if line.value.label == "PER" and rest and first in _TITLES:
                yield Problem(
                    "L07", line.number, f"the name begins with {first!r}", "", line.value.span.fragments
                )
        elif isinstance(line.value, Quote):
            yield from _content_problems(line.number, line.value, text)


def _content_problems(number: int, quote: Quote, text: str) -> Iterator[Problem]:
    start, end = quote.content.start, quote.content.end
    place = quote.content.fragments
    if quote.type == "direct":
        # A side without a mark of its own, and what stands next to it in the text.
        bare = [
            *([text[max(0, start - 1) : start]] if text[start] not in _MARKS else []),
            *([text[end : end + 1]] if text[end - 1] not in _MARKS else []),
        ]
        if any(mark and mark in _MARKS for mark in bare):
            yield Problem("L02", number, "a quotation mark stands next to the content, not in it", "", place)
        elif bare:
            yield Problem("L01", number, "a direct quote without quotation marks", "", place)
    if quote.type != "indirect":
        return
    last_word = text[start : end - 1].rpartition(" ")[2].lower()
    if text[end - 1] == "." and last_word not in ABBREVIATIONS:
        yield Problem("L03", number, "the content ends in a full stop", f"End it at {end - 1}.", place)
    if text[start] in ",:;":
        yield Problem("L04", number, f"the content begins with {text[start]!r}", "", place)
