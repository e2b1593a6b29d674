"""Reading options that several commands take."""

from collections.abc import Sequence

from console.cli.exits import WrongUse


def pairs(given: Sequence[str]) -> dict[str, str]:
    """Return `--column FIELD=HEADER` as a mapping."""
    found = {}
    for pair in given:
        name, equals, header = pair.partition("=")
        if not (name and equals and header):
            raise WrongUse(f"--column {pair}: write FIELD=HEADER, for example --column title=Stellenbezeichnung")
        found[name.strip()] = header
    return found


def character(given: str) -> str:
    """Return a delimiter: one character, or the word tab."""
    delimiter = {"tab": "\t", "\\t": "\t"}.get(given, given)
    if len(delimiter) > 1 or delimiter in {'"', "\n", "\r"}:
        raise WrongUse(f"--delimiter {given}: give one character, or the word tab")
    return delimiter


def one_of(option: str, given: str, allowed: Sequence[str]) -> str:
    """Return what was given if it is allowed."""
    if given not in allowed:
        raise WrongUse(f"{option} {given}: use {', '.join(allowed[:-1])} or {allowed[-1]}")
    return given
