"""Roles of men as roles of women: ``ein Sprecher`` becomes ``eine Sprecherin``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from random import Random

from wortlaut.annotations.carry import Transformed, boundaries, edited
from wortlaut.model import Document
from wortlaut.stress.registry import Transformation
from wortlaut.text.edits import Edit
from wortlaut.text.segments import sentences

#: Nouns whose feminine is the noun and -in: with the genitive in -s, and those that decline in -en.
_NOUNS_S = (
    "Sprecher|Minister|Kanzler|Berater|Vertreter|Botschafter|Bürgermeister|Leiter|Richter|Trainer|Verteidiger"
    "|Politiker|Forscher|Wissenschaftler|Ermittler|Lehrer|Herausgeber|Kritiker|Sieger"
)
_NOUNS_EN = "Präsident|Student|Journalist|Polizist|Korrespondent|Kommandant|Dirigent"
_NOUNS_OR = "Diktator|Direktor|Senator|Professor|Moderator|Autor|Rektor"
_ROLE = re.compile(
    rf"\b(?P<compound>(?:[^\W\d_]+-)?(?:[^\W\d_]*?))"
    rf"(?P<noun>(?i:{_NOUNS_S}|{_NOUNS_EN}|{_NOUNS_OR}))(?P<ending>en|s|n)?\b"
)
#: What may stand before: a determiner and adjectives (neuen, Berliner), in the same part of a sentence. Where
#: a noun stands between, as in "einem Treffen der Minister", the determiner is that noun's.
_BEFORE = re.compile(
    r"(?P<determiner>\b(?i:der|den|dem|des|ein|einen|einem|eines|sein|ihr|kein))\s+"
    r"(?P<adjectives>(?:(?!(?:der|den|die|deren|einen?|einer|keine[nr]?|seine[nr]?|ihre[nr]?)\b)"
    r"(?:[^\W\d_A-ZÄÖÜ][\w-]*e[nr]?|[A-ZÄÖÜ][\w-]*er)\s+){0,2})$"
)
#: What looks like an adjective, whose determiner stands further off; sagte does not.
_ADJECTIVE = re.compile(r"(?:[^\Wt]e|e[nrsm])\s+$")
#: Determiner → that of the feminine, and whether adjectives in -en lose their n, -er their r.
_DETERMINERS: Mapping[str, tuple[str, bool]] = {
    "der": ("die", False),
    "den": ("die", True),
    "dem": ("der", False),
    "des": ("der", False),
    "ein": ("eine", True),
    "einen": ("eine", True),
    "einem": ("einer", False),
    "eines": ("einer", False),
}
#: Determiner → the ending of a strong and of a weak noun behind it, in the singular.
_ENDINGS = {
    "ein": ("", ""),
    **dict.fromkeys(("einen", "einem", "dem"), ("", "en")),
    **dict.fromkeys(("des", "eines"), ("s", "en")),
}
#: Words that may refer to the man and would have to change, too.
_PRONOUN = re.compile(r"\b(?:er|ihn|ihm|sein\w*|dessen|welcher|selber|jener|dieser)\b", re.IGNORECASE)
_RELATIVE = re.compile(r",\s+(?:der|den|dem)\b")
_NEXT = re.compile(r"\s*(?:Er|Ihm|Ihn|Sein\w*|Dieser)\b")
#: Before the nominative der: the beginning of a sentence or clause. Elsewhere it may be a genitive.
_CLAUSE = re.compile(
    r"(?:^|[:;„»“\"]\s*|\b(?:wie|dass|weil|ob|und|aber|als|wenn|obwohl|sagte|erklärte)\s+)$", re.I
)


def feminine(document: Document, random: Random) -> Transformed:
    """Roles in the singular, with their articles and adjectives, where that is safe.

    A sentence is left as it is, and reported, where the number or the case is not certain, or where a
    pronoun in it or at the beginning of the next one may mean the man.
    """
    text = document.text
    fixed = boundaries(document)
    edits: list[Edit] = []
    left: list[str] = []
    for start, end in sentences(text):
        roles = [role for role in _ROLE.finditer(text, start, end) if not _named(document, role)]
        if not roles:
            continue
        changes: list[Edit] = []
        reason = ""
        if _PRONOUN.search(text, start, end) or _RELATIVE.search(text, start, end):
            reason = "a pronoun may mean the same man"
        elif _NEXT.match(text, end):
            reason = "the next sentence may speak of the same man"
        for role in () if reason else roles:
            new = _changed(document, role, start)
            if new is None:
                reason = f"the case of {role.group()} is not certain"
                break
            changes += new
        if not reason and any(not fixed.isdisjoint(range(e.start + 1, e.end)) for e in changes):
            reason = "an annotation ends inside a word that would change"
        if reason:
            left.append(f"sentence at {start}: {reason}")
        else:
            edits += changes
    nouns = {
        text[e.start : e.end]: e.text for e in edits if text[e.start].isupper() and e.text.endswith("in")
    }
    return edited(document, edits, names=partial(_renamed, nouns=nouns), left=left)


def _named(document: Document, role: re.Match[str]) -> bool:
    """Whether the word is (part of) a name: Herr Richter, or no noun at all."""
    inside = any(a < role.end() and role.start() < b for e in document.entities for a, b in e.span)
    return inside or not role.group()[0].isupper()


def _before_name(document: Document, role: re.Match[str]) -> bool:
    return any(e.span.start == role.end() + 1 and e.label == "PER" for e in document.entities)


def _changed(document: Document, role: re.Match[str], begin: int) -> list[Edit] | None:
    """The edits of a role and what stands before it; ``None`` where it may be something else."""
    text = document.text
    noun, ending = role.group("noun"), role.group("ending") or ""
    weak = re.fullmatch(_NOUNS_EN, noun, re.I) is not None
    stem = Edit(role.start(), role.end(), role.group()[: len(role.group()) - len(ending)] + "in")
    before = _BEFORE.search(text, begin, role.start())
    if before is None:
        # A bare role is one person before a name, or behind it: Präsident Meier; Anna Meier, Sprecher der …
        behind = text[role.end() :].startswith((" der ", " des ", " von ", " im ", " beim "))
        apposition = behind and any(
            text[e.span.end : role.start()] == ", " and e.label == "PER" for e in document.entities
        )
        alone = _before_name(document, role) and not _ADJECTIVE.search(text[begin : role.start()])
        return [stem] if not ending and (alone or apposition) else None
    determiner = before.group("determiner")
    if determiner.lower() not in _DETERMINERS:
        return None
    if not _singular(document, role, before, begin, ending, weak):
        return None
    new, shorter = _DETERMINERS[determiner.lower()]
    edits = [Edit(*before.span("determiner"), new.capitalize() if determiner[0].isupper() else new), stem]
    at = before.start("adjectives")
    for word in re.finditer(r"\S+", before.group("adjectives")):
        # Berliner never declines.
        if shorter and word.group()[-1] in "nr" and word.group()[0].islower():
            edits.append(Edit(at + word.start(), at + word.end(), word.group()[:-1]))
    return edits


def _singular(
    document: Document, role: re.Match[str], before: re.Match[str], begin: int, ending: str, weak: bool
) -> bool:
    """Whether determiner and ending leave one case in the singular."""
    determiner = before.group("determiner").lower()
    if determiner in _ENDINGS:
        return ending == _ENDINGS[determiner][weak]
    if determiner == "den" and weak:
        # den Präsidenten is one or several: a name behind it shows that it is one.
        return _before_name(document, role)
    # der Sprecher is one, or several in the genitive.
    adjectives = before.group("adjectives").split()
    first = _CLAUSE.search(document.text[begin : before.start()]) is not None
    one = determiner == "den" or first or (bool(adjectives) and adjectives[0].endswith("e"))
    return not ending and one


def _renamed(name: str, nouns: Mapping[str, str]) -> str:
    for old, new in nouns.items():
        name = re.sub(rf"\b{re.escape(old)}\b", new, name)
    return name


TRANSFORMATIONS = (
    Transformation(
        "roles-feminine", "roles of women: Sprecherin for Sprecher, where safe", "changed", feminine
    ),
)
