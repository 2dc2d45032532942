"""Hypothesis strategies for texts, spans, annotations and documents, with all that offsets trip over."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from wortlaut.model import (
    ATTRIBUTIONS,
    ENTITY_LABELS,
    MEDIA,
    QUOTE_TYPES,
    ROLES,
    Annotations,
    Cluster,
    Document,
    Entity,
    Head,
    Quote,
    Span,
)
from wortlaut.text.segments import tokens

#: Words, marks and gaps: emoji outside the BMP, combining marks, joiners, soft hyphens, right-to-left, CRLF.
PIECES = (
    *("Berlin", "Präsident", "US-Beamte", "z. B.", "3. Mai", "10 000", "CDU-Chef", "-DOCSTART-", "#", "O"),
    *("„Ja“,", "sagte", "er.", "So", "…", "!", "(", ")", "|", "\\n", "&amp;", "<b>", "%2D", "="),
    *("🙂", "👩‍🚒", "🇩🇪", "𝔘", "e\u0301", "o\u0308\u0323", "a\u00adb", "x\u200by", "\u200d", "שלום", "مرحبا"),
    *(" ", " ", " ", " ", "  ", "\n", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u2028", "\u3000"),
)
#: Labels of other people's projects that a syntax may take for its own.
ODD_LABELS = ("a b", "x\ty", "zwei\nZeilen", "|", "cue", "quote-direct", "B-PER")
#: What JSON can hold and XML cannot.
CONTROLS = ("\x00", "\x07", "\x1b")


def examples(count: int) -> settings:
    """For a test that needs more examples than the profile gives, or fewer: so many in the quick run."""
    return settings(max_examples=count if settings.get_current_profile_name() == "quick" else 2 * count)


def texts(max_pieces: int = 14, *, controls: bool = False) -> st.SearchStrategy[str]:
    """Texts, the empty one included; ``controls`` adds characters that XML forbids."""
    pieces = PIECES + CONTROLS if controls else PIECES
    return st.lists(st.sampled_from(pieces), max_size=max_pieces).map("".join)


def strings() -> st.SearchStrategy[str]:
    """A name or a note: not empty, anything inside."""
    plain = ("x", "Yoon Suk Yeol", "süß", " r ", 'sagt "so"', "🙂 ja")
    return st.sampled_from((*plain, "a; b=c", "e\u0301", "zwei\nZeilen", "a\tb|c,d:e-(f)"))


@st.composite
def spans(draw: st.DrawFn, text: str, max_fragments: int = 3) -> Span:
    """A span of a text that is not empty: of whole tokens or not, often discontinuous."""
    words = tokens(text)
    if words and draw(st.booleans()):
        count = draw(st.sampled_from((1, 1, 1, min(2, max_fragments))))
        places = st.lists(st.integers(0, len(words) - 1), min_size=2 * count, max_size=2 * count)
        ends = sorted(draw(places))
        pairs = zip(ends[::2], ends[1::2], strict=True)
        return Span.joined((words[first][0], words[last][1]) for first, last in pairs)
    most = min(max_fragments, (len(text) + 1) // 2)
    count = draw(st.sampled_from([n for n in (1, 1, 1, 2, 3) if n <= most]))
    cuts = draw(
        st.lists(st.integers(0, len(text)), min_size=2 * count, max_size=2 * count, unique=True).map(sorted)
    )
    return Span(tuple(zip(cuts[::2], cuts[1::2], strict=True)))


def optional(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), values)


SCORES = st.sampled_from((0.0, 0.1, 1 / 3, 1.0))
QIDS = st.sampled_from(("Q1", "Q64", "NIL"))


@st.composite
def annotations(
    draw: st.DrawFn, text: str, labels: tuple[str, ...] = ENTITY_LABELS, max_fragments: int = 3
) -> Annotations:
    """Valid annotations: nested, crossing, discontinuous; references hold, parents form no circle."""
    if not text:
        return Annotations()
    some = spans(text, max_fragments)
    clusters = tuple(
        Cluster(
            id,
            draw(strings()),
            draw(st.sampled_from((None, "PER", "ORG", "GROUP"))),
            draw(st.booleans()),
            draw(optional(QIDS)),
            tuple(draw(st.lists(strings(), max_size=2))),
            tuple(draw(st.lists(some, max_size=2, unique=True))),
            draw(optional(strings())),
        )
        for id in draw(st.lists(st.sampled_from(("yoon", "e1", "süd-korea")), max_size=2, unique=True))
    )
    names = st.sampled_from([None, *(cluster.id for cluster in clusters)])
    # Two of one span and label could not be told apart where one of them is lost.
    places = st.lists(st.tuples(some, st.sampled_from(labels)), max_size=4, unique=True)
    entities = tuple(
        Entity(
            span,
            label,
            draw(st.sampled_from((1, 1, 2))),
            draw(names),
            draw(optional(QIDS)),
            draw(st.sampled_from((None, None, "ORG"))),
            draw(optional(SCORES)),
            draw(optional(strings())),
        )
        for span, label in draw(places)
    )
    quotes: list[Quote] = []
    for id in draw(st.lists(st.sampled_from(("q1", "q2", "7", "zitat-a")), max_size=3, unique=True)):
        roles = {role: draw(optional(some)) for role in ROLES}
        quotes.append(
            Quote(
                id,
                draw(st.sampled_from(QUOTE_TYPES)),
                draw(some),
                draw(st.sampled_from((None, *MEDIA, "speech/thought", "thought/speech"))),
                **roles,
                speaker_entity=draw(names),
                attribution=draw(st.sampled_from((None, *ATTRIBUTIONS))),
                parent=draw(st.sampled_from([None, *(quote.id for quote in quotes)])),
                score=draw(optional(SCORES)),
                rule=draw(st.sampled_from((None, "direct.1"))),
                note=draw(optional(strings())),
            )
        )
    mentions = {*(one.span for one in entities), *(span for one in clusters for span in one.mentions)}
    heads = tuple(
        Head(span, Span((draw(st.sampled_from([*span, *_tokens_in(span, text)])),)))
        for span in sorted(mentions | {draw(some)})
        if draw(st.booleans())
    )
    return Annotations(entities, tuple(quotes), clusters, heads=heads)


def _tokens_in(span: Span, text: str) -> list[tuple[int, int]]:
    return [token for token in tokens(text) if span.contains(Span.of(*token))]


META = st.lists(
    st.tuples(
        st.sampled_from(("source", "date", "publication_title", "a key: with = marks")),
        st.sampled_from(("2024-06-20", "Yonhap", "a; b", " spaced ", "zwei\nZeilen", "[x]")),
    ),
    max_size=2,
    unique_by=lambda pair: pair[0],
).map(tuple)


@st.composite
def documents(
    draw: st.DrawFn, id: str = "doc", *, controls: bool = False, labels: tuple[str, ...] = ENTITY_LABELS
) -> Document:
    text = draw(texts(controls=controls))
    return Document(id, text, draw(annotations(text, labels)), draw(META))


@st.composite
def corpora(
    draw: st.DrawFn, *, controls: bool = False, labels: tuple[str, ...] = ENTITY_LABELS
) -> tuple[Document, ...]:
    """One to three documents with different ids."""
    names = st.sampled_from(("a", "Süd.1", "x_2-b", "ein Text (2024)", "a/b", ".."))
    ids = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    return tuple(draw(documents(id, controls=controls, labels=labels)) for id in ids)
