"""The structured fields of a posting, read out of its text by rules and tables."""
