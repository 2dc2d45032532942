"""From a folder of annotations to a published dataset: build, card, stand-off, publish."""
