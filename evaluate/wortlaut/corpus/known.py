"""Corpora that can be read: how to name them, whose they are, how to get them, and where they must lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wortlaut.formats import FORMATS


@dataclass(frozen=True, slots=True)
class KnownCorpus:
    """``ref`` is what ``--corpus`` takes; ``holds`` says what is annotated, ``get`` how it is got.

    ``folder`` is what must be in the folder or file that ``ref`` names. ``languages`` are codes of ISO 639-1,
    none where it may be any. ``size`` is what was counted here, in the part ``counted``: documents, quotes, …
    """

    ref: str
    holds: str
    licence: str
    home: str
    get: str
    folder: str
    languages: tuple[str, ...] = ()
    size: Mapping[str, int] = field(default_factory=dict)
    counted: str = ""


KNOWN = (
    KnownCorpus(
        "gold",
        "the shipped article: entities, quotes, speakers, clusters; gold@1.1.0 is a frozen version",
        "annotations CC BY 4.0; rights of the text not established",
        "this package",
        "it is here",
        "",
        languages=("de",),
        size={"documents": 1, "quotes": 16, "entities": 54},
    ),
    KnownCorpus(
        "probes",
        "made news items, gold by construction, with phenomenon and minimal pair; probes@VERSION is frozen",
        "CC0 1.0, text and annotations",
        "this package",
        "it is here; fresh items: probes?seed=7&size=40&half=test&only=laut-laute",
        "",
        languages=("de",),
        size={"documents": 5680, "quotes": 4057, "entities": 9108},
    ),
    KnownCorpus(
        "FOLDER",
        "a dataset folder: Parquet with a card",
        "the card says",
        "yours",
        "wortlaut build, or wortlaut convert IN FOLDER --to dataset",
        "README.md and data/documents/*.parquet",
    ),
    KnownCorpus(
        "native:PATH",
        "annotation files of this project",
        "yours",
        "yours",
        "wortlaut add TEXT, wortlaut adjudicate, or wortlaut merge RELEASE TEXTS",
        "annotations/gold/*.jsonl, and seeds/*.txt beside annotations",
    ),
    KnownCorpus(
        "hub:NAME",
        "any dataset with texts and spans, or tokens and tags; rows are streamed",
        "its card says",
        "huggingface.co/datasets/NAME",
        "by itself; ?config=, ?split=, ?revision= and ?columns=FILE.json behind the name",
        "a name on the Hub, or a folder that datasets reads",
    ),
    KnownCorpus(
        "german-news-quotation:FOLDER",
        "Wikinews: quotes with type, medium and roles (Petersen-Frey & Biemann 2024)",
        "CC BY-NC-SA 4.0",
        "github.com/uhh-lt/german-news-quotation-attribution-2024",
        "git clone",
        "one .json file a document, below train, dev and test",
        languages=("de",),
        size={"documents": 850, "quotes": 3530},
        counted="train and dev",
    ),
    KnownCorpus(
        "spkatt:FOLDER",
        "SpkAtt-2023: cues and roles in Bundestag debates; task 2, Wikinews (Rehbein et al. 2023)",
        "CC BY-SA 4.0; task 2 CC BY-NC-SA 4.0",
        "github.com/umanlp/SpkAtt-2023, github.com/uhh-lt/news-speaker-attribution-2023",
        "git clone",
        "data/SPLIT/task1 or task2: one .json file a document",
        languages=("de",),
        size={"documents": 195, "quotes": 3532},
        counted="task 1, train and dev; task 2 has the articles of german-news-quotation",
    ),
    KnownCorpus(
        "pdnc:FOLDER",
        "PDNC: novels, quotations with speaker, addressees and form (Vishnubhotla et al. 2022)",
        "none named at its home",
        "github.com/Priya22/project-dialogism-novel-corpus",
        "git clone",
        "data/NOVEL/quotation_info.csv, character_info.csv and novel_text.txt",
        languages=("en",),
        size={"documents": 28, "quotes": 37131},
    ),
    KnownCorpus(
        "litbank:FOLDER",
        "LitBank: novels, quotations with speaker, coreference (Sims & Bamman 2020)",
        "CC BY 4.0",
        "github.com/dbamman/litbank",
        "git clone",
        "quotations/tsv/*_brat.ann with .txt, and coref/tsv",
        languages=("en",),
        size={"documents": 100, "quotes": 1765, "tokens": 210532},
    ),
    KnownCorpus(
        "booknlp:FOLDER",
        "what BookNLP found: quotes, speakers, coreference (unverified)",
        "yours",
        "github.com/booknlp/booknlp",
        "run BookNLP",
        "NAME.quotes with NAME.tokens, NAME.entities and NAME.txt",
        languages=("en",),
    ),
    KnownCorpus(
        "germeval:FILE",
        "GermEval 2014: names in two nested levels (Benikova et al. 2014)",
        "CC BY 4.0",
        "sites.google.com/site/germeval2014ner",
        "download the .tsv files",
        "number, token, outer tag and inner tag in four columns",
        languages=("de",),
        size={"sentences": 2200, "tokens": 41653, "entities": 2886},
        counted="dev",
    ),
    KnownCorpus(
        "hipe:FILE",
        "HIPE: historical newspapers, nested names, metonymy, Wikidata (Ehrmann et al. 2022)",
        "CC BY-NC-SA 4.0",
        "github.com/hipe-eval/HIPE-2022-data",
        "git clone",
        "data/v2.1/…/*.tsv, with the heading TOKEN NE-COARSE-LIT …",
        languages=("de", "en", "fi", "fr", "sv"),
        size={"documents": 185, "tokens": 149853},
        counted="hipe2020 in German",
    ),
    KnownCorpus(
        "polnear:FOLDER",
        "PolNeAR: political news, attributions with cue and source (Newell et al. 2018)",
        "none stated",
        "github.com/networkdynamics/PolNeAR",
        "git clone",
        "data/COMPARTMENT/attributions/*.ann and data/COMPARTMENT/text/*.txt",
        languages=("en",),
        size={"documents": 1008, "quotes": 24068},
    ),
    KnownCorpus(
        "parc3:FOLDER",
        "PARC 3.0: news, attributions, nested ones too (Pareti 2016); unverified: two examples read",
        "LDC, on request",
        "none public",
        "ask its author; the texts need LDC's licence of the Penn Treebank",
        "an .xml file an article, below train, dev and test",
        languages=("en",),
    ),
    KnownCorpus(
        "citron:FOLDER",
        "quotes in Citron's JSON, as its converter makes of PARC; unverified: built from its documentation",
        "yours",
        "github.com/bbc/citron",
        "its scripts/preprocess/parc_extractor.py",
        "a .json file a document",
        languages=("en",),
    ),
    KnownCorpus(
        "riqua:FOLDER",
        "RiQuA: novels, quotations with speaker, addressee, cue (Papay & Padó 2020); unverified: its readers'"
        " code was read",
        'no file; free "for use, modification, and experimentation", says its paper',
        "ims.uni-stuttgart.de/en/research/resources/corpora/riqua",
        "download riqua.tar.gz",
        "merged: an .ann file beside each .txt file",
        languages=("en",),
    ),
    KnownCorpus(
        "directquote:FILE",
        "DirectQuote: news, direct quotes with speaker (Zhang & Liu 2022); unverified: its README was read",
        "none named in its README",
        "github.com/THUNLP-MT/DirectQuote",
        "git clone",
        "data/truecased.txt: a word and its tag a line",
        languages=("en",),
    ),
    KnownCorpus(
        "quotebank:FILE",
        "Quotebank: news, quotes, predicted speakers (Vaucher et al. 2021); unverified: its code was read",
        "see its home",
        "zenodo.org/record/4277311",
        "download quotes-YYYY.json.bz2; bzcat FILE | wortlaut convert quotebank:- OUT --to dataset",
        "JSON lines with quoteID, or with articleID and quotations",
        languages=("en",),
    ),
    KnownCorpus(
        "redewiedergabe:FOLDER",
        "Redewiedergabe: texts of 1840–1919, speech, thought, writing with roles (Brunner et al. 2020)",
        "CC BY-NC-SA 4.0",
        "github.com/redewiedergabe/corpus",
        "git clone",
        "data/main with tsv and xml; data/additional/primary has a folder of each annotator",
        languages=("de",),
        size={"documents": 838, "quotes": 11819, "tokens": 486929},
        counted="data/main",
    ),
    KnownCorpus(
        "conll:FILE",
        "any CoNLL file of tags: IOB1, IOB2, BIOES, BILOU (UNER, Europeana)",
        "varies",
        "various",
        "from its home",
        "a token and its tag a line, an empty line between sentences",
    ),
    KnownCorpus(
        "brat:FOLDER",
        "brat stand-off: nested and discontinuous names (LitBank)",
        "varies",
        "various",
        "from its home",
        "an .ann file beside each .txt file",
    ),
    KnownCorpus(
        "FORMAT:PATH",
        "exports of tools, and what wortlaut convert writes",
        "yours",
        "docs/formats.md says what each holds",
        ", ".join(FORMATS),
        "",
    ),
)
