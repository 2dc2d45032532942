"""INCEpTION's UIMA CAS XMI: a folder with one ``.xmi`` file a document, and ``TypeSystem.xml``.

Offsets are UTF-16 code units in the file, which dkpro-cassis turns into code points; where it warns that
it cannot, that is an error. The format holds no surfaces to check. Needs the extra ``[inception]``.

Written: entities as DKPro's ``NamedEntity`` (``value``, a Wikidata id as ``identifier``) with further
features; quotes, roles and mentions as spans of the layer ``webanno.custom.WortlautSpan``, edges as its
relations, so that INCEpTION imports the layers from ``TypeSystem.xml``; clusters and ``meta`` as document
metadata; tokens and sentences are this project's. Lost are documents with characters that XML forbids.
Read: ``NamedEntity`` of any project, and these layers; other layers are counted in ``layers_not_read`` in
``meta``, spans without a label in ``not_read``. Where a document is there as several people annotated it, in
files ``DOCUMENT/PERSON.xmi``, ``inception?annotator=PERSON:FOLDER`` says whose is read.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError, MissingExtraError, WortlautError
from wortlaut.formats import files, jsonl, xml
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
from wortlaut.formats.losses import NOT_READ, Losses
from wortlaut.io.reading import read_bytes, read_text, unpacked
from wortlaut.model import Document
from wortlaut.text import segments

_CORE = "de.tudarmstadt.ukp.dkpro.core.api."
_NAMED = f"{_CORE}ner.type.NamedEntity"
_PART = "webanno.custom.NamedEntityPart"
_SPAN = "webanno.custom.WortlautSpan"
_RELATION = "webanno.custom.WortlautRelation"
_CLUSTER = "webanno.custom.WortlautCluster"
_META = "webanno.custom.WortlautMeta"
_DOCUMENT = f"{_CORE}metadata.type.DocumentMetaData"
_WIKIDATA = "http://www.wikidata.org/entity/"
#: Feature → value of a node; ``entity`` and the like are told from DKPro's own by their names.
_ENTITY = {name: name for name in ENTITY_VALUES}
_QUOTE = {f"quote_{name}" if name == "id" else name: name for name in QUOTE_VALUES} | {"cluster": "cluster"}
_CLUSTER_STRINGS = {"cluster": "id", "name": "name", "type_": "type", "qid": "qid", "note": "note"}
#: What two files of one document have in common, and the one that nobody has annotated.
_SAME = re.compile(rb'\bdocumentTitle="([^"]*)"'), re.compile(rb'\bsofaString="([^"]*)"')
_UNTOUCHED = "INITIAL_CAS"
#: Types that hold nothing of what a person annotated.
_KNOWN = {
    *(_NAMED, _PART, _SPAN, _RELATION, _CLUSTER, _META, _DOCUMENT),
    *("uima.tcas.DocumentAnnotation", "uima.cas.Sofa", "uima.cas.StringArray", "uima.cas.FSArray"),
    *(f"{_CORE}segmentation.type.{name}" for name in ("Token", "Sentence", "Paragraph", "Heading")),
    *(f"{_CORE}metadata.type.{name}" for name in ("TagDescription", "TagsetDescription")),
    *("de.tudarmstadt.ukp.clarin.webanno.api.type.CASMetadata", "org.dkpro.core.api.xml.type.XmlDocument"),
}


def read(path: Path, *, annotator: str | None = None, losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a folder, or the one of an ``.xmi`` file; ``TypeSystem.xml`` lies beside it."""
    people = annotators(path)
    if annotator is None and people:
        raise DataError(
            f"holds one text as several people annotated it: {', '.join(people)}",
            where=str(path),
            hint=f"Say whose: inception?annotator={people[0]}:FOLDER.",
        )
    if annotator is not None and annotator not in people:
        raise DataError(f"holds no annotations by {annotator!r}", where=str(path))
    cassis = _cassis()
    systems: dict[Path, Any] = {}
    for file in files.find(path, "inception"):
        if annotator is not None and unpacked(file).stem != annotator:
            continue
        source = file.parent / "TypeSystem.xml"
        if file.parent not in systems:
            with _strict(str(source)):
                systems[file.parent] = cassis.load_typesystem(read_text(source, "It is the type system."))
        with _strict(str(file)):
            cas = cassis.load_cas_from_xmi(read_text(file), typesystem=systems[file.parent])
        yield _document(cas, file, losses)


