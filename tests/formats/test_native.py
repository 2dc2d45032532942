"""The project's own files: exact round trip, one spelling, and errors that name file and line."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wortlaut.annotations.file import (
    format_annotations,
    parse,
    read_annotations,
    read_documents,
    write_annotations,
)
from wortlaut.annotations.labels import GERMEVAL, Labels, read_labels
from wortlaut.annotations.lines import canonical, format_lines
from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats import native, reader
from wortlaut.model import (
    ATTRIBUTIONS,
    ENTITY_LABELS,
    QUOTE_TYPES,
    Annotations,
    Cluster,
    Document,
    Entity,
    Quote,
    Span,
)

TEXT = "„Wir kommen“, sagte Anna Muster am Montag.\nDie Grüße blieben aus: 🦊\u2028Ende\x85"
NAMES = {"document": "artikel", "layer": "gold", "annotator": "wir"}

STRINGS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(
    lambda text: unicodedata.normalize("NFC", text)
)
IDS = st.from_regex(r"[a-zäöü0-9_-][a-zäöü0-9_.-]*", fullmatch=True).map(
    lambda text: unicodedata.normalize("NFC", text)
)


def visible(span: Span) -> bool:
    return all(TEXT[s:e] == TEXT[s:e].strip() for s, e in span)


SPANS = (
    st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, 12)), min_size=1, max_size=3)
    .map(lambda pairs: Span.joined((start, min(start + size, len(TEXT))) for start, size in pairs))
    .filter(visible)
)


def maybe(strategy):
    return st.none() | strategy


@st.composite
def annotations(draw):
    cluster_ids = draw(st.lists(IDS, unique=True, max_size=3))
    quote_ids = draw(st.lists(IDS, unique=True, max_size=3))
    qids = maybe(st.sampled_from(["NIL", "Q1", "Q42"]))
    references = maybe(st.sampled_from(cluster_ids)) if cluster_ids else st.none()
    entity = st.builds(
        Entity,
        span=SPANS,
        label=st.sampled_from(ENTITY_LABELS),
        level=st.sampled_from([1, 2]),
        entity=references,
        qid=qids,
        metonymy=maybe(st.sampled_from(ENTITY_LABELS)),
        score=maybe(st.floats(0, 1)),
        note=maybe(STRINGS),
    )

    def quote(index):
        return st.builds(
            Quote,
            id=st.just(quote_ids[index]),
            type=st.sampled_from(QUOTE_TYPES),
            content=SPANS,
            medium=maybe(st.sampled_from(["none", "speech", "speech/thought"])),
            cue=maybe(SPANS),
            speaker=maybe(SPANS),
            addressee=maybe(SPANS),
            frame=maybe(SPANS),
            speaker_entity=references if cluster_ids else maybe(STRINGS),
            attribution=maybe(st.sampled_from(ATTRIBUTIONS)),
            # A parent earlier in the list cannot close a cycle.
            parent=maybe(st.sampled_from(quote_ids[:index])) if index else st.none(),
            score=maybe(st.floats(0, 1)),
            rule=maybe(STRINGS),
            note=maybe(STRINGS),
        )

    def cluster(id):
        return st.builds(
            Cluster,
            id=st.just(id),
            name=STRINGS,
            type=maybe(st.sampled_from(["PER", "GROUP"])),
            named=st.booleans(),
            qid=qids,
            aliases=st.lists(STRINGS, max_size=2).map(tuple),
            mentions=st.lists(SPANS, max_size=2).map(tuple),
            note=maybe(STRINGS),
        )

    return Annotations(
        entities=tuple(draw(st.lists(entity, max_size=3))),
        quotes=tuple(draw(quote(index)) for index in range(len(quote_ids))),
        clusters=tuple(draw(cluster(id)) for id in cluster_ids),
    )


@given(given=annotations())
def test_round_trip(tmp_path_factory, given):
    path = tmp_path_factory.mktemp("native") / "artikel.jsonl"
    write_annotations(path, given, TEXT, **NAMES)
    file = read_annotations(path, TEXT)
    assert file.annotations == canonical(given)
    assert file.header.document == "artikel" and file.header.characters == len(TEXT)
    # What the writer writes has nothing to complain about, and writing it again changes nothing.
    assert parse(path).problems == ()
    assert path.read_text("utf-8") == format_annotations(file.annotations, TEXT, **NAMES)
    assert [entry.name for entry in path.parent.iterdir()] == ["artikel.jsonl"]


@given(given=annotations(), random=st.randoms())
def test_order_of_annotations_does_not_matter(given, random):
    def shuffled(values):
        return tuple(random.sample(values, len(values)))

    other = Annotations(shuffled(given.entities), shuffled(given.quotes), shuffled(given.clusters))
    assert format_lines(other, TEXT) == format_lines(given, TEXT)
    assert canonical(other) == canonical(given)


def test_the_spelling_of_a_line():
    entity = Entity(Span.of(20, 31), "PER", entity="anna", score=0.5)
    quote = Quote("q1", "direct", Span(((0, 4), (5, 12))), speaker=Span.of(20, 31), speaker_entity="anna")
    cluster = Cluster("anna", "Anna Muster", "PER", named=False, mentions=(Span.of(1, 4),))
    assert format_lines(Annotations((entity,), (quote,), (cluster,)), TEXT) == [
        '{"kind": "cluster", "id": "anna", "name": "Anna Muster", "type": "PER", "named": false}',
        '{"kind": "mention", "cluster": "anna", "span": [[1, 4, "Wir"]]}',
        '{"kind": "entity", "span": [[20, 31, "Anna Muster"]], "label": "PER", "level": 1, "entity": "anna", '
        '"score": 0.5}',
        '{"kind": "quote", "id": "q1", "type": "direct", "content": [[0, 4, "„Wir"], [5, 12, "kommen“"]], '
        '"speaker": [[20, 31, "Anna Muster"]], "speaker_entity": "anna"}',
    ]


def test_reading_forgives_order_and_spelling(tmp_path):
    path = tmp_path / "artikel.jsonl"
    entities = (Entity(Span.of(20, 31), "PER"), Entity(Span.of(35, 41), "OTH"))
    header, *lines = format_annotations(Annotations(entities), TEXT, **NAMES).splitlines()
    loose = [json.dumps(json.loads(line), indent=None, separators=(",", ":")) for line in reversed(lines)]
    path.write_text("\n".join([header, *loose]) + "\n", "utf-8")
    assert read_annotations(path, TEXT).annotations == Annotations(entities)
    assert {problem.rule for problem in parse(path).problems} == {"F13", "F14"}


def test_an_error_names_file_line_and_the_right_offsets(tmp_path):
    path = tmp_path / "artikel.jsonl"
    content = format_annotations(Annotations((Entity(Span.of(20, 31), "PER"),)), TEXT, **NAMES)
    path.write_text(content.replace("[[20, 31,", "[[21, 32,"), "utf-8")
    with pytest.raises(DataError) as caught:
        read_annotations(path, TEXT)
    assert caught.value.where == f"{path}:2"
    assert "[20, 31)" in caught.value.hint


@pytest.mark.parametrize("line", ["{", "[]", "", "NaN", '{"kind": "entity", "kind": "entity"}', "[" * 50_000])
def test_broken_lines(tmp_path, line):
    path = tmp_path / "artikel.jsonl"
    path.write_text(format_annotations(Annotations(), TEXT, **NAMES) + line + "\n", "utf-8")
    with pytest.raises(DataError) as caught:
        read_annotations(path)
    assert caught.value.where == f"{path}:2"


@given(data=st.binary())
@example(data=b"\x1f\x8b")  # how gzip begins
def test_no_bytes_break_the_parser(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "artikel.jsonl"
    path.write_bytes(data)
    if data[:2] == b"\x1f\x8b":
        with pytest.raises(DataError, match="cannot be unpacked"):
            parse(path)
    else:
        assert parse(path).problems
    with pytest.raises(DataError):
        read_annotations(path)


@given(
    data=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists),
    key=st.sampled_from(["span", "label", "level", "entity", "qid", "metonymy", "score", "note"]),
)
def test_no_value_breaks_the_parser(tmp_path_factory, key, data):
    path = tmp_path_factory.mktemp("values") / "artikel.jsonl"
    record = {"kind": "entity", "span": [[0, 4, "„Wir"]], "label": "PER", "level": 1} | {key: data}
    header = format_annotations(Annotations(), TEXT, **NAMES)
    path.write_text(header + json.dumps(record) + "\n", "utf-8")
    parsed = parse(path)
    assert parsed.problems or len(parsed.lines) == 2


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "artikel.jsonl"
    write_annotations(path, Annotations(), TEXT, **NAMES)
    before = path.read_bytes()
    with pytest.raises(DataError, match="surrogate"):
        write_annotations(path, Annotations((Entity(Span.of(0, 1), "PER"),)), "\ud800", **NAMES)
    decomposed = Annotations((Entity(Span.of(0, 1), "PER", note="u\u0308"),))
    with pytest.raises(DataError, match="NFC"):
        write_annotations(path, decomposed, TEXT, **NAMES)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_a_folder_is_read_with_its_texts(tmp_path):
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/artikel.txt").write_text(TEXT, "utf-8", newline="")
    (tmp_path / "seeds/provenance.jsonl").write_text('{"id": "artikel", "source": "erfunden"}\n', "utf-8")
    given = Annotations((Entity(Span.of(20, 31), "PER"),))
    write_annotations(tmp_path / "annotations/gold/artikel.jsonl", given, TEXT, **NAMES)
    write_annotations(tmp_path / "annotations/layers/a/artikel.jsonl", Annotations(), TEXT, **NAMES)
    (document,) = reader("native")(tmp_path)
    assert (document.id, document.text, document.annotations) == ("artikel", TEXT, given)
    assert document.meta == (("layer", "gold"), ("annotator", "wir"), ("source", "erfunden"))
    assert [d.id for d in read_documents(tmp_path / "annotations/layers/a")] == ["artikel"]


def test_missing_files(tmp_path):
    with pytest.raises(MissingFileError):
        list(read_documents(tmp_path / "nirgends"))
    with pytest.raises(MissingFileError):
        read_annotations(tmp_path / "nirgends.jsonl")
    write_annotations(tmp_path / "seeds/x.jsonl", Annotations(), TEXT, **NAMES)
    with pytest.raises(MissingFileError, match="no such file"):
        list(read_documents(tmp_path / "seeds/x.jsonl"))


def test_other_labels_are_declared_beside_the_annotations(tmp_path):
    """A corpus of a colleague's labels, three levels deep, becomes one of our own without a loss."""
    said = Annotations(
        (
            Entity(Span.of(0, 9), "person/artist", metonymy="WERK"),
            Entity(Span.of(0, 4), "LOC", 3),
            Entity(Span.of(5, 9), "two words"),
        ),
        clusters=(Cluster("a", "A", "ORT"), Cluster("b", "B", "LOCderiv"), Cluster("c", "C", "GROUP")),
    )
    losses = native.write(tmp_path / "out", [Document("d", "Anna Weiß", said)])
    assert sorted((loss.kind, loss.reason) for loss in losses) == [
        ("cluster.type", "it breaks rule S07"),
        ("entity", "it breaks rule S01"),
    ]
    assert read_labels(tmp_path / "out") == Labels(
        (("LOC", dict(GERMEVAL.meanings)["LOC"]), ("ORT", ""), ("WERK", ""), ("person/artist", "")), 3
    )
    (document,) = native.read(tmp_path / "out")
    assert {*document.entities} == {*said.entities[:2]}
    native.write(
        tmp_path / "plain", [Document("d", "Anna Weiß", Annotations((Entity(Span.of(0, 4), "PER"),)))]
    )
    assert not (tmp_path / "plain/annotations/labels.yaml").exists()
