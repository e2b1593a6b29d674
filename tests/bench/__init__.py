"""How fast, how much memory, how late."""