def annotators(path: Path) -> list[str]:
    """Whose files lie in a folder that has one document several times, as ``DOCUMENT/PERSON.xmi``."""
    if not path.is_dir():
        return []
    found: dict[tuple[bytes, ...], set[str]] = defaultdict(set)
    for file in files.find(path, "inception"):
        content = read_bytes(file)
        about = [mark.search(content) for mark in _SAME]
        key = tuple(match[1] for match in about if match) if all(about) else (str(file).encode(),)
        if (name := unpacked(file).stem) != _UNTOUCHED:
            found[key].add(name)
    return sorted(set().union(*found.values())) if any(len(people) > 1 for people in found.values()) else []


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


def _document(cas: Any, file: Path, losses: Losses | None) -> Document:
    where = str(file)
    text = cas.sofa_string
    if not isinstance(text, str):
        raise DataError("holds no text", where=where)
    found: dict[str, list[Any]] = defaultdict(list)
    for item in cas.select_all_fs():
        found[item.type.name].append(item)
    nodes: list[Node] = []
    ids: dict[int, str] = {}
    unread: Counter[str] = Counter()
    for place, item in enumerate([*found[_NAMED], *found[_SPAN]], 1):
        at = f"{where}: {item.type.name.rpartition('.')[2]} {item.xmiID}"
        named = item.type.name == _NAMED
        values = _values(item, _ENTITY if named else _QUOTE, at)
        if link := _feature(item, "identifier"):
            values["qid"] = link.rpartition("/")[2]
        label = _feature(item, "value" if named else "label")
        if not label:
            unread["span without a label"] += 1
            ids[id(item)] = ""
            continue
        ids[id(item)] = str(place)
        nodes.append(Node(str(place), label, jsonl.span(item.begin, item.end, text, at), values))
    edges = []
    for item in (*found[_PART], *found[_RELATION]):
        ends = [ids.get(id(end)) for end in (item.Governor, item.Dependent)]
        if None in ends:
            raise DataError("a relation without two ends", where=f"{where}: {item.xmiID}")
        if "" in ends:
            unread["relation"] += 1
        else:
            edges.append(Edge(item.label or "relation", *map(str, ends)))
    clusters = [
        {key: value for feature, key in _CLUSTER_STRINGS.items() if (value := item[feature]) is not None}
        | {"named": item.named != "false", "aliases": list(item.aliases.elements) if item.aliases else []}
        for item in found[_CLUSTER]
    ]
    meta = [(item.name, item.value or "") for item in found[_META]]
    title = next((item.documentId for item in found[_DOCUMENT] if item.documentId), unpacked(file).stem)
    document = to_document(title, text, Graph(nodes, edges, clusters), where, meta, unread, losses)
    others = {name: len(items) for name, items in sorted(found.items()) if name not in _KNOWN}
    if losses is not None:
        for name, count in others.items():
            losses.include(f"layer {name}", NOT_READ, count, (title,))
    shown = "; ".join(f"{name} {count}" for name, count in others.items())
    return replace(document, meta=(*document.meta, ("layers_not_read", shown))) if others else document


def _values(item: Any, features: Mapping[str, str], at: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for feature, name in features.items():
        value = _feature(item, feature)
        if value is not None:
            try:
                found[name] = NUMBERS[name](value) if name in NUMBERS else value
            except ValueError:
                raise DataError(f"the feature {feature} cannot be {value!r}", where=at) from None
    return found


def _feature(item: Any, name: str) -> Any:
    """The value; None also where the layer, another project's, lacks the feature."""
    return item[name] if item.type.get_feature(name) is not None else None
