"""What a slot is filled with, and each form of it as nodes: words with the entities and mentions in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wortlaut.errors import DataError
from wortlaut.probes import morphology as german
from wortlaut.probes.lexicon import Row, verb, verbs
from wortlaut.probes.templates import Bracket, Mention, Name, Node, Slot, Words


class Unfit(Exception):
    """The entry has no such form; another one may."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot with its entry. A person has a ``first`` and a family name (``row``) and a ``role``."""

    slot: str
    kind: str
    row: Row
    gender: str = ""
    first: str = ""
    role: Row | None = None
    #: Forms of the name that the text has used, for the cluster.
    used: set[str] = field(default_factory=set)

    @property
    def number(self) -> str:
        """``sg`` or ``pl``, for verbs that agree."""
        return "pl" if self.gender == "pl" else "sg"


@dataclass(frozen=True, slots=True)
class _Noun:
    """Gender, the forms without article, and behind the definite one, by case; ``free`` takes no article."""

    gender: str
    bare: dict[str, str]
    after: dict[str, str]
    free: bool = False


def render(slot: Slot, filled: dict[str, Filled], where: str) -> list[Node]:
    """The slot in its form. Raises a DataError for an unknown one, and Unfit where this entry lacks it."""
    one = filled[slot.name]
    form = tuple(part.lower() for part in slot.form)
    cap = form != slot.form
    plural = (filled[slot.agrees].number == "pl") if slot.agrees else "pl" in form
    form = tuple(part for part in form if part not in ("pl", "cap", "text"))
    try:
        nodes = _FORMS[one.kind](one, form, plural)
    except KeyError as error:
        hint = "See the table of forms in docs/probes.md."
        raise DataError(
            f"{one.kind} {slot.name} has no form {'.'.join(form)!r}", where=where, hint=hint
        ) from error
    if slot.metonymy or slot.label:
        nodes = [_labelled(node, slot.label, slot.metonymy) for node in nodes]
    if slot.plain:
        nodes = [Words(words_of(nodes))]
    return _capital(nodes) if cap else nodes


def begins_outside(slot: Slot) -> bool:
    """Whether its form begins with a preposition, which no mention takes in (G-COR-05)."""
    return any(part.lower() in german.PREPOSITIONS or part.lower() in _WHERE for part in slot.form)


def words_of(nodes: Sequence[Node]) -> str:
    """The text of nodes without slots."""
    return "".join(
        one.text if isinstance(one, Words) else words_of(one.nodes)
        for one in nodes
        if not isinstance(one, Slot)
    )


def _capital(nodes: Sequence[Node]) -> list[Node]:
    first, *rest = nodes
    if isinstance(first, Words):
        return [Words(german.capital(first.text)), *rest]
    assert isinstance(first, Bracket)
    return [Bracket(first.heads, tuple(_capital(first.nodes))), *rest]


def _labelled(node: Node, label: str, metonymy: str | None) -> Node:
    if not isinstance(node, Bracket):
        return node
    heads = tuple(
        Name(label or head.label, head.who, metonymy) if isinstance(head, Name) else head
        for head in node.heads
    )
    return Bracket(heads, tuple(_labelled(each, label, metonymy) for each in node.nodes))


def _name(one: Filled, label: str, text: str) -> Node:
    if not text:
        raise Unfit
    return Bracket((Name(label, one.slot),), (Words(text),))


def _mention(one: Filled, *nodes: Node) -> Node:
    return Bracket((Mention(one.slot),), nodes)


def _nominal(
    one: Filled, noun: _Noun, form: str, word: Callable[[str], Node], *, mentioned: bool = True
) -> list[Node]:
    """A noun phrase: with article and all a mention, behind a contraction without it."""

    def phrase(*nodes: Node) -> list[Node]:
        return [_mention(one, *nodes)] if mentioned else [*nodes]

    if form in ("", *german.CASES):
        return phrase(word(noun.bare[form or "nom"]))
    if form in german.PREPOSITIONS:
        preposition, case = german.PREPOSITIONS[form]
        if noun.free:
            return [Words(f"{preposition} "), *phrase(word(noun.bare[case]))]
        text, merged = german.contracted(preposition, noun.gender, case)
        if merged:
            return [Words(f"{text} "), *phrase(word(noun.after[case]))]
        return [Words(f"{preposition} "), *phrase(Words(text.split()[1] + " "), word(noun.after[case]))]
    kind, case = german.case_of(form)
    if not kind:
        raise KeyError(form)
    if noun.free:
        return phrase(word(noun.bare[case]))
    article = german.article(kind, noun.gender, case)
    return phrase(*([Words(f"{article} ")] if article else []), word(noun.after[case]))


