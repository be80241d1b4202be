import pytest

from promptgan.quality.normalise import foreign_share, normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two \t spaces\n", "two spaces"),
        ("it’s “fine”…", 'it\'s "fine"...'),
        ("cafe\u0301", "café"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("春\u3000眠", "春 眠"),
        ("a\x00b\x1cc\x85\ufffd", "a\x00b\x1cc\x85\ufffd"),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected
    assert normalise(expected) == expected


@pytest.mark.parametrize(
    ("text", "script", "expected"),
    [
        ("hello", "latin", 0.0),
        ("naïve café", "latin", 0.0),
        ("привет", "latin", 1.0),
        ("ab月光", "latin", 0.5),
        ("ab月光", "han", 0.5),
        ("123 :)", "han", 0.0),
    ],
)
def test_foreign_share(text, script, expected):
    assert foreign_share(text, script) == expected
