"""CoNLL and IOB files: layouts, schemes, documents, and two published corpora."""

from __future__ import annotations

from pathlib import Path

import pytest
from shared import shared_data
from summary import summary

from wortlaut.corpus.load import stream_corpus
from wortlaut.errors import DataError, UnknownNameError, WortlautError
from wortlaut.evaluation.evaluate import evaluate, score_files
from wortlaut.formats import detect, reader
from wortlaut.formats.columns import decode, tokens
from wortlaut.formats.conll import KNOWN_FAULTS, read
from wortlaut.formats.conll import write as write_conll
from wortlaut.model import Document

CASES = Path(__file__).parents[1] / "cases" / "formats" / "conll"


def found(document):
    return [(entity.label, entity.span.text(document.text)) for entity in document.entities]


def write(tmp_path, text, name="x.bio"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_iob1_keeps_neighbours_apart_and_documents_begin_at_docstart():
    first, second = read(CASES / "iob1.conll")
    assert first.text == "Gestern traf Anna Ben Holm in Bad Altdorf Stadtwerke\nEnde"
    assert found(first) == [
        ("PER", "Anna"),
        ("PER", "Ben Holm"),
        ("LOC", "Bad Altdorf"),
        ("ORG", "Stadtwerke"),
    ]
    meta = dict(first.meta)
    assert meta["scheme"] == "IOB1" and "repaired_tags" not in meta
    assert meta["columns_not_read"] == "2 3"
    assert (first.id, second.id, second.text) == ("iob1-000001", "iob1-000002", "Neues")


@pytest.mark.parametrize("name", ["bioes", "bilou"])
def test_bioes_and_bilou_without_document_marks(name):
    first, second = read(CASES / f"{name}.bio")
    assert found(first) == [("PER", "Anna"), ("PER", "Ben Holm"), ("LOC", "Bad am Berg")]
    assert dict(first.meta)["scheme"] == name.upper()
    # A token that is a hash sign, a token with spaces in it, and a name that nothing closes.
    assert second.text == "1 # Ben . . ."
    assert tokens(second) == ((0, 1), (2, 3), (4, 7), (8, 13))
    assert found(second) == [("PER", "Ben")]
    assert dict(second.meta)["repaired_tags"] == "1"


def test_numbered_columns_text_lines_and_multiword_tokens():
    first, second = read(CASES / "numbered.iob2")
    assert first.id == "brief-1" and second.id == "brief-2"
    assert first.text == "„Am Montag kam Anna-Lena zum Fluss“, sagte Holm.\nEnde."
    assert found(first) == [("PER", "Anna-Lena"), ("PER", "Holm")]
    meta = dict(first.meta)
    assert meta["sent_id"] == "brief-1-1; brief-1-2"
    assert [first.text[start:end] for start, end in tokens(first)][7:9] == ["zum", "Fluss"]
    assert "text" not in meta


def test_a_folder_is_read_in_order_of_names():
    assert [document.id for document in read(CASES)][:2] == ["bilou-000001", "bilou-000002"]


def test_the_scheme_can_be_given():
    path = CASES / "iob1.conll"
    assert dict(next(read(path, scheme="IOB2")).meta)["repaired_tags"] == "3"
    with pytest.raises(UnknownNameError, match="Did you mean IOB2"):
        next(read(path, scheme="IOB3"))


@pytest.mark.parametrize(
    ("tags", "scheme", "phrases", "broken"),
    [
        ("O I-A I-A I-B B-B", "IOB2", [(1, 3, "A"), (3, 4, "B"), (4, 5, "B")], 2),
        ("I-A B-A I-A", "IOB1", [(0, 1, "A"), (1, 3, "A")], 0),
        ("B-A E-A E-A S-A I-A", "BIOES", [(0, 2, "A"), (2, 3, "A"), (3, 4, "A"), (4, 5, "A")], 3),
        ("B-A B-A L-A", "BILOU", [(0, 1, "A"), (1, 3, "A")], 1),
        ("B-A I-B L-B O", "BILOU", [(0, 1, "A"), (1, 3, "B")], 2),
        ("", "IOB2", [], 0),
    ],
)
def test_decode(tags, scheme, phrases, broken):
    assert decode(tags.split(), str, scheme) == (phrases, broken)


def test_decode_agrees_with_seqeval_on_random_iob_tags():
    import random

    from seqeval.metrics.sequence_labeling import get_entities

    random.seed(7)
    for _ in range(300):
        tags = random.choices(["O", "B-A", "I-A", "B-B", "I-B"], k=12)
        expected = [(start, end + 1, label) for label, start, end in get_entities(tags)]
        assert decode(tags, str)[0] == expected, tags


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Anna B-PER\nBen\n", r"x\.bio:2: has 1 column, not 2"),
        ("Anna B-PER\nund O\n" * 9 + "Ben B.PER\n", r"x\.bio:19: 'B\.PER' is no tag of IOB2"),
        ("Anna\nBen\n", r"x\.bio:1: has no tag, and no column holds tags"),
        ("O\nO\n", r"x\.bio:1: has no tag"),
        ("# a\nAnna PER\nBen B-PER\nkam O\n", r"x\.bio:2: 'PER' is no tag of IOB2"),
        ("Anna B\nKrug I\nkam O\n", r"x\.bio:1: 'B' is no tag, and no column holds tags"),
        ("Anna B-PER B-PER\nKrug I-PER I-PER\nkam O O\n", r"columns 2 and 3 both have 'PER'"),
        ("Anna B-PER\nkam O\n\nBen X-PER\n", r"x\.bio:4: 'X-PER' is no tag of IOB2"),
        ("1\tAnna\tB-PER\tO\n2\tund\tO\tO\n", "Read the file as germeval"),
        ("1\tAnna\tB-PER\t-\n" * 9 + "3-x\tund\tO\t-\n", r"x\.bio:10: '3-x' is not the number of a token"),
        ("1\tAnna\tB-PER\t-\n" * 9 + "1-2\tzum\tB-LOC\t-\n", r"x\.bio:10: a multi-word token has a tag"),
        ("# text = Anna kam\nAnna B-PER\nging O\n", r"x\.bio:3: token 'ging' is not what follows .*: 'kam'"),
        ("# text = Anna kam heim\nAnna B-PER\nkam O\n", r"x\.bio:3: .*goes on after its last token: 'heim'"),
        ("# text = Anna\n# text = Ben\nAnna B-PER\n", r"x\.bio:2: a second text"),
        ("\n\n", r"x\.bio:1: holds no tokens"),
        ("", r"x\.bio:1: holds no tokens"),
    ],
)
def test_broken_files_are_refused_with_their_line(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        list(read(write(tmp_path, text)))


@pytest.mark.parametrize("suffix", [".conll", ".bio", ".iob", ".iob1", ".iob2", ".bioes", ".bilou"])
def test_the_end_of_a_name_says_what_a_file_is(tmp_path, suffix):
    """So that what is wrong in it is told, and not that its format does not show."""
    (tmp_path / f"x{suffix}").write_text("")
    assert detect(tmp_path / f"x{suffix}") == "conll"


@pytest.mark.parametrize(
    ("spec", "text", "expected"),
    [
        # Numbers from 0, also where the first token is a name.
        ("conll", "0\tBonn\tB-LOC\n1\tist\tO\n2\tda\tO\n", "Bonn ist da|LOC 1 Bonn"),
        ("conll", "0\tAnna\tB-PER\n1-2\tzum\t_\n1\tzu\tO\n2\tdem\tO\n", "Anna zum|PER 1 Anna"),
        # Labels without a prefix: neighbours of one label are one name; a label may have a hyphen.
        ("conll", "Anna PER\nUhl PER\nin O\nBonn LOC-x\n", "Anna Uhl in Bonn|PER 1 Anna Uhl|LOC-x 1 Bonn"),
        ("conll?scheme=IO", "Anna PER\nkam O\n", "Anna kam|PER 1 Anna"),
        # Levels in two columns; one of chunks, and one of O alone before them, are none.
        ("conll", "An\tB-X\tO\nBad\tB-ORG\tB-LOC\nTV\tI-ORG\tO\n", "An Bad TV|X 1 An|ORG 1 Bad TV|LOC 2 Bad"),
        ("conll", "An\tO\tB-PP\tO\nBad\tO\tI-NP\tI-LOC\n", "An Bad|LOC 1 Bad"),
        # Columns as they are given.
        ("conll?tag=2", "Bad\tB-ORG\tB-ORG\nTV\tI-ORG\tI-ORG\n", "Bad TV|ORG 1 Bad TV"),
        ("conll?token=2&tag=4&tag=3", "x\tBad\tB-L\tB-O\nx\tTV\tO\tI-O\n", "Bad TV|O 1 Bad TV|L 2 Bad"),
        # A tab behind the last column, in every line or in one.
        ("conll", "Bad\tB-ORG\tB-LOC\t\nTV\tI-ORG\tO\t\n", "Bad TV|ORG 1 Bad TV|LOC 2 Bad"),
        ("conll", "In\tO\nBad\tB-LOC\t\nX\tO\n", "In Bad X|LOC 1 Bad"),
        # A comment that is no 'key = value', between two tokens, too.
        ("conll", "# NOTE\nAnna\tB-PER\n# NOTE x\nKrug\tI-PER\n", "Anna Krug|PER 1 Anna Krug"),
        ("conll", "# NOTE\nAnna B-PER\n# NOTE x y\nKrug I-PER\n", "Anna Krug|PER 1 Anna Krug"),
    ],
)  # fmt: skip
def test_what_people_have(tmp_path, spec, text, expected):
    (document,) = reader(spec)(write(tmp_path, text))
    shown = [f"{e.label} {e.level} {e.span.text(document.text)}" for e in document.entities]
    assert "|".join([document.text, *shown]) == expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("conll?tags=2", "unknown option of conll"),
        ("conll?tag=0", "'0' is no column"),
        ("conll?tag=4", "has 2 columns, and no column 4"),
        ("conll?scheme=IO", r"x\.bio:1: 'B-PER' has a prefix, and other tags have none"),
    ],
)
def test_options_that_do_not_fit(tmp_path, spec, message):
    with pytest.raises(WortlautError, match=message):
        list(reader(spec)(write(tmp_path, "Anna B-PER\n")))


