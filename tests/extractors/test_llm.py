"""llm:MODEL against a real HTTP server on loopback: right, slow, broken, refusing and lying answers."""

from __future__ import annotations

import base64
import contextlib
import gzip
import importlib.util
import json
import logging
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError, ExtractorError, MissingExtraError, MissingFileError
from wortlaut.evaluation.evaluate import evaluate
from wortlaut.extractors import resolve, run
from wortlaut.model import ENTITY_LABELS, QUOTE_TYPES, Annotations, Document, Entity, Quote, Span
from wortlaut.reports.page import report_page

HAS_OPENAI = importlib.util.find_spec("openai") is not None
needs_openai = pytest.mark.skipif(not HAS_OPENAI, reason="needs the extra llm")
KEY = "sk-secret-0123456789"
TEXT = "Yoon fuhr am Montag fort: „Wir – alle –\ngehen.“ Er sagte, dass Seoul bleibe. Yoon schwieg."
DOCUMENT = Document("d", TEXT)
Reply = tuple[int, dict[str, str], bytes]


def entity(text: str, label: str, context: str | None = None) -> dict[str, Any]:
    return {"text": text, "label": label, "context": context}


def quote(kind: str, *content: str, **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"context": None, "speaker_entity": None, "attribution": None, "medium": "speech"}
    roles: dict[str, Any] = {role: [] for role in ("cue", "speaker", "addressee", "frame")}
    return {"type": kind, "content": list(content), **empty, **roles, **more}


RIGHT = {
    "entities": [entity("Yoon", "PER"), entity("Seoul", "LOC"), entity("Yoon", "PER")],
    "quotes": [
        quote(
            "direct",
            '"Wir - alle - gehen."',
            cue=["fuhr", "fort"],
            speaker=["Yoon"],
            frame=["Yoon fuhr am Montag fort"],
            speaker_entity="Yoon",
            attribution="explicit",
        ),
        quote("indirect", "dass Seoul bleibe", cue=["sagte"], speaker=["Er"], attribution="anaphoric"),
    ],
}


def completion(answer: object, **message: object) -> Reply:
    content = answer if isinstance(answer, str) or answer is None else json.dumps(answer)
    finish = message.pop("finish_reason", "stop")
    usage = message.pop("usage", {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200})
    body = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
        "usage": usage,
    }
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def failure(status: int, message: str = "no", code: str | None = None, **headers: str) -> Reply:
    body = json.dumps({"error": {"message": message, "type": "error", "param": None, "code": code}})
    return status, {"Content-Type": "application/json", **headers}, body.encode()


class Endpoint:
    """Answers with ``replies``, one after the other and the last for ever, and keeps what it was asked."""

    def __init__(self) -> None:
        self.replies: list[Reply | Callable[[dict[str, Any]], Reply]] = []
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.paths: list[str] = []
        self.delay = 0.0
        self.at_once = self.most_at_once = 0
        lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    endpoint.asked.append(question)
                    endpoint.keys.append(self.headers["Authorization"])
                    endpoint.paths.append(self.path)
                    endpoint.at_once += 1
                    endpoint.most_at_once = max(endpoint.most_at_once, endpoint.at_once)
                    reply = endpoint.replies[0] if len(endpoint.replies) == 1 else endpoint.replies.pop(0)
                time.sleep(endpoint.delay)
                with lock:
                    endpoint.at_once -= 1
                status, headers, body = reply(question) if callable(reply) else reply
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):  # a client may not wait
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/v1"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Endpoint]:
    from wortlaut.extractors import llm

    monkeypatch.setattr(llm, "FIRST_WAIT", 0.001)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Endpoint()
    monkeypatch.setenv("OPENAI_BASE_URL", made.address)
    yield made
    made.server.shutdown()
    made.server.server_close()


