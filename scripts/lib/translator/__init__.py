"""``scripts/train_translator.py``: the compact translators that ship, from sentence pairs to a model folder."""
