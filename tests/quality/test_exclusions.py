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


@pytest.mark.parametrize("before", ["", "chitchat,b,\n"])
def test_a_reason_with_a_comma_out_of_quotes_is_named_with_its_line(before: str, tmp_path: Path) -> None:
    path = tmp_path / "excluded.csv"
    path.write_text(f"data,id,reason\n{before}chitchat,a,withdrew, by letter\n")
    with pytest.raises(ExclusionsUnreadable, match=rf"line {3 if before else 2} has too many cells: .* into quotes"):
        excluded("chitchat", path)
    path.write_text(f'data,id,reason\n{before}chitchat,a,"withdrew, by letter"\n')
    assert excluded("chitchat", path)["a"] == "withdrew, by letter"
