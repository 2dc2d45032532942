"""The JSON Schema of predictions, made from the table of the model's fields."""

from __future__ import annotations

from typing import Any

from wortlaut.model import Cluster, Entity, Head, Quote
from wortlaut.model.fields import Field, file_order
from wortlaut.records.annotations import PARTS

_REFUSED = "^[^\\ud800-\\udfff]*$"
_KINDS: dict[str, dict[str, Any]] = {
    "name": {"$ref": "#/$defs/name"},
    "text": {"$ref": "#/$defs/optionalString"},
    "names": {"type": "array", "items": {"$ref": "#/$defs/name"}},
    "span": {"$ref": "#/$defs/span"},
    "spans": {"type": "array", "items": {"$ref": "#/$defs/span"}},
    "integer": {"type": "integer", "minimum": 1},
    "number": {"$ref": "#/$defs/number"},
    "flag": {"type": "boolean"},
}
_DEFS: dict[str, Any] = {
    "string": {"type": "string", "pattern": _REFUSED},
    "name": {"$ref": "#/$defs/string", "minLength": 1},
    "optionalString": {"type": ["string", "null"], "pattern": _REFUSED},
    "offset": {"type": "integer", "minimum": 0},
    "fragment": {
        "type": "array",
        "description": "[start, end)",
        "prefixItems": [{"$ref": "#/$defs/offset"}, {"type": "integer", "minimum": 1}],
        "items": False,
        "minItems": 2,
    },
    "span": {
        "type": "array",
        "description": "One or more [start, end), sorted, not touching.",
        "items": {"$ref": "#/$defs/fragment"},
        "minItems": 1,
    },
    "part": {
        "description": "A span; or words, where it is not known where they stand: these can be scored.",
        "anyOf": [{"$ref": "#/$defs/span"}, {"$ref": "#/$defs/name"}],
    },
    "optionalPart": {"anyOf": [{"$ref": "#/$defs/part"}, {"type": "null"}]},
    "number": {
        "type": ["number", "null"],
        "minimum": -1.7976931348623157e308,
        "maximum": 1.7976931348623157e308,
    },
}
#: An entity has its one span in its own keys.
_PLACE: dict[str, Any] = {
    "start": {"$ref": "#/$defs/offset"},
    "end": {"type": "integer", "minimum": 1},
    "spans": {"$ref": "#/$defs/span"},
}
_SURFACE = (
    "The covered text, as a check; ' … ' stands between two fragments. Alone it is an answer in words without"
    " a place: these can be scored."
)
_ONE_PLACE = [
    {"required": ["start", "end"], "not": {"required": ["spans"]}},
    {"required": ["spans"], "not": {"anyOf": [{"required": ["start"]}, {"required": ["end"]}]}},
    {
        "required": ["text"],
        "properties": {"text": {"$ref": "#/$defs/name"}},
        "not": {"anyOf": [{"required": [name]} for name in _PLACE]},
    },
]
_ABOUT = {
    Entity: "A name: start and end, or spans where it has several fragments.",
    Quote: "What somebody said, with the roles around it.",
    Cluster: "Someone or something that mentions refer to.",
    Head: "The head of a mention, the token in it on which its other words depend. A mention has one.",
}
_LISTS = {
    "entities": "Named entities.",
    "quotes": "Quotations with their roles.",
    "clusters": "Coreference clusters.",
    "heads": "Heads of mentions, where they are known.",
}


def predictions() -> dict[str, Any]:
    """The JSON Schema of one line of predictions."""
    text, made_for = _KINDS["text"], "that the predictions were made for"
    lists = {
        layer: {
            "type": "array",
            "description": f"{_LISTS[layer]} An absent list is an empty one.",
            "items": {"$ref": f"#/$defs/{model.__name__.lower()}"},
        }
        for layer, model in PARTS.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Predictions",
        "description": (
            "What a system found in one document: one such object a line in a JSON Lines file (UTF-8). "
            "Offsets count characters (Unicode code points) of the corpus's own text from 0, half-open "
            "[start, end). Beyond this schema, each start is before its end and inside the text, the "
            "fragments of a span are sorted and do not touch, a document has one line, and the ids of quotes "
            "and clusters are distinct."
        ),
        "type": "object",
        "required": ["id"],
        "additionalProperties": False,
        "properties": {
            "id": _KINDS["name"] | {"description": "Id of the document in the corpus."},
            "text": text | {"description": f"The text {made_for}. Where given, it must be the corpus's."},
            "sha256": text
            | {
                "description": f"SHA-256 (hexadecimal) of the text {made_for}, in UTF-8. Where given, it "
                "must be that of the corpus's text."
            },
            **lists,
        },
        "$defs": _DEFS | {model.__name__.lower(): _model(model) for model in PARTS.values()},
    }


def _model(model: Any) -> dict[str, Any]:
    fields = [field for field in file_order(model) if field.name != "span"]
    properties = {field.name: _property(field) for field in fields}
    if model is Head:  # which is scored with its place alone
        properties = {field.name: _KINDS["span"] | {"description": field.about} for field in fields}
    found = {
        "type": "object",
        "description": _ABOUT[model],
        "required": [field.name for field in fields if field.required and not field.numbered],
        "additionalProperties": False,
        "properties": properties,
    }
    if model is Entity:
        surface = _KINDS["text"] | {"description": _SURFACE}
        found |= {"oneOf": _ONE_PLACE, "properties": _PLACE | properties | {"text": surface}}
    return found


def _property(field: Field) -> dict[str, Any]:
    found = _KINDS[field.kind]
    if field.kind == "span":
        found = {"$ref": "#/$defs/part" if field.required else "#/$defs/optionalPart"}
    elif field.known:
        found = {"enum": [*field.known] + ([] if field.required else [None])}
    elif field.numbered:
        found = _KINDS["text"]
    if field.kind in ("integer", "flag") and not field.required:
        found = found | {"default": field.default}
    return found | ({"description": field.about} if field.about else {})
