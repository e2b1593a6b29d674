"""Polls sources and turns ready jobs into messages."""