def test_other_encodings_are_refused_with_their_line(tmp_path):
    path = tmp_path / "x.bio"
    path.write_bytes("Anna B-PER\nKöln B-LOC\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"x\.bio:2: is not UTF-8"):
        list(read(path))


def test_windows_line_ends_and_byte_order_mark(tmp_path):
    path = tmp_path / "x.bio"
    path.write_bytes(b"\xef\xbb\xbfAnna B-PER\r\nkam O\r\n\r\nBen B-PER\r\n")
    assert [document.text for document in read(path)] == ["Anna kam", "Ben"]


def test_two_files_of_one_name_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    for path in (tmp_path / "x.bio", tmp_path / "a" / "x.bio"):
        path.write_text("Anna B-PER\n", encoding="utf-8")
    with pytest.raises(DataError, match="same name"):
        list(read(tmp_path))


def test_uner_loads_completely_against_its_text_lines():
    documents = list(read(shared_data("uner-german-pud")))
    counted = summary(documents)
    assert counted["documents"] == 397
    assert sum(len(document.text.split("\n")) for document in documents) == 1000
    assert counted["entities"]["by_level"] == {"1": {"LOC": 429, "ORG": 192, "PER": 418}}
    assert counted["repaired_tags"] == 0
    assert sum(len(tokens(document)) for document in documents) == 21331


@pytest.mark.long
def test_europeana_loads_completely_and_its_misprints_are_counted():
    folder = shared_data("europeana-ner-de")
    counted = summary(read(folder))
    assert counted["entities"]["by_level"] == {"1": {"LOC": 5984, "MISC": 3, "ORG": 1495, "PER": 5100}}
    misprints = 0
    for name, faults in KNOWN_FAULTS.items():
        for line in (folder / name).read_text(encoding="utf-8").split("\n"):
            if line.strip() and not line.startswith("#"):
                misprints += (line.split()[-1] if " " in line.strip() else "") in faults
    # 49 misprints, 31 of them missing tags, and 173 names that I- opens.
    assert (misprints, counted["repaired_tags"]) == (49, 222)


def test_documents_come_one_at_a_time(tmp_path):
    path = tmp_path / "x.bio"
    path.write_text((CASES / "iob1.conll").read_text(encoding="utf-8") + "kaputt\n", encoding="utf-8")
    documents = read(path)
    assert next(documents).text  # before the broken line at the end is reached
    with pytest.raises(DataError, match=r"x\.bio:\d+: has 1 column"):
        list(documents)


def test_a_text_that_is_one_number_sign_comes_back(tmp_path: Path) -> None:
    """Its line begins as a comment does."""
    write_conll(tmp_path / "sign.conll", [Document("a", "#")])
    assert [document.text for document in read(tmp_path / "sign.conll")] == ["#"]


PLAIN = "".join(f"Karl B-PER\nWenz I-PER\nkommt O\n\nUm O\n{n} O\n\n" for n in range(6))


def test_sentences_are_read_as_documents_of_so_many(tmp_path):
    file = tmp_path / "plain.conll"
    file.write_text(PLAIN)
    alone = list(stream_corpus(f"conll:{file}"))
    for size, ids in (("5", [1, 6, 11]), ("12", [1]), ("file", [1]), ("1", range(1, 13))):
        read = list(stream_corpus(f"conll?documents={size}:{file}"))
        assert [document.id for document in read] == [f"plain-{number:06}" for number in ids]
        assert "\n".join(one.text for one in read) == "\n".join(one.text for one in alone)
        names = [entity.span.text(one.text) for one in read for entity in one.entities]
        assert names == ["Karl Wenz"] * 6
        words = [one.text[start:end] for one in read for start, end in tokens(one)]
        assert words == [line.split()[0] for line in PLAIN.splitlines() if line]
        assert [dict(one.meta)["scheme"] for one in read] == ["IOB2"] * len(read)
    for size in ("0", "-1", "docs", ""):
        with pytest.raises(DataError, match="documents="):
            list(stream_corpus(f"conll?documents={size}:{file}"))


def test_faults_of_joined_sentences_add_up(tmp_path):
    (tmp_path / "a.conll").write_text("a I-PER\n\nb I-PER\n\nc B-PER\n\n" + "d O\n\n" * 9)
    (document,) = stream_corpus(f"conll?documents=file&scheme=IOB2:{tmp_path / 'a.conll'}")
    assert dict(document.meta)["repaired_tags"] == "2"


def test_a_result_says_that_its_documents_are_sentences(tmp_path):
    (tmp_path / "gold.conll").write_text(PLAIN)
    gold = f"conll:{tmp_path / 'gold.conll'}"
    (note,) = score_files(gold, gold).notes
    assert note.startswith("Each document is one sentence: intervals and tests are over sentences")
    assert not score_files(gold, gold, samples=0).notes
    paired = gold.replace("conll:", "conll?documents=2:")
    assert not any("is one sentence" in note for note in score_files(paired, paired).notes)
    assert evaluate(f"preds:{paired}", paired, samples=0).systems[0].name == "gold"
