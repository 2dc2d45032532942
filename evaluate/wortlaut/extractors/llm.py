"""``llm:MODEL``: a language model behind any OpenAI-compatible endpoint.

It is asked once for each text, with the guidelines of ``data/llm-prompt.txt`` and a JSON Schema made
from the document model, and quotes what it finds; :mod:`wortlaut.extractors.grounding` looks that up in
the text. What is not there is left out, counted and shown. The endpoint is ``base_url`` or
``OPENAI_BASE_URL``; the key is read from ``OPENAI_API_KEY`` and is neither stored nor shown.
"""

from __future__ import annotations

import json
import os
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from wortlaut.errors import DataError, ExtractorError, counted, listed
from wortlaut.extractors.grounding import Grounder
from wortlaut.formats.german_news_quotation import MEDIA
from wortlaut.formats.graph import leveled
from wortlaut.io.files import write_whole
from wortlaut.model import (
    ATTRIBUTIONS,
    ENTITY_LABELS,
    QUOTE_TYPES,
    ROLES,
    Annotations,
    Entity,
    Quote,
    Span,
    Text,
)
from wortlaut.text.digests import text_hash

#: Seconds before the first retry; each later one waits twice as long, up to the last, less jitter.
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
#: How many things that are not in the texts a note names.
SHOWN = 10
Format = Literal["json_schema", "json_object", "text"]
_KEY = "Check OPENAI_API_KEY and what it may be used for."
#: What may help where the endpoint refuses, by HTTP status.
_ADVICE = {401: _KEY, 403: _KEY, 404: "Check the model's name and base_url, which mostly ends in /v1."}
_OTHER_FORMAT = "An endpoint that knows no JSON Schema may take ?format=json_object or ?format=text."


def schema() -> dict[str, Any]:
    """The JSON Schema of an answer (OpenAI's strict subset: every key required, no other allowed)."""
    text, some = {"type": "string"}, {"type": ["string", "null"]}
    parts = {"type": "array", "items": text}
    entity = {"text": text, "label": {"type": "string", "enum": list(ENTITY_LABELS)}, "context": some}
    quote = {
        "type": {"type": "string", "enum": list(QUOTE_TYPES)},
        "medium": {"type": "string", "enum": list(MEDIA.values())},
        "content": parts,
        "context": some,
        **dict.fromkeys(ROLES, parts),
        "speaker_entity": some,
        "attribution": {"type": ["string", "null"], "enum": [*ATTRIBUTIONS, None]},
    }
    return _object(
        entities={"type": "array", "items": _object(**entity)},
        quotes={"type": "array", "items": _object(**quote)},
    )


@dataclass(frozen=True)
class _Answer:
    """What the model said, None for a refusal; and what that cost now, which is nothing from the cache.

    The cost: requests, tokens in and out, and uncounted requests, whose tokens the endpoint does not tell.
    """

    content: str | None
    cost: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Settings:
    """What an answer depends on, beside the text."""

    model: str
    base_url: str
    format: Format
    temperature: float | None