def found(spec: str = "llm:m", *documents: Document) -> tuple[list[Annotations], tuple[str, ...]]:
    extractor = resolve(spec)
    return run(extractor, documents or [DOCUMENT]), extractor.notes


def at(*parts: str) -> Span:
    return Span(tuple((TEXT.index(part), TEXT.index(part) + len(part)) for part in parts))


@pytest.mark.skipif(HAS_OPENAI, reason="openai is installed")
def test_without_the_extra_it_says_how_to_install_it() -> None:
    with pytest.raises(MissingExtraError, match=r"openai is not installed[\s\S]*wortlaut\[llm\]"):
        resolve("llm:some-model")


@needs_openai
def test_a_right_answer_is_grounded(endpoint: Endpoint) -> None:
    endpoint.replies = [completion(RIGHT)]
    [annotations], notes = found()
    assert [(e.span.text(TEXT), e.span.start, e.label) for e in annotations.entities] == [
        ("Yoon", 0, "PER"),
        ("Seoul", TEXT.index("Seoul"), "LOC"),
        ("Yoon", TEXT.rindex("Yoon"), "PER"),
    ]
    assert annotations.quotes == (
        Quote(
            "q1",
            "direct",
            at("„Wir – alle –\ngehen.“"),
            "speech",
            cue=at("fuhr", "fort"),
            speaker=at("Yoon"),
            frame=at("Yoon fuhr am Montag fort"),
            speaker_entity="Yoon",
            attribution="explicit",
        ),
        Quote(
            "q2",
            "indirect",
            at("dass Seoul bleibe"),
            "speech",
            cue=at("sagte"),
            speaker=at("Er"),
            attribution="anaphoric",
        ),
    )
    assert notes == ("1 document, 0 from the cache; 1 request, 1000 tokens in, 200 out",)


@needs_openai
def test_the_question_holds_prompt_schema_and_text(endpoint: Endpoint) -> None:
    endpoint.replies = [completion(RIGHT)]
    found("llm:org/m?temperature=0.5&cache=off")
    unused = resolve("llm:m")
    unused.close()
    unused.close()
    [question] = endpoint.asked
    assert endpoint.paths == ["/v1/chat/completions"] and endpoint.keys == [f"Bearer {KEY}"]
    assert question["model"] == "org/m" and question["temperature"] == 0.5
    system, user = question["messages"]
    assert user == {"role": "user", "content": TEXT}
    assert all(f"{label}" in system["content"] for label in ("PER", *ENTITY_LABELS, *QUOTE_TYPES))
    form = question["response_format"]["json_schema"]
    assert form["strict"] is True
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
    jsonschema.Draft202012Validator.check_schema(form["schema"])
    jsonschema.validate(RIGHT, form["schema"])
    entities = form["schema"]["properties"]["entities"]["items"]["properties"]
    quotes = form["schema"]["properties"]["quotes"]["items"]["properties"]
    assert entities["label"]["enum"] == list(ENTITY_LABELS)
    assert quotes["type"]["enum"] == list(QUOTE_TYPES)
    plain = ask_with(endpoint, "llm:m?cache=off")
    assert "temperature" not in plain and "seed" not in plain
    assert ask_with(endpoint, "llm:m?cache=off&seed=3")["seed"] == 3


def ask_with(endpoint: Endpoint, spec: str) -> dict[str, Any]:
    found(spec)
    return endpoint.asked[-1]


