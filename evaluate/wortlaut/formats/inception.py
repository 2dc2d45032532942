"""INCEpTION's UIMA CAS XMI: a folder with one ``.xmi`` file a document, and ``TypeSystem.xml``.

Read are also the same packed as .zip, CAS as JSON (``.json``, which holds its type system), and an
exported project, a .zip or what it unpacks to, with one of these or WebAnno TSV 3 as its secondary format:
what a person annotated is in ``annotation/DOCUMENT/PERSON.zip``, what was curated in ``curation``. A
document is named by its folder. The formats are described in INCEpTION's user guide, appendix "Formats"
(inception-project.github.io).

Offsets are UTF-16 code units in the file, which dkpro-cassis turns into code points; where it warns that
it cannot, that is an error. The format holds no surfaces to check. Needs the extra ``[inception]``.

Written: entities as DKPro's ``NamedEntity`` (``value``, a Wikidata id as ``identifier``) with further
features; quotes, roles and mentions as spans of the layer ``webanno.custom.WortlautSpan``, edges as its
relations, so that INCEpTION imports the layers from ``TypeSystem.xml``; clusters and ``meta`` as document
metadata; tokens and sentences are this project's. Lost are documents with characters that XML forbids.
Read: ``NamedEntity`` of any project, and these layers; other layers are counted in ``layers_not_read`` in
``meta``, spans without a label in ``not_read``. ``inception?layer=Person&feature=kind:FOLDER`` reads names
from a layer of one's own, told by the end of its name, and a feature of it. Where a document is there as
several people annotated it, as ``DOCUMENT/PERSON.xmi``, ``inception?annotator=PERSON:FOLDER`` says whose
is read; ``annotator=curation`` is what was curated.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path, PurePath
from typing import Any
from zipfile import ZipFile, ZipInfo

from wortlaut.errors import DataError, MissingExtraError, MissingFileError, WortlautError, raised_as
from wortlaut.formats import files, jsonl, webanno_tsv, xml
from wortlaut.formats.graph import (
    ENTITY_VALUES,
    NUMBERS,
    QUOTE_VALUES,
    Edge,
    Graph,
    Node,
    carried,
    split,
    to_document,
    to_graph,
)
from wortlaut.formats.losses import NOT_READ, Losses, tolerated
from wortlaut.io import memory
from wortlaut.io.reading import decoded, read_bytes, unpacked
from wortlaut.model import LAYERS, Document
from wortlaut.text import segments

_CORE = "de.tudarmstadt.ukp.dkpro.core.api."
_NAMED = f"{_CORE}ner.type.NamedEntity"
_PART = "webanno.custom.NamedEntityPart"
_SPAN = "webanno.custom.WortlautSpan"
_RELATION = "webanno.custom.WortlautRelation"
_CLUSTER = "webanno.custom.WortlautCluster"
#: The layers that people annotate.
NAMED, SPAN, RELATION = _NAMED, _SPAN, _RELATION
_META = "webanno.custom.WortlautMeta"
_DOCUMENT = f"{_CORE}metadata.type.DocumentMetaData"
_WIKIDATA = "http://www.wikidata.org/entity/"
#: Feature → value of a node; ``entity`` and the like are told from DKPro's own by their names.
_ENTITY = {name: name for name in ENTITY_VALUES}
_QUOTE = {f"quote_{name}" if name == "id" else name: name for name in QUOTE_VALUES} | {"cluster": "cluster"}
_CLUSTER_STRINGS = {"cluster": "id", "name": "name", "type_": "type", "qid": "qid", "note": "note"}
#: What two files of one document have in common, and the one that nobody has annotated.
_SAME = [re.compile(rb'\b%s"?\s*[=:]\s*"([^"]*)"' % name) for name in (b"documentTitle", b"sofaString")]
_UNTOUCHED, _CURATOR, _CURATION = "INITIAL_CAS", "CURATION_USER", "curation"
_SYSTEM, _ZIP = "TypeSystem.xml", b"PK\x03\x04"
_IS_SYSTEM = "INCEpTION exports this type system with each document: put it beside the .xmi."
_EXPORT = "Export the project, or its documents, with UIMA CAS XMI or JSON as the format."
#: Types that hold nothing of what a person annotated.
_KNOWN = {
    *(_NAMED, _PART, _SPAN, _RELATION, _CLUSTER, _META, _DOCUMENT),
    *("uima.tcas.DocumentAnnotation", "uima.cas.Sofa", "uima.cas.StringArray", "uima.cas.FSArray"),
    *(f"{_CORE}segmentation.type.{name}" for name in ("Token", "Sentence", "Paragraph", "Heading")),
    *(f"{_CORE}metadata.type.{name}" for name in ("TagDescription", "TagsetDescription")),
    *("de.tudarmstadt.ukp.clarin.webanno.api.type.CASMetadata", "org.dkpro.core.api.xml.type.XmlDocument"),
}


@dataclass(frozen=True, slots=True)
class _File:
    """One document as one person has it: in a project, its name, else nothing."""

    where: str
    document: str
    person: str
    content: Callable[[], bytes]
    system: Callable[[], bytes]


def read(
    path: Path,
    *,
    annotator: str | None = None,
    layer: str = "",
    feature: str = "",
    losses: Losses | None = None,
) -> Iterator[Document]:
    """Every document of a folder or a .zip, or of an ``.xmi`` file with ``TypeSystem.xml`` beside it.

    ``layer`` and ``feature``: where names and their labels are.
    """
    found = _files(path, losses)
    people = _people(found)
    if annotator is None and people:
        raise DataError(
            f"holds one text as several people annotated it: {', '.join(people)}",
            where=str(path),
            hint=f"Say whose: inception?annotator={people[0]}:FOLDER.",
        )
    if annotator is not None and annotator not in people:
        raise DataError(f"holds no annotations by {annotator!r}", where=str(path))
    cassis = None
    systems: dict[bytes, Any] = {}
    empty = True
    own_layers: set[str] = set()
    for file in found:
        if annotator is not None and file.person != annotator:
            continue
        with tolerated(losses, "document"):
            content = decoded(file.content(), file.where)
            if unpacked(Path(file.where)).suffix == ".tsv":
                yield webanno_tsv.document(content, file.document, file.where, layer, feature, losses)
                empty = False
                continue
            cassis = cassis or _cassis()
            with _strict(file.where):
                if content.startswith("{") or unpacked(Path(file.where)).suffix == ".json":
                    cas = cassis.load_cas_from_json(content)
                else:
                    data = file.system()
                    if data not in systems:
                        beside = str(PurePath(file.where).with_name(_SYSTEM))
                        with _strict(beside):
                            systems[data] = cassis.load_typesystem(decoded(data, beside))
                    cas = cassis.load_cas_from_xmi(content, typesystem=systems[data])
            document = _document(cas, file, layer or _NAMED, feature or "value", losses)
            empty &= not any(getattr(document, kind) for kind in LAYERS)
            names = {item.type.name for item in cas.select_all_fs()}
            own_layers |= {name for name in names - _KNOWN if name.startswith("webanno.custom.")}
            yield document
    if empty and own_layers:
        others = ", ".join(sorted(own_layers))
        way = f"inception?layer={min(own_layers)}&feature=value"
        raise DataError(
            f"holds no names in the layer {layer or 'NamedEntity'}, but annotations in {others}",
            where=str(path),
            hint=f"Say which layer, and which feature of it is the label: {way}:{path}",
        )


def annotators(path: Path) -> list[str]:
    """Whose files lie in a folder, or a .zip, that has one document several times."""
    return _people(_files(path))


def _people(found: Sequence[_File]) -> list[str]:
    if len(found) < 2:
        return []
    by_document: dict[object, set[str]] = defaultdict(set)
    for file in found:
        key: object = file.document
        if not key:
            about = [mark.search(file.content()) for mark in _SAME]
            key = tuple(match[1] for match in about if match) if all(about) else file.where
        if file.person != _UNTOUCHED:
            by_document[key].add(file.person)
    several = any(len(people) > 1 for people in by_document.values())
    return sorted(set().union(*by_document.values())) if several else []


def _files(path: Path, losses: Losses | None = None) -> list[_File]:
    """What is read of a path."""
    if path.is_dir():
        within = sorted(file for file in path.rglob("*") if not file.is_dir())
        tree: dict[PurePath, Callable[[], bytes]] = {
            PurePath(file.relative_to(path)): partial(read_bytes, file) for file in within
        }
    elif (data := read_bytes(path)).startswith(_ZIP) or unpacked(path).suffix == ".zip":
        tree = _unpacked(data, str(path))
    else:
        beside = partial(read_bytes, path.parent / _SYSTEM, _IS_SYSTEM)
        return [_File(str(path), "", unpacked(path).stem, partial(read_bytes, path), beside)]
    ends = {name: unpacked(Path(name)).suffix for name in tree}
    annotated = [name for name in tree if name.parts[-3:-2] in (("annotation",), (_CURATION,))]
    if annotated or any("annotation_ser" in name.parts for name in tree):
        names = [name for name in annotated if ends[name] in (".xmi", ".json", ".tsv", ".zip")]
        others = [name for name in annotated if name not in names]
        if losses is not None and others:
            losses.include(
                "file", f"is none of what is read here. {_EXPORT}", len(others), list(map(str, others))
            )
    else:
        kind = ".xmi" if ".xmi" in ends.values() else ".json"
        names = [name for name in tree if ends[name] == kind]
    if not names:
        java = ", only Java's objects (.ser)" if ".ser" in ends.values() else ""
        what = f"holds no UIMA CAS XMI or JSON, nor WebAnno TSV{java}"
        raise MissingFileError(what, where=str(path), hint=_EXPORT)
    found = []
    for name in names:
        where, person = f"{path}/{name}", unpacked(Path(name)).stem
        beside = partial(_missing, f"{path}/{name.with_name(_SYSTEM)}", _IS_SYSTEM)
        content, system = tree[name], tree.get(name.with_name(_SYSTEM), beside)
        if ends[name] == ".zip":
            inner = {one.suffix: read for one, read in _unpacked(content(), where).items()}
            content = inner.get(".xmi", partial(_missing, f"{where}/{person}.xmi", _EXPORT))
            system = inner.get(".xml", partial(_missing, f"{where}/{_SYSTEM}", _IS_SYSTEM))
        if person != _UNTOUCHED or not annotated:
            document = name.parts[-2] if annotated else ""
            person = _CURATION if person == _CURATOR else person
            found.append(_File(where, document, person, content, system))
    return found


def _missing(where: str, what: str) -> bytes:
    raise MissingFileError("no such file", where=where, hint=what)


def _unpacked(data: bytes, where: str) -> dict[PurePath, Callable[[], bytes]]:
    """What reads each file of a zip, by its path in it."""

    def content(item: ZipInfo) -> bytes:
        memory.check(item.file_size, f"{where}/{item.filename}")
        with raised_as(DataError, "cannot be unpacked:", f"{where}/{item.filename}", _EXPORT):
            return archive.read(item)

    with raised_as(DataError, "is no whole zip:", where, _EXPORT):
        archive = ZipFile(BytesIO(data))
        if any(item.header_offset for item in archive.infolist()[:1]):
            raise DataError("something stands before it")  # of a zip that is cut short, one in it
        return {
            PurePath(item.filename.lstrip("/")): partial(content, item)
            for item in archive.infolist()
            if not item.is_dir()
        }


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write the folder ``path``, which must not be there."""
    cassis = _cassis()
    losses = Losses("inception")
    system = _type_system(cassis)

    def contents(document: Document, _: str, losses: Losses) -> dict[str, str]:
        with _strict(f"document {document.id}"):
            return {".xmi": _cas(cassis, system, document, losses).to_xmi()}

    files.write_folder(path, xml.holdable(documents, losses), losses, contents)
    system.to_xml(path / "TypeSystem.xml")
    return losses


