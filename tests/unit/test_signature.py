"""Signatures: what postings are compared by, and what makes two of them one job."""

import subprocess
import sys
from random import Random

import pytest

from metier.gleanings import Signature
from metier.types import Text
from pipelines import minhash, signature, text
from pipelines.fields import reading

BODY = "You buy steel for our plants, negotiate with suppliers, keep prices in order and report every month on it. " * 3


def signed(title: str, *, company: str = "", location: str = "", body: str = BODY) -> Signature:
    item = Text(title, body, company=company)
    found = signature.signature(item, tidied=text.tidy([title])[0], body=reading.read("body", body), location=location)
    assert found is not None
    return found


def alike(one: Signature, other: Signature) -> bool:
    """Tell whether they are one job, seen from either side."""
    found = {signature.same(one, other, one_source=False), signature.same(other, one, one_source=False)}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Steel Buyer", "Buyer, Steel (m/w/d)"),
        ("Steel Buyer", "Steel Buyer | Remote"),
        ("Steel Buyer 80-100%", "Steel Buyer (full-time)"),
        ("Einkäufer Stahl", "Einkaufer Stahl #4711"),
        ("Steel Buyer - Basel", "Steel Buyer"),
        ("Steel Buyer at Nordwind", "Steel Buyer"),
        ("鋼材 バイヤー", "鋼材 バイヤー"),
    ],
)
def test_one_job_under_two_titles(one: str, other: str) -> None:
    named = {"company": "Nordwind AG", "location": "Basel"}
    assert alike(signed(one, **named), signed(other, company="The Nordwind Group", location="4051 Basel, Switzerland"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Steel Buyer", "Senior Steel Buyer"),
        ("Steel Buyer", "Copper Buyer"),
        ("C Developer", "C++ Developer"),
        ("Engineer II", "Engineer III"),
        ("Technician Level 1", "Technician Level 2"),
        ("Buyer", "Driver"),
    ],
)
def test_two_jobs_under_one_text(one: str, other: str) -> None:
    named = {"company": "Nordwind AG", "location": "Basel"}
    assert not alike(signed(one, **named), signed(other, **named))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"company": "Nordwind AG"}, {"company": "Calanda SA"}, False),
        ({"company": "Nordwind"}, {"company": "Nordwind Steel GmbH"}, True),
        ({"company": "Nordwind"}, {}, True),
        ({"location": "Basel, Switzerland"}, {"location": "Bern, Switzerland"}, False),
        ({"location": "Zürich"}, {"location": "8005 Zurich, CH"}, True),
        ({"location": "Basel"}, {"location": "Remote"}, True),
        ({"location": "Basel"}, {}, True),
    ],
)
def test_companies_and_places_must_not_contradict(one: dict[str, str], other: dict[str, str], same: bool) -> None:
    assert alike(signed("Buyer", **one), signed("Buyer", **other)) is same


def test_within_one_source_more_of_the_text_must_be_the_same() -> None:
    longer = signed("Buyer", company="Nordwind", body=f"{BODY} The second plant opens in May, with two new halls.")
    one = signed("Buyer", company="Nordwind")
    assert signature.same(one, longer, one_source=False)
    assert not signature.same(one, longer, one_source=True)


@pytest.mark.parametrize("body", ["", "Call us.", "1 2 3 4 5 " * 50])
def test_a_text_too_short_to_compare_has_no_signature(body: str) -> None:
    assert signature.signature(Text("Buyer", body), tidied="Buyer", body=reading.read("body", body)) is None


def test_a_title_without_a_word_has_no_signature() -> None:
    read = reading.read("body", BODY)
    assert signature.signature(Text("80-100%", BODY), tidied="80-100%", body=read) is None


def test_a_text_in_another_script_is_compared_too() -> None:
    body = "Мы ищем закупщика стали для наших заводов, который ведёт переговоры с поставщиками и следит за ценами. " * 3
    one, other = signed("Закупщик", body=body), signed("Закупщик", body=f"{body} Звоните нам.")
    assert alike(one, other)
    assert set(one.bands) & set(other.bands)


def test_the_estimate_is_near_the_truth() -> None:
    random = Random(1)
    words = [f"w{number}" for number in range(5000)]
    for share in (0.3, 0.6, 0.9):
        one = [random.choice(words) for _ in range(400)]
        other = [*one[: int(400 * share)], *(random.choice(words) for _ in range(400 - int(400 * share)))]
        pieces = [{tuple(text_[at : at + 3]) for at in range(398)} for text_ in (one, other)]
        truth = len(pieces[0] & pieces[1]) / len(pieces[0] | pieces[1])
        left, right = (minhash.written(minhash.numbers(text_)) for text_ in (one, other))
        assert abs(minhash.shared(left, right) - truth) < 0.15


def test_every_process_and_release_signs_alike() -> None:
    words = ["you", "buy", "steel", "for", "our", "plants"]
    script = f"from pipelines import minhash as m; n = m.numbers({words!r}); print(m.written(n), m.bands(n))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split(
        " ", 1
    )
    found = minhash.numbers(words)
    assert told == [minhash.written(found), f"{minhash.bands(found)}\n"]
    assert minhash.bands(found)[:3] == KNOWN, "bands are kept in databases: other ones find nothing there"


KNOWN = [-2064677890, -527143482, 1870150125]
