import gzip
import json
import os
import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from promptgan.core.parameters import ParameterError, validate_section
from promptgan.data.download import download
from promptgan.data.sets import local_text
from promptgan.data.tables.decoding import NotUtf8, UnknownFormat, wide_encoding
from promptgan.data.tables.reading import WrongColumn
from promptgan.recipes.own_data import TooFewForTheStages, changed_since_import, check_minimum
from promptgan.tasks.text.own_data import MIN_PAIRS, NoSuchFile, TooFewPairs, import_own_data
from tests import warm

ENGLISH = [(f'how was week {i}, "then"?', f"it was fine, number {i}") for i in range(MIN_PAIRS)]
CHINESE = [(f"白日依山盡{chr(0x4E00 + i)}，", f"黃河入海流{chr(0x5E00 + i)}。") for i in range(MIN_PAIRS)]


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def content(kind: str, pairs: list[tuple[str, str]], folder: Path) -> bytes:
    if kind == "parquet":
        pd.DataFrame(pairs, columns=["question", "answer"]).to_parquet(folder / "p")
        return (folder / "p").read_bytes()
    if kind == "txt":
        lines = [f"{prompt}{text}" if pairs is CHINESE else f"{prompt} {text}" for prompt, text in pairs]
    elif kind == "jsonl":
        lines = [json.dumps({"question": prompt, "answer": text, "n": 1}) for prompt, text in pairs]
    else:
        separator = "\t" if kind == "tsv" else ","
        lines = [separator.join(map(quoted, pair)) for pair in [("question", "answer"), *pairs]]
    return ("\ufeff" if kind == "csv" else "").encode() + "\n".join(lines).encode() + b"\n"


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("pairs", [ENGLISH, CHINESE], ids=["English", "Chinese"])
@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet", "txt"])
def test_every_format_comes_back_as_records(kind, pairs, zipped, tmp_path):
    body = content(kind, pairs, tmp_path)
    path = tmp_path / f"my data.{kind}{'.gz' if zipped else ''}"
    path.write_bytes(gzip.compress(body) if zipped else body)
    columns = (None, None) if kind == "txt" else ("question", "answer")
    first = 6 if pairs is CHINESE else 5
    section = import_own_data(path, prompt=columns[0], text=columns[1], first_words=first, root=tmp_path / "root")

    parameters = validate_section(local_text.Parameters, section)
    upstream = local_text.upstream(parameters)
    download(upstream, tmp_path / "raw", cache=tmp_path / "cache", roots=[tmp_path / "root"])
    records = local_text.records(tmp_path / "raw", parameters)
    assert list(zip(records["prompt"], records["text"], strict=True)) == pairs
    assert records["id"].is_unique


def test_the_section_holds_no_path_of_this_machine(tmp_path):
    path = tmp_path / "my.txt"
    path.write_bytes(content("txt", ENGLISH, tmp_path))
    section = import_own_data(path, prompt=None, text=None, first_words=3, root=tmp_path / "root")
    assert list(section) == ["name", "file", "sha256", "prompt", "text", "first_words"]
    assert str(tmp_path) not in json.dumps(section)
    assert (tmp_path / "root/data/own" / section["sha256"] / "my.txt").read_bytes() == path.read_bytes()


def test_the_columns_are_called_prompt_and_text_where_nothing_is_said(tmp_path):
    path = tmp_path / "my.csv"
    path.write_bytes(content("csv", ENGLISH, tmp_path).replace(b"question", b"prompt").replace(b"answer", b"text"))
    section = import_own_data(path, prompt=None, text=None, first_words=3, root=tmp_path / "root")
    assert (section["prompt"], section["text"]) == ("prompt", "text")


def rows(text: str) -> bytes:
    return ("question,answer\n" + text * MIN_PAIRS).encode()


