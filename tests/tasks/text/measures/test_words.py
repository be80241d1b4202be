import pytest

from promptgan.tasks.text.measures.words import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i don't know...", ["i", "don't", "know", ".", ".", "."]),
        ("what?! 2 cats", ["what", "?", "!", "2", "cats"]),
        ("春眠不覺曉，ok", ["春", "眠", "不", "覺", "曉", "，", "ok"]),
        ("Ünïcode 'quoted'", ["Ünïcode", "'", "quoted", "'"]),
        ("  ", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected
