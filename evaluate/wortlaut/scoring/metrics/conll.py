"""The CoNLL average (Pradhan et al. 2014): the mean of MUC, B³ and CEAF-e, which are its labels."""

from __future__ import annotations

from wortlaut.scoring.metrics import b3, ceafe, muc
from wortlaut.scoring.metrics._clusters import both_ways, cluster_metric

PARTS = {"muc": both_ways(muc.shares), "b3": both_ways(b3.shares), "ceafe": ceafe.shares}

METRIC = cluster_metric("conll", "mean of MUC, B³ and CEAF-e (Pradhan et al. 2014)", PARTS, headline="macro")