@needs_openai
def test_it_is_asked_for_the_labels_of_a_corpus(endpoint: Endpoint, tmp_path: Path) -> None:
    declared = tmp_path / "annotations" / "labels.yaml"
    with pytest.raises(MissingFileError, match="no such file"):
        resolve(f"llm:m?labels={tmp_path}")
    declared.parent.mkdir()
    declared.write_text("levels: 1\nlabels:\n  PERSON: wer heißt\n  WERK: ''\n", "utf-8")
    said = {"entities": [entity("Yoon", "PERSON"), entity("Seoul", "WERK")], "quotes": []}
    for labels, means in ((str(tmp_path), "wer heißt"), ("PERSON,WERK", "")):
        endpoint.replies = [completion(said)]
        (annotations,), _ = found(f"llm:m?cache=off&labels={labels}")
        assert [one.label for one in annotations.entities] == ["PERSON", "WERK"]
        question = endpoint.asked[-1]
        form = question["response_format"]["json_schema"]["schema"]["properties"]["entities"]["items"]
        assert form["properties"]["label"]["enum"] == ["PERSON", "WERK"]
        prompt = question["messages"][0]["content"]
        assert f"- PERSON: {means}".rstrip(": ") + "\n- WERK\n" in prompt and "LOCderiv" not in prompt
        assert "QUOTES:" in prompt and ("is not listed" in prompt) == bool(means)
    with pytest.raises(DataError, match="a label cannot be 'O'"):
        resolve("llm:m?labels=PER,O")


@needs_openai
def test_endpoints_without_json_schema(endpoint: Endpoint) -> None:
    endpoint.replies = [completion(f"```json\n{json.dumps(RIGHT)}\n```")]
    question = ask_with(endpoint, "llm:m?format=json_object")
    assert question["response_format"] == {"type": "json_object"}
    assert '"speaker_entity"' in question["messages"][0]["content"]
    assert "response_format" not in ask_with(endpoint, "llm:m?format=text")
    with pytest.raises(DataError, match="'xml' is none of"):
        resolve("llm:m?format=xml")


@needs_openai
def test_a_liar_is_found_out(endpoint: Endpoint) -> None:
    """What is not in the text is left out, counted and shown, one by one."""
    lies = {
        "entities": [
            entity("Putin", "PER"),
            entity("Yoon", "PER", "Yoon schwieg"),
            entity("Yoon", "PER"),
            entity("Yoon", "PER"),
        ],
        "quotes": [
            quote("direct", "„Wir bleiben.“", speaker=["Yoon"]),
            quote("direct", "„Wir – alle –", "stehen.“"),
            quote("direct"),
            quote(
                "indirect",
                "dass Seoul bleibe",
                cue=["behauptete"],
                speaker=["Putin", "Er"],
                speaker_entity="Wladimir Putin",
            ),
        ],
    }
    endpoint.replies = [completion(lies)]
    [annotations], notes = found()
    assert [e.span.start for e in annotations.entities] == [0, TEXT.rindex("Yoon")]
    assert annotations.quotes == (Quote("q1", "indirect", at("dass Seoul bleibe"), "speech"),)
    assert notes[1:] == (
        "Not in the text and left out: 2 of 4 entities: d: 'Putin', d: 'Yoon'.",
        "Not in the text and left out: 3 of 4 quotes: "
        "d: '„Wir bleiben.“', d: '„Wir – alle – … stehen.“', d: ''.",
        "Not in the text and left out: 2 of the roles of quotes: "
        "d: 'cue behauptete', d: 'speaker Putin … Er'.",
        "Not in the text and left out: 1 of the names of speakers: d: 'Wladimir Putin'.",
    )


@needs_openai
def test_offsets_of_a_model_are_not_asked_for_and_not_taken(endpoint: Endpoint) -> None:
    wrong = json.loads(json.dumps(RIGHT))
    wrong["entities"][0] |= {"start": 77, "end": 81}
    endpoint.replies = [completion(wrong)]
    with pytest.raises(ExtractorError, match=r"the keys of \$\.entities\[0\] are .*, start"):
        found("llm:m?retries=1")
    assert len(endpoint.asked) == 2


