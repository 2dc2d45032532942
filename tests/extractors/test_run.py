"""Every answer of an extractor is checked, and what is wrong is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from wortlaut.errors import DataError, ExtractorError
from wortlaut.extractors import run
from wortlaut.extractors.registry import Loaded
from wortlaut.model import Annotations, Document, Entity, Quote, Span, Text

DOCUMENTS = [
    Document(f"d{number}", "Seoul"[: number % 6], Annotations((Entity(Span.of(0, 1), "X"),)))
    for number in range(7)
]


class Fake:
    finds = ("entities",)

    def __init__(self, answer: Callable[[Sequence[Text]], object]) -> None:
        self.extract = answer
        self.finished: list[Sequence[str]] = []
        self.closed = 0

    def finish(self, ids: Sequence[str]) -> None:
        self.finished.append(ids)

    def close(self) -> None:
        self.closed += 1


def loaded(answer: Callable[[Sequence[Text]], object]) -> Loaded:
    return Loaded("fake?x=1", Fake(answer))  # type: ignore[arg-type]


def test_batches_in_order_ids_and_no_gold() -> None:
    batches: list[list[tuple[str, str]]] = []
    steps: list[int] = []

    def answer(texts: Sequence[Text]) -> list[Annotations]:
        assert all(type(text) is Text for text in texts)
        batches.append([(text.id, str(text)) for text in texts])
        return [
            Annotations(quotes=(Quote(text.id, "direct", Span.of(0, len(text))),) if text else ())
            for text in texts
        ]

    fake = Fake(answer)
    found = run(Loaded("fake", fake), iter(DOCUMENTS), batch_size=3, progress=steps.append)  # type: ignore[arg-type]
    assert [len(batch) for batch in batches] == steps == [3, 3, 1]
    assert [pair for batch in batches for pair in batch] == [
        (document.id, document.text) for document in DOCUMENTS
    ]
    assert [[quote.id for quote in one.quotes] for one in found] == [
        [document.id] if document.text else [] for document in DOCUMENTS
    ]
    assert fake.finished == [[document.id for document in DOCUMENTS]]
    assert fake.closed == 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda texts: [Annotations()] * (len(texts) - 1), "gave 2 answers for 3 documents (d0, d1, d2)"),
        (lambda texts: [Annotations()] * (len(texts) + 1), "gave more than 3 answers"),
        (lambda texts: (Annotations() for _ in iter(int, 1)), "gave more than 3 answers"),
        (lambda texts: [], "gave 0 answers"),
        (lambda texts: None, "raised TypeError"),
        (lambda texts: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda texts: ["Seoul"] * len(texts), "document d0: answered str"),
        (lambda texts: [None] * len(texts), "document d0: answered NoneType"),
        (lambda texts: [{"id": "d9"} for _ in texts], "document d0: answered for document 'd9'"),
        (
            lambda texts: [{"entitys": []} for _ in texts],
            "document d0: the line has an unknown key 'entitys'",
        ),
        (
            lambda texts: [{"entities": [{"start": 0, "end": 2, "label": "LOC"}]} for _ in texts],
            "document d0: entity 1: [0, 2) ends after the text, which has 0 characters",
        ),
        (
            lambda texts: [
                Annotations((Entity(Span.of(1, 3), "LOC"),) * (text.id == "d2")) for text in texts
            ],
            "document d2: entity 1: [1, 3) ends after the text, which has 2 characters",
        ),
        (
            lambda texts: [
                Annotations(
                    quotes=(Quote("a", "direct", Span.of(0, 1), cue=Span.of(0, 9)),) * (text.id == "d1")
                )
                for text in texts
            ],
            "document d1: quote a, cue: [0, 9) ends after the text, which has 1 characters",
        ),
        (
            lambda texts: [Annotations((Entity(Span.of(0, 1), ""),) * (text.id == "d1")) for text in texts],
            "document d1: entity 1: label is empty",
        ),
    ],
)
def test_wrong_answers_name_the_extractor_and_the_document(
    answer: Callable[[Sequence[Text]], object], message: str
) -> None:
    fake = Fake(answer)
    with pytest.raises(ExtractorError) as caught:
        run(Loaded("fake?x=1", fake), DOCUMENTS, batch_size=3)  # type: ignore[arg-type]
    assert str(caught.value).startswith("fake?x=1")
    assert message in str(caught.value)
    assert fake.closed == 1 and not fake.finished


def test_an_extractor_that_raises_in_the_middle() -> None:
    def answer(texts: Sequence[Text]):  # type: ignore[no-untyped-def]
        for text in texts:
            if text.id == "d4":
                raise KeyError("model")
            yield Annotations()

    with pytest.raises(ExtractorError) as caught:
        run(loaded(answer), DOCUMENTS, batch_size=3)
    assert "raised KeyError" in caught.value.what
    assert "d3, d4, d5" in caught.value.hint
    assert isinstance(caught.value.__cause__, KeyError)


def test_unknown_labels_pass_and_errors_for_readers_stay_as_they_are() -> None:
    found = run(
        loaded(lambda texts: [{"entities": [{"start": 0, "end": 1, "label": "DATE"}]}]), DOCUMENTS[1:2]
    )
    assert found[0].entities[0].label == "DATE"

    def answer(texts: Sequence[Text]) -> object:
        raise DataError("wrong", where="p.jsonl:3")

    with pytest.raises(DataError, match=r"^p\.jsonl:3: wrong$"):
        run(loaded(answer), DOCUMENTS)


def test_an_extractor_gets_as_many_texts_as_it_asks_for() -> None:
    batches: list[int] = []

    class Asking:
        finds = ("entities",)
        texts_at_once = 50

        def extract(self, texts: Sequence[Text]) -> list[Annotations]:
            batches.append(len(texts))
            return [Annotations()] * len(texts)

    documents = [Document(str(number), "Text") for number in range(70)]
    run(Loaded("asking", Asking()), documents)
    run(Loaded("asking", Asking()), documents, batch_size=40)
    run(loaded(lambda texts: [Annotations() for _ in texts]), documents, progress=batches.append)
    assert batches == [50, 20, 40, 30, 32, 32, 6]


def test_no_documents_and_no_batch() -> None:
    assert run(loaded(lambda texts: []), []) == []
    with pytest.raises(DataError):
        run(loaded(lambda texts: []), [], batch_size=0)
