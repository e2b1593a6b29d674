"""Why a title gets its label, told to a person: by the artifact that serves, else by the convention alone."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from console import engines, listing, screen
from metier.errors import ConfigError
from metier.types import Text
from pipelines import artifact, bundle, explain, nearest, taxonomy, text
from pipelines.bare import Sparing
from pipelines.classify import Head
from pipelines.conventions.bodies import BodyReader
from pipelines.explain import Explanation, Said
from pipelines.nearest import Near
from pipelines.tagger import Batch
from pipelines.taggers import registry

_ENCODER = "encoder"


@dataclass(frozen=True, slots=True)
class Told:
    """What the convention says, what the artifact makes of it, and the nearest titles that were learnt."""

    taxonomy: str
    title: str
    said: Said | None
    answer: Explanation | None
    near: Sequence[Near]


def explained(name: str, title: str, *, language: str, choice: engines.Choice) -> Told:
    """Return why a title gets its label of this taxonomy."""
    folder = taxonomy.folder(name)
    asked = Text(title, language=language)
    text.check(asked)
    digest = {**artifact.bundled(choice.root), **choice.champions}.get(name)
    answer = None if digest is None else _answer(name, asked, choice, digest)
    rules = bundle.convention(folder)
    said = answer.said if answer else explain.ruled(rules, text.tidy([title])[0]) if rules else None
    return Told(name, title, said, answer, nearest.nearest(title, bundle.examples(folder)))


def show(told: Told) -> None:
    """Write the explanation to standard output."""
    answer = told.answer
    if answer is None:
        screen.say("no artifact serves yet, so this is what the convention alone says: run `metier artifacts build`")
    else:
        sure = "sure" if answer.sure else "not sure"
        read = f", read from {answer.read}" if answer.read else ""
        listing.line(f"{answer.code} ({answer.shares[0].score:.3f}, {sure}) by {answer.artifact}{read}")
    if told.said is None:
        listing.line("no rule and no term speaks on this title")
    else:
        words = f", because of: {', '.join(told.said.words)}" if told.said.words else ""
        heard = "" if told.said.heard else "; too unsure to be heard"
        listing.line(f"rule: {told.said.rule}{words}; it says {told.said.code} ({told.said.confidence:.2f}{heard})")
    if answer is not None:
        header = ("label", "score", "n-grams", "vectors", "rules", "bias")
        rows = [(one.code, one.score, one.ngrams, one.vectors, one.rules, one.bias) for one in answer.shares]
        listing.table("What adds to each label", header, [tuple(map(_short, row)) for row in rows])
        parts = [(one.word, f"{one.part:+.0%}") for one in answer.words]
        listing.table(f"What the words say of {answer.code}", ("word", "part"), parts)
    near = [(one.title, one.code, one.language, _short(one.likeness)) for one in told.near]
    listing.table("The nearest titles that are learnt from", ("title", "label", "language", "alike"), near)


def _answer(name: str, asked: Text, choice: engines.Choice, digest: str) -> Explanation:
    found = artifact.find(choice.root, name, digest)
    tagger = registry()[name].load(found)
    if isinstance(tagger, BodyReader):
        tagger = tagger.head  # a title has no body
    if isinstance(tagger, Sparing):
        tagger = tagger.decides(Batch([asked]))
    if not isinstance(tagger, Head):
        raise ConfigError(f"{name}: its tagger is no head of n-grams and rules, and cannot tell what adds to a score")
    base = str(found.manifest.extra.get("encoder") or "")
    if not base or tagger.weights.vectors is None:
        return explain.explain(tagger, asked)
    from pipelines.encoding import encoder

    loaded = encoder.load(artifact.find(choice.root, _ENCODER, base).folder, threads=os.cpu_count() or 1)
    return explain.explain(tagger, asked, encoder=loaded)


def _short(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