def _cassis() -> Any:
    try:
        import cassis
    except ImportError as error:
        raise MissingExtraError(
            "INCEpTION's format needs dkpro-cassis", hint="pip install 'wortlaut[inception]'"
        ) from error
    return cassis


@contextmanager
def _strict(where: str) -> Iterator[None]:
    """Warnings of cassis are errors: it passes on what it cannot map."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings(
            "ignore", "Trying to add feature `(self|type)`|.*[Ff]eature with name .* already exists"
        )
        try:
            yield
        except WortlautError:
            raise
        # Whatever cassis and lxml raise over a broken file: to the reader it is broken data.
        except Exception as error:
            raise DataError(f"is no CAS that can be read: {error}", where=where) from error


def _type_system(cassis: Any) -> Any:
    system = cassis.TypeSystem()
    text, annotation, base = "uima.cas.String", "uima.tcas.Annotation", "uima.cas.AnnotationBase"
    about = ("documentTitle", "documentId", "documentUri", "collectionId", "documentBaseUri")
    types = {
        _DOCUMENT: (
            "uima.tcas.DocumentAnnotation",
            dict.fromkeys(about, text) | {"isLastSegment": "uima.cas.Boolean"},
        ),
        f"{_CORE}segmentation.type.Sentence": (annotation, {}),
        f"{_CORE}segmentation.type.Token": (annotation, {}),
        _NAMED: (annotation, dict.fromkeys(("value", "identifier", *_ENTITY), text)),
        _SPAN: (annotation, dict.fromkeys(("label", *_QUOTE), text)),
        _RELATION: (annotation, {"Governor": _SPAN, "Dependent": _SPAN, "label": text}),
        _PART: (annotation, {"Governor": _NAMED, "Dependent": _NAMED, "label": text}),
        _CLUSTER: (
            base,
            dict.fromkeys((*_CLUSTER_STRINGS, "named"), text) | {"aliases": "uima.cas.StringArray"},
        ),
        _META: (base, dict.fromkeys(("name", "value"), text)),
    }
    for name, (parent, features) in types.items():
        made = system.create_type(name, parent)
        for feature, kind in features.items():
            system.create_feature(made, feature, kind)
    return system


def _cas(cassis: Any, system: Any, document: Document, losses: Losses) -> Any:
    annotations = carried(document, losses)
    graph = split(to_graph(annotations))
    cas = cassis.Cas(typesystem=system)
    cas.sofa_string = document.text
    cas.sofa_mime = "text/plain"

    def add(kind: str, **features: Any) -> Any:
        item = system.get_type(kind)(**features)
        cas.add(item)
        return item

    add(_DOCUMENT, begin=0, end=len(document.text), documentId=document.id, documentTitle=document.id)
    for name, found in (("Sentence", segments.sentences), ("Token", segments.tokens)):
        for start, end in found(document.text):
            add(f"{_CORE}segmentation.type.{name}", begin=start, end=end)
    spans: dict[str, Any] = {}
    whole = len(annotations.entities)
    for node in graph.nodes:
        named = int(node.id.partition(".")[0]) <= whole
        features = _features(node.values, _ENTITY if named else _QUOTE)
        features["value" if named else "label"] = node.label
        if named and features.get("qid", "").startswith("Q"):
            features["identifier"] = _WIKIDATA + features.pop("qid")
        spans[node.id] = add(_NAMED if named else _SPAN, begin=node.span.start, end=node.span.end, **features)
    for edge in graph.edges:
        ends = {"Governor": spans[edge.source], "Dependent": spans[edge.target]}
        add(
            _PART if ends["Governor"].type.name == _NAMED else _RELATION,
            begin=ends["Dependent"].begin,
            end=ends["Dependent"].end,
            label=edge.label,
            **ends,
        )
    array = system.get_type("uima.cas.StringArray")
    for cluster in graph.clusters:
        add(
            _CLUSTER,
            named=str(cluster["named"]).lower(),
            aliases=array(elements=list(cluster["aliases"])),  # type: ignore[call-overload]
            **_features(cluster, _CLUSTER_STRINGS),
        )
    for key, value in jsonl.meta(document, losses).items():
        add(_META, name=key, value=value)
    return cas


def _features(values: Mapping[str, object], names: Mapping[str, str]) -> dict[str, str]:
    return {
        feature: repr(values[name]) if name in NUMBERS else str(values[name])
        for feature, name in names.items()
        if name in values
    }


def _document(cas: Any, file: _File, layer: str, feature: str, losses: Losses | None) -> Document:
    where = file.where
    text = cas.sofa_string
    if not isinstance(text, str):
        raise DataError("holds no text", where=where)
    found: dict[str, list[Any]] = defaultdict(list)
    for item in cas.select_all_fs():
        found[item.type.name].append(item)
    feature += "_" * (feature in ("self", "type"))  # which cassis calls so
    named_by = _layer(cas.typesystem, layer, feature, where)
    nodes: list[Node] = []
    ids: dict[int, str] = {}
    unread: Counter[str] = Counter()
    for place, item in enumerate([*found[named_by], *found[_SPAN]], 1):
        at = f"{where}: {item.type.name.rpartition('.')[2]} {item.xmiID}"
        named = item.type.name == named_by
        own = _QUOTE if not named else _ENTITY if named_by == _NAMED else {}
        values = _values(item, own, at)
        if link := _feature(item, "identifier", at):
            values["qid"] = link.rpartition("/")[2]
        label = _feature(item, feature if named else "label", at)
        if not label:
            unread["span without a label"] += 1
            ids[id(item)] = ""
            continue
        ids[id(item)] = ""
        with tolerated(losses, "span"):
            nodes.append(Node(str(place), label, jsonl.span(item.begin, item.end, text, at), values))
            ids[id(item)] = str(place)
    edges = []
    for item in (*found[_PART], *found[_RELATION]):
        ends = [ids.get(id(end)) for end in (item.Governor, item.Dependent)]
        if None in ends:
            raise DataError("a relation without two ends", where=f"{where}: {item.xmiID}")
        if "" in ends:
            unread["relation"] += 1
        else:
            label = _feature(item, "label", f"{where}: {item.xmiID}")
            edges.append(Edge(label or "relation", *map(str, ends)))
    clusters = [
        {key: value for feature, key in _CLUSTER_STRINGS.items() if (value := item[feature]) is not None}
        | {"named": item.named != "false", "aliases": list(getattr(item.aliases, "elements", None) or ())}
        for item in found[_CLUSTER]
    ]
    meta = [
        (_feature(item, "name", where) or "", _feature(item, "value", where) or "") for item in found[_META]
    ]
    ids_given = (_feature(item, "documentId", where) for item in found[_DOCUMENT])
    title = file.document or next(filter(None, ids_given), file.person)
    document = to_document(title, text, Graph(nodes, edges, clusters), where, meta, unread, losses)
    others = {name: len(items) for name, items in sorted(found.items()) if name not in _KNOWN | {named_by}}
    if losses is not None:
        for name, count in others.items():
            losses.include(f"layer {name}", NOT_READ, count, (title,))
    shown = "; ".join(f"{name} {count}" for name, count in others.items())
    return replace(document, meta=(*document.meta, ("layers_not_read", shown))) if others else document


def _values(item: Any, features: Mapping[str, str], at: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for feature, name in features.items():
        value = _feature(item, feature, at)
        if value is not None:
            try:
                found[name] = NUMBERS[name](value) if name in NUMBERS else value
            except ValueError:
                raise DataError(f"the feature {feature} cannot be {value!r}", where=at) from None
    return found


def _feature(item: Any, name: str, at: str) -> str | None:
    """The value; None also where the layer, another project's, lacks the feature."""
    value = item[name] if item.type.get_feature(name) is not None else None
    if value is not None and not isinstance(value, str):
        raise DataError(f"the feature {name} cannot be {value!r}", where=at)
    return value


def _layer(system: Any, name: str, feature: str, where: str) -> str:
    """The whole name of a layer, which has the feature."""
    known: dict[str, list[str]] = {
        kind.name: [one.name for one in kind.all_features] for kind in system.get_types()
    }
    fitting = [one for one in known if one == name or one.endswith(f".{name}")]
    if name == _NAMED and feature == "value":
        return name
    if not fitting:
        others = ", ".join(one for one in known if one not in _KNOWN)
        raise DataError(f"there is no layer {name!r}", where=where, hint=f"There are {others}.")
    if feature not in known[fitting[0]]:
        hint = f"It has {', '.join(known[fitting[0]])}."
        raise DataError(f"the layer {fitting[0]} has no feature {feature!r}", where=where, hint=hint)
    return fitting[0]
