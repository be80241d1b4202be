"""Rows that name no group, and those whose content is alike once validation has made it uniform."""

import pytest

from promptgan.data.tables.groups import group_of


@pytest.mark.parametrize("named", [None, "", " ", "\t\u3000", float("nan")])
def test_a_row_that_names_no_group_is_by_itself(named: object) -> None:
    assert group_of(named, "one") == group_of(None, "one") != group_of(named, "other")


@pytest.mark.parametrize(("named", "group"), [("ann", "ann"), (" ann", " ann"), (7, "7"), (0, "0"), (1.5, "1.5")])
def test_a_row_is_in_the_group_that_it_names(named: object, group: str) -> None:
    assert group_of(named, "one") == group_of(named, "other") == group


@pytest.mark.parametrize("other", [" what\u2019s  up\u2026", "What's up", "WHAT'S\u00a0UP?", "What's\u200b up!"])
def test_case_spaces_and_punctuation_do_not_part_texts(other: str) -> None:
    assert group_of(None, other) == group_of(None, "What's up?") != group_of(None, "What's down?")
    assert group_of(None, "?") != group_of(None, "!"), "without a letter all counts"


def test_what_is_no_text_is_a_group_by_what_it_says() -> None:
    assert group_of(None, 7) == group_of(" ", 7) != group_of(None, None)
