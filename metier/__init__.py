"""The shared nouns, errors and settings; it imports none of the other packages."""
