"""Layers derived from a text alone: paragraphs, sentences, tokens.

Each function returns ``[start, end)`` pairs of code points, in text order, disjoint, never empty. Together
the pairs of one layer cover every character that is not white space. Nothing here is annotated: a change
of a rule changes the version in the layer's name, so that a score can say what it was counted in.
"""

from __future__ import annotations

import re

PARAGRAPHS = "wortlaut-paragraphs/1"
SENTENCES = "wortlaut-sentences/1"
TOKENS = "wortlaut-tokens/1"

#: Abbreviations whose full stop does not end a sentence, as they stand before the stop, lower case.
ABBREVIATIONS = frozenset(
    # Without those that also end sentences as words: Art, dir, max.
    re.findall(
        r"\w+",
        """
        abs abt allg angebl anm apr aug ausg bd bds bes betr bez bgm bsp bspw bzgl bzw ca co corp
        dergl desgl dez dgl dipl dr ebd ehem eigtl einschl engl entspr etc ev evtl exkl expl feb fr
        franz frhr gebr geb gegr gem gez ggf griech hbf hg hl hr hrn hrsg inc ing inkl insb insbes
        int jan jg jh jhd jr jun kap kath kfm kgl lat lfd lt ltd luth med min mio mr mrd mrs ms
        nachf nat nov nr okt op österr pfd phil pl prof prot rd rel resp röm russ sen sept sog sr st
        std stellv str tel tsd usf usw univ urspr verf vgl vol vorm vors wg wiss zit zt zw zzgl
        """,
    )
)
#: Words that stand after the full stop of an ordinal: the 3. *Mai*, the 19. *Jahrhundert*.
_AFTER_ORDINAL = re.compile(
    r"\s+(?:januar|jänner|februar|feber|märz|april|mai|juni|juli|august|september|oktober|november|dezember"
    r"|jahrhunderts?|jahrtausends?|jahrestag\w*|geburtstag\w*|todestag\w*|wahlperiode|legislaturperiode"
    r"|stock|etage|klasse|platz|runde|minute|spieltag\w*|liga|bundesliga|auflage|kapitel|armee|division)\b",
    re.IGNORECASE,
)
#: Words that stand before an ordinal: *am* 3., *der* 2. Senat, *vom* 1. bis 5.
_BEFORE_ORDINAL = re.compile(
    r"\b(?:am|ab|an|bis|beim|das|dem|den|der|des|die|im|ins|ihr\w*|jed\w*|sein\w*|seit|vom|zum|zur|und|oder)"
    r"\s+$",
    re.IGNORECASE,
)

_PARAGRAPH = re.compile(r"\S(?:[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*\S)?")
_OPENING = r"\"'„“”‚‘’«»‹›(\[{\-–—*•"
#: An end: full stops, marks, ellipses, whatever closes right behind them, then white space. A run of stops is
#: tried once, from its first one on: a long run would cost quadratic time.
_STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"'“”‘’«»‹›)\]}]*+(?=\s)")
_NEXT_LETTER = re.compile(rf"\s[{_OPENING}\s]*([^\W\d_])")
_LONGEST_ABBREVIATION = max(map(len, ABBREVIATIONS))

# A combining mark, joiner or soft hyphen belongs to the word that it stands in.
_W = "[\\w\u0300-\u036f\u00ad\u200c\u200d]"
_WORD = re.compile(
    rf"""
      (?:https?://|www\.)[^\s„“”"»«<>()]*[^\s„“”"»«<>().,;:!?'’…]   # an address
    | \d+(?:[.,:/]\d+)+(?:[-‐‑]{_W}+)*                              # 10.000  3,5  17:30  24/7  3,5-fach
    | (?:(?<!\S)[-‐‑])?{_W}+                                        # a word, -ausfuhr
      (?:[-‐‑'’&]{_W}+ | [*:/](?=in(?:nen)?\b){_W}+)*               # US-Beamte  geht’s  Bürger:innen
      (?:[-‐‑](?![-‐‑\w]))?                                         # Ein- und
    | \.{{2,}} | -{{2,}}                                            # ... --
    | [^\w\s]                                                       # one mark
    """,
    re.VERBOSE,
)


def paragraphs(text: str) -> list[tuple[int, int]]:
    """The lines that hold more than white space, without the white space around them."""
    return [found.span() for found in _PARAGRAPH.finditer(text)]


def sentences(text: str) -> list[tuple[int, int]]:
    """Sentences: they end at ``.``, ``!``, ``?`` or ``…`` before white space, and at every line end.

    Quotation marks and brackets that close right after the stop belong to the sentence. No sentence ends
    after an abbreviation, an initial or an ordinal, nor before a word in lower case.
    """
    found = []
    for start, end in paragraphs(text):
        begin = start
        for stop in _STOP.finditer(text, start, end):
            if _ends_sentence(text, stop, begin, end):
                found.append((begin, stop.end()))
                begin = stop.end()
                while text[begin].isspace():
                    begin += 1
        found.append((begin, end))
    return found


def tokens(text: str) -> list[tuple[int, int]]:
    """Words and marks, as GermEval 2014 splits them: ``US-Beamte`` is one, every quotation mark is its own.

    The full stop of an abbreviation, an initial or an ordinal stays with its word.
    """
    ends = {end for _, end in sentences(text)}
    found = []
    position = 0
    while match := _WORD.search(text, position):
        start, position = match.span()
        stop = text.startswith(".", position) and not text.startswith("..", position)
        # The last stop of a sentence is its own token even after an abbreviation.
        if stop and position + 1 not in ends and _keeps_stop(text, start, position):
            position += 1
        found.append((start, position))
    return found


def _ends_sentence(text: str, stop: re.Match[str], begin: int, end: int) -> bool:
    following = _NEXT_LETTER.match(text, stop.end(), end)
    if following and following.group(1).islower():
        return False
    return stop.group() != "." or not _keeps_stop(text, begin, stop.start())


def _keeps_stop(text: str, begin: int, stop: int) -> bool:
    """Whether the full stop at ``stop`` belongs to the word before it, which starts at ``begin`` or later."""
    start = stop
    while start > begin and stop - start <= _LONGEST_ABBREVIATION and text[start - 1].isalnum():
        start -= 1
    word = text[start:stop]
    if word.isdecimal():
        following = _NEXT_LETTER.match(text, stop + 1)
        if len(word) > 2 or following is None:
            return False
        before = _BEFORE_ORDINAL.search(text, max(0, start - 12), start)
        return bool(following.group(1).islower() or before or _AFTER_ORDINAL.match(text, stop + 1))
    # An initial (J. Müller) or a part of z. B. counts like an abbreviation.
    return (len(word) == 1 and word.isalpha()) or word.lower() in ABBREVIATIONS
