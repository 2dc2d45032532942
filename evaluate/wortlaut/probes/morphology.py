"""German forms that follow from gender, number and case: articles, pronouns, contractions, genitives.

A case is written as the masculine article that shows it: ``der`` is the nominative with the definite
article, ``einem`` the dative with the indefinite one, ``im`` the dative behind *in*. Gender is m, f, n or pl.
"""

from __future__ import annotations

from unicodedata import combining, normalize

CASES = ("nom", "gen", "dat", "acc")
_DEFINITE = {
    "m": ("der", "des", "dem", "den"),
    "f": ("die", "der", "der", "die"),
    "n": ("das", "des", "dem", "das"),
    "pl": ("die", "der", "den", "die"),
}
_INDEFINITE = {
    "m": ("ein", "eines", "einem", "einen"),
    "f": ("eine", "einer", "einer", "eine"),
    "n": ("ein", "eines", "einem", "ein"),
    "pl": ("", "", "", ""),
}
#: Preposition and case behind each written form: ``zum`` is *zu* with the dative.
PREPOSITIONS = {
    "im": ("in", "dat"),
    "ins": ("in", "acc"),
    "am": ("an", "dat"),
    "ans": ("an", "acc"),
    "beim": ("bei", "dat"),
    "vom": ("von", "dat"),
    "zum": ("zu", "dat"),
}
_CONTRACTED = {
    ("in", "dem"): "im",
    ("in", "das"): "ins",
    ("an", "dem"): "am",
    ("an", "das"): "ans",
    ("bei", "dem"): "beim",
    ("von", "dem"): "vom",
    ("zu", "dem"): "zum",
    ("zu", "der"): "zur",
}
_PERSONAL = {
    "m": ("er", "seiner", "ihm", "ihn"),
    "f": ("sie", "ihrer", "ihr", "sie"),
    "n": ("es", "seiner", "ihm", "es"),
    "pl": ("sie", "ihrer", "ihnen", "sie"),
}
_RELATIVE = {
    "m": ("der", "dessen", "dem", "den"),
    "f": ("die", "deren", "der", "die"),
    "n": ("das", "dessen", "dem", "das"),
    "pl": ("die", "deren", "denen", "die"),
}
_THIS = {
    "m": ("dieser", "dieses", "diesem", "diesen"),
    "f": ("diese", "dieser", "dieser", "diese"),
    "n": ("dieses", "dieses", "diesem", "dieses"),
    "pl": ("diese", "dieser", "diesen", "diese"),
}
#: Letters that an address or an id writes otherwise than without their marks.
_ASCII = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ı": "i", "ł": "l", "ø": "o", "æ": "ae", "đ": "d"}
)
PRONOUNS = {"er": "nom", "ihm": "dat", "ihn": "acc"}
POSSESSIVES = ("sein", "seine", "seinen", "seinem", "seiner", "seines")


def definite(gender: str, case: str) -> str:
    """``definite("f", "dat")`` is *der*."""
    return _DEFINITE[gender][CASES.index(case)]


def case_of(marker: str) -> tuple[str, str]:
    """Which article (``definite``, ``indefinite``, ``this``) and case a form says; else both are empty."""
    for kind, forms in (("definite", _DEFINITE), ("indefinite", _INDEFINITE), ("this", _THIS)):
        if marker in forms["m"]:
            return kind, CASES[forms["m"].index(marker)]
    return "", ""


def article(kind: str, gender: str, case: str) -> str:
    table = {"definite": _DEFINITE, "indefinite": _INDEFINITE, "this": _THIS}[kind]
    return table[gender][CASES.index(case)]


def contracted(preposition: str, gender: str, case: str) -> tuple[str, bool]:
    """The preposition with the definite article, and whether they have merged: *im*, *in der*."""
    word = definite(gender, case)
    merged = _CONTRACTED.get((preposition, word), "")
    if merged == "zur" and gender != "f":
        merged = ""
    return (merged, True) if merged else (f"{preposition} {word}", False)


def personal(gender: str, case: str) -> str:
    return _PERSONAL[gender][CASES.index(case)]


def relative(gender: str, case: str) -> str:
    return _RELATIVE[gender][CASES.index(case)]


def possessive(gender: str, written: str) -> str:
    """``possessive("f", "seinem")`` is *ihrem*."""
    return ("ihr" if gender in ("f", "pl") else "sein") + written.removeprefix("sein")


def genitive(name: str) -> str:
    """The genitive of a name without article: *Annas*, *Weiß’* (Duden: behind s, ß, x, z an apostrophe)."""
    return name + ("’" if name.lower().endswith(("s", "ß", "x", "z", "ce")) else "s")


def declined(noun: str) -> str:
    """The genitive of a masculine or neuter name behind an article: *des Rheins*; abbreviations stay."""
    return noun if noun[-2:].isupper() or noun.endswith(("s", "ß", "x", "z")) else noun + "s"


def plain_letters(text: str) -> str:
    """In small letters without marks: *Yıldırım* is *yildirim*, *Weiß* is *weiss*."""
    return "".join(c for c in normalize("NFKD", text.lower().translate(_ASCII)) if not combining(c))


def capital(text: str) -> str:
    """With a capital as first letter."""
    return text[:1].upper() + text[1:]