def _pronoun(one: Filled, form: tuple[str, ...]) -> list[Node] | None:
    """A pronoun for it, where the form is one."""
    head = form[0] if form else ""
    if head in german.PRONOUNS:
        return [_mention(one, Words(german.personal(one.gender, german.PRONOUNS[head])))]
    if head in german.POSSESSIVES:
        return [_mention(one, Words(german.possessive(one.gender, head)))]
    if head == "rel":
        return [_mention(one, Words(german.relative(one.gender, form[1] if len(form) > 1 else "nom")))]
    if head == "ich":
        return [_mention(one, Words("ich"))]
    return None


def _cases(nom: str, gen: str, dat: str, acc: str) -> dict[str, str]:
    return dict(zip(german.CASES, (nom, gen, dat, acc), strict=True))


def _role(row: Row, gender: str) -> _Noun:
    if gender == "f":
        forms = _cases(*[row["f"]] * 4)
        return _Noun("f", forms, forms)
    nom = row["m"]
    forms = _cases(nom, row["m_gen"], row["m_dat"] or nom, row["m_dat"] or nom)
    return _Noun("m", forms, forms)


def _person(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    last, full = one.row["name"], f"{one.first} {one.row['name']}"
    head, rest = (form or ("",))[0], form[1:]

    def name(text: str) -> Node:
        one.used.add("full" if text.startswith(one.first + " ") else "last")
        return _name(one, "PER", text)

    if (pronoun := _pronoun(one, form)) is not None:
        return pronoun
    if head in ("", "gen"):
        return [name(german.genitive(full) if head else full)]
    if head == "last":
        return [name(german.genitive(last) if rest == ("gen",) else last)]
    if head in ("first", "handle") and rest:
        raise KeyError(head)
    if head == "first":
        one.used.add("first")
        return [_name(one, "PER", one.first)]
    if head == "handle":
        return [Words(re.sub(r"[^a-z0-9]", "", german.plain_letters(full)))]
    if head == "frau":
        return [Words("Frau" if one.gender == "f" else "Herrn" if rest else "Herr")]
    assert one.role is not None
    noun = _role(one.role, one.gender)
    if head == "role":
        one.used.add("role")
        case = rest[0] if rest else ""
        bare = case in ("", *german.CASES)
        return _nominal(one, noun, case, Words, mentioned=not bare)
    if head != "titled":
        raise KeyError(head)
    one.used.update(("role", "titled"))
    short = "last" in rest
    case = next((each for each in rest if each != "last"), "")
    called = last if short else full
    if case == "gen":
        return [_mention(one, Words(noun.bare["nom"] + " "), name(german.genitive(called)))]
    if case in ("", *german.CASES):
        return [_mention(one, Words(noun.bare["nom"] + " "), name(called))]
    words = _nominal(one, noun, case, Words, mentioned=False)
    if case not in german.PREPOSITIONS:
        return [_mention(one, *words, Words(" "), name(called))]
    before, *inner = words
    return [before, _mention(one, *inner, Words(" "), name(called))]


def _someone(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    if (pronoun := _pronoun(one, form)) is not None:
        return pronoun
    return _nominal(one, _role(one.row, one.gender), form[0] if form else "", Words)


def _group(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    if (pronoun := _pronoun(one, form)) is not None:
        return pronoun
    nom, dat = one.row["nom"], one.row["dat"] or one.row["nom"]
    forms = _cases(nom, nom, dat, nom)
    return _nominal(one, _Noun("pl", forms, forms), form[0] if form else "", Words)


def _body(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    if (pronoun := _pronoun(one, form)) is not None:
        return pronoun
    nom = one.row["nom"]
    gen = one.row["gen"] or (nom if one.gender in ("f", "pl") else german.declined(nom))
    forms = _cases(nom, gen, one.row["dat"] or nom, one.row["acc"] or nom)
    return _nominal(one, _Noun(one.gender, forms, forms), form[0] if form else "", Words)


def _proper(row: Row, gender: str) -> _Noun:
    """A proper name: without article its genitive is that of names; behind it, the listed forms."""
    name = row["name"]
    nom = row["def"] or name
    free = row["article"] != "yes"
    gen = row["gen"] or (nom if gender in ("f", "pl") else german.declined(nom))
    after = _cases(nom, gen, row["dat"] or nom, row["acc"] or nom)
    bare = _cases(name, german.genitive(name), name, name) if free else {**after, "nom": name}
    return _Noun(gender, bare, after, free)


def _named(label: str) -> Callable[[Filled, tuple[str, ...], bool], list[Node]]:
    def render(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
        if (pronoun := _pronoun(one, form)) is not None:
            return pronoun
        head = form[0] if form else ""
        if head == "part":
            return [Words(_cell(one, "part"))]
        noun = _proper(one.row, one.gender)
        if head == "of":
            head = "vom" if noun.free else "des"
        return _nominal(one, noun, head, lambda text: _name(one, label, text))

    return render


def _cell(one: Filled, column: str) -> str:
    if not one.row[column]:
        raise Unfit
    return one.row[column]


#: Which preposition says where, whereto and from where, with and without an article.
_WHERE = {
    "nach": ("nach", "in", "acc"),
    "aus": ("aus", "aus", "dat"),
    "in": ("in", "in", "dat"),
    "von": ("von", "von", "dat"),
}


def _country(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    head = form[0] if form else ""
    noun = _proper(one.row, one.gender)
    if head == "adj":
        return [_name(one, "LOCderiv", _cell(one, "adj") + "".join(form[1:]))]
    if head in ("man", "woman"):
        return [_name(one, "LOCderiv", _cell(one, head))]
    if head == "people":
        return [_name(one, "LOCderiv", (form[1:] and one.row["people_dat"]) or _cell(one, "people"))]
    if head == "part":
        return [Words(_cell(one, "part"))]
    if head == "capital":
        one.used.add("capital")
        text = _cell(one, "capital")
        return [_name(one, "LOC", german.genitive(text) if form[1:] else text)]
    if (pronoun := _pronoun(one, form)) is not None:
        return pronoun
    one.used.add("full")
    if head in _WHERE:
        free, bound, case = _WHERE[head]
        if noun.free:
            return [Words(f"{free} "), _name(one, "LOC", noun.bare["nom"])]
        text, merged = german.contracted(bound, noun.gender, case) if bound != "aus" else ("", False)
        if merged:
            return [Words(f"{text} "), _name(one, "LOC", noun.after[case])]
        article = german.definite(noun.gender, case)
        return [Words(f"{bound} "), _mention(one, Words(f"{article} "), _name(one, "LOC", noun.after[case]))]
    if head == "gen" and not noun.free:
        head = "des"
    elif head == "gen" and noun.bare["gen"].endswith("’"):
        raise Unfit
    return _nominal(one, noun, head, lambda text: _name(one, "LOC", text))


def _city(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    head, name = (form or ("",))[0], one.row["name"]
    if head == "adj":
        return [_name(one, "LOCderiv", _cell(one, "adj"))]
    if head == "people":
        return [_name(one, "LOCderiv", _cell(one, "adj") + ("n" if form[1:] == ("dat",) else ""))]
    if head == "part":
        return [Words(f"{name}-")]
    if head == "handle":
        return [Words(re.sub(r"[^a-z0-9]", "", german.plain_letters(name)))]
    if head == "gen":
        return [_name(one, "LOC", german.genitive(name))]
    if head:
        raise KeyError(head)
    return [_name(one, "LOC", name)]


def _verb(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    row, (head, *rest) = one.row, form or ("inf",)
    if head in ("past", "pres"):
        finite, particle = row[f"{head}_pl" if plural else head], row["particle"]
        if rest == ["end"]:
            return [Words(particle + finite)]
        return [Words(finite if rest == ["fin"] or not particle else f"{finite} {particle}")]
    if head == "prt":
        return [Words(_cell(one, "particle"))]
    if head == "aux":
        table = {"haben": ("hat", "haben"), "sein": ("ist", "sind")}
        return [Words(table[row["aux"]][plural])]
    if head not in ("perf", "inf", "zu", "k1", "prep"):
        raise KeyError(head)
    return [Words(_cell(one, head))]


def _cue_noun(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    row = one.row
    if plural:
        many = row["pl"]
        forms = _cases(many, many, many if many.endswith(("n", "s")) else many + "n", many)
        noun = _Noun("pl", forms, forms)
    else:
        nom = row["nom"]
        forms = _cases(nom, row["gen"] or nom, nom, nom)
        noun = _Noun(row["gender"], forms, forms)
    if form == ("verb",):
        return [Words(_cell(one, "verb"))]
    return _nominal(one, noun, form[0] if form else "", Words, mentioned=False)


def subjunctive(row: Row, plural: bool) -> str:
    """Konjunktiv I, and II where I is the indicative (Duden: so that it can be heard)."""
    suffix = "_pl" if plural else ""
    return row[f"k1{suffix}"] if row[f"k1{suffix}"] != row[f"pres{suffix}"] else row[f"k2{suffix}"]


def _join(*parts: str) -> list[Node]:
    return [Words(" ".join(filter(None, parts)))]


def _statement(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    row, head, mood = one.row, form[0] if form else "v2", form[1] if len(form) > 1 else ""
    does, plural = verb(row["verb"]), row["number"] == "pl"
    suffix = "_pl" if plural else ""
    # The reflexive stands behind the finite verb, wherever the subject is.
    himself = "sich" if row["middle"].split()[:1] == ["sich"] else ""
    subject, middle, rest = row["subject"], row["middle"].removeprefix(himself).strip(), row["rest"]
    if "soll" in (head, mood):
        modal = "sollen" if plural else "soll"
        first = (modal, himself, subject) if head == "inv" else (subject, modal, himself)
        return _join(*first, middle, *_perfect(does, rest))
    finite = {
        "": does[f"pres{suffix}"],
        "past": does[f"past{suffix}"],
        "k": subjunctive(does, plural),
        "k1": does[f"k1{suffix}"],
        "k2": does[f"k2{suffix}"],
    }[mood]
    particle = does["particle"]
    orders = {
        "v2": (subject, finite, himself, middle, rest, particle),
        "end": (subject, himself, middle, rest, particle + finite),
        "inv": (finite, himself, subject, middle, rest, particle),
        "head": (subject, finite, himself),
        "tail": (middle, rest, particle),
        # The clause without its subject, for a sentence that goes on with a pronoun or another subject.
        "rest": (himself, middle, rest, particle + finite),
        "subject": (subject,),
        "finite": (finite, himself),
    }
    if not any(orders[head]):
        raise Unfit
    return _join(*orders[head])


def _perfect(does: Row, rest: str) -> tuple[str, ...]:
    """The infinitive behind *soll*: that of the state, or of what is past."""
    lemma = does["lemma"]
    if lemma in ("sein", "haben"):
        return (rest, lemma)
    if lemma == "werden":
        passive = rest.endswith(("t", "en")) and not rest.endswith(("ieren", "eln", "ern"))
        return (rest, "worden" if passive else "geworden", "sein")
    if not does["perf"] or not does["aux"]:
        raise Unfit
    return (rest, does["perf"], does["aux"])


def _plan(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    row, head = one.row, form[0] if form else "zu"
    if head == "zu":
        return _join(row["object"], row["zu"])
    if head == "inf":
        return _join(row["object"], row["verb"])
    if head == "perf":
        if row["verb"] not in verbs("inf"):
            raise Unfit
        return _join(row["object"], verbs("inf")[row["verb"]]["perf"])
    if head != "np":
        raise KeyError(head)
    noun, gender, rest = row["noun"], row["gender"], row["rest"]
    if not noun:
        raise Unfit
    gen = row["noun_gen"] or (noun if gender in ("f", "pl") else german.declined(noun))
    forms = _cases(noun, gen, row["noun_dat"] or noun, noun)
    made = _nominal(
        one, _Noun(gender, forms, forms), form[1] if len(form) > 1 else "", Words, mentioned=False
    )
    return [*made, Words(f" {rest}")] if rest else made


def _plain(one: Filled, form: tuple[str, ...], plural: bool) -> list[Node]:
    return [Words(one.row["text"])]


_FORMS: dict[str, Callable[[Filled, tuple[str, ...], bool], list[Node]]] = {
    "person": _person,
    "someone": _someone,
    "group": _group,
    "body": _body,
    "org": _named("ORG"),
    "country": _country,
    "city": _city,
    "place": _named("LOC"),
    "work": _named("OTH"),
    "verb": _verb,
    "cuenoun": _cue_noun,
    "statement": _statement,
    "plan": _plan,
    "time": _plain,
    "scene": _plain,
}