@pytest.mark.parametrize(
    ("name", "body", "columns", "error", "words"),
    [
        ("a.csv", None, ("question", "answer"), NoSuchFile, "no such file"),
        (".", None, ("question", "answer"), NoSuchFile, "a folder"),
        ("a.docx", b"x", ("question", "answer"), UnknownFormat, r"'\.docx'"),
        ("a.csv", b"", ("question", "answer"), TooFewPairs, "the file is empty"),
        ("a.txt", b"\n\n", (None, None), TooFewPairs, "0 usable"),
        ("a.csv", b"question,answer\nhi,ho\n", ("question", "answer"), TooFewPairs, "1 usable"),
        ("a.csv", rows("hi,\n"), ("question", "answer"), TooFewPairs, "0 usable"),
        ("a.csv", rows("hi,ho\n"), ("question", "answers"), WrongColumn, "did you mean 'answer'"),
        ("a.csv", rows("hi,ho\n").replace(b",", b"|"), ("question", "answer"), WrongColumn, "separated"),
        (
            "a.csv",
            rows("hi,caf\n") + b"hi,caf\xe9\n",
            ("question", "answer"),
            NotUtf8,
            "byte 0xe9 at offset 722, line 102",
        ),
        ("a.txt", b"hi there you\n", ("question", "answer"), ParameterError, "plain text has no columns"),
        ("a.csv", rows("hi,ho\n"), ("answer", "answer"), ParameterError, "two columns"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(name, body, columns, error, words, tmp_path):
    path = tmp_path / name
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(error, match=words):
        import_own_data(path, prompt=columns[0], text=columns[1], first_words=2, root=tmp_path / "root")
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", ["my data.csv", "lines.txt", "a.jsonl"])
def test_utf_16_is_said_before_anything_else_and_the_remedy_works(name, encoding, zipped, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good = content(name.rpartition(".")[2], ENGLISH, tmp_path).removeprefix(b"\xef\xbb\xbf")
    path = Path(name + ".gz" if zipped else name)
    wide = good.decode().encode(encoding)
    path.write_bytes(gzip.compress(wide) if zipped else wide)
    with pytest.raises(NotUtf8, match="not UTF-8 but UTF-") as caught:
        import_own_data(path, prompt="no such column", text="no such column", first_words=5, root=tmp_path / "root")
    (command,) = re.findall("`(.*?)`", caught.value.remedy)
    subprocess.run(command, shell=True, check=True)
    assert Path(f"utf8-{name}").read_bytes() == good


def test_a_zero_byte_among_text_is_no_encoding():
    assert wide_encoding(b"a,b\nhi\0,ho\n" * 9) == ""
    assert wide_encoding(b"") == ""


def test_says_when_the_original_has_changed(tmp_path):
    path = tmp_path / "my.txt"
    path.write_bytes(content("txt", ENGLISH, tmp_path))
    document = {
        "task": "text",
        "recipe": "local-text",
        "data": import_own_data(path, prompt=None, text=None, first_words=3, root=tmp_path),
    }
    assert changed_since_import(document, tmp_path) is None
    os.utime(path, (1, 1))
    assert changed_since_import(document, tmp_path) is None, "touched, but the same bytes"
    path.write_bytes(path.read_bytes() + b"one more line of text\n")
    assert "my.txt has changed" in str(changed_since_import(document, tmp_path))
    path.unlink()
    assert changed_since_import(document, tmp_path) is None
    (tmp_path / ".dvc/tmp/own_data.json").write_text("not JSON")
    assert changed_since_import(document, tmp_path) is None


def test_dvc_tracks_the_import_so_that_a_clone_can_pull_it(tmp_path):
    root = tmp_path / "root"
    root.mkdir()

    def dvc(*command: str) -> None:
        done = subprocess.run([warm.python(), "-m", "dvc", *command], cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    dvc("init", "--quiet")
    (root / ".gitignore").write_text("/data/own/*/*\n!/data/own/*/*.dvc\n!/data/own/*/.gitignore\n")
    path = tmp_path / "my.txt"
    path.write_bytes(content("txt", ENGLISH, tmp_path))
    section = import_own_data(path, prompt=None, text=None, first_words=3, root=root)
    stored = root / "data/own" / section["sha256"] / "my.txt"
    status = subprocess.run(["git", "status", "--short", "-uall"], cwd=root, capture_output=True, text=True).stdout
    assert f"data/own/{section['sha256']}/my.txt.dvc" in status
    assert "my.txt\n" not in status

    stored.unlink()
    dvc("checkout", "--quiet", f"{stored.relative_to(root)}.dvc")
    assert stored.read_bytes() == path.read_bytes()


def test_data_that_a_later_stage_could_not_use_is_refused_before_it_trains(tmp_path):
    path = tmp_path / "few.csv"
    path.write_bytes(content("csv", ENGLISH, tmp_path))
    section = import_own_data(path, prompt="question", text="answer", first_words=3, root=tmp_path)
    document = {"task": "text", "data": section, "validate": {"shares": {"val": 0.1, "test": 0.1, "judge": 0.1}}}
    with pytest.raises(TooFewForTheStages, match=r"its 100 records leave \d+ for the judge split.* needs 20") as caught:
        check_minimum(document, tmp_path)
    share = float(re.search(r"to about ([\d.]+)", caught.value.remedy)[1])
    document["validate"]["shares"]["judge"] = share
    check_minimum(document, tmp_path)
    document["validate"]["min_rows"] = 101
    with pytest.raises(TooFewForTheStages, match=r"it has 100 records, and validate.min_rows is 101"):
        check_minimum(document, tmp_path)
    check_minimum({"data": {"name": "chitchat"}}, tmp_path)


def test_what_was_read_is_counted(tmp_path, capsys):
    path = tmp_path / "my.csv"
    path.write_bytes(content("csv", [*ENGLISH, ("", "an answer to nothing " + "x" * 500)], tmp_path))
    import_own_data(path, prompt="question", text="answer", first_words=3, root=tmp_path)
    said = capsys.readouterr().out
    assert said == "my.csv: 101 rows, 100 of them usable pairs; the longest cell has 521 characters\n"


def test_columns_of_numbers_are_said_to_hold_numbers(tmp_path):
    path = tmp_path / "my.jsonl"
    path.write_text("\n".join(json.dumps({"prompt": i, "text": ["a"]}) for i in range(200)))
    with pytest.raises(TooFewPairs, match=r"its prompt holds int 200 times; its text holds lists 200 times"):
        import_own_data(path, prompt=None, text=None, first_words=3, root=tmp_path)


def test_a_column_of_groups_keeps_rows_together(tmp_path):
    path = tmp_path / "talks.csv"
    rows = [(*pair, "" if n == 0 else n // 10) for n, pair in enumerate(ENGLISH)]
    pd.DataFrame(rows, columns=["question", "answer", "talk"]).to_csv(path, index=False)
    named = {"prompt": "question", "text": "answer", "first_words": 3, "root": tmp_path / "root"}
    with pytest.raises(WrongColumn, match="'talk'"):
        import_own_data(path, **named, group="tlk")
    assert not (tmp_path / "root").exists()
    section = import_own_data(path, **named, group="talk")
    records = local_text.records(path.parent, validate_section(local_text.Parameters, section, "data"))
    assert records["group"][1:].tolist() == [str(n // 10) for n in range(1, MIN_PAIRS)]
    assert len(records["group"][0]) == 16, "of its prompt"
