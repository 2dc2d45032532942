"""Croissant metadata with the responsible-AI fields, beside the card: what machines read about the dataset.

Format: Croissant 1.0 and its RAI extension 1.0 (MLCommons). Lists of structs are fields with sub-fields that
a JSONPath takes out of each struct; lists within those structs are out of reach of the format, so of a span
the first fragment is described, and the Parquet files hold all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wortlaut.annotations.rules import Problem
from wortlaut.corpus.load import Corpus
from wortlaut.io.files import file_hash
from wortlaut.release.card import NOT_STATED, languages, name_of

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "croissant.json"
#: The columns that hold numbers of tags.
TAGGED = ("ner_tags", "ner_tags_inner")
#: The context that the specification prescribes, word for word.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
#: The RAI properties, and the parts of the statement that say it.
_RAI = {
    "dataCollection": "curation_rationale",
    "dataPreprocessingProtocol": "preprocessing",
    "dataAnnotationProtocol": "annotation",
    "annotatorDemographics": "annotators",
    "dataAnnotationAnalysis": "review",
    "dataUseCases": "uses",
    "dataLimitations": "limitations",
    "personalSensitiveInformation": "personal_information",
}
_MANY = frozenset(_RAI) - {"dataCollection"}


def _listing(name: str, kind: str, key: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """A record set whose records stand in the metadata themselves."""
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "dataType": kind,
        "key": {"@id": f"{name}/{key}"},
        "field": [
            {"@type": "cr:Field", "@id": f"{name}/{own}", "name": own, "dataType": type_}
            for own, type_ in fields.items()
        ],
    }


#: What the numbers in the columns of tags stand for.
_TAGS = _listing("tags", "sc:Enumeration", "number", {"number": "sc:Integer", "name": "sc:Text"})
_SPLITS = _listing("splits", "cr:Split", "name", {"name": "sc:Text", "url": "sc:URL"})
_ROLES = {
    "train": "cr:TrainingSplit",
    "validation": "cr:ValidationSplit",
    "test": "cr:TestSplit",
}


def describe(
    folder: Path,
    corpus: Corpus,
    stated: Mapping[str, Any],
    tables: Mapping[str, tuple[pa.Schema, Sequence[str]]],
    version: str,
    published: str | None,
    tags: Sequence[str],
) -> str:
    """The content of ``croissant.json`` for the Parquet files below ``folder``, one per table and split."""
    splits = list(dict.fromkeys(split for _, own in tables.values() for split in own))
    cited = str(stated.get("citation", NOT_STATED))
    # With several splits each has a record set of its own: a field has one source.
    parts = {
        name if len(own) == 1 else f"{name}-{split}": (schema, path)
        for name, (schema, own) in tables.items()
        for split in own
        for path in (folder / "data" / name).glob(f"{split}-*.parquet")
    }
    data: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": name_of(stated, corpus),
        "description": stated.get("summary", NOT_STATED),
        "inLanguage": languages(corpus),
        "keywords": list(stated.get("tags", ())),
        # Never the link: it may be that of the annotations alone.
        "license": stated.get("license_name") or stated.get("license", "unknown"),
        "usageInfo": stated.get("rights", NOT_STATED),
        "creator": {"@type": "sc:Organization", "name": stated.get("creator", NOT_STATED)},
        "citeAs": cited.replace("VERSION", version).replace("HASH", corpus.hash[:12]),
        "version": version,
        **({"datePublished": published} if published else {}),
        "identifier": f"sha256:{corpus.hash}",
        "isLiveDataset": False,
    }
    for name, key in _RAI.items():
        value = stated.get(key, NOT_STATED)
        listed = value if isinstance(value, list) else [value]
        data[f"rai:{name}"] = listed if name in _MANY else " ".join(listed)
    if "machine-generated" in stated.get("annotations_creators", ()):
        data["rai:machineAnnotationTools"] = [stated.get("annotators", NOT_STATED)]
    data["distribution"] = [
        {
            "@type": "cr:FileObject",
            "@id": f"{name}.parquet",
            "name": f"{name}.parquet",
            "contentUrl": path.relative_to(folder).as_posix(),
            "contentSize": f"{path.stat().st_size} B",
            "encodingFormat": "application/x-parquet",
            "sha256": file_hash(path),
        }
        for name, (_, path) in parts.items()
    ]
    data["recordSet"] = [
        _TAGS | {"data": [{"tags/number": number, "tags/name": tag} for number, tag in enumerate(tags)]},
        _SPLITS | {"data": [{"splits/name": split, "splits/url": _ROLES[split]} for split in splits]},
        *(
            {
                "@type": "cr:RecordSet",
                "@id": name,
                "name": name,
                "field": [_field(name, column) for column in schema],
            }
            for name, (schema, _) in parts.items()
        ),
    ]
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def comparable(content: str) -> dict[str, Any]:
    """The metadata without what depends on the version of pyarrow: sizes and checksums of the tables."""
    data: dict[str, Any] = json.loads(content)
    for item in data["distribution"]:
        del item["sha256"], item["contentSize"]
    return data


def check(content: str, files: Mapping[str, str]) -> Iterator[Problem]:
    """Whether the metadata name the tables of a release as they are (rule P07): path → SHA-256."""
    try:
        data = json.loads(content)
        named = {item["contentUrl"]: item["sha256"] for item in data["distribution"]}
    except (ValueError, KeyError, TypeError) as error:
        yield Problem("P07", 1, f"the Croissant metadata cannot be read: {error!r}")
        return
    if data.get("@context") != _CONTEXT:
        yield Problem("P07", 1, "the context is not that of Croissant 1.0")
    tables = {name: digest for name, digest in files.items() if name.endswith(".parquet")}
    for name in sorted({*named, *tables}):
        if named.get(name) != tables.get(name):
            state = (
                "is not named" if name not in named else "is not there" if name not in tables else "differs"
            )
            yield Problem("P07", 1, f"{name} {state}")


def _field(config: str, column: pa.Field) -> dict[str, Any]:
    import pyarrow as pa

    source = {"fileObject": {"@id": f"{config}.parquet"}, "extract": {"column": column.name}}
    field: dict[str, Any] = {"@type": "cr:Field", "@id": f"{config}/{column.name}", "name": column.name}
    type_ = column.type
    if pa.types.is_list(type_):
        field["repeated"] = True
        type_ = type_.value_type
    if column.name in TAGGED:
        field["references"] = {"field": {"@id": "tags/number"}}
    if not pa.types.is_struct(type_):
        return field | {"dataType": _type(type_), "source": source}
    return field | {
        "subField": [
            {
                "@type": "cr:Field",
                "@id": f"{config}/{column.name}/{name}",
                "name": name,
                "dataType": _type(inner),
                "source": source | {"transform": {"jsonPath": path}},
            }
            for name, path, inner in _inside(type_)
        ]
    }


def _inside(struct: pa.StructType) -> Iterable[tuple[str, str, pa.DataType]]:
    """Name, path and type of what can be taken out of one struct."""
    import pyarrow as pa

    for item in struct:
        if not pa.types.is_list(item.type):
            yield item.name, item.name, item.type
        elif pa.types.is_struct(item.type.value_type):
            for inner in item.type.value_type:
                if not pa.types.is_list(inner.type):
                    yield f"{item.name}_first_{inner.name}", f"{item.name}[0].{inner.name}", inner.type


def _type(type_: pa.DataType) -> str:
    import pyarrow as pa

    kinds = {
        "sc:Boolean": pa.types.is_boolean,
        "sc:Integer": pa.types.is_integer,
        "sc:Float": pa.types.is_floating,
    }
    return next((name for name, is_kind in kinds.items() if is_kind(type_)), "sc:Text")
