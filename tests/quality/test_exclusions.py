from pathlib import Path

import pytest

from promptgan.quality.exclusions import ExclusionsUnreadable, excluded

ROWS = "data,id,reason\nchitchat,a-1,withdrew\nother,b-2,\n"


@pytest.mark.parametrize("text", [ROWS, "\ufeff" + ROWS, ROWS.replace("\n", "\r\n"), "\ufeff" + ROWS.replace(",", ";")])
def test_the_list_is_read_as_spreadsheets_save_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "excluded.csv"
    path.write_bytes(text.encode())
    assert excluded("chitchat", path) == {"a-1": "withdrew"}


@pytest.mark.parametrize(
    "text", ["id,reason\na,b\n", "data,id,reason\nchitchat,,none\n", 'data,id,reason\nchitchat,"a\n']
)
def test_a_broken_list_is_corrected_and_not_thrown_away(text: str, tmp_path: Path) -> None:
    path = tmp_path / "excluded.csv"
    path.write_text(text)
    with pytest.raises(ExclusionsUnreadable) as caught:
        excluded("chitchat", path)
    assert "git diff" in caught.value.remedy and "checkout" not in caught.value.remedy


def test_a_missing_list_is_brought_back(tmp_path: Path) -> None:
    with pytest.raises(ExclusionsUnreadable, match="git checkout"):
        excluded("chitchat", tmp_path / "excluded.csv")
