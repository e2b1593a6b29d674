"""Look a convention over: lines that disagree, rules that never decide, examples that contradict their own rules."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from metier.types import Example
from pipelines.conventions.convention import Convention, Decision
from pipelines.conventions.folding import fold
from pipelines.conventions.lexicon import Term
from pipelines.conventions.rules import Rule
from pipelines.text import tidy

DEFAULT = "default"
NOBODY = "nothing speaks"

_HEARD = 0.35  # a decision less confident is not heard by the head either


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two lines of the lexicon that fit the same word and speak for different labels."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """A rule that can never decide, because an earlier one holds wherever it does."""

    rule: str
    behind: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Examples of one label that a rule gives to another."""

    rule: str
    label: str
    given: str
    examples: Sequence[str]


@dataclass(frozen=True, slots=True)
class Decided:
    """The titles that one rule decides, and for which labels."""

    rule: str
    labels: Mapping[str, int]
    titles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Findings:
    """All that is worth a look, and what the convention says of some titles."""

    conflicts: Sequence[Conflict]
    hidden: Sequence[Hidden]
    contradictions: Sequence[Contradiction]
    idle: Sequence[str]  # rules that decide none of these titles
    titles: int
    spoken: int  # titles on which a rule or a term speaks
    decided: Sequence[Decided]

    @property
    def coverage(self) -> float:
        """Return the share of titles on which a rule or a term speaks."""
        return self.spoken / self.titles if self.titles else 0.0


def check(convention: Convention, titles: Sequence[str], examples: Sequence[Example] = ()) -> Findings:
    """Return what is worth a look; `titles` are those whose deciding is shown, `examples` are what is learnt from."""
    said = convention.decide_many(tidy(titles))
    decided = _decided(titles, said)
    names = {one.rule for one in decided}
    return Findings(
        conflicts=conflicts(convention.lexicon.terms),
        hidden=hidden(convention.rules.ordered),
        contradictions=contradictions(convention, examples),
        idle=[rule.name for rule in convention.rules.ordered if rule.code and rule.name not in names],
        titles=len(titles),
        spoken=sum(one is not None and one.rule != DEFAULT for one in said),
        decided=decided,
    )


def conflicts(terms: Iterable[Term]) -> list[Conflict]:
    """Return the pairs of lines that are written alike, match differently, and speak for different labels."""
    alike: dict[str, list[Term]] = defaultdict(list)
    for term in terms:
        if term.code:
            alike[fold(term.text)].append(term)
    return [
        Conflict(_told(one), _told(other))
        for same in alike.values()
        for one, other in combinations(same, 2)
        if one.code != other.code and one.priority == other.priority
    ]


def hidden(rules: Sequence[Rule]) -> list[Hidden]:
    """Return the rules behind which an earlier one always holds."""
    found = []
    for at, rule in enumerate(rules):
        before = next((earlier for earlier in rules[:at] if _always(earlier, rule)), None)
        if before is not None:
            found.append(Hidden(rule.name, before.name))
    return found


def contradictions(convention: Convention, examples: Sequence[Example]) -> list[Contradiction]:
    """Return where examples and rules disagree, the most frequent first."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    titles = tidy([example.text for example in examples])
    for title, example in zip(titles, examples, strict=True):
        said = convention.decide(title, language=example.language)
        if said is not None and said.code != example.code and said.confidence > _HEARD and said.rule != DEFAULT:
            found[said.rule, example.code, said.code].append(example.text)
    ranked = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [Contradiction(rule, label, given, titles) for (rule, label, given), titles in ranked]


def _always(earlier: Rule, later: Rule) -> bool:
    """Tell whether the earlier rule holds wherever the later one does."""
    surely = 0  # groups that a title has if the later rule holds
    for need in later.needs:
        surely |= need
    if later.when & (later.when - 1) == 0:  # one group alone
        surely |= later.when
    begins = later.when & ~earlier.when == 0 or surely & earlier.when != 0
    return begins and all(need & surely for need in earlier.needs) and earlier.unless & ~later.unless == 0


def _decided(titles: Sequence[str], said: Sequence[Decision | None]) -> list[Decided]:
    by_rule: dict[str, list[str]] = defaultdict(list)
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for title, one in zip(titles, said, strict=True):
        rule = NOBODY if one is None else one.rule
        by_rule[rule].append(title)
        labels[rule].update([] if one is None else [one.code])
    ranked = sorted(by_rule, key=lambda rule: (-len(by_rule[rule]), rule))
    return [Decided(rule, dict(labels[rule].most_common()), by_rule[rule]) for rule in ranked]


def _told(term: Term) -> str:
    return f"{term.text!r} ({term.match}) speaks for {term.code} with priority {term.priority:g}"
