import pytest

from promptgan.terms.visible import visible


@pytest.mark.parametrize(
    "text",
    [
        "plain, with spaces",
        "naïve 春眠 ที่นี่ هیچ‌وقت",
        "\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd",
        "a\u00a0b\u3000c",
        "",
    ],
)
def test_what_people_write_stays(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\nlines\r\n", r"two\nlines\r\n"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\u2028b\x85c\x0cd", r"a\u2028b\x85c\x0cd"),
        ("\u202egnorw", r"\u202egnorw"),
        ("lone \udce9", r"lone \udce9"),
        ("soft\u00adhyphen\ufeff", r"soft\xadhyphen\ufeff"),
    ],
)
def test_what_would_break_a_line_or_a_terminal_is_escaped(text: str, expected: str) -> None:
    assert visible(text) == expected
    assert len(visible(text).splitlines()) == 1
