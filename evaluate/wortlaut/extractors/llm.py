"""``llm:MODEL``: a language model behind any OpenAI-compatible endpoint.

It is asked once for each text, with the guidelines of ``data/llm-prompt.txt`` and a JSON Schema made
from the document model, and quotes what it finds; :mod:`wortlaut.extractors.grounding` looks that up in
the text. What is not there is left out, counted and shown. The endpoint is ``base_url`` or
``OPENAI_BASE_URL``; the key is read from ``OPENAI_API_KEY`` and is neither stored nor shown. What comes
back is nobody's word but the endpoint's: :mod:`wortlaut.extractors.replies` checks its form,
:mod:`wortlaut.extractors.masking` takes the key out.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from wortlaut.annotations.labels import GERMEVAL, LABELS, Labels, check_name, read_labels
from wortlaut.errors import DataError, ExtractorError, counted, listed
from wortlaut.extractors import replies
from wortlaut.extractors.answers import Answers, default_folder
from wortlaut.extractors.grounding import Grounder
from wortlaut.extractors.masking import masked, secret
from wortlaut.formats.german_news_quotation import MEDIA
from wortlaut.formats.graph import leveled
from wortlaut.io.reading import check_readable
from wortlaut.model import (
    ATTRIBUTIONS,
    QUOTE_TYPES,
    ROLES,
    Annotations,
    Entity,
    Quote,
    Span,
    Text,
    Unplaced,
)
from wortlaut.text.digests import text_hash

#: Seconds before the first retry; each later one waits twice as long, up to the last, less jitter.
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
#: How many things that are not in the texts a note names.
SHOWN = 10
#: Bytes of a reply, unpacked, more than any model says at once.
LARGEST = 16 << 20
#: How many characters of a problem an error shows.
TOLD = 240
Format = Literal["json_schema", "json_object", "text"]
_KEY = "Check OPENAI_API_KEY and what it may be used for."
#: What may help where the endpoint refuses, by HTTP status.
_ADVICE = {401: _KEY, 403: _KEY, 404: "Check the model's name and base_url, which mostly ends in /v1."}
_OTHER_FORMAT = "An endpoint that knows no JSON Schema may take ?format=json_object or ?format=text."


def schema(labels: Labels = GERMEVAL) -> dict[str, Any]:
    """The JSON Schema of an answer (OpenAI's strict subset: every key required, no other allowed)."""
    text, some = {"type": "string"}, {"type": ["string", "null"]}
    parts = {"type": "array", "items": text}
    entity = {"text": text, "label": {"type": "string", "enum": list(labels.names)}, "context": some}
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


def prompt(labels: Labels = GERMEVAL) -> str:
    """The guidelines of ``data/llm-prompt.txt``; for other labels than GermEval's, what those mean."""
    whole = files("wortlaut.extractors").joinpath("data/llm-prompt.txt").read_text("utf-8")
    if labels == GERMEVAL:
        return whole
    head, _, rest = whole.partition("ENTITIES:")
    listed = "is listed too, after the longer one" if labels.levels > 1 else "is not listed"
    rules = (
        "ENTITIES: every single mention of a name of one of these labels, each time it stands in the text.",
        *(f"- {label}: {means}".rstrip(": ") for label, means in labels.meanings),
        f"- A name inside a longer name {listed}.",
    )
    return head + "\n".join(rules) + rest[rest.index("\n\n") :]


def _asked(labels: str, where: str) -> Labels:
    """Those of the option: names, or the folder of a corpus that declares them."""
    if not labels:
        return GERMEVAL
    if Path(labels).is_dir():
        check_readable(Path(labels) / LABELS, "Name labels, or the folder of a corpus that declares them.")
        return read_labels(Path(labels))
    names = dict.fromkeys(name.strip() for name in labels.split(","))
    for name in names:
        check_name(name, f"{where}, option labels")
    known = dict(GERMEVAL.meanings)
    return Labels(tuple((name, known.get(name, "")) for name in names))


@dataclass(frozen=True)
class _Answer:
    """What the model said, in the form of the schema, None for a refusal; and what that cost now.

    The cost, nothing from the cache: requests, tokens in and out, and uncounted requests, whose tokens the
    endpoint does not tell.
    """

    said: Any
    cost: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Settings:
    """What an answer depends on, beside the text."""

    model: str
    base_url: str
    format: Format
    temperature: float | None
    seed: int | None = None


@dataclass(eq=False)
class LanguageModel:
    """Asks ``concurrency`` questions at a time. ``notes`` says what it cost and what was left out."""

    settings: Settings
    cache: Answers | None
    concurrency: int
    retries: int
    timeout: float
    prices: tuple[float, float]
    labels: Labels = GERMEVAL
    #: Documents, those from the cache, entities and quotes that were said, and what all cost.
    _count: Counter[str] = field(default_factory=Counter, init=False)
    _refused: list[str] = field(default_factory=list, init=False)
    #: Documents whose answer in the cache was none.
    _spoilt: list[str] = field(default_factory=list, init=False)
    #: What was not found, by kind: entity, quote, role, name.
    _lost: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), init=False)
    finds: ClassVar = ("entities", "quotes")

    def __post_init__(self) -> None:
        self.name = f"llm:{self.settings.model}"
        self._prompt, self._schema = prompt(self.labels), schema(self.labels)
        self._key = os.environ.get("OPENAI_API_KEY", "")
        self._secret = secret(self._key)
        self._client = self._connected()

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        if self.cache is not None:
            self.cache.lock_out()
        limit = asyncio.Semaphore(self.concurrency)
        futures = [asyncio.run_coroutine_threadsafe(self._answer(text, limit), self._loop) for text in texts]
        try:
            for text, future in zip(texts, futures, strict=True):
                yield self._grounded(text, future.result())
        finally:
            # After an error nothing more is asked, and no answer or retry is waited for.
            for future in futures:
                future.cancel()

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """In a thread of its own: a notebook has one that runs already."""
        loop = asyncio.new_event_loop()

        def run() -> None:
            loop.run_forever()
            loop.close()

        threading.Thread(target=run, daemon=True).start()
        return loop

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._closed(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        del self._loop  # it may be closed once more

    async def _closed(self) -> None:
        open_tasks = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*open_tasks, return_exceptions=True)
        await self._client.close()

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
        if spoilt := self._spoilt:
            found.append(
                f"The cache held a damaged answer, or one to another request, for "
                f"{counted(len(spoilt), 'document')}, asked for anew: {listed(spoilt, SHOWN)}."
            )
        if refused := self._refused:
            found.append(f"The model refused {counted(len(refused), 'document')}: {listed(refused, SHOWN)}.")
        for kind, of in (
            ("entity", f" of {counted(count['entities'], 'entity', 'entities')}"),
            ("quote", f" of {counted(count['quotes'], 'quote')}"),
            ("role", " of the roles of quotes"),
            ("name", " of the names of speakers"),
        ):
            if lost := self._lost[kind]:
                found.append(f"Not in the text and left out: {len(lost)}{of}: {listed(lost, SHOWN)}.")
        return tuple(found)

    async def _answer(self, text: Text, limit: asyncio.Semaphore) -> _Answer:
        async with limit:
            request = self._hash(text)
            try:
                if self.cache is not None and (kept := self.cache.get(request)) is not None:
                    return _Answer(replies.answer(kept, self._schema))
            except replies.MalformedError:
                self._spoilt.append(text.id)
            answer = await self._asked(text)
            if self.cache is not None and answer.said is not None:
                about = {"prompt": self._prompt.partition("\n")[0], "model": self.settings.model}
                self.cache.put(request, json.dumps(answer.said, ensure_ascii=False), about)
            return answer

    async def _asked(self, text: Text) -> _Answer:
        """An answer that fits the schema, or a refusal. Raises ExtractorError when there is none."""
        import openai

        where = f"{self.name}, document {text.id}"
        cost: Counter[str] = Counter()
        for request in range(1, self.retries + 2):
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (request - 1)) * random.uniform(0.5, 1)
            try:
                reply = replies.decoded(await self._sent(text))
                cost.update(replies.tokens(reply))
                content = replies.content(reply)
                said = None if content is None else replies.answer(content, self._schema)
                return _Answer(masked(said, self._secret), cost + Counter(requests=request))
            except replies.CutOffError as error:
                raise ExtractorError(
                    str(error),
                    where=where,
                    hint="Use a model with a longer output, or raise the limit at the endpoint.",
                ) from None
            except replies.MalformedError as error:
                problem = str(error)
            except TimeoutError:
                problem = f"no whole answer within {self.timeout:g} seconds"
            except openai.APIStatusError as error:
                problem = f"HTTP {error.status_code}: {replies.failure(error.response.content)}"
                if not _passes(error):
                    raise ExtractorError(
                        f"the endpoint refused: {self._told(problem)}",
                        where=where,
                        hint=_ADVICE.get(error.status_code, _OTHER_FORMAT),
                    ) from None
                wait = max(wait, _asked_to_wait(error))
            except Exception as error:  # whatever the client raises where an endpoint breaks HTTP
                problem = f"{type(error).__name__}: {str(error.__cause__ or '') or error}"
            if request <= self.retries:
                await asyncio.sleep(wait)
        raise ExtractorError(
            f"no usable answer after {counted(request, 'request')}; the last problem: {self._told(problem)}",
            where=where,
            hint="Run it again later, or with other ?retries=, ?timeout= or ?concurrency=; "
            "answers that are in the cache are not asked for again.",
        )

    async def _sent(self, text: Text) -> bytes:
        """What the endpoint replies. Raises TimeoutError, or what the client raises."""
        # The client's own limits are for a connection and each read: one byte a second passes them for ever.
        async with asyncio.timeout(self.timeout):
            reply = await self._client.chat.completions.with_raw_response.create(**self._question(text))
        return bytes(reply.http_response.content)

    def _question(self, text: Text) -> dict[str, Any]:
        settings, schema = self.settings, {"name": "annotations", "strict": True, "schema": self._schema}
        formats: dict[str, object] = {
            "json_schema": {"type": "json_schema", "json_schema": schema},
            "json_object": {"type": "json_object"},
        }
        shown = f"\nThe JSON Schema of the answer, which is JSON only:\n{json.dumps(self._schema)}\n"
        prompt = self._prompt if settings.format == "json_schema" else self._prompt + shown
        options = {
            "response_format": formats.get(settings.format),
            "temperature": settings.temperature,
            "seed": settings.seed,
        }
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
        if (said := answer.said) is None:
            self._refused.append(text.id)
            return Annotations()
        self._count.update({layer: len(items) for layer, items in said.items()})
        grounder = Grounder(text)
        lost: list[tuple[str, str]] = []
        choices: list[Unplaced] = []
        entities = tuple(_entities(grounder, said["entities"], lost, choices))
        quotes = tuple(_quotes(grounder, said["quotes"], lost))
        for kind, words in lost:
            shown = words if len(words) <= 60 else words[:59] + "…"
            self._lost[kind].append(f"{text.id}: {shown!r}")
        return Annotations(entities, quotes, unplaced=tuple(choices))

    def _hash(self, text: Text) -> str:
        """Of all that an answer depends on."""
        parts = [self._prompt, self._schema, vars(self.settings), str(text)]
        return text_hash(json.dumps(parts, ensure_ascii=False))

    def _connected(self) -> Any:
        import openai

        address = self.settings.base_url
        if not self._key and not address:
            raise ExtractorError(
                "no key for the endpoint",
                where=self.name,
                hint="Set OPENAI_API_KEY in the environment, or name an endpoint without one: ?base_url=…",
            )

        class Bounded(openai.DefaultAsyncHttpxClient):
            """Gives up a reply, of whatever status, that is too large."""

            async def send(self, request: Any, **options: Any) -> Any:
                reply = await super().send(request, **options | {"stream": True})
                body = bytearray()
                async for part in reply.aiter_bytes():
                    body += part
                    if len(body) > LARGEST:
                        await reply.aclose()
                        raise replies.MalformedError(f"the reply is larger than {LARGEST} bytes")
                # What is read here is unpacked; a header that says otherwise would have it unpacked again.
                headers = {name: value for name, value in reply.headers.items() if "encoding" not in name}
                return type(reply)(reply.status_code, headers=headers, content=bytes(body), request=request)

        # The client wants a key; an endpoint that needs none ignores it.
        return openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=address or None,
            timeout=None,
            max_retries=0,
            http_client=Bounded(),
        )

    def _told(self, problem: str) -> str:
        """The problem as an error shows it: without the key, which an endpoint may repeat, and in a line."""
        line = " ".join(str(masked(problem, self._secret)).split()).encode("utf-8", "replace").decode()
        return line if len(line) <= TOLD else line[:TOLD] + "…"


