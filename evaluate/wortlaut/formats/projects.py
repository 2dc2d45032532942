"""Configurations of annotation tools that ask for the labels of a corpus, and for quotes with their roles.

What a tool then exports, its reader here takes as it is: :mod:`wortlaut.formats.graph` says what the labels
of spans and relations mean. Label Studio: an interface (``<View>``). brat: ``annotation.conf``. INCEpTION:
layers with their tag sets, as its project settings import them (``ExportedAnnotationLayer`` in its source).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from wortlaut.errors import DataError
from wortlaut.formats import inception
from wortlaut.formats.graph import CONTINUED, MENTION, PARENT, QUOTE_LABELS
from wortlaut.model import ATTRIBUTIONS, MEDIA, ROLES

_MEANS = {
    "cue": "the word that introduces a quote",
    "speaker": "who says it, as the text has it",
    "addressee": "to whom",
    "frame": "the words around it that say that something was said",
    PARENT: "from a quote to the one that it is nested in",
    CONTINUED: "from the first part of something to a further one",
}
_QUOTES = {label: f"what was said: {type_}" for label, type_ in QUOTE_LABELS.items()}
_COLOURS = ("#1f77b4", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22")
#: What brat takes as the name of a type.
_BRAT = re.compile(r"[A-Za-z0-9_-]+")


def configurations(labels: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """File name → content for each tool, and what cannot be asked for where. Labels come with their meaning.

    Raises DataError for a label that means a quote or a role in every tool.
    """
    for label in labels:
        if label in (*QUOTE_LABELS, *ROLES, MENTION):
            raise DataError(
                f"a label cannot be {label!r}: the tools have quotes and roles under this name",
                hint="Name it otherwise in annotations/labels.yaml.",
            )
    files = {"label-studio.xml": label_studio_view(labels), "inception-layers.json": _inception(labels)}
    odd = [label for label in labels if not is_brat_type(label)]
    if odd:
        return files, [f"no configuration for brat, which takes A-Z, 0-9, - and _ only: {', '.join(odd)}"]
    return files | {"brat/annotation.conf": brat_types(labels)}, []


def label_studio_view(labels: Mapping[str, str]) -> str:
    """The interface: ``labels`` with their meaning, quotes with their roles."""
    spans = {**labels, **_QUOTES, **{role: _MEANS[role] for role in ROLES}}
    shown = "\n".join(
        f"    <Label value={quoteattr(label)} hint={quoteattr(means)} background={quoteattr(colour)}/>"
        for (label, means), colour in zip(spans.items(), _COLOURS * len(spans), strict=False)
    )
    relations = "\n".join(f'    <Relation value="{name}"/>' for name in (*ROLES, PARENT, CONTINUED))
    return f"""<View>
  <Relations>
{relations}
  </Relations>
  <Labels name="label" toName="text">
{shown}
  </Labels>
  <Text name="text" value="$text"/>
</View>
"""


def is_brat_type(label: str) -> bool:
    return _BRAT.fullmatch(label) is not None


def brat_types(labels: Iterable[str]) -> str:
    """``annotation.conf``: names with these labels, quotes with their roles."""
    labels = list(labels)
    named = f"Equiv Arg1:{'|'.join(labels)}, Arg2:{'|'.join(labels)}, <REL-TYPE>:symmetric-transitive\n"
    roles = "".join(f"{role} Arg1:<QUOTE>, Arg2:{role}\n" for role in ROLES)
    spans = "\n".join((*labels, *QUOTE_LABELS, *ROLES))
    return f"""[entities]
{spans}

[relations]
<QUOTE>={"|".join(QUOTE_LABELS)}
{roles}{PARENT} Arg1:<QUOTE>, Arg2:<QUOTE>
{named if labels else ""}<OVERLAP> Arg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>

[events]

[attributes]
"""


def _inception(labels: Mapping[str, str]) -> str:
    names = _tags("Wortlaut labels", labels)
    spans = {**_QUOTES, **{role: _MEANS[role] for role in ROLES}, MENTION: "a further mention of a cluster"}
    edges = {name: _MEANS[name] for name in (*ROLES, PARENT, CONTINUED)}
    layers = [
        _layer(
            inception.NAMED,
            "Named entity",
            "span",
            [
                _feature("value", names, required=True),
                _feature("entity", about="id of the cluster: who or what it names"),
                _feature("metonymy", names, about="the label that it stands for"),
                _feature("note"),
            ],
            built_in=True,
        ),
        _layer(
            inception.SPAN,
            "Quote",
            "span",
            [
                _feature("label", _tags("Wortlaut quotes and roles", spans), required=True),
                _feature("medium", _tags("Wortlaut media", dict.fromkeys(MEDIA, ""), create=True)),
                _feature("speaker_entity", about="id of the cluster, or the name: who says it"),
                _feature("attribution", _tags("Wortlaut attributions", dict.fromkeys(ATTRIBUTIONS, ""))),
                _feature("cluster", about="of a mention: id of the cluster"),
                _feature("note"),
            ],
        ),
        _layer(
            inception.RELATION,
            "Quote relation",
            "relation",
            [_feature("label", _tags("Wortlaut relations", edges), required=True)],
            attach_type={"name": inception.SPAN},
        ),
    ]
    return json.dumps(layers, ensure_ascii=False, indent=2) + "\n"


def _layer(name: str, shown: str, kind: str, features: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    free = {"anchoring_mode": "CHARACTERS", "overlap_mode": "ANY_OVERLAP", "cross_sentence": True}
    about = {"name": name, "uiName": shown, "type": kind, "description": shown, "enabled": True}
    return about | free | more | {"features": [one | {"rank": rank} for rank, one in enumerate(features)]}


def _feature(
    name: str, tags: Mapping[str, Any] | None = None, *, about: str = "", required: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "uiName": name.replace("_", " "),
        "type": "uima.cas.String",
        "description": about,
        "enabled": True,
        "visible": True,
        "required": required,
        "multi_value_mode": "NONE",
        "link_mode": "NONE",
        **({"tag_set": tags} if tags else {}),
    }


def _tags(name: str, tags: Mapping[str, str], *, create: bool = False) -> dict[str, Any]:
    """``create``: annotators may write others, such as two media joined by a slash."""
    shown = [{"tag_name": tag, "tag_description": about} for tag, about in tags.items()]
    return {"name": name, "description": name, "language": "de", "tags": shown, "create_tag": create}
