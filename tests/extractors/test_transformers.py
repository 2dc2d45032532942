"""transformers:MODEL on tiny models made here, whose weights are set so that known words get known tags."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from wortlaut.errors import DataError, ExtractorError, MissingExtraError
from wortlaut.extractors import resolve, run, transformers_ner
from wortlaut.model import Document

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-MISC", "B-LOCderiv", "B-ORGpart"]
#: Piece → tag; the pieces inside a word have tags of their own, which must not count.
PIECES = {
    "merkel": "I-PER",
    "angela": "B-PER",
    "seo": "B-LOC",
    "##ul": "O",
    "us": "B-LOC",
    "beamte": "B-PER",
    "süd": "B-LOCderiv",
    "##koreanische": "B-PER",
    "oscar": "B-MISC",
    "un": "B-ORGpart",
}
WORDS = ["und", "in", "die", "besucht", ",", ".", "-", "’", "s", "😀"]


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_without_the_extra_it_says_how_to_install_it() -> None:
    with pytest.raises(MissingExtraError, match=r"torch is not installed[\s\S]*wortlaut\[transformers\]"):
        resolve("transformers:some/model")


@pytest.mark.parametrize(
    "tags, names",
    [
        ("", []),
        ("O O", []),
        ("B-PER I-PER O B-PER", [(0, 1, "PER"), (3, 3, "PER")]),
        ("B-PER B-PER", [(0, 0, "PER"), (1, 1, "PER")]),
        ("I-PER I-PER I-LOC", [(0, 1, "PER"), (2, 2, "LOC")]),
        ("O PER PER LOC", [(1, 2, "PER"), (3, 3, "LOC")]),
        ("B-ORG I-ORG E-ORG I-ORG S-LOC", [(0, 2, "ORG"), (3, 3, "ORG"), (4, 4, "LOC")]),
        ("B-ORG I-ORG L-ORG U-ORG", [(0, 2, "ORG"), (3, 3, "ORG")]),
        ("B-LOC I-PER", [(0, 0, "LOC"), (1, 1, "PER")]),
        ("E-PER B-ORG-part", [(0, 0, "PER"), (1, 1, "ORG-part")]),
    ],
)
def test_tags_are_read_in_every_common_scheme(tags: str, names: list[tuple[int, int, str]]) -> None:
    assert list(transformers_ner.decode(tags.split())) == names


def test_each_piece_is_decided_once_where_it_has_most_context() -> None:
    """Five pieces in windows of four, two of them shared; the tag says which window was taken."""
    windows = [
        (
            np.array(offsets),
            np.array(offsets) == (0, 0),
            np.full(len(offsets), number),
            np.zeros(len(offsets)),
        )
        for number, offsets in enumerate(
            [[(0, 0), (0, 1), (1, 2), (2, 3), (3, 4), (0, 0)], [(0, 0), (2, 3), (3, 4), (4, 5), (0, 0)]]
        )
    ]
    windows = [(offsets, empty.all(axis=1), *best) for offsets, empty, *best in windows]
    offsets, window, _ = transformers_ner._pieces(windows, 2)
    assert [*zip(offsets[:, 0], window, strict=True)] == [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A BERT whose attention and feed-forward layers add nothing: a piece's tag depends on the piece."""
    pytest.importorskip("torch", reason="needs the extra transformers")
    pytest.importorskip("transformers", reason="needs the extra transformers")
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *PIECES, *WORDS]
    tokenizer = Tokenizer(
        models.WordPiece({piece: i for i, piece in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    folder = tmp_path_factory.mktemp("model") / "bert"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(folder)
    save(folder, "Bert", [PIECES.get(piece, "O") for piece in vocabulary], max_position_embeddings=12)
    return str(folder)


def save(folder: Path, kind: str, tag_of: list[str], **settings: object) -> None:
    import torch
    import transformers

    size = -(-len(tag_of) // 4) * 4
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=len(tag_of),
        hidden_size=size,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        id2label=dict(enumerate(TAGS)),
        label2id={tag: number for number, tag in enumerate(TAGS)},
        **settings,
    )
    network = getattr(transformers, f"{kind}ForTokenClassification")(config)
    with torch.no_grad():
        base = network.base_model
        for embedding in (base.embeddings.position_embeddings, base.embeddings.token_type_embeddings):
            embedding.weight.zero_()
        base.embeddings.word_embeddings.weight.copy_(torch.eye(len(tag_of), size))
        layer = base.encoder.layer[0]
        for dense in (layer.attention.output.dense, layer.output.dense):
            dense.weight.zero_()
            dense.bias.zero_()
        network.classifier.weight.zero_()
        network.classifier.bias.zero_()
        for piece, tag in enumerate(tag_of):
            network.classifier.weight[TAGS.index(tag), piece] = 1.0
    network.save_pretrained(folder)


def names(spec: str, *texts: str) -> list[list[tuple[str, str]]]:
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    found = run(resolve(spec), documents)
    return [
        [(e.span.text(text), e.label) for e in one.entities] for one, text in zip(found, texts, strict=True)
    ]


def test_offsets_are_exact_and_words_have_the_tag_of_their_first_piece(model: str) -> None:
    text = "😀 Angela\n Merkel’s US-Beamte, die südkoreanische und\u00a0Seoul. Oscar\tUN"
    assert names(f"transformers:{model}", text) == [
        [
            ("Angela\n Merkel’s", "PER"),
            ("US-Beamte", "LOC"),
            ("südkoreanische", "LOCderiv"),
            ("Seoul", "LOC"),
            ("Oscar", "OTH"),
            ("UN", "ORGpart"),
        ]
    ]


def test_labels_are_renamed_and_left_out(model: str) -> None:
    spec = f"transformers:{model}?labels=LOC:ORG,LOCderiv:-"
    assert names(spec, "Seoul, südkoreanische Angela") == [[("Seoul", "ORG"), ("Angela", "PER")]]


def test_the_score_is_the_mean_probability(model: str) -> None:
    import torch

    [found] = run(resolve(f"transformers:{model}"), [Document("a", "Angela Merkel")])
    # What layer normalisation makes of a one-hot vector, three times over, and the softmax of it.
    size = -(-(4 + len(PIECES) + len(WORDS)) // 4) * 4
    hidden = torch.zeros(size)
    hidden[0] = 1.0
    for _ in range(3):
        hidden = torch.nn.functional.layer_norm(hidden, (size,), eps=1e-12)
    counts = [list(PIECES.values()).count(tag) for tag in TAGS]
    counts[0] += 4 + len(WORDS)
    logits = torch.tensor([float(count) * hidden[1] for count in counts])
    expected = []
    for tag in ("B-PER", "I-PER"):
        own = logits.clone()
        own[TAGS.index(tag)] += hidden[0] - hidden[1]
        expected.append(own.softmax(-1)[TAGS.index(tag)].item())
    assert found.entities[0].score == pytest.approx(sum(expected) / 2, abs=1e-5)


@pytest.mark.parametrize("stride, batch_size", [(0, 64), (1, 1), (2, 3), (5, 64), (9, 64)])
def test_long_texts_lose_nothing(model: str, stride: int, batch_size: int) -> None:
    """Ten pieces a window, so that every name stands at every place of one."""
    sentence = "Angela Merkel in südkoreanische Seoul, US-Beamte. "
    expected = [
        ("Angela Merkel", "PER"),
        ("südkoreanische", "LOCderiv"),
        ("Seoul", "LOC"),
        ("US-Beamte", "LOC"),
    ]
    texts = ["und " * shift + sentence * 4 for shift in range(12)]
    found = names(f"transformers:{model}?stride={stride}&batch_size={batch_size}", *texts)
    assert found == [expected * 4] * 12


def test_texts_without_words(model: str) -> None:
    assert names(f"transformers:{model}", "", " \n", "unbekannt", "\u200b\u0007 Seoul") == [
        [],
        [],
        [],
        [("Seoul", "LOC")],
    ]


def test_a_text_has_the_same_names_in_any_company(model: str) -> None:
    alone = names(f"transformers:{model}", "Seoul in Angela Merkel")
    assert names(f"transformers:{model}", "und " * 40, "Seoul in Angela Merkel", "")[1:2] == alone


@pytest.mark.parametrize("options", ["batch_size=1", "batch_size=64", "batch_size=2&dtype=bfloat16"])
def test_many_texts_are_answered_in_order_however_they_are_grouped(model: str, options: str) -> None:
    """More texts than a group has, long and short ones by turns, one of them longer than a group."""
    texts = [f"{'Angela ' * (number % 4)}in {'Seoul, ' * (number % 7)}" for number in range(50)]
    texts[20] = "Oscar und " * 400
    expected = [
        [("Angela " * (number % 4)).split(), [("Seoul", "LOC")] * (number % 7)] for number in range(50)
    ]
    found = names(f"transformers:{model}?{options}", *texts)
    assert found.pop(20) == [("Oscar", "OTH")] * 400
    del expected[20]
    assert found == [[(name, "PER") for name in persons] + places for persons, places in expected]


@pytest.mark.parametrize(
    "options, message",
    [
        ("stride=10", r"windows of 10 pieces cannot share 10"),
        ("stride=-1", r"cannot share -1"),
        ("batch_size=0", r"a batch of 0 windows"),
        ("dtype=float8", r"no dtype 'float8'"),
        ("device=toaster", r"no device 'toaster'"),
        ("labels=PER", r"'PER' renames no label"),
    ],
)
def test_wrong_options_are_refused(model: str, options: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        resolve(f"transformers:{model}?{options}")


def test_models_that_cannot_be_used_say_why(model: str, tmp_path: Path) -> None:
    from transformers import AutoModel, AutoModelForTokenClassification, AutoTokenizer

    with pytest.raises(ExtractorError, match="transformers cannot load it"):
        resolve(f"transformers:{tmp_path}")
    tokenizer = AutoTokenizer.from_pretrained(model)
    for folder in ("base", "unnamed"):
        tokenizer.save_pretrained(tmp_path / folder)
    base = AutoModel.from_pretrained(model)
    base.save_pretrained(tmp_path / "base")
    with pytest.raises(ExtractorError, match=r"lacks the weights classifier\.bias, classifier\.weight"):
        resolve(f"transformers:{tmp_path / 'base'}")
    unnamed = AutoModelForTokenClassification.from_pretrained(model)
    unnamed.config.id2label = {number: f"LABEL_{number}" for number in range(len(TAGS))}
    unnamed.save_pretrained(tmp_path / "unnamed")
    with pytest.raises(ExtractorError, match="no tag of the model is O"):
        resolve(f"transformers:{tmp_path / 'unnamed'}")


def test_pieces_that_are_parts_of_a_character(model: str, tmp_path: Path) -> None:
    """A byte-level tokenizer of the RoBERTa family, which counts positions from the padding on."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    numbers = {piece: number for number, piece in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.BPE(numbers, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(tmp_path)
    # The first byte of Ö, Ä and the emoji is tagged; so is the letter S.
    first_byte = {"Ã": "B-LOC", "ð": "B-MISC", "S": "B-PER"}
    tags = [first_byte.get(piece, "O") for piece in vocabulary]
    save(tmp_path, "Roberta", tags, max_position_embeddings=20, pad_token_id=1, type_vocab_size=1)
    text = "😀 Österreich,Ägypten  in\nSeoul 😀. " * 7
    expected = [("😀", "OTH"), ("Österreich", "LOC"), ("Ägypten", "LOC"), ("Seoul", "PER"), ("😀", "OTH")] * 7
    assert names(f"transformers:{tmp_path}", text) == [expected]
