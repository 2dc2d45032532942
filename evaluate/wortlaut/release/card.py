"""The dataset card: written from the data and from what the makers state, checked before it is published."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from wortlaut.annotations.labels import Labels
from wortlaut.annotations.rules import Problem
from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError, counted
from wortlaut.formats.dataset import front_matter
from wortlaut.io.reading import read_text
from wortlaut.model import QUOTE_TYPES
from wortlaut.text.segments import PARAGRAPHS, SENTENCES, TOKENS, paragraphs, sentences, tokens

#: Where the makers state what no program can count, and what is written where they do not.
STATEMENT = "annotations/statement.yaml"
NOT_STATED = "Not stated by the makers of this corpus."
#: The parts of the data statement (Bender and Friedman 2018, Gebru et al. 2021): key → heading in the card.
PARTS = {
    "curation_rationale": "Curation rationale",
    "language_variety": "Language variety",
    "authors_of_the_texts": "Authors of the texts",
    "annotators": "Annotators",
    "review": "What was not reviewed",
    "situation": "Situation and text characteristics",
    "preprocessing": "Preprocessing",
    "annotation": "Annotation",
    "uses": "Uses",
    "limitations": "Known errors and limitations",
    "personal_information": "Personal information",
    "rights": "Rights",
    "changelog": "Changelog",
    "citation": "Citation",
}
#: What the header takes over as it stands, with what it has where nothing is stated.
_HEADER = {
    "language_details": "",
    "annotations_creators": ["other"],
    "language_creators": ["other"],
    "source_datasets": ["original"],
    "tags": [],
    "license": "unknown",
    "license_name": "",
    "license_link": "",
}
_OTHER = (
    "pretty_name",
    "title",
    "summary",
    "creator",
    "annotations_license",
    "probes",
    "evaluation_framework",
)
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_PLACEHOLDERS = re.compile(
    r"more information needed|\b(?:todo|fixme|tbd|tba|xxx+)\b|lorem ipsum|\[(?:optional|insert|your)[^\]]*\]"
    r"|<(?:your|insert)[^>]*>|\{\{|\{%|<!--",
    re.IGNORECASE,
)
#: Lists of the Hub that a value must come from; a language may have three letters as well.
_CHECKED = (
    "license",
    "task_categories",
    "task_ids",
    "size_categories",
    "annotations_creators",
    "language_creators",
    "multilinguality",
    "language",
)
_REQUIRED = ("pretty_name", "license", "language", "size_categories", "task_categories")


def read_statement(root: Path) -> dict[str, Any]:
    """What ``annotations/statement.yaml`` says; empty without that file. Raises DataError for other keys."""
    import yaml

    path = root / STATEMENT
    if not path.exists():
        return {}
    hint = "Write `annotators: …`, one key a part."
    try:
        stated = yaml.safe_load(read_text(path))
    except DataError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DataError(f"is not YAML: {error}", where=str(path), hint=hint) from error
    if stated is None:  # comments alone
        return {}
    if not isinstance(stated, dict):
        raise DataError("is not a mapping", where=str(path), hint=hint)
    known = {*PARTS, *_HEADER, *_OTHER}
    for key, value in stated.items():
        if key not in known:
            raise DataError(
                f"the key {key!r} is unknown", where=str(path), hint=f"Known: {', '.join(sorted(known))}."
            )
        listed = isinstance(value, list) and all(isinstance(item, str) and item for item in value)
        if not (listed or (isinstance(value, str) and value.strip())):
            raise DataError(
                f"{key} must be a text, or a list of texts",
                where=str(path),
                hint="Leave out what is not stated.",
            )
    return stated


def licensed(root: Path) -> bool:
    """Whether the statement gives a licence that holds for the texts too."""
    return str(read_statement(root).get("license", _HEADER["license"])) != _HEADER["license"]


def missing(root: Path) -> list[str]:
    """The keys of the statement that a card says nothing in place of."""
    stated = read_statement(root)
    return [key for key in ("title", "summary", *PARTS) if key not in stated]


def header(stated: Mapping[str, Any], corpus: Corpus) -> dict[str, Any]:
    """The metadata of the card, in the Hub's vocabulary."""
    documents = corpus.documents
    found = {name: stated.get(name, default) for name, default in _HEADER.items()}
    tasks = {
        "named-entity-recognition": any(document.entities for document in documents),
        "coreference-resolution": any(document.clusters for document in documents),
    }
    data: dict[str, Any] = {
        "pretty_name": name_of(stated, corpus),
        "language": languages(corpus),
        "language_details": found.pop("language_details"),
        "multilinguality": ["monolingual" if len(languages(corpus)) == 1 else "multilingual"],
        "annotations_creators": found.pop("annotations_creators"),
        "language_creators": found.pop("language_creators"),
        "source_datasets": found.pop("source_datasets"),
        "size_categories": [next((name for most, name in _SIZES if len(documents) < most), "10M<n<100M")],
        "task_categories": ["token-classification"],
        "task_ids": [task for task, there in tasks.items() if there],
        **found,
    }
    return {key: value for key, value in data.items() if value}


def name_of(stated: Mapping[str, Any], corpus: Corpus) -> str:
    """What the corpus is called, in every checkout: as is stated, else by its size."""
    size = counted(len(corpus.documents), "annotated document")
    return str(stated.get("pretty_name") or stated.get("title") or size)


def languages(corpus: Corpus) -> list[str]:
    """The languages of the texts; German where a text says nothing."""
    return sorted({dict(document.meta).get("language", "de") for document in corpus.documents})


