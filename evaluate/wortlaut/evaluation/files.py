"""Result files of every version, read into what this version writes; texts become values here alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError, MissingFileError
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.labels import PROJECTIONS, Projection
from wortlaut.scoring.uncertainty import Resampling

FORMAT = "wortlaut-evaluation/1"
_SIGNATURE = re.compile(
    r"wortlaut(?:\|corpus:(?P<corpus>.*?))?\|layer:(?P<layer>[^|]*?)(?: by (?P<by>[^|]*))?"
    r"(?:\|labels:(?P<labels>.*))?\|schema:(?P<schemas>[^|]*)\|avg:(?P<average>[^|]*)"
    r"\|resample:(?P<resampling>[^|]*)\|v:(?P<version>[^|]*)",
    re.DOTALL,
)
_DRAWN = re.compile(
    r"(?P<unit>\w+),(?P<samples>\d+),seed (?P<seed>\d+)"
    r"(?:,confidence (?P<confidence>[^,]+))?(?:,(?P<method>\w+))?"
)


def read_evaluation(path: Path) -> dict[str, Any]:
    """A file that ``wortlaut evaluate --json`` wrote. Raises DataError, MissingFileError."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise MissingFileError("no such file", where=str(path)) from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"is not a JSON file: {error}", where=str(path)) from error
    return checked(data, str(path))


def checked(data: Any, where: str) -> dict[str, Any]:
    """The same result with its settings, which version 0.1.0 did not write. Raises DataError."""
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise DataError(
            "is no result of `wortlaut evaluate`",
            where=where,
            hint="Write one: wortlaut evaluate -e SPEC --json FILE",
        )
    missing = [key for key in ("corpus", "signature", "resampling", "items", "systems") if key not in data]
    if missing:
        raise DataError(f"the result lacks {', '.join(missing)}", where=where, hint="Write it anew.")
    if "settings" in data:
        return dict(data)
    try:
        whole = read_signature(data["signature"], Signature(hash=data["corpus"]["hash"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"the result is damaged: {error}", where=where, hint="Write it anew.") from error
    by = dict.fromkeys(by for system in data["systems"] for by in system.get("breakdowns", ()))
    drawn = replace(whole.resampling, unit=data["resampling"]["unit"])
    return {**data, "settings": settings_data(replace(whole, resampling=drawn), tuple(by))}


def settings_data(whole: Signature, by: tuple[str, ...]) -> dict[str, Any]:
    """How an evaluation was made, as its file holds it beside corpus, version and the number of units."""
    chosen, drawn = whole.projection, whole.resampling
    return {
        "schemas": list(whole.schemas),
        "projection": None if chosen is None else {"name": chosen.name, "labels": dict(chosen.labels)},
        "by": list(by),
        "samples": drawn.samples,
        "seed": drawn.seed,
        "confidence": drawn.confidence,
        "method": drawn.method,
    }


def read_settings(data: Mapping[str, Any]) -> Signature:
    """The signature of a whole evaluation, from its file."""
    settings, corpus = data["settings"], data["corpus"]
    chosen = settings["projection"]
    return Signature(
        corpus["name"],
        corpus["hash"],
        "all",
        projection=chosen and Projection(chosen["name"], dict(chosen["labels"])),
        schemas=tuple(settings["schemas"]),
        resampling=Resampling(
            data["resampling"]["unit"],
            *(settings[name] for name in ("samples", "seed", "confidence", "method")),
        ),
        version=data["version"],
    )


def read_signature(text: str, whole: Signature) -> Signature:
    """The signature of a score in a file, which holds its text.

    What the text shortens, the corpus's hash and the mapping of a projection, is that of ``whole``, the
    evaluation that it stands in. Raises ValueError for another text.
    """
    found = _SIGNATURE.fullmatch(text)
    drawn = found and _DRAWN.fullmatch(found["resampling"])
    if found is None or (drawn is None and found["resampling"] != "none"):
        raise ValueError(f"{text!r} is no signature")
    labels, schemas = found["labels"], found["schemas"].split("+") if found["schemas"] else []
    keys = [ScoreKey.named(found["layer"], schema) for schema in schemas]
    corpus, at, digest = (found["corpus"] or "").rpartition("@")
    shortened = at and whole.hash.startswith(digest)
    return Signature(
        corpus if shortened else found["corpus"] or "",
        whole.hash if shortened else "",
        keys[0].task if keys else found["layer"],
        keys[0].setting if keys else "",
        found["by"] or "",
        None if labels is None else _projection(labels, whole.projection),
        tuple(key.schema for key in keys),
        found["average"],
        replace(whole.resampling, samples=0) if drawn is None else _resampling(drawn),
        found["version"],
    )


def _projection(name: str, known: Projection | None) -> Projection:
    if known is not None and known.name == name:
        return known
    if name in PROJECTIONS:
        return PROJECTIONS[name]
    pairs = (pair.rpartition("=") for pair in name.strip("{}").split(","))
    return Projection(name, {label: None if to == "-" else to for label, _, to in pairs})


def _resampling(drawn: re.Match[str]) -> Resampling:
    return Resampling(
        drawn["unit"],
        int(drawn["samples"]),
        int(drawn["seed"]),
        float(drawn["confidence"] or 0.95),
        drawn["method"] or "percentile",
    )
