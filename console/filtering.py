"""The options by which commands choose postings and tags, read in one place into the one filter."""

import inspect
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from console import choices
from console.cli.exits import WrongUse
from metier.types import Kind, Origin

if TYPE_CHECKING:
    from storage.filters import Filter

_Names = list[str] | None
_Score = float | None


def _option(kind: Any, name: str, says: str, **more: Any) -> Any:  # Any: what typer takes
    return Annotated[kind, typer.Option(name, help=says, **more)]


_OPTIONS: dict[str, tuple[Any, Any]] = {  # name → what typer reads of it, default
    "source": (_option(_Names, "--source", "Only of this source; repeatable.", metavar="NAME"), None),
    "kind": (_option(str, "--kind", "Only posting or title."), ""),
    "language": (_option(_Names, "--language", "Only in this language; repeatable.", metavar="CODE"), None),
    "since": (_option(str, "--since", "Only what came in or was edited then or later.", metavar="DATE"), ""),
    "until": (_option(str, "--until", "Only what came in or was edited before.", metavar="DATE"), ""),
    "text": (_option(str, "--text", "Only where this stands in the title."), ""),
    "taxonomy": (_option(_Names, "--taxonomy", "Only this taxonomy; repeatable.", metavar="NAME"), None),
    "code": (_option(_Names, "--code", "Only with this label; repeatable."), None),
    "origin": (_option(_Names, "--origin", "Only tags of model, llm, person or source; repeatable."), None),
    "artifact": (_option(str, "--artifact", "Only tags that this artifact gave.", metavar="NAME@DIGEST"), ""),
    "artifact_before": (
        _option(str, "--artifact-before", "Only tags that an earlier artifact gave.", metavar="DIGEST|DATE"), ""
    ),
    "score_below": (_option(_Score, "--score-below", "Only answers with a lower score.", min=0, max=1), None),
    "score_above": (_option(_Score, "--score-above", "Only answers with a higher score.", min=0, max=1), None),
    "sure": (_option(bool | None, "--sure/--unsure", "Only sure, or only unsure answers."), None),
    "untagged": (_option(bool, "--untagged", "Only postings that lack a tag in --taxonomy."), False),
}  # fmt: skip
_ORIGINS = [Origin.MODEL, Origin.LLM, Origin.PERSON, Origin.SOURCE]


def filtered(*without: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of the filter, all but those named; it gets a keyword `wanted` instead of them."""
    offered = {name: option for name, option in _OPTIONS.items() if name not in without}

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def called(*given: Any, **options: Any) -> None:  # Any: whatever the command takes
            chosen = {name: options.pop(name) for name in offered}
            command(*given, wanted=read(**chosen), **options)

        hints = get_type_hints(command, include_extras=True, localns={"Filter": object})
        plain = inspect.signature(command)
        own = [
            parameter.replace(annotation=hints[name])
            for name, parameter in plain.parameters.items()
            if name != "wanted"
        ]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for name, (kind, default) in offered.items()
        ]
        called.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]  # typer reads it
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *added]}
        del called.__wrapped__  # else its annotations are read instead
        return called

    return decorate


def read(
    *,
    source: _Names = None,
    kind: str = "",
    language: _Names = None,
    since: str = "",
    until: str = "",
    text: str = "",
    taxonomy: _Names = None,
    code: _Names = None,
    origin: _Names = None,
    artifact: str = "",
    artifact_before: str = "",
    score_below: _Score = None,
    score_above: _Score = None,
    sure: bool | None = None,
    untagged: bool = False,
) -> "Filter":
    """Return the filter that these options ask for; raise WrongUse for what cannot be meant."""
    from storage.filters import Filter

    if untagged and not taxonomy:
        raise WrongUse("--untagged: name the taxonomies too, for example --taxonomy career")
    for name in origin or ():
        choices.one_of("--origin", name, _ORIGINS)
    dated = bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", artifact_before))
    return Filter(
        sources=tuple(source or ()),
        kinds=(Kind(choices.one_of("--kind", kind, list(Kind))),) if kind else (),
        languages=tuple(language or ()),
        since=moment("--since", since) if since else None,
        until=moment("--until", until) if until else None,
        text=text,
        taxonomies=tuple(taxonomies(taxonomy or ())),
        codes=tuple(code or ()),
        origins=tuple(Origin(name) for name in origin or ()),
        artifact=artifact,
        artifact_before="" if dated else artifact_before,
        made_before=moment("--artifact-before", artifact_before) if dated else None,
        score_below=score_below,
        score_above=score_above,
        sure=sure,
        untagged=untagged,
    )


def taxonomies(named: "list[str] | tuple[str, ...]") -> list[str]:
    """Return these names of taxonomies; raise WrongUse for one that nobody knows."""
    from pipelines import taxonomy

    return [choices.one_of("--taxonomy", name, taxonomy.names()) for name in named] if named else []


def moment(option: str, given: str) -> datetime:
    """Return a moment given as 2026-05-03 or with a time; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError as error:
        raise WrongUse(f"{option} {given}: write a date as 2026-05-03, or a moment as 2026-05-03T14:30") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
