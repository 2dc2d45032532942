"""What an endpoint may send back, and how that is called; keys that come back in any form."""

from __future__ import annotations

import base64
import json
import time
from html import escape
from typing import Any
from urllib.parse import quote

import pytest

from wortlaut.extractors import replies
from wortlaut.extractors.llm import schema
from wortlaut.extractors.masking import masked, secret

NONE: dict[str, Any] = {"entities": [], "quotes": []}
DEEP = "[" * 100_000


def reply(content: object, finish: object = "stop", **message: object) -> dict[str, Any]:
    return {"choices": [{"message": {"content": content, **message}, "finish_reason": finish}]}


def entity(**changed: object) -> dict[str, Any]:
    return {"entities": [{"text": "a", "label": "PER", "context": None} | changed], "quotes": []}


def read(body: object) -> Any:
    reply = replies.decoded(body.encode() if isinstance(body, str) else json.dumps(body).encode())
    replies.tokens(reply)
    content = replies.content(reply)
    return content and replies.answer(content, schema())


@pytest.mark.parametrize(
    "body, name",
    [
        ("", "the reply is no JSON: ''"),
        ("data: {}", "the reply is no JSON: 'data: {}'"),
        ('{"choices": [', "the reply is no JSON"),
        (DEEP, "the reply is no JSON"),
        ('{"created": ' + "1" * 5000 + "}", "the reply is no JSON"),
        ("\ufeff<!DOCTYPE html><p>502</p>", "an HTML page and no JSON: .*502"),
        ("<html>Login</html>", "an HTML page and no JSON: '<html>Login</html>'"),
        (None, "the reply is JSON, but no object"),
        ([1], "the reply is JSON, but no object"),
        ("3", "the reply is JSON, but no object"),
        ({}, "a reply without choices$"),
        ({"choices": None}, "a reply without choices$"),
        ({"error": {"message": "no credit"}}, "without choices, but with an error: no credit"),
        ({"error": "no credit"}, "without choices, but with an error: no credit"),
        ({"error": {"message": 7}}, "a reply without choices$"),
        ({"choices": []}, "the list of choices is empty"),
        ({"choices": {"0": {}}}, "the choices are no list"),
        ({"choices": "all"}, "the choices are no list"),
        ({"choices": [None]}, "the first of the choices has no message"),
        ({"choices": [{"text": "a"}]}, "the first of the choices has no message"),
        ({"choices": [{"message": None}]}, "the message of the reply is no object"),
        ({"choices": [{"message": ["a"]}]}, "the message of the reply is no object"),
        ({"choices": [{"message": {}}]}, "the content of the answer is null"),
        (reply(None), "the content of the answer is null"),
        (reply(None, {"a": []}, refusal={"a": 1}), "the content of the answer is null"),
        (reply([{"type": "text", "text": "{}"}]), "is no text, but of the type list"),
        (reply(7), "is no text, but of the type int"),
        (reply(False), "is no text, but of the type bool"),
        (reply(" \n"), "the content of the answer is empty"),
        (reply(None, "tool_calls", tool_calls=[{"id": 1}]), "the model called a tool and answered nothing"),
        (reply("", "function_call", function_call={}), "the content of the answer is empty"),
        (reply("", function_call={"name": "f"}), "the model called a tool and answered nothing"),
        (reply("{", "length"), "cut off at the model's limit"),
        (reply(None, "length"), "cut off at the model's limit"),
        (reply("Gern!"), r"broken JSON \(.*\): 'Gern!'"),
        (reply(DEEP), "broken JSON"),
        (reply("[]"), r"JSON of another form \(\$ is no object\)"),
        (reply('{"entities": []}'), r"the keys of \$ are entities"),
        (reply(json.dumps({"entities": {}, "quotes": []})), r"\$\.entities is no array"),
        (reply(json.dumps({"entities": [3], "quotes": []})), r"\$\.entities\[0\] is no object"),
        (reply(json.dumps(entity(label=["PER"]))), r"\$\.entities\[0\]\.label is no string"),
        (reply(json.dumps(entity(label="PERSON"))), r"\$\.entities\[0\]\.label is 'PERSON'"),
        (reply(json.dumps(entity(text=None))), r"\$\.entities\[0\]\.text is no string"),
        (reply(json.dumps(entity(start=1))), r"the keys of \$\.entities\[0\] are .*start"),
    ],
)
def test_what_is_malformed_has_a_name(body: object, name: str) -> None:
    with pytest.raises(replies.MalformedError, match=name):
        read(body)


