"""Texts to vectors: the sentence model, how it is built, and its cache."""
