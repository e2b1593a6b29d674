"""How a ref is read: the source is a part before a colon, and both `greenhouse:acme` and a key may hold colons."""


def possible(ref: str) -> list[tuple[str, str]]:
    """Return all pairs of source and key that a ref may stand for; at most one of them is there."""
    parts = ref.split(":")
    most = min(len(parts), 3)  # a source is called by one word, or by kind and board
    return [(":".join(parts[:cut]), ":".join(parts[cut:])) for cut in range(1, most)]
