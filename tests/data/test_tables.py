"""Files as people's programs write them: what is read, and what is said of those that cannot be."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from promptgan.core.errors import PromptganError
from promptgan.data.sets.local_text import read_pairs
from promptgan.data.tables.decoding import BrokenFile, NotUtf8
from promptgan.data.tables.reading import MOST_LINES, ROLES, WrongColumn

COUNT = 160


def table(separator: str, end: str = "\n", header: str = "question{}answer", cells: str = "ask {i}{}say {i}") -> str:
    rows = [header.format(separator), *(cells.format(separator, i=i) for i in range(COUNT))]
    return end.join(rows) + end


def pairs(tmp_path: Path, name: str, content: bytes | str, prompt: str = "question", text: str = "answer") -> Any:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    plain = name.endswith(".txt")
    frame = read_pairs(path, None if plain else prompt, None if plain else text, 2)
    return list(zip(frame["prompt"], frame["text"], strict=True))


EXPECTED = [(f"ask {i}", f"say {i}") for i in range(COUNT)]
OBJECTS = [{"question": q, "answer": a} for q, a in EXPECTED]
CHAT = [
    {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}], "id": 1} for q, a in EXPECTED
]

PARTS = [
    {"messages": [{"role": "user", "content": [{"type": "text", "text": q}, {"type": "image_url"}]},
                  {"role": "assistant", "content": [{"type": "text", "text": a}]}]} for q, a in EXPECTED
]  # fmt: skip
SHARED = [{"conversations": [{"from": "human", "value": q}, {"from": "gpt", "value": a}]} for q, a in EXPECTED]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", table(",")),
        ("a.csv", table(", ", header='question{}"answer"', cells='"ask {i}"{}"say {i}"')),
        ("a.csv", table(";")),
        ("a.csv", "sep=,\r\n" + table(",", "\r\n")),
        ("a.csv", "sep=|\n" + table("|")),
        ("a.csv", table(",", header="question{}answer,,", cells="ask {i}{}say {i},,")),
        ("a.csv", table(",", header="n,question{}n,answer", cells="1,ask {i}{}2,say {i}")),
        ("a.tsv", table("\t", "\r\n")),
        ("a.tsv", table("\t", cells='"ask {i}"{}"say {i}"')),
        ("a.json", json.dumps(OBJECTS, indent=1)),
        ("a.json", json.dumps({"version": 1, "rows": OBJECTS})),
        ("a.jsonl", json.dumps(OBJECTS, indent=1)),
        ("a.ndjson", "\n".join(map(json.dumps, OBJECTS))),
    ],
)
def test_what_other_programs_write_is_read(name: str, content: str, tmp_path: Path) -> None:
    assert pairs(tmp_path, name, content) == EXPECTED


@pytest.mark.parametrize("export", [CHAT, PARTS, SHARED])
def test_a_chat_export_gives_what_the_user_says_and_the_assistant_answers(
    export: list[dict[str, Any]], tmp_path: Path
) -> None:
    content = "\n".join(map(json.dumps, export))
    assert pairs(tmp_path, "a.jsonl", content, "prompt", "text") == EXPECTED


def test_the_turns_of_a_chat_are_a_group_unless_a_column_of_its_row_names_one(tmp_path: Path) -> None:
    turns = [("hi", "hello"), ("and then?", "rest"), ("bye", "see you")]
    chats = [(turns, "a"), (turns[:1], "b"), (turns[1:2], "")]
    said = [
        [{"role": role, "content": text} for turn in chat for role, text in zip(ROLES, turn, strict=True)]
        for chat, _ in chats
    ]
    rows = [{"id": n, "messages": said[n], "talk": talk} for n, (_, talk) in enumerate(chats)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    alone = read_pairs(path, "prompt", "text", 2)
    assert list(zip(alone["prompt"], alone["text"], strict=True)) == [*turns, turns[0], turns[1]]
    first, *others, single, last = alone["group"]
    assert {first, *others} == {single}, "they begin alike"
    assert last != first
    assert read_pairs(path, "prompt", "text", 2, "talk")["group"].tolist() == ["a", "a", "a", "b", last]
    assert read_pairs(path, "prompt", "text", 2, "id")["group"].tolist() == ["0", "0", "0", "1", "2"]


def test_a_quote_in_tab_separated_values_is_a_character(tmp_path: Path) -> None:
    cells = {150: '"ask 150\tsay 150', 155: 'ask 155"\tsay "155'}
    lines = [cells.get(i, f"ask {i}\tsay {i}") for i in range(COUNT)]
    found = pairs(tmp_path, "a.tsv", "\n".join(["question\tanswer", *lines]))
    assert len(found) == COUNT
    assert (found[150], found[155]) == (('"ask 150', "say 150"), ('ask 155"', 'say "155'))


def test_a_stray_quote_in_csv_that_swallows_rows_is_refused_with_its_lines(tmp_path: Path) -> None:
    lines = [f"ask {i},say {i}" for i in range(COUNT)]
    lines[20], lines[150] = 'ask 20,"say 20', 'ask 150",say 150'
    with pytest.raises(BrokenFile, match=r"a quoted cell runs from line 22 to line 152.*\n.*double the quote"):
        pairs(tmp_path, "a.csv", "\n".join(["question,answer", *lines]))


def test_a_cell_of_several_lines_is_read(tmp_path: Path) -> None:
    poem = "\n".join(f"verse {i}" for i in range(MOST_LINES - 1))
    assert pairs(tmp_path, "a.csv", f'question,answer\nask,"{poem}"\n') == [("ask", poem)]


@pytest.mark.parametrize("end", ["\u2028", "\x0c", "\x85", "\x0b", "\u2029"])
def test_a_line_of_plain_text_ends_in_a_line_feed_alone(end: str, tmp_path: Path) -> None:
    found = pairs(tmp_path, "a.txt", "".join(f"one two{end}three {i}\n" for i in range(COUNT)))
    assert len(found) == COUNT
    assert found[0] == ("one two", "three 0")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("これはペンです。", ("これ", "はペンです。")),
        ("यह किताब अच्छी है", ("यह किताब", "अच्छी है")),
        ("ที่นี่ดี", ("ที่นี่", "ดี")),
        ("床前明月光", ("床前", "明月光")),
    ],
)
def test_plain_text_is_cut_in_every_script(line: str, expected: tuple[str, str], tmp_path: Path) -> None:
    assert pairs(tmp_path, "a.txt", line) == [expected]


def test_a_huge_cell_refuses_no_file(tmp_path: Path) -> None:
    found = pairs(tmp_path, "a.csv", table(",") + f"ask,{'x' * 200_000}\n")
    assert len(found) == COUNT + 1
    assert len(found[-1][1]) == 200_000


def test_columns_that_are_not_asked_for_may_be_double_nested_or_numbers(tmp_path: Path) -> None:
    asked, said = zip(*EXPECTED, strict=True)
    columns = [pa.array(asked), pa.array([1] * COUNT), pa.array([[1]] * COUNT), pa.array(said)]
    pq.write_table(pa.Table.from_arrays(columns, names=["question", "n", "n", "answer"]), tmp_path / "a.parquet")
    assert pairs(tmp_path, "a.parquet", (tmp_path / "a.parquet").read_bytes()) == EXPECTED
    with pytest.raises(WrongColumn, match="two columns have the same name 'n'"):
        read_pairs(tmp_path / "a.parquet", "question", "n", 2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"question,answer\n", mtime=0), "it is gzip, not .csv\n  -> add .gz"),
        (
            b"PK\x03\x04 [Content_Types].xml",
            "it is a zip archive, as Excel workbooks are, not .csv\n  -> save its sheet as CSV",
        ),
        (b"PAR1....", "it is Parquet, not .csv\n  -> name it .parquet"),
    ],
)
def test_a_file_of_another_kind_is_named_for_what_it_is(content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(BrokenFile) as caught:
        pairs(tmp_path, "a.csv", content)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "text", "named"),
    [
        ("cp1252", "why don\u2019t you go \u2013 is it caf\u00e9 na\u00efve?", "WINDOWS-1252"),
        ("gb18030", "今天天氣很好，我們去公園散步吧，你覺得怎麼樣呢？", "GB18030"),
        ("utf-16", "plain", "UTF-16"),
        ("cp1251", "почему ты не идёшь со мной гулять сегодня вечером?", "1251"),
    ],
)
def test_another_encoding_is_named_with_the_command_that_converts_it(
    encoding: str, text: str, named: str, tmp_path: Path
) -> None:
    content = ("question,answer\n" + f"{text},{text}\n" * 30).encode(encoding)
    with pytest.raises(NotUtf8, match=named) as caught:
        pairs(tmp_path, "a.csv", content)
    assert "iconv -f" in caught.value.remedy


@pytest.mark.parametrize("after", [0, 20_000])
def test_an_encoding_is_guessed_where_it_first_shows(after: int, tmp_path: Path) -> None:
    rows = "how are you today,I am fine\n"
    content = (f"question,answer\n{rows * 20_000}how is the caf\u00e9,fine\n{rows * after}").encode("cp1252")
    with pytest.raises(NotUtf8, match="not UTF-8 but WINDOWS-1252") as caught:
        pairs(tmp_path, "a.csv", content)
    assert "iconv -f WINDOWS-1252" in caught.value.remedy


def test_a_column_that_is_nearly_there_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(WrongColumn, match=r"no column 'answers' \(did you mean 'answer'\?\)"):
        pairs(tmp_path, "a.csv", table(","), "question", "answers")


def test_a_row_with_a_field_too_many_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="line 3 has 3 fields, the header has 2"):
        pairs(tmp_path, "a.csv", "question,answer\na,b\na,b,c\n")
    with pytest.raises(BrokenFile, match=r"line 2 has 3 fields.*\n.*save a table with tabs in cells as CSV"):
        pairs(tmp_path, "a.tsv", 'question\tanswer\na\t"b\tc"\n')


def test_a_name_of_no_known_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PromptganError, match=r"unknown kind of file '\.docx'"):
        pairs(tmp_path, "a.docx", b"")


def test_a_workbook_is_to_be_saved_as_csv(tmp_path: Path) -> None:
    with pytest.raises(PromptganError) as caught:
        pairs(tmp_path, "a.xlsx", b"PK")
    assert caught.value.remedy == "save its sheet as CSV in UTF-8"
