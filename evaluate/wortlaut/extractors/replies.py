"""Reads what an endpoint of the OpenAI protocol sends back, and says what is wrong with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any


class MalformedError(ValueError):
    """A reply, or an answer in it, that cannot be used: what is wrong with it."""


class CutOffError(MalformedError):
    """An answer that ends at the model's limit of tokens."""


def decoded(body: bytes) -> Any:
    """The JSON of a reply. Raises MalformedError, which shows how the reply begins."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode("utf-8-sig", "replace").strip()
        kind = "an HTML page and no JSON" if text.startswith("<") else "no JSON"
        raise MalformedError(f"the reply is {kind}: {text!r}") from None


def failure(body: bytes) -> str:
    """What the endpoint says about a request that failed: its message, or all that it sent."""
    try:
        return _message(decoded(body)) or body.decode("utf-8", "replace")
    except MalformedError as error:
        return str(error)


def _message(reply: Any) -> str:
    match reply:
        case {"error": {"message": str(said)}} | {"error": str(said)} | {"message": str(said)}:
            return said
    return ""


def tokens(reply: Any) -> Counter[str]:
    """The tokens ``in`` and ``out``, or one request that is ``uncounted``."""
    match reply:
        case {"usage": {"prompt_tokens": int(asked), "completion_tokens": int(said)}}:
            if 0 <= asked < 1e9 and 0 <= said < 1e9:
                return Counter({"in": int(asked), "out": int(said)})
    return Counter(uncounted=1)


def content(reply: Any) -> str | None:
    """The text of the answer; None: the model or a filter refuses. Raises MalformedError, CutOffError."""
    match reply:
        case {"choices": [{"message": {}} as choice, *_]}:
            message, finish = choice["message"], choice.get("finish_reason")
        case {"choices": [{"message": _}, *_]}:
            raise MalformedError("the message of the reply is no object")
        case {"choices": [_, *_]}:
            raise MalformedError("the first of the choices has no message")
        case {"choices": []}:
            raise MalformedError("the list of choices is empty")
        case {"choices": other} if other is not None:
            raise MalformedError("the choices are no list")
        case {}:
            said = _message(reply)
            raise MalformedError("a reply without choices" + (f", but with an error: {said}" if said else ""))
        case _:
            raise MalformedError("the reply is JSON, but no object")
    if finish == "content_filter" or (isinstance(refusal := message.get("refusal"), str) and refusal):
        return None
    if finish == "length":
        raise CutOffError("the answer was cut off at the model's limit of tokens")
    text = message.get("content")
    if not text and (message.get("tool_calls") or message.get("function_call")):
        raise MalformedError("the model called a tool and answered nothing")
    if text is None:
        raise MalformedError("the content of the answer is null")
    if not isinstance(text, str):
        raise MalformedError(f"the content of the answer is no text, but of the type {type(text).__name__}")
    if not text.strip():
        raise MalformedError("the content of the answer is empty")
    return text


def answer(content: str, schema: Mapping[str, Any]) -> Any:
    """The JSON of an answer, which fits the schema. Raises MalformedError."""
    text = _unfenced(content)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"broken JSON ({error}): {text!r}") from None
    if misfit := _misfit(value, schema, "$"):
        raise MalformedError(f"JSON of another form ({misfit}): {text!r}")
    return value


def _unfenced(content: str) -> str:
    """The content without the code fence that models like to put around it."""
    content = content.strip()
    if content.startswith("```") and content.endswith("```") and "\n" in content:
        return content.partition("\n")[2][:-3].strip()
    return content


_KINDS: Mapping[str, type] = {"string": str, "null": type(None), "array": list, "object": dict}


def _misfit(value: Any, schema: Mapping[str, Any], at: str) -> str:
    """Where the value breaks the schema, of which only what the prompt's schema uses is known."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, _KINDS[kind]) for kind in types):
        return f"{at} is no {' or '.join(types)}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{at} is {value!r}"
    inner: Iterable[tuple[Any, Any, str]] = ()
    if isinstance(value, list):
        inner = ((item, schema["items"], f"{at}[{n}]") for n, item in enumerate(value))
    elif isinstance(value, dict):
        properties = schema["properties"]
        if value.keys() != properties.keys():
            return f"the keys of {at} are {', '.join(value) or 'none'}"
        inner = ((item, properties[key], f"{at}.{key}") for key, item in value.items())
    return next(filter(None, (_misfit(*item) for item in inner)), "")
