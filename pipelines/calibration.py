"""The section [calibration] of a taxonomy.toml: how scores are read, where more is known than training shows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines import taxonomy
from pipelines.classify import Mixture
from pipelines.conventions.files import line_of, table, wrong

SECTION = "calibration"

_BOUNDS = {"rules": (0.0, 100.0), "temperature": (0.05, 100.0), "sure": (0.0, 1.0)}
_BIAS = (-50.0, 50.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Numbers that go before those of training; what is not given is fitted on held-out examples."""

    rules: float | None = None  # weight of a decision of the convention
    temperature: float | None = None  # by which the sum of all evidence is divided
    bias: Mapping[str, float] = field(default_factory=dict)  # what speaks for a label before a word is read
    sure: float | None = None  # the lowest score of an answer that needs no review

    def over(self, mixture: Mixture) -> Mixture:
        """Return the mixture with the numbers that are given here."""
        given = {key: value for key in _BOUNDS if (value := getattr(self, key)) is not None}
        return replace(mixture, **given, bias={**mixture.bias, **self.bias})


def read(folder: Path) -> Calibration:
    """Return what the taxonomy in this folder says; nothing, if it has no such section."""
    file = folder / taxonomy.FILE
    codes = [label.code for label in taxonomy.read(folder).labels]
    return parse(table(file).get(SECTION, {}), codes, file)


def parse(section: object, codes: Collection[str], file: Path) -> Calibration:
    """Return the numbers of a section that may name these labels, or say what of it is wrong."""
    line = line_of(file, f"[{SECTION}]", 0)
    if not isinstance(section, dict):
        raise wrong(file, line, f"{SECTION} is no table", f"write [{SECTION}] on a line of its own")
    if unknown := sorted(section.keys() - _BOUNDS.keys() - {"bias"}):
        known = ", ".join([*_BOUNDS, "bias"])
        raise wrong(file, line, f"{unknown[0]!r} is no part of [{SECTION}]", f"use {known}")
    bias = section.get("bias", {})
    if not isinstance(bias, dict):
        raise wrong(file, line, "bias is no table", "write bias = { code = number }")
    if unknown := sorted(bias.keys() - set(codes)):
        raise wrong(file, line, f"bias: {unknown[0]!r} is no label", f"use one of {', '.join(sorted(codes))}")
    numbers = {key: _number(section[key], _BOUNDS[key], key, (file, line)) for key in _BOUNDS.keys() & section.keys()}
    shift = {code: _number(value, _BIAS, f"bias: {code}", (file, line)) for code, value in sorted(bias.items())}
    return Calibration(**numbers, bias=shift)


def _number(value: Any, bounds: tuple[float, float], what: str, place: tuple[Path, int]) -> float:  # Any: from TOML
    low, high = bounds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise wrong(*place, f"{what}: {value!r} does not fit", f"write a number from {low:g} to {high:g}")
    return float(value)