@needs_openai
@pytest.mark.parametrize(
    "reply, problem",
    [
        (completion('{"entities": [], "quo'), "broken JSON"),
        (completion(None, tool_calls=[{"id": "1"}]), "the model called a tool"),
        (completion(RIGHT, usage={"prompt_tokens": []}, content=[RIGHT]), "no text, but of the type list"),
        ((200, {"Content-Type": "application/json"}, b'{"id": "1", "choi'), "the reply is no JSON"),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip"), "APIConnectionError"),
        ((500, {"Content-Encoding": "gzip"}, b"no gzip"), "APIConnectionError|DecodingError"),
        (failure(429, "slow down"), "HTTP 429: slow down"),
        (failure(503), "HTTP 503: no"),
        (failure(408), "HTTP 408"),
    ],
)
def test_what_may_pass_is_tried_again(endpoint: Endpoint, reply: Reply, problem: str) -> None:
    endpoint.replies = [reply, reply, completion(RIGHT)]
    [annotations], notes = found("llm:m?retries=2")
    assert len(annotations.entities) == 3 and "3 requests" in notes[0]
    endpoint.replies = [reply]
    with pytest.raises(ExtractorError, match=rf"no usable answer after 3 requests; [\s\S]*({problem})"):
        found("llm:m?retries=2&cache=off")
    assert len(endpoint.asked) == 6


@needs_openai
@pytest.mark.parametrize(
    "reply, hint",
    [
        (failure(401, f"Incorrect API key provided: {KEY}"), r"HTTP 401: .*provided: …[\s\S]*OPENAI_API_KEY"),
        (failure(404, "The model does not exist"), r"HTTP 404: .*does not exist[\s\S]*/v1"),
        (failure(400, "json_schema is not supported"), r"HTTP 400[\s\S]*\?format=json_object"),
        (failure(429, "no money", "insufficient_quota"), "HTTP 429: .*no money"),
    ],
)
def test_what_cannot_pass_is_told_at_once(endpoint: Endpoint, reply: Reply, hint: str) -> None:
    endpoint.replies = [reply]
    with pytest.raises(ExtractorError, match=hint):
        found()
    assert len(endpoint.asked) == 1


@needs_openai
def test_retries_wait_as_long_as_they_are_told(endpoint: Endpoint) -> None:
    endpoint.replies = [failure(429, **{"Retry-After": "0.4"}), completion(RIGHT)]
    start = time.monotonic()
    found()
    assert time.monotonic() - start >= 0.4


@needs_openai
def test_slow_answers(endpoint: Endpoint) -> None:
    endpoint.replies = [completion(RIGHT)]
    endpoint.delay = 0.5
    with pytest.raises(ExtractorError, match=r"after 2 requests; .*: no whole answer within 0\.1 seconds"):
        found("llm:m?timeout=0.1&retries=1")
    [annotations], _ = found("llm:m?timeout=20")
    assert len(annotations.entities) == 3