@dataclass(eq=False)
class LanguageModel:
    """Asks ``concurrency`` questions at a time. ``notes`` says what it cost and what was left out."""

    settings: Settings
    cache: Path | None
    concurrency: int
    retries: int
    timeout: float
    prices: tuple[float, float]
    #: Documents, those from the cache, entities and quotes that were said, and what all cost.
    _count: Counter[str] = field(default_factory=Counter, init=False)
    _refused: list[str] = field(default_factory=list, init=False)
    #: What was not found, by kind: entity, quote, role.
    _lost: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), init=False)
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    finds: ClassVar = ("entities", "quotes")

    def __post_init__(self) -> None:
        self.name = f"llm:{self.settings.model}"
        self._prompt = files("wortlaut.extractors").joinpath("data/llm-prompt.txt").read_text("utf-8")
        self._schema = schema()
        self._key = os.environ.get("OPENAI_API_KEY", "")
        self._client = self._connected()

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        self._stop.clear()
        with ThreadPoolExecutor(self.concurrency) as pool:
            futures = [pool.submit(self._answer, text) for text in texts]
            try:
                for text, future in zip(texts, futures, strict=True):
                    yield self._grounded(text, future.result())
            finally:
                # After an error nothing more is asked, and no retry is waited for.
                if not all(future.done() for future in futures):
                    self._stop.set()
                    pool.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        self._client.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the scores should know; read after the run."""
        count = self._count
        found = [
            f"{counted(count['documents'], 'document')}, {count['cached']} from the cache; "
            f"{counted(count['requests'], 'request')}, {count['in']} tokens in, {count['out']} out"
        ]
        if any(self.prices):
            price = (count["in"] * self.prices[0] + count["out"] * self.prices[1]) / 1e6
            found[0] += f", cost {price:.4f}"
        if number := count["uncounted"]:
            found.append(f"The endpoint told no number of tokens for {counted(number, 'request')}.")
        if refused := self._refused:
            found.append(f"The model refused {counted(len(refused), 'document')}: {listed(refused, SHOWN)}.")
        for kind, of in (
            ("entity", f" of {counted(count['entities'], 'entity', 'entities')}"),
            ("quote", f" of {counted(count['quotes'], 'quote')}"),
            ("role", " of the roles of quotes"),
        ):
            if lost := self._lost[kind]:
                found.append(f"Not in the text and left out: {len(lost)}{of}: {listed(lost, SHOWN)}.")
        return tuple(found)

    def _answer(self, text: Text) -> _Answer:
        place = self._place(text)
        if place is not None and (cached := self._cached(place)) is not None:
            return _Answer(cached)
        answer = self._asked(text)
        if answer.content is not None and place is not None:
            entry = {
                "prompt": self._prompt.partition("\n")[0],
                "model": self.settings.model,
                "sha256": text_hash(answer.content),
                "answer": answer.content,
            }
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, json.dumps(entry, ensure_ascii=False) + "\n")
        return answer

    def _asked(self, text: Text) -> _Answer:
        """An answer that fits the schema, or a refusal. Raises ExtractorError when there is none."""
        import openai

        where = f"{self.name}, document {text.id}"
        cost: Counter[str] = Counter()
        for request in range(1, self.retries + 2):
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (request - 1)) * random.uniform(0.5, 1)
            try:
                reply = self._client.chat.completions.create(**self._question(text))
            except openai.APIStatusError as error:
                problem = self._clean(f"HTTP {error.status_code}: {error.message}")
                if not _passes(error):
                    raise ExtractorError(
                        f"the endpoint refused: {problem}",
                        where=where,
                        hint=_ADVICE.get(error.status_code, _OTHER_FORMAT),
                    ) from None
                wait = max(wait, _asked_to_wait(error))
            except openai.APIConnectionError as error:  # a timeout is one, too
                problem = self._clean(f"{type(error).__name__}: {error}")
            except (openai.APIError, ValueError) as error:
                problem = self._clean(f"no JSON: {error}")
            else:
                usage = getattr(reply, "usage", None)
                tokens_in, tokens_out = (
                    getattr(usage, name, 0) or 0 for name in ("prompt_tokens", "completion_tokens")
                )
                cost.update({"in": tokens_in, "out": tokens_out, "uncounted": int(usage is None)})
                content, problem = self._read(reply, where)
                if not problem:
                    return _Answer(content, cost + Counter(requests=request))
            if request <= self.retries and self._stop.wait(wait):
                break
        raise ExtractorError(
            f"no usable answer after {counted(request, 'request')}; the last problem: {problem}",
            where=where,
            hint="Run it again later, or with other ?retries=, ?timeout= or ?concurrency=; "
            "answers that are in the cache are not asked for again.",
        )

    def _read(self, reply: Any, where: str) -> tuple[str | None, str]:
        """The content of a reply, None for a refusal, and what is wrong with it."""
        choices = getattr(reply, "choices", None)
        if not choices:
            return None, "a reply without choices"
        choice = choices[0]
        if getattr(choice.message, "refusal", None) or choice.finish_reason == "content_filter":
            return None, ""
        if choice.finish_reason == "length":
            raise ExtractorError(
                "the answer was cut off at the model's limit of tokens",
                where=where,
                hint="Use a model with a longer output, or raise the limit at the endpoint.",
            )
        content = self._clean(_unfenced(choice.message.content or ""))
        problem = _problem(content, self._schema)
        return content, f"{problem}: {content[:80]!r}" if problem else ""

    def _question(self, text: Text) -> dict[str, Any]:
        settings, schema = self.settings, {"name": "annotations", "strict": True, "schema": self._schema}
        formats: dict[str, object] = {
            "json_schema": {"type": "json_schema", "json_schema": schema},
            "json_object": {"type": "json_object"},
        }
        shown = f"\nThe JSON Schema of the answer, which is JSON only:\n{json.dumps(self._schema)}\n"
        prompt = self._prompt if settings.format == "json_schema" else self._prompt + shown
        options = {"response_format": formats.get(settings.format), "temperature": settings.temperature}
        return {
            "model": settings.model,
            **{name: value for name, value in options.items() if value is not None},
            "messages": [
                {"role": "system", "content": prompt},
                {"role": "user", "content": str(text)},
            ],
        }

    def _grounded(self, text: Text, answer: _Answer) -> Annotations:
        self._count.update(answer.cost)
        self._count.update(documents=1, cached=int(not answer.cost["requests"]))
        if answer.content is None:
            self._refused.append(text.id)
            return Annotations()
        said = json.loads(answer.content)
        self._count.update({layer: len(items) for layer, items in said.items()})
        grounder = Grounder(text)
        lost: list[tuple[str, str]] = []
        entities = tuple(_entities(grounder, said["entities"], lost))
        quotes = tuple(_quotes(grounder, said["quotes"], lost))
        for kind, words in lost:
            shown = words if len(words) <= 60 else words[:59] + "…"
            self._lost[kind].append(f"{text.id}: {shown!r}")
        return Annotations(entities, quotes)

    def _place(self, text: Text) -> Path | None:
        """Where the answer is kept, by all that it depends on; None without a cache."""
        parts = [self._prompt, self._schema, vars(self.settings), str(text)]
        key = text_hash(json.dumps(parts, ensure_ascii=False))
        return self.cache / key[:2] / f"{key}.json" if self.cache else None

    def _cached(self, place: Path) -> str | None:
        """The answer in the cache; one that is damaged in any way is none."""
        try:
            entry = json.loads(place.read_bytes())
            answer = entry["answer"]
            intact = entry["sha256"] == text_hash(answer) and not _problem(answer, self._schema)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return str(answer) if intact else None

    def _connected(self) -> Any:
        import openai

        address = self.settings.base_url
        if not self._key and not address:
            raise ExtractorError(
                "no key for the endpoint",
                where=self.name,
                hint="Set OPENAI_API_KEY in the environment, or name an endpoint without one: ?base_url=…",
            )
        # The client wants a key; an endpoint that needs none ignores it.
        return openai.OpenAI(
            api_key=self._key or "none", base_url=address or None, timeout=self.timeout, max_retries=0
        )

    def _clean(self, message: str) -> str:
        """The message without the key, which an endpoint may repeat."""
        return message.replace(self._key, "…") if self._key else message


def create(
    model: str,
    base_url: str = "",
    format: Format = "json_schema",
    temperature: float | None = None,
    cache: str = "",
    concurrency: int = 4,
    retries: int = 5,
    timeout: float = 120,
    price_in: float = 0,
    price_out: float = 0,
) -> LanguageModel:
    """``format``: how the endpoint is held to the schema; without ``json_schema`` the prompt shows it.

    ``cache``: a folder for the answers, or ``off``; by default ``wortlaut/llm`` in the user's cache.
    ``retries``: further requests after a failed one. ``timeout``: seconds for a request.
    ``price_in``, ``price_out``: of a million tokens, in any currency.
    """
    where = f"llm:{model}"
    for option, value, least in (
        ("concurrency", concurrency, 1),
        ("retries", retries, 0),
        ("price_in", price_in, 0),
        ("price_out", price_out, 0),
    ):
        if not value >= least:
            raise DataError(f"{value:g} is less than {least}", where=f"{where}, option {option}")
    if not timeout > 0:
        raise DataError(f"a timeout of {timeout:g} seconds", where=f"{where}, option timeout")
    address = base_url or os.environ.get("OPENAI_BASE_URL", "")
    parts = urlsplit(address)
    if address and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise DataError(
            "no address of an endpoint", where=f"{where}, option base_url", hint="Write http(s)://HOST/v1."
        )
    if parts.username or parts.password or parts.query:
        raise DataError(
            "the address holds a name, a password or a query",
            where=f"{where}, option base_url",
            hint="A key belongs into OPENAI_API_KEY: specs are stored with the results.",
        )
    folder = None if cache == "off" else Path(cache).expanduser() if cache else _cache_folder()
    settings = Settings(model, address, format, temperature)
    return LanguageModel(settings, folder, concurrency, retries, timeout, (price_in, price_out))


def _entities(
    grounder: Grounder, said: Sequence[Mapping[str, Any]], lost: list[tuple[str, str]]
) -> Iterator[Entity]:
    found: dict[tuple[int, int], str] = {}
    after = 0
    for item in said:
        place = grounder.place(item["text"], item["context"], after, found)
        if place is None:
            lost.append(("entity", item["text"]))
        else:
            found[place], after = item["label"], place[0]
    return leveled((*place, label) for place, label in found.items())


def _quotes(
    grounder: Grounder, said: Sequence[Mapping[str, Any]], lost: list[tuple[str, str]]
) -> Iterator[Quote]:
    used: list[tuple[int, int]] = []
    after = number = 0
    for item in said:
        content = _content(grounder, item, after, used)
        if content is None:
            lost.append(("quote", " … ".join(item["content"])))
            continue
        number += 1
        after = content.start
        frame = grounder.nearest(item["frame"], content, None)
        spans: dict[str, Any] = {
            role: frame if role == "frame" else grounder.nearest(item[role], content, frame) for role in ROLES
        }
        lost += [
            ("role", f"{role} {' … '.join(item[role])}")
            for role in ROLES
            if item[role] and spans[role] is None
        ]
        yield Quote(
            f"q{number}",
            item["type"],
            content,
            item["medium"],
            **spans,
            speaker_entity=item["speaker_entity"] or None,
            attribution=item["attribution"],
        )


def _content(
    grounder: Grounder, item: Mapping[str, Any], after: int, used: list[tuple[int, int]]
) -> Span | None:
    """All parts of the content, in order; None where one of them is not in the text."""
    places: list[tuple[int, int]] = []
    for part in item["content"]:
        place = grounder.place(part, item["context"], places[-1][1] if places else after, [*used, *places])
        if place is None:
            return None
        places.append(place)
    used += places
    return Span.joined(places) if places else None


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _problem(content: str, schema: Mapping[str, Any]) -> str:
    """Why the content is no answer; empty for one."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        return f"broken JSON ({error})"
    misfit = _misfit(value, schema, "$")
    return f"JSON of another form ({misfit})" if misfit else ""


def _misfit(value: Any, schema: Mapping[str, Any], at: str) -> str:
    """Where the value breaks the schema, of which only what :func:`schema` uses is known."""
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


_KINDS: Mapping[str, type] = {"string": str, "null": type(None), "array": list, "object": dict}


def _unfenced(content: str) -> str:
    """The content without the code fence that models like to put around it."""
    content = content.strip()
    if content.startswith("```") and content.endswith("```") and "\n" in content:
        return content.partition("\n")[2][:-3].strip()
    return content


def _passes(error: Any) -> bool:
    """Whether the same request may succeed later."""
    status = int(error.status_code)
    return status >= 500 or (status in (408, 409, 429) and error.code != "insufficient_quota")


def _asked_to_wait(error: Any) -> float:
    try:
        return min(LONGEST_WAIT, max(0.0, float(error.response.headers.get("retry-after", ""))))
    except ValueError:
        return 0.0


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "wortlaut" / "llm"
