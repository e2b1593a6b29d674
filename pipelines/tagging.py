"""Tag texts with several taggers so that one bad text harms no other: what fails is halved until it is alone."""

from collections.abc import Sequence
from itertools import chain

from metier.errors import ConfigError, Rejected, Transient
from metier.types import Tag, Text
from pipelines import silence, text
from pipelines.tagger import Batch, Encodes, Rest, Tagger

Outcome = list[Tag] | Exception

_NOT_THE_TEXTS_FAULT = (Transient, ConfigError)


def tag_all(
    taggers: Sequence[Tagger],
    texts: Sequence[Text],
    *,
    encoder: Encodes | None = None,
    top: int = 3,
    rest: Rest = Rest.ALWAYS,
    through: tuple[type[Exception], ...] = (),
) -> list[Outcome]:
    """Return for each text the tags of all taggers, or what it failed with.

    `Rejected` is final; any other exception is what this text alone made a tagger raise. Errors that are not a text's
    fault are raised, and so are those that the caller names (a time limit that interrupts us).
    """
    outcomes: list[Outcome] = [_checked(item) for item in texts]
    fit = [place for place, outcome in enumerate(outcomes) if not isinstance(outcome, Exception)]
    batch = Batch([texts[place] for place in fit], encoder=encoder, top=top, rest=rest)
    for place, outcome in zip(fit, _halved(taggers, batch, (*_NOT_THE_TEXTS_FAULT, *through)), strict=True):
        outcomes[place] = outcome
    return outcomes


def _checked(item: Text) -> Outcome:
    try:
        text.check(item)
    except Rejected as error:
        return error
    return []


def _halved(taggers: Sequence[Tagger], batch: Batch, through: tuple[type[Exception], ...]) -> list[Outcome]:
    if not len(batch):
        return []
    try:
        answers = [tagger.tag(batch) for tagger in taggers]
        tags = [list(chain.from_iterable(row)) for row in zip(*answers, strict=True)]
        return list(silence.humbled(tags, batch.titles, batch.texts))
    except through:
        raise
    except Exception as error:  # noqa: BLE001  a tagger may fail in any way; the text that makes it fail is found
        if len(batch) == 1:
            return [error]
        left, right = batch.halves()
        return _halved(taggers, left, through) + _halved(taggers, right, through)
