"""German words of closed classes, in lower case."""

from __future__ import annotations

#: Whoever is called so is not named.
PRONOUNS = frozenset(
    "ich mich mir du dich dir er ihn ihm sie ihr ihnen es wir uns euch sich man wer wen wem der die das"
    " dem den dessen deren dieser diese dieses diesem diesen jener jene jenes jenem jenen"
    " jemand niemand beide beiden einer eine eines einige viele manche mancher andere anderer alle"
    " ersterer erstere letzterer letztere"
    " he him his she her it they them we us you who".split()
)
#: Articles, possessives and prepositions: behind a noun they begin what says more about it.
LINKS = frozenset(
    "der die das den dem des ein eine einer eines einem einen kein keine keiner keines keinem keinen"
    " dieser diese dieses diesem diesen jener jene jenes jenem jenen aller"
    " mein meine meiner meines meinem meinen sein seine seiner seines seinem seinen"
    " ihr ihre ihrer ihres ihrem ihren unser unsere unserer unseres unserem unseren"
    " ab am an auf aus bei beim durch für gegen hinter im in ins mit nach neben ohne seit über um unter"
    " vom von vor während wegen wie zu zum zur zwischen".split()
)
