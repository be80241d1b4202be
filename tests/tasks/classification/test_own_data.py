"""Importing a table of labelled texts: what becomes a record, what follows for the recipe, and what is refused."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.core.parameters import load_params, validate_section
from promptgan.data.download import download
from promptgan.data.sets import local_labels
from promptgan.data.sets.local_labels import UnlabelledTable
from promptgan.data.tables.decoding import BrokenFile, NotUtf8, UnknownFormat
from promptgan.recipes import own_data, presets
from promptgan.tasks.classification.own_data import (
    MIN_ROWS,
    NoSuchFile,
    UnusableLabels,
    groups,
    implied,
    import_own_data,
)

ROWS = [
    (f'it was "{word}", {number}', label) for number in range(MIN_ROWS) for label, word in (("1", "bad"), ("5", "ok"))
]


def content(kind: str, folder: Path) -> bytes:
    """The rows as a file of two columns; labels are numbers where the format has numbers."""
    if kind == "parquet":
        frame = pd.DataFrame(ROWS, columns=["review", "stars"])
        frame.assign(stars=frame["stars"].astype(int)).to_parquet(folder / "p")
        return (folder / "p").read_bytes()
    if kind == "jsonl":
        return "\n".join(json.dumps({"review": text, "stars": int(label)}) for text, label in ROWS).encode()
    if kind == "tsv":
        return "\n".join(["review\tstars", *(f"{text}\t{label} " for text, label in ROWS)]).encode()
    quoted = [(text.replace('"', '""'), label) for text, label in ROWS]
    return "\n".join(["n,review,stars", *(f'1,"{text}", {label}' for text, label in quoted)]).encode()


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "tsv", "jsonl", "parquet"])
def test_every_format_comes_back_as_records(kind: str, tmp_path: Path) -> None:
    path, body = tmp_path / f"my.{kind}", content(kind.removesuffix(".gz"), tmp_path)
    path.write_bytes(gzip.compress(body) if kind.endswith(".gz") else body)
    section = import_own_data(path, text="review", label="stars", root=tmp_path / "root")
    assert list(section) == ["name", "file", "sha256", "text", "label", "labels"]
    assert section["labels"] == ["1", "5"]
    assert str(tmp_path) not in json.dumps(section)

    chosen = validate_section(local_labels.Parameters, section)
    download(local_labels.upstream(chosen), tmp_path / "raw", cache=tmp_path / "c", roots=[tmp_path / "root"])
    records = local_labels.records(tmp_path / "raw", chosen)
    assert list(zip(records["text"], records["label"], strict=True)) == ROWS
    assert set(records["source"]) == {""}
    stored = tmp_path / "root/data/own" / section["sha256"] / path.name
    assert groups(stored, {"data": section}) == list(records["group"])


def table(tmp_path: Path, *more: str) -> Path:
    path = tmp_path / "my.csv"
    rows = [f"text {number},{label}" for number in range(MIN_ROWS) for label in ("a", "b")]
    path.write_text("\n".join(["text,label", *rows, *more]) + "\n", encoding="utf-8")
    return path


def test_ids_follow_from_the_content_and_equal_texts_are_a_group(tmp_path: Path) -> None:
    section = import_own_data(table(tmp_path, "same,a", "same,a", "same,b"), text=None, label=None, root=tmp_path)
    chosen = validate_section(local_labels.Parameters, section)
    before = local_labels.records(tmp_path, chosen)
    assert before["id"].is_unique
    assert before["group"].iloc[-3:].nunique() == 1
    table(tmp_path, "new,b", "same,a", "same,a", "same,b")
    after = local_labels.records(tmp_path, chosen)
    assert set(before["id"]) < set(after["id"])


def test_rows_without_a_label_are_left_to_validation_and_other_labels_may_be_left_out(tmp_path: Path) -> None:
    path = table(tmp_path, "nothing said,", *(f"text {number},rest" for number in range(MIN_ROWS)))
    section = import_own_data(path, text=None, label=None, root=tmp_path)
    assert section["labels"] == ["a", "b", "rest"]
    chosen = validate_section(local_labels.Parameters, section | {"labels": ["a", "b"]})
    labels = local_labels.records(tmp_path, chosen)["label"]
    assert labels.value_counts(dropna=False).to_dict() == {"a": MIN_ROWS, "b": MIN_ROWS, None: 1}


def test_numbers_are_names_and_what_is_no_label_is_left_to_validation(tmp_path: Path) -> None:
    path = tmp_path / "my.jsonl"
    labels = [4, 4.0, "4.5", 4.5, 10.0**15] * MIN_ROWS + [["4"], {}, None, float("nan")]
    path.write_text("\n".join(json.dumps({"text": f"text {n}", "label": label}) for n, label in enumerate(labels)))
    section = import_own_data(path, text=None, label=None, root=tmp_path)
    assert section["labels"] == ["1000000000000000", "4", "4.5"]
    found = local_labels.records(tmp_path, validate_section(local_labels.Parameters, section))["label"].tolist()
    assert found[:5] == ["4", "4", "4.5", "4.5", "1000000000000000"]
    assert (len(found), found[-4:-1]) == (len(labels), [["4"], {}, None])


@pytest.mark.parametrize("author", [" ", ""])
def test_texts_whose_author_is_blank_are_by_themselves(author: str, tmp_path: Path) -> None:
    path = tmp_path / "my.tsv"
    rows = [("one", "a", author), ("other", "b", author), ("it\u2019s", "a", ""), ("it's", "a", ""), ("x", "b", "ann")]
    path.write_text("\n".join(map("\t".join, [("text", "label", "author"), *rows])), encoding="utf-8")
    named = {"name": "local_labels", "file": path.name, "sha256": "0" * 64, "text": "text", "label": "label"}
    chosen = validate_section(local_labels.Parameters, {**named, "labels": ["a", "b"], "group": "author"})
    one, other, curly, straight, ann = local_labels.records(tmp_path, chosen)["group"]
    assert (len({one, other, curly}), curly, ann) == (3, straight, "ann")


def test_rows_and_labels_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import_own_data(table(tmp_path, "one more,b", ",a", "unlabelled,"), text=None, label=None, root=tmp_path)
    assert capsys.readouterr().out == "my.csv: 43 rows, 41 of them usable; 2 labels: 'b' 21, 'a' 20\n"


@pytest.mark.parametrize(
    ("name", "body", "error", "words"),
    [
        ("a.csv", None, NoSuchFile, "no such file"),
        (".", None, NoSuchFile, "a folder"),
        ("a.docx", "x", UnknownFormat, r"'\.docx'"),
        ("a.txt", "a line", UnlabelledTable, "plain text has no labels"),
        ("a.csv", "", UnusableLabels, "the file is empty"),
        ("a.csv", "text,label\n", UnusableLabels, "no label but no row at all"),
        ("a.csv", "text,label\n" + "hi,x\n" * 50, UnusableLabels, "column 'label' holds one label, 'x' 50"),
        ("a.csv", "text,label\n" + "hi,x\n" * 50 + "ho,y\n", UnusableLabels, "1 of its 2 labels .*: 'y' 1"),
        ("a.csv", "text,label\n" + "hi,x\n" * 50 + ",y\n" * 50, UnusableLabels, "too few texts: 'y' 0"),
        ("a.csv", "text,labels\nhi,x\n", UnlabelledTable, "no column 'label' .did you mean 'labels'"),
        ("a.csv", "label,label\nhi,x\n", UnlabelledTable, "no column 'text'"),
        ("a.jsonl", '{"text": "hi", "label": 0.5}\n' * 50, UnusableLabels, "one label, '0.5' 50"),
        ("a.jsonl", '{"text": "hi", "label": [5]}\n' * 50, UnusableLabels, "no label but list 50 times"),
        ("a.jsonl", "{", BrokenFile, "line 1 is not JSON"),
        ("a.csv", "text,label\nh\xe9,x\n", NotUtf8, "byte 0xe9"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    name: str, body: str | None, error: type[Exception], words: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if body is not None:
        path.write_bytes(body.encode("latin-1"))
    with pytest.raises(error, match=words):
        import_own_data(path, text=None, label=None, root=tmp_path / "root")
    assert not (tmp_path / "root").exists()


def test_a_column_is_not_both(tmp_path: Path) -> None:
    with pytest.raises(UnlabelledTable, match="'text' cannot hold both"):
        import_own_data(table(tmp_path), text="text", label="text", root=tmp_path)


def test_a_change_of_the_original_is_said_with_the_command_that_takes_it(tmp_path: Path) -> None:
    path = table(tmp_path)
    document = {
        "task": "classification",
        "recipe": "local-labels",
        "data": import_own_data(path, text=None, label=None, root=tmp_path),
    }
    assert own_data.changed_since_import(document, tmp_path) is None
    table(tmp_path, "more,a")
    said = str(own_data.changed_since_import(document, tmp_path))
    assert f"`promptgan use local-labels --keep --path {path} --text text --label label`" in said
    path.unlink()
    assert own_data.changed_since_import(document, tmp_path) is None


def test_the_number_of_labels_follows_for_the_classifier_and_for_no_other_data() -> None:
    section = {"name": "local_labels", "labels": ["a", "b", "c"]}
    assert implied(section) == {"encoder.labels": 3}
    assert own_data.implied("classification", section) == {"encoder.labels": 3}
    assert own_data.implied("classification", {"name": "spam"}) == {}
    assert own_data.implied("text", {"name": "local_text"}) == {}
    assert own_data.implied("style", section) == {}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_parameters: Path) -> Path:
    """A folder with a recipe of own labelled texts, as far as `use` looks at one."""
    text = default_parameters.read_text(encoding="utf-8")
    sections = {"task: text ": "task: classification ", "name: chitchat ": "name: local_labels "}
    for old, new in sections.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/local-labels.yaml").write_text(
        f"# Your own\n{text}".replace("encoder:\n", "encoder:\n  labels: 2  # of them\n"), encoding="utf-8"
    )
    (tmp_path / "params.yaml").write_bytes(default_parameters.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(presets, "problems", lambda values: [])  # its networks are another room's
    monkeypatch.setattr(own_data, "check_minimum", lambda *_: None)
    return tmp_path


def test_use_writes_the_section_and_the_number_of_labels(repository: Path) -> None:
    path = table(repository, *(f"text {number},c" for number in range(MIN_ROWS)))
    done = CliRunner().invoke(app, ["use", "local-labels", "--path", str(path), "--label", "label", "--device", "cpu"])
    assert done.exit_code == 0, done.output
    assert "my.csv: 60 rows, 60 of them usable; 3 labels: 'a' 20, 'b' 20, 'c' 20" in done.output
    params = load_params()
    assert params["data"]["labels"] == ["a", "b", "c"]
    assert params["encoder"]["labels"] == 3

    table(repository)
    done = CliRunner().invoke(app, ["use", "local-labels", "--keep", "--path", str(path)])
    assert done.exit_code == 0, done.output
    assert load_params()["encoder"]["labels"] == 2


def test_use_refuses_what_labelled_texts_have_not(repository: Path) -> None:
    path = table(repository)
    done = CliRunner().invoke(app, ["use", "local-labels", "--path", str(path), "--prompt", "text"])
    assert done.exit_code == 2
    assert "takes no --prompt" in done.output
    done = CliRunner().invoke(app, ["use", "local-labels", "--label", "label"])
    assert done.exit_code == 2
    assert "columns of the file that --path gives" in " ".join(done.output.split())


def test_a_column_of_groups_keeps_texts_together(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    rows = [f"text {n},{'ab'[n % 2]},{'' if n == 0 else n // 5}" for n in range(60)]
    path.write_text("\n".join(["text,label,author", *rows]))
    named = {"text": None, "label": None, "root": tmp_path / "root"}
    with pytest.raises(local_labels.UnlabelledTable, match="'auther'"):
        import_own_data(path, **named, group="auther")  # type: ignore[arg-type]
    section = import_own_data(path, **named, group="author")  # type: ignore[arg-type]
    found = local_labels.records(path.parent, validate_section(local_labels.Parameters, section, "data"))["group"]
    assert found[1:].tolist() == [str(n // 5) for n in range(1, 60)]
    assert len(found[0]) == 16, "of its text"