@pytest.mark.parametrize("finish", ["stop", None, 7, ["length"]])
@pytest.mark.parametrize("usage", [None, [], {"prompt_tokens": "1"}, {"prompt_tokens": 1}, 10**4000])
def test_an_answer_is_read_whatever_stands_beside_it(finish: object, usage: object) -> None:
    body = reply(f"```json\n{json.dumps(NONE)}\n```", finish, tool_calls=[], refusal=None) | {"usage": usage}
    assert read(body) == NONE and replies.tokens(body) == {"uncounted": 1}


@pytest.mark.parametrize("body", [reply(None, refusal="No."), reply("", "content_filter")])
def test_a_refusal_is_no_fault(body: object) -> None:
    assert read(body) is None


@pytest.mark.parametrize(
    "body, told",
    [
        (b'{"error": {"message": "no\\u0020credit"}}', "no credit"),
        (b'{"error": "no credit"}', "no credit"),
        (b'{"message": "no credit"}', "no credit"),
        (b'{"detail": [7]}', '{"detail": [7]}'),
        (b"", "the reply is no JSON: ''"),
        (b"<html>Bad gateway</html>", "the reply is an HTML page and no JSON: '<html>Bad gateway</html>'"),
        (b"\xff", "the reply is no JSON: '\ufffd'"),
    ],
)
def test_failures_tell_what_the_endpoint_says(body: bytes, told: str) -> None:
    assert replies.failure(body) == told


KEYS = ["sk-secret-0123456789", 'sk/a+b="c\\d&e', "geheim"]


def escaped(key: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in key)


def mixed(key: str) -> str:
    forms = (lambda c: c, escaped, lambda c: f"\\u{ord(c):04X}", lambda c: f"%{ord(c):02X}")
    return "".join(forms[n % 4](c) for n, c in enumerate(key))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "form",
    [
        lambda key: key,
        lambda key: json.dumps(key),
        lambda key: json.dumps(json.dumps(json.dumps(key))),
        lambda key: json.dumps(key).replace("/", "\\/"),
        escaped,
        lambda key: json.dumps(escaped(key)),
        mixed,
        lambda key: repr(json.dumps(mixed(key))),
        lambda key: quote(key, safe=""),
        lambda key: quote(quote(key, safe="").lower(), safe=""),
        lambda key: "".join(f"%{ord(character):02x}" for character in key),
        escape,
        lambda key: escape(escape("".join(f"&#{ord(character)};" for character in key))),
        lambda key: "".join(f"&#x{ord(character):X};" for character in key),
        lambda key: base64.b64encode(key.encode()).decode(),
        lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
        lambda key: base64.urlsafe_b64encode(f":{key}\nHost".encode()).decode(),
        lambda key: quote(base64.b64encode(f"me:{key}".encode()).decode(), safe=""),
        lambda key: json.dumps(base64.b64encode(f"x{key}".encode()).decode()).replace("/", "\\/"),
        lambda key: escaped(base64.b64encode(key.encode()).decode()),
    ],
)
def test_a_key_is_masked_in_every_form(key: str, form: Any) -> None:
    said = f"Incorrect key ({form(key)}), said the server"
    shown = masked(said, secret(key))
    assert shown.startswith("Incorrect key (") and shown.endswith("), said the server")
    assert "…" in shown and len(shown) < 65, shown
    assert masked([{"a": said, "b": None}], secret(key)) == [{"a": shown, "b": None}]


def test_what_is_no_key_stays() -> None:
    text = "sk-secret-012345678 \\u0073k-secret c2stc2VjcmV0LTAxMjM0NTY %73k-secret"
    assert masked(text, secret(KEYS[0])) == text
    assert masked("none of the EMPTY", secret("EMPTY")) == "none of the EMPTY"
    assert masked("", secret("")) == "" and masked("abc", secret("  ")) == "abc"


@pytest.mark.long
@pytest.mark.parametrize("part", ["\\", "\\\\u00", "%25", "&amp;", "c", "sk-secret-", "&#0", "c2st"])
def test_masking_takes_linear_time(part: str) -> None:
    def seconds(size: int) -> float:
        text, pattern, spent = part * (size // len(part)), secret(KEYS[0]), []
        for _ in range(3):  # what else the machine does shall not count
            start = time.process_time()
            masked(text, pattern)
            spent.append(time.process_time() - start)
        return min(spent)

    assert seconds(400_000) < 10 * max(seconds(100_000), 0.01)