def render(template: str, head: Mapping[str, Any], stated: Mapping[str, Any], **values: Any) -> str:
    """A card: ``head`` as YAML, then the template of that name with the statement and ``values``."""
    said = {key: stated.get(key, NOT_STATED) for key in (*PARTS, *_OTHER)}
    return filled(
        template,
        header=front_matter(head),
        stated=said | {"title": stated.get("title", head["pretty_name"])},
        parts=PARTS,
        **values,
    )


def filled(template: str, **values: Any) -> str:
    """The template of that name in this package with its values."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    folder = files("wortlaut") / "release"
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        loader=FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
    )
    return environment.get_template(template).render(**values)


def counts(corpus: Corpus, declared: Labels) -> dict[str, Any]:
    """The numbers of the card, by the names that the templates use."""
    documents = corpus.documents
    entities = [entity for document in documents for entity in document.entities]
    quotes = [quote for document in documents for quote in document.quotes]
    labels = Counter((entity.label, entity.level) for entity in entities)
    return {
        "hash": corpus.hash,
        "documents": documents,
        "characters": sum(len(document.text) for document in documents),
        "paragraphs": sum(len(paragraphs(document.text)) for document in documents),
        "sentences": sum(len(sentences(document.text)) for document in documents),
        "tokens": sum(len(tokens(document.text)) for document in documents),
        "layers": (PARAGRAPHS, SENTENCES, TOKENS),
        "labels": _label_table(declared, labels),
        "types": [(type_, sum(quote.type == type_ for quote in quotes)) for type_ in QUOTE_TYPES],
        "quotes": quotes,
        "entities": entities,
        "clusters": [cluster for document in documents for cluster in document.clusters],
    }


def _label_table(declared: Labels, found: Mapping[tuple[str, int], int]) -> str:
    levels = range(1, declared.levels + 1)
    names = [{1: "outer (level 1)", 2: "inner (level 2)"}.get(level, f"level {level}") for level in levels]
    rows = [["label", "what it is", *names], ["---", "---", *["---:"] * len(names)]]
    for label, meaning in declared.meanings:
        plain = " ".join(meaning.split()).replace("|", "/")
        rows.append([label, plain, *(str(found[label, level]) for level in levels)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


# ---------------------------------------------------------------- checks


def check(content: str, corpus_hash: str) -> Iterator[Problem]:
    """What stands against publishing the card (rules P01 to P06); needs no network."""
    import yaml

    parts = re.match(r"---\n(.*?)\n---\n(.*)", content, re.DOTALL)
    try:
        data = yaml.safe_load(parts[1]) if parts else None
    except yaml.YAMLError as error:
        yield Problem("P01", 1, f"the metadata is not YAML: {str(error).splitlines()[0]}")
        return
    if parts is None or not isinstance(data, dict):
        yield Problem("P01", 1, "the card does not begin with metadata between two lines of ---")
        return
    first = parts[1].count("\n") + 3
    yield from (Problem("P02", 1, f"the metadata has no {name}") for name in _REQUIRED if not data.get(name))
    for name in _CHECKED:
        for value in _listed(data.get(name)):
            if not _in_vocabulary(name, value):
                yield Problem(
                    "P02", _line(content, str(value)), f"{name} cannot be {value!r}", _near(name, value)
                )
    if data.get("license") == "other" and not (data.get("license_name") and data.get("license_link")):
        yield Problem("P03", 1, "the license is other, and what it is called or where it stands is missing")
    yield from _placeholders(parts[2], first)
    yield from _sections(parts[2], first)
    if corpus_hash not in parts[2]:
        yield Problem("P06", 1, f"the card does not name the hash of the corpus, {corpus_hash[:12]}…")


@cache
def vocabulary() -> dict[str, Any]:
    """The words of the Hub for the metadata of a card: name of the field → values."""
    return dict(json.loads((files("wortlaut") / "corpus" / "hub.json").read_text("utf-8")))


def _in_vocabulary(name: str, value: object) -> bool:
    own = name == "language" and isinstance(value, str) and re.fullmatch("[a-z]{3}", value)
    return bool(own) or value in vocabulary()[name]


def _near(name: str, value: object) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(value), vocabulary()[name], n=3, cutoff=0.4)
    return f"Did you mean {' or '.join(near)}?" if near else ""


def _listed(value: object) -> list[object]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _line(content: str, word: str) -> int:
    place = content.find(word)
    return content.count("\n", 0, place) + 1 if place >= 0 else 1


def _placeholders(body: str, first: int) -> Iterator[Problem]:
    for number, line in enumerate(body.split("\n"), first):
        if match := _PLACEHOLDERS.search(line):
            yield Problem("P04", number, f"{match.group()!r} is a placeholder")
        if NOT_STATED in line:
            yield Problem("P05", number, f"a part is not stated: {line.strip()[:60]}")


def _sections(body: str, first: int) -> Iterator[Problem]:
    """Headings with nothing below, and parts of the data statement that have no place in the card."""
    lines = body.split("\n")
    fenced = False
    headings: list[tuple[int, int, str]] = []
    for index, line in enumerate(lines):
        fenced ^= line.startswith("```")
        if not fenced and (match := re.match(r"(#+) (.+)", line)):
            headings.append((index, len(match[1]), match[2]))
    for (index, depth, name), (end, below, _) in pairwise([*headings, (len(lines), 0, "")]):
        if below <= depth and not "".join(lines[index + 1 : end]).strip():
            yield Problem("P04", first + index, f"the section {name!r} is empty")
    names = {name for _, _, name in headings}
    for part in PARTS.values():
        if part not in names and f"**{part}.**" not in body:
            yield Problem("P05", first, f"the card has no part {part!r}")
