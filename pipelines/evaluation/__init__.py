"""How good answers are, in figures with intervals."""
