import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests import warm

STAGES = Path(__file__).parents[2] / "stages"
VALIDATE = {
    "prompt": {"kind": "given"},
    "shares": {"val": 0.1, "test": 0.1, "judge": 0.1},
    "max_prompt_words": 20,
    "max_text_words": 20,
    "script": "latin",
    "max_foreign_share": 0.1,
    "near_duplicates": {"shingle_words": 3, "threshold": 0.9},
    "min_rows": 100,
    "max_defect_share": 0.1,
    "max_quarantine_share": 0.5,
    "max_label_share": 0.9,
}


def run(stage: str, folder: Path, *options: str, anew: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a stage; anew in an interpreter with a hash seed of its own."""
    python = sys.executable if anew else warm.python()
    command = [python, "-W", "error::UserWarning", str(STAGES / f"{stage}.py"), *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def params(folder: Path, **changes: object) -> None:
    data = json.loads((folder / "data.json").read_text())
    sections = {
        "task": "text",
        "data": data,
        "corpus": {"name": "none"},
        "base_model": {"name": "none"},
        "validate": VALIDATE,
    } | changes
    (folder / "params.yaml").write_text(json.dumps(sections))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Raw data as the stage download leaves it, with one row that has a telephone number in it."""
    folder = tmp_path_factory.mktemp("validate")
    lines = [f"word{i} is sentence of the {i * 7919}th kind" for i in range(400)]
    body = "\n".join([*lines, "please call (801) 555-0134 now"]).encode()
    sha256 = hashlib.sha256(body).hexdigest()
    (folder / "data/own" / sha256).mkdir(parents=True)
    (folder / "data/own" / sha256 / "my.txt").write_bytes(body)
    (folder / "requirements.lock").write_text("pandas==3\n")
    (folder / "data/excluded.csv").write_text("data,id,reason\n")
    data = {"name": "local_text", "file": "my.txt", "sha256": sha256, "prompt": None, "text": None, "first_words": 2}
    (folder / "data.json").write_text(json.dumps(data))
    params(folder)
    assert run("download", folder).returncode == 0
    return folder


def outputs(folder: Path) -> dict[str, bytes]:
    files = [*(folder / "data/validated").iterdir(), folder / "metrics/validation.json"]
    return {file.name: file.read_bytes() for file in files}


def test_writes_the_same_twice_and_data_docs_on_request(folder):
    done = run("validate", folder, anew=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "read 401, quarantined 1" in done.stdout
    assert "contact-details 1" in done.stdout
    first = outputs(folder)
    names = [
        *(f"{name}.parquet" for name in ("train", "val", "test", "judge", "quarantine")),
        "run.json",
        "validation.json",
    ]
    assert sorted(first) == sorted(names)
    rows = {
        name: len(pd.read_parquet(folder / f"data/validated/{name}.parquet"))
        for name in ("train", "val", "test", "judge")
    }
    summary = json.loads(first["validation.json"])
    assert sum(rows.values()) == 400
    assert rows.items() <= summary["rows"].items()
    assert str(folder) not in "".join(content.decode("latin-1") for content in first.values())
    quarantine = pd.read_parquet(folder / "data/validated/quarantine.parquet")
    assert list(quarantine) == ["id", "group", "prompt", "text", "rule", "reason"]

    done = run("validate", folder, "--datadocs", "docs")
    assert (done.returncode, done.stderr) == (0, "")
    assert outputs(folder) == first
    index = done.stdout.splitlines()[0].removeprefix("Data Docs, to open in a browser: ")
    assert (folder / index).is_file()


def test_an_excluded_record_is_nowhere_in_the_output(folder):
    assert run("validate", folder).returncode == 0
    gone = pd.read_parquet(folder / "data/validated/train.parquet").iloc[0]
    listed = f"data,id,reason\nlocal_text,{gone.id},withdrawn\nchitchat,{gone.id},another set's\n"
    (folder / "data/excluded.csv").write_text(listed)
    done = run("validate", folder)
    (folder / "data/excluded.csv").write_text("data,id,reason\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((folder / "metrics/validation.json").read_text())["rows"]["excluded"] == 1
    for path in (folder / "data/validated").glob("*.parquet"):
        records = pd.read_parquet(path)
        assert gone.id not in set(records["id"])
        assert gone.text not in set(records["text"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        ("id,reason\nr1,withdrawn\n", "its columns are id, reason"),
        ("data,id,reason\nlocal_text\n", "line 2 does not say which record"),
    ],
)
def test_a_broken_list_of_exclusions_stops_the_stage(content, words, folder):
    path = folder / "data/excluded.csv"
    path.unlink() if content is None else path.write_text(content)
    done = run("validate", folder)
    path.write_text("data,id,reason\n")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_table_stops_the_stage_and_leaves_the_old_output(folder, tmp_path):
    params(folder, validate=VALIDATE | {"min_rows": 1000})
    out = tmp_path / "validated"
    out.mkdir()
    done = run("validate", folder, "--out", str(out), "--metrics", str(tmp_path / "m.json"))
    params(folder)
    assert done.returncode == 1
    assert "ExpectEnoughRows (too-few-rows)" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task": "image"}, "local_text is for text, but task is image"),
        ({"corpus": {"name": "mnist", "epochs": 1}}, "corpus.name: mnist is for image, but task is text"),
        ({"validate": {**VALIDATE, "script": "greek"}}, "validate.script: found 'greek'"),
        ({"validate": {**VALIDATE, "min_row": 1}}, "did you mean min_rows?"),
        ({"validate": {**VALIDATE, "shares": {"val": 0.5, "test": 0.3, "judge": 0.1}}}, "less than a tenth"),
    ],
)
def test_a_wrong_key_is_named(changes, words, folder):
    params(folder, **changes)
    done = run("validate", folder)
    params(folder)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_help_loads_neither_torch_nor_great_expectations(tmp_path):
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['validate.py', '--help']; sys.path[0] = ''\n"
        "try:\n"
        f"    runpy.run_path({str(STAGES / 'validate.py')!r}, run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'great_expectations', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert "quarantine.parquet" in done.stdout