def create(
    model: str,
    base_url: str = "",
    format: Format = "json_schema",
    temperature: float | None = None,
    seed: int | None = None,
    cache: str = "",
    concurrency: int = 4,
    retries: int = 5,
    timeout: float = 120,
    price_in: float = 0,
    price_out: float = 0,
    labels: str = "",
) -> LanguageModel:
    """``seed``: told to the endpoint, and a key of the cache: answers of another seed are other answers.

    ``labels``: what is asked for, ``PERSON,WERK``, or the folder of a corpus; else GermEval's twelve.

    ``format``: how the endpoint is held to the schema; without ``json_schema`` the prompt shows it.

    ``cache``: a folder for the answers, or ``off``; by default ``wortlaut/llm`` in the user's cache.
    ``retries``: further requests after a failed one. ``timeout``: seconds for a request, to the
    last byte of its answer. ``price_in``, ``price_out``: of a million tokens, in any currency.
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
    folder = Path(cache).expanduser() if cache else default_folder()
    answers = None if cache == "off" else Answers(folder)
    settings = Settings(model, address, format, temperature, seed)
    asked = _asked(labels, where)
    return LanguageModel(settings, answers, concurrency, retries, timeout, (price_in, price_out), asked)


def _entities(
    grounder: Grounder,
    said: Sequence[Mapping[str, Any]],
    lost: list[tuple[str, str]],
    choices: list[Unplaced],
) -> Iterator[Entity]:
    """``choices`` are those that could stand at another place, too."""
    found: dict[tuple[int, int], str] = {}
    after = 0
    for item in said:
        place = grounder.place(item["text"], item["context"], after, found)
        if place is None:
            lost.append(("entity", item["text"]))
        else:
            found[place], after = item["label"], place[0]
            if grounder.choice(item["text"], item["context"]):
                span = Span.of(*place)
                choices.append(Unplaced(item["label"], (("entity", span.text(grounder.text)),), span))
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
        speaker = item["speaker_entity"] or None
        if speaker and not grounder.find(speaker):
            lost.append(("name", speaker))
            speaker = None
        yield Quote(
            f"q{number}",
            item["type"],
            content,
            item["medium"],
            **spans,
            speaker_entity=speaker,
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


def _passes(error: Any) -> bool:
    """Whether the same request may succeed later."""
    status = int(error.status_code)
    return status >= 500 or (status in (408, 409, 429) and error.code != "insufficient_quota")


def _asked_to_wait(error: Any) -> float:
    try:
        return min(LONGEST_WAIT, max(0.0, float(error.response.headers.get("retry-after", ""))))
    except ValueError:
        return 0.0
