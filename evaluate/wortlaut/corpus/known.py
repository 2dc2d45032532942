"""Corpora that can be read: how to name them, whose they are, where they come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownCorpus:
    """``ref`` is what ``--corpus`` takes; ``holds`` says what is annotated."""

    ref: str
    holds: str
    licence: str
    home: str


KNOWN = (
    KnownCorpus(
        "gold",
        "the shipped article: entities, quotes, speakers, clusters",
        "annotations CC BY 4.0; rights of the text not established",
        "this package",
    ),
    KnownCorpus(
        "FOLDER", "what `wortlaut build` wrote: Parquet with a dataset card", "the card says", "yours"
    ),
    KnownCorpus("native:PATH", "annotation files of this project, with seeds/ beside them", "yours", "yours"),
    KnownCorpus(
        "german-news-quotation:FOLDER",
        "German Wikinews: quotes with roles (Petersen-Frey & Biemann 2024)",
        "CC BY-NC-SA 4.0",
        "github.com/uhh-lt/german-news-quotation-attribution-2024",
    ),
    KnownCorpus(
        "germeval:FILE",
        "GermEval 2014: names in two nested levels (Benikova et al. 2014)",
        "CC BY 4.0",
        "sites.google.com/site/germeval2014ner",
    ),
    KnownCorpus(
        "hipe:FILE",
        "HIPE: historical newspapers, nested names, metonymy, Wikidata (Ehrmann et al. 2022)",
        "CC BY-NC-SA 4.0",
        "github.com/hipe-eval/HIPE-2022-data",
    ),
    KnownCorpus(
        "conll:FILE",
        "any CoNLL file of tags: IOB1, IOB2, BIOES, BILOU (UNER, Europeana)",
        "varies",
        "various",
    ),
    KnownCorpus(
        "brat:FOLDER", "brat stand-off: nested and discontinuous names (LitBank)", "varies", "various"
    ),
)
