"""Measurements of answers on titles that people labelled; none of these titles is in the repository."""
