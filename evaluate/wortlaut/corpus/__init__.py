"""Corpora: checked (`validate`), loaded (`load`) and published (`build`)."""
