"""Masked texts hold no contact details, by the rule of validation."""

import time

import pytest
import regex

from promptgan.serving.contacts import MASK, masked

FOUND = [
    "write to me.too+x@mail.example.co",
    "see https://example.test/a?b=c now",
    "FTPS://host/x",
    "www.example.org is it",
    "look at example.com/path, will you",
    "call +49 30 123 456 78 today",
    "call (555) 123-4567 or 555.123.4567",
    "ring 13912345678",
    "write to " + "a" * 100 + "@example.test",
    "-".join(["at"] * 100) + "x" * 100 + ".com",
]
KEPT = ["how was your weekend?", "1,234,567.89 and 2026-11-30", "e.g. this i.e. that", "@home + 3", "3:2 (12) 100 200"]


@pytest.mark.parametrize("text", FOUND)
def test_what_validation_finds_is_masked_and_then_no_longer_found(text: str) -> None:
    from promptgan.quality import expectations  # noqa: F401  # it loads what rules are, whose warnings it knows
    from promptgan.quality.text_rules import ExpectNoContactDetails

    rule = regex.compile(ExpectNoContactDetails.__fields__["regex"].default)
    assert rule.search(text)
    assert MASK in masked(text)
    assert not rule.search(masked(text))


@pytest.mark.parametrize("text", KEPT)
def test_other_texts_stay(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("part", ["a", "a.", "a-", "a.b-", "+1", "1"])
def test_a_text_that_is_made_for_it_takes_no_longer_than_its_length(part: str) -> None:
    def seconds(characters: int) -> float:
        text, best = part * (characters // len(part)), float("inf")
        for _ in range(3):
            begun = time.perf_counter()
            masked(text)
            best = min(best, time.perf_counter() - begun)
        return best

    assert seconds(8000) < 24 * seconds(1000), "in proportion it is 8 times, of a square 64 times"
