"""Rows that name no group, and those whose content is alike once validation has made it uniform."""

import pytest

from promptgan.data.tables.groups import group_of
from promptgan.quality.normalise import normalise


@pytest.mark.parametrize("named", [None, "", " ", "\t\u3000", float("nan")])
def test_a_row_that_names_no_group_is_by_itself(named: object) -> None:
    assert group_of(named, "one") == group_of(None, "one") != group_of(named, "other")


@pytest.mark.parametrize(("named", "group"), [("ann", "ann"), (" ann", " ann"), (7, "7"), (0, "0"), (1.5, "1.5")])
def test_a_row_is_in_the_group_that_it_names(named: object, group: str) -> None:
    assert group_of(named, "one") == group_of(named, "other") == group


def test_whatever_validation_makes_uniform_is_one_group() -> None:
    assert group_of(None, " What\u2019s  up\u2026") == group_of(None, "What's up...")
    for character in map(chr, range(0x3100)):
        text = f" e{character}, e\u0301 {character}"
        assert group_of(None, text) == group_of(None, normalise(text)), hex(ord(character))


def test_what_is_no_text_is_a_group_by_what_it_says() -> None:
    assert group_of(None, 7) == group_of(" ", 7) != group_of(None, None)
