"""What ``transformers:`` makes of a GPU: ``pytest tests/benchmarks/test_transformers.py -s`` (three minutes).

A BERT-base with weights drawn at random, the shipped article 2,048 times. Documents a second: the tokenizer
alone, the bare model on the same windows, ours by the number of windows in a batch, and ``wortlaut extract``.
The table is that of docs/bench.md. Without a GPU it is skipped: asked for are ratios to a GPU's work.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from wortlaut.corpus.load import load_corpus
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.run import answers
from wortlaut.model import Document, Span, Text
from wortlaut.running.extraction import extract

DOCUMENTS = int(os.environ.get("WORTLAUT_BENCH_DOCUMENTS", "2048"))
BATCHES, DTYPES = (16, 32, 64, 128), ("float32", "bfloat16")
#: Of the bare model's rate in float32, and documents a second in bfloat16, from batches of this size on.
PART, RATE, FROM = 0.8, 2000, 64
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")


class Measured(NamedTuple):
    """Documents a second of what, in which dtype and batches; and the names in the article, by dtype."""

    rates: dict[tuple[str, ...], float]
    names: dict[str, set[tuple[Span, str]]]


def made(folder: Path, text: str, **config: int) -> str:
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=500, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator([text], trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_input_names=inputs
    ).save_pretrained(folder)
    torch.manual_seed(7)
    numbers = dict(enumerate(TAGS))
    model = BertForTokenClassification(
        BertConfig(**config, id2label=numbers, label2id={t: n for n, t in numbers.items()})
    )
    with torch.no_grad():
        # As in a text, most words are no name.
        model.classifier.weight.normal_(std=0.1)
        model.classifier.bias[0] += 2.0 * 0.1 * model.config.hidden_size**0.5
    model.save_pretrained(folder)
    return str(folder)


def rate(run: Callable[[], object], device: str) -> float:
    """Documents a second, by the clock, after a pass that warms up."""
    import torch

    run()
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    wait()
    begun = time.perf_counter()
    run()
    wait()
    return DOCUMENTS / (time.perf_counter() - begun)


def bare(extractor: Any, texts: list[Text], batch_size: int) -> Callable[[], object]:
    """The model on the windows that ours computes, which lie on the device sorted by length."""
    import torch

    windows = [window for windows in extractor._tokenized(texts).windows for window in windows]
    windows.sort(key=lambda window: window.size)
    batches = [windows[start : start + batch_size] for start in range(0, len(windows), batch_size)]
    given = [{name: extractor._padded(name, batch) for name in extractor._inputs} for batch in batches]

    def run() -> None:
        with torch.inference_mode():
            for inputs in given:
                extractor._model(**inputs)

    return run


def through_extract(folder: Path, spec: str, text: str) -> float:
    """Documents a second of ``wortlaut extract``, but for loading, which a short run takes as well."""
    seconds = {}
    for count in (DOCUMENTS // 16, DOCUMENTS):
        corpus = folder / f"{count}.jsonl"
        corpus.write_text(
            "".join(json.dumps({"id": f"d{i}", "text": text}) + "\n" for i in range(count)), "utf-8"
        )
        out = str(folder / f"{spec.rpartition('=')[2]}-{count}")
        seconds[count] = extract(str(corpus), spec, out).seconds
    return (DOCUMENTS - DOCUMENTS // 16) / (seconds[DOCUMENTS] - seconds[DOCUMENTS // 16])


def measured(folder: Path, device: str, batches: tuple[int, ...] = BATCHES, **config: int) -> Measured:
    from wortlaut.extractors.transformers_ner import TokenClassifier

    (article,) = load_corpus("gold").documents
    documents = [Document(f"d{number}", article.text) for number in range(DOCUMENTS)]
    texts = [Text(document.text, document.id) for document in documents]
    model = made(folder / "model", article.text, **config)
    rates: dict[tuple[str, ...], float] = {}

    def names(extractor: Extractor) -> set[tuple[Span, str]]:
        (found,) = answers(extractor, documents[:1])
        return {(entity.span, entity.label) for entity in found.entities}

    found = {"on a CPU": names(TokenClassifier(model, device="cpu"))}
    for dtype in DTYPES:
        for size in batches:
            one = TokenClassifier(model, batch_size=size, device=device, dtype=dtype)
            if not rates:
                rates["tokenizer",] = rate(
                    partial(one._tokenizer.backend_tokenizer.encode_batch, texts), device
                )
            rates["bare model", dtype, f"batch {size}"] = rate(bare(one, texts, size), device)
            rates["ours", dtype, f"batch {size}"] = rate(partial(answers, one, documents), device)
        found[dtype] = names(one)
        spec = f"transformers:{model}?batch_size={FROM}&device={device}&dtype={dtype}"
        rates["extract", dtype, f"batch {FROM}"] = through_extract(folder, spec, article.text)
    for what, each in rates.items():
        print(f"\n{' '.join(what):32} {each:8,.0f} documents a second", end="")
    shared, other = (
        len(one) for one in (found["float32"] & found["bfloat16"], found["bfloat16"] - found["float32"])
    )
    print(f"\nof {len(found['float32'])} names in float32, bfloat16 finds {shared}, and {other} others")
    return Measured(rates, found)


def test_a_gpu_has_little_to_wait_for(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra transformers")
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU that torch can use")
    rates, names = measured(tmp_path, "cuda")
    assert names["float32"] == names["on a CPU"]
    for batch in (f"batch {size}" for size in BATCHES if size >= FROM):
        assert rates["ours", "float32", batch] >= PART * rates["bare model", "float32", batch]
        assert rates["ours", "bfloat16", batch] >= RATE
