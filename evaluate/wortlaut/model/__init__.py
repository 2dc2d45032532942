"""The model: texts, spans, entities, quotes and clusters. Immutable, no I/O."""

from wortlaut.model.document import (
    ATTRIBUTIONS,
    ENTITY_LABELS,
    LAYERS,
    MEDIA,
    QUOTE_TYPES,
    ROLES,
    Annotations,
    Cluster,
    Document,
    Entity,
    Quote,
    Span,
    Text,
    Unplaced,
    holders,
    sizes,
)

__all__ = [
    "ATTRIBUTIONS",
    "ENTITY_LABELS",
    "LAYERS",
    "MEDIA",
    "QUOTE_TYPES",
    "ROLES",
    "Annotations",
    "Cluster",
    "Document",
    "Entity",
    "Quote",
    "Span",
    "Text",
    "Unplaced",
    "holders",
    "sizes",
]