@needs_openai
@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 500 No\r\n\r\n"])
def test_a_server_that_drips_does_not_outlast_the_deadline(endpoint: Endpoint, begin: bytes) -> None:
    """Every read succeeds: of the status line, the body, the body of an error."""
    closed = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(begin or b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not closed.wait(0.01):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        with pytest.raises(ExtractorError, match=r"after 1 request; .*: no whole answer within 0\.1 seconds"):
            found(f"llm:m?timeout=0.1&retries=0&base_url={address}")
        closed.set()
        socket.create_connection(listener.getsockname()).close()  # where the client came too late
        thread.join()


@needs_openai
@pytest.mark.parametrize("status", [200, 500])
def test_a_reply_that_is_too_large_is_given_up(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    from wortlaut.extractors import llm

    monkeypatch.setattr(llm, "LARGEST", 100_000)
    endpoint.replies = [(status, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 200_000))]
    with pytest.raises(ExtractorError, match=r"after 1 request; .*: the reply is larger than 100000 bytes"):
        found("llm:m?retries=0")
    small = gzip.compress(completion(RIGHT)[2])
    endpoint.replies = [(200, {"Content-Encoding": "gzip", "Content-Type": "application/json"}, small)]
    assert len(found("llm:m?retries=0")[0][0].entities) == 3


@needs_openai
def test_nobody_there(endpoint: Endpoint) -> None:
    endpoint.server.shutdown()
    endpoint.server.server_close()
    with pytest.raises(ExtractorError, match="the last problem: APIConnectionError"):
        found("llm:m?retries=1")


@needs_openai
@pytest.mark.parametrize(
    "reply",
    [completion(None, refusal="I cannot help with that."), completion("", finish_reason="content_filter")],
)
def test_refusals_are_counted_and_asked_again_the_next_time(endpoint: Endpoint, reply: Reply) -> None:
    endpoint.replies = [reply]
    [annotations], notes = found()
    assert annotations == Annotations()
    assert notes[1:] == ("The model refused 1 document: d.",)
    found()
    assert len(endpoint.asked) == 2


@needs_openai
def test_an_answer_cut_off_is_told(endpoint: Endpoint) -> None:
    endpoint.replies = [completion('{"entities": [', finish_reason="length")]
    with pytest.raises(ExtractorError, match="document d: the answer was cut off"):
        found()
    assert len(endpoint.asked) == 1


@needs_openai
def test_no_more_questions_at_once_than_allowed_and_answers_in_order(endpoint: Endpoint) -> None:
    def echo(question: dict[str, Any]) -> Reply:
        word = question["messages"][1]["content"].split()[0]
        return completion({"entities": [entity(word, "OTH")], "quotes": []})

    endpoint.replies = [echo]
    endpoint.delay = 0.05
    documents = [Document(f"d{n}", f"Wort{n} steht hier") for n in range(40)]
    answers, notes = found("llm:m?concurrency=3", *documents)
    assert [a.entities[0].span.text(d.text) for a, d in zip(answers, documents, strict=True)] == [
        f"Wort{n}" for n in range(40)
    ]
    assert endpoint.most_at_once == 3
    assert "40 documents, 0 from the cache; 40 requests, 40000 tokens in, 8000 out" in notes[0]


@needs_openai
def test_after_an_error_nothing_more_is_asked(endpoint: Endpoint) -> None:
    endpoint.replies = [failure(401)]
    with pytest.raises(ExtractorError, match="HTTP 401"):
        found("llm:m?concurrency=2", *[Document(str(n), f"Text {n}") for n in range(32)])
    assert len(endpoint.asked) <= 4


@needs_openai
def test_the_cache_spares_requests_and_knows_what_an_answer_depends_on(endpoint: Endpoint) -> None:
    endpoint.replies = [completion(RIGHT)]
    first, _ = found()
    again, notes = found()
    assert again == first and len(endpoint.asked) == 1
    assert notes == ("1 document, 1 from the cache; 0 requests, 0 tokens in, 0 out",)
    for number, spec in enumerate(
        ("llm:other", "llm:m?temperature=0", "llm:m?format=text", "llm:m?seed=1"), 2
    ):
        found(spec)
        assert len(endpoint.asked) == number
    found("llm:m", Document("d", TEXT + " "))
    assert len(endpoint.asked) == 6
    found("llm:m?cache=off")
    assert len(endpoint.asked) == 7
    found("llm:m?concurrency=1&retries=0&timeout=9&price_in=1", Document("other id", TEXT))
    assert len(endpoint.asked) == 7


@needs_openai
def test_a_changed_prompt_asks_again(endpoint: Endpoint) -> None:
    endpoint.replies = [completion(RIGHT)]
    found()
    extractor = resolve("llm:m")
    extractor._extractor._prompt += "\nNever mind."  # type: ignore[attr-defined]
    run(extractor, [DOCUMENT])
    assert len(endpoint.asked) == 2


@needs_openai
def test_only_the_owner_reads_the_cache(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.replies = [completion(RIGHT)]
    old = os.umask(0)
    try:
        (tmp_path / "old" / "aa").mkdir(parents=True)  # as earlier versions made it
        for folder in ("new", "old"):
            found(f"llm:m?cache={tmp_path}/{folder}")
            [entry] = (tmp_path / folder).rglob("*.json")
            assert entry.stat().st_mode & 0o777 == 0o600
            assert {path.stat().st_mode & 0o777 for path in entry.parent.parent.iterdir()} == {0o700}
    finally:
        os.umask(old)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(ExtractorError, match=r"file: the cache cannot be kept private[\s\S]*cache=off"):
        found(f"llm:m?cache={tmp_path}/file")


@needs_openai
def test_an_entry_that_belongs_to_another_request_is_refused(endpoint: Endpoint, tmp_path: Path) -> None:
    other = Document("e", f"Seoul. {TEXT}")
    endpoint.replies = [completion({"entities": [], "quotes": []}), completion(RIGHT)]
    spec = f"llm:m?concurrency=1&cache={tmp_path}"
    found(spec, DOCUMENT, other)
    one, two = tmp_path.rglob("*.json")
    swapped = two.read_bytes(), one.read_bytes()
    one.write_bytes(swapped[0])
    two.write_bytes(swapped[1])
    endpoint.replies = [completion(RIGHT)]
    [first, _], notes = found(spec, DOCUMENT, other)
    assert len(first.entities) == 3 and len(endpoint.asked) == 4
    assert notes[1] == (
        "The cache held a damaged answer, or one to another request, for 2 documents, asked for anew: d, e."
    )
    assert found(spec, DOCUMENT, other)[1][1:] == ()


@needs_openai
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: b"\xff\xfe",
        lambda data: b"[]",
        lambda data: data.replace(b"Seoul", b"Seuol"),
        lambda data: data.replace(b'"answer"', b'"reply"'),
        lambda data: data.replace(b'"request"', b'"of"'),
        lambda data: b'{"answer": ' + b"[" * 100_000,
    ],
)
def test_a_damaged_entry_is_none(
    endpoint: Endpoint, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    endpoint.replies = [completion(RIGHT)]
    first, _ = found(f"llm:m?cache={tmp_path}/answers")
    [entry] = (tmp_path / "answers").rglob("*.json")
    intact = entry.read_bytes()
    entry.write_bytes(damage(intact))
    again, _ = found(f"llm:m?cache={tmp_path}/answers")
    assert again == first and len(endpoint.asked) == 2
    assert entry.read_bytes() == intact
    assert [path for path in (tmp_path / "answers").rglob("*") if path.is_file()] == [entry]


@needs_openai
def test_the_key_is_nowhere(
    endpoint: Endpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Even where the endpoint repeats it, escaped, in answers and errors."""
    escaped = "".join(f"\\u{ord(c):04x}" if n % 2 else c for n, c in enumerate(KEY))
    bearer = base64.b64encode(f"Bearer {KEY}".encode()).decode()
    caplog.set_level(logging.DEBUG)
    told = json.loads(json.dumps(RIGHT))
    told["entities"].append(entity("KEY", "OTH", "KEY"))
    told["quotes"][0] |= {"speaker_entity": "KEY", "cue": ["KEY"]}
    told["quotes"].append(quote("direct", f"{KEY} {bearer}"))
    answer = json.dumps(told).replace("KEY", escaped)

    def error(status: int) -> Reply:
        status, headers, body = failure(status, "key KEY refused")
        return status, headers, body.replace(b"KEY", escaped.encode())

    endpoint.replies = [completion(f"not yet, {escaped}"), error(500), completion(answer)]
    result = evaluate("llm:m", Corpus.of("one", [DOCUMENT]), samples=0)
    assert sum(note.startswith("Not in the text") for note in result.systems[0].notes) == 4
    texts = [json.dumps(result.to_dict()), report_page(result), caplog.text, *capfd.readouterr()]
    texts += [path.read_text() for path in (tmp_path / "cache").rglob("*.json")]
    assert len(texts) == 6
    for reply in (error(500), error(403), completion(f"{escaped} {{"), (200, {}, escaped.encode())):
        endpoint.replies = [reply]
        with pytest.raises(ExtractorError, match="…") as caught:
            found("llm:m?retries=0&cache=off")
        texts += [str(caught.value), repr(caught.value)]
    # Read as often as it takes, too.
    texts += [re.sub(r"\\+u00([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text) for text in texts]
    for hidden in (KEY[3:], bearer[12:-4]):
        assert not [text for text in texts if hidden in text]


@needs_openai
def test_cost_and_uncounted_tokens(endpoint: Endpoint) -> None:
    endpoint.replies = [completion("{"), completion(RIGHT), completion(RIGHT, usage=None)]
    _, notes = found("llm:m?price_in=2.5&price_out=10", DOCUMENT, Document("e", TEXT + " "))
    assert notes[0] == ("2 documents, 0 from the cache; 3 requests, 2000 tokens in, 400 out, cost 0.0090")
    assert notes[1:] == ("The endpoint told no number of tokens for 1 request.",)


@needs_openai
def test_notes_stand_with_the_scores(endpoint: Endpoint) -> None:
    endpoint.replies = [completion({"entities": [entity("Putin", "PER")], "quotes": []})]
    result = evaluate("llm:m", Corpus.of("one", [DOCUMENT]), samples=0, allow_empty=True)
    assert result.systems[0].failed is None
    assert any("left out: 1 of 1 entity: d: 'Putin'" in note for note in result.systems[0].notes)


@needs_openai
def test_where_it_had_a_choice_of_places_the_bounds_are_told(endpoint: Endpoint) -> None:
    text = "Kiel und Bonn. Bonn! Ute in Kiel am Meer."
    names = (Entity(Span.of(9, 13), "LOC"), Entity(Span.of(28, 32), "LOC"))
    said = [entity("Bonn", "LOC"), entity("Kiel", "LOC", "Kiel am Meer")]
    endpoint.replies = [completion({"entities": said, "quotes": []})]
    corpus = Corpus.of("c", [Document("a", text, Annotations(names))])
    (system,) = evaluate("llm:m", corpus, samples=0).systems
    assert {schema: result.f1 for schema, result in system.scores["entities"].items()} == {
        "strict": 1.0,
        "partial": 1.0,
    }
    told = "1 entity could stand at other places, too: strict F1 of entities is 0.500–1.000, wherever"
    assert any(told in note for note in system.notes)


@needs_openai
def test_keys_and_addresses(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.replies = [completion(RIGHT)]
    monkeypatch.delenv("OPENAI_API_KEY")
    found(f"llm:m?base_url={endpoint.address}")
    assert endpoint.keys == ["Bearer none"]
    monkeypatch.delenv("OPENAI_BASE_URL")
    with pytest.raises(ExtractorError, match=r"no key[\s\S]*OPENAI_API_KEY"):
        resolve("llm:m")


@needs_openai
@pytest.mark.parametrize(
    "options, message",
    [
        ("concurrency=0", "0 is less than 1"),
        ("retries=-1", "-1 is less than 0"),
        ("price_in=-1", "-1 is less than 0"),
        ("timeout=0", "a timeout of 0 seconds"),
        ("base_url=localhost:8000", "no address of an endpoint"),
        ("base_url=http://me:secret@host/v1", "holds a name, a password or a query"),
        ("base_url=http://host/v1%3Fkey%3Dsecret", "holds a name, a password or a query"),
        ("api_key=sk-1", "unknown option 'api_key'"),
    ],
)
def test_wrong_options_are_refused(endpoint: Endpoint, options: str, message: str) -> None:
    with pytest.raises((DataError, LookupError), match=message) as caught:
        resolve(f"llm:m?{options}")
    assert "secret" not in str(caught.value)
