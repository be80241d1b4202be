"""`promptgan lineage show`, `why` and `impact` as people use them."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from promptgan.commands.lineage import app
from tests.pipeline.clone import Clone

SAMPLE = "samples/generated/samples.parquet#1"


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_help_teaches_with_an_example() -> None:
    for name in ("show", "why", "impact"):
        assert f"promptgan lineage {name} " in run(name, "--help").output


def squeezed(output: str) -> str:
    """Without the tree's lines and the alignment of values."""
    return " ".join(output.translate(str.maketrans("│├└─", "    ")).split())


def test_show_prints_the_chain_down_to_the_package(own: Clone) -> None:
    output = run("show", "models/adversarial").output
    order = [
        output.index(f"── {name}\n") for name in ("train", "pretrain", "tokenize", "validate", "download", "source")
    ]
    assert order == sorted(order)
    for fact in (
        "commit " + own.git("rev-parse", "--short=7", "HEAD").strip(),
        "certainty sure",
        "name MIT",
        "name chitchat-dataset",
        "sha256 777777777777",
        "environment python 3.11.7, package_lock 555555555555",
        "code sha256 ",
    ):
        assert fact in squeezed(output)
    assert "stages/train.py  " not in output
    assert all(line == line.rstrip() for line in output.splitlines())


def test_full_unfolds_code_parameters_and_hashes(own: Clone) -> None:
    output = squeezed(run("show", "models/adversarial", "--full").output)
    assert "p_11 11" in output
    assert "stages/train.py " in output
    assert "7" * 64 in output
    assert " more" not in output


def test_show_of_a_metric_a_sample_and_a_code_file(own: Clone) -> None:
    assert "value 4.25" in squeezed(run("show", "metrics/evaluation.json:text.adversarial.nll").output)
    assert "text i like green tea and milk" in squeezed(run("show", SAMPLE).output)
    assert "used by train" in squeezed(run("show", "stages/train.py").output)


def test_show_says_what_is_not_recorded_or_other_or_missing(own: Clone) -> None:
    shutil.rmtree(".git")
    assert "commit not recorded" in squeezed(run("show", "models/adversarial").output)
    shutil.rmtree("models/adversarial")
    assert "workspace lacks it: `dvc pull` brings it" in squeezed(run("show", "models/adversarial").output)
    Path("metrics/evaluation.json").write_text("{}")
    assert "has OTHER bytes" in run("show", "metrics/evaluation.json").output


def test_the_forms_of_a_chain_exclude_one_another(own: Clone) -> None:
    assert json.loads(run("show", "data/raw", "--json").output)["target"]["path"] == "data/raw"
    assert run("show", "data/raw", "--mermaid").output.startswith("flowchart LR\n")
    assert "give one of them" in run("show", "data/raw", "--mermaid", "--json", code=2).stderr


def test_why_prints_the_verdict_and_the_nearest_record(own: Clone) -> None:
    output = squeezed(run("why", SAMPLE).output)
    assert "verdict not a training text; 4 of its 6 words stand together in 1 of 6 training records" in output
    assert "temperature 0.7" in output
    assert "t0 group g0 prompt" in output
    assert json.loads(run("why", SAMPLE, "--json").output)["sample"]["model"] == "twin"


def test_impact_of_a_file_and_of_a_record(own: Clone) -> None:
    output = squeezed(run("impact", "data/raw").output)
    assert "validate direct True" in output
    assert "path metrics/evaluation.json" in output
    output = squeezed(run("impact", "--record", "t0").output)
    assert "reads data/tokens/train.arrow" in output
    assert "repeated by 5" in output
    assert json.loads(run("impact", "--record", "t0", "--json").output)["place"] == "train"
    assert json.loads(run("impact", "data/raw", "--json").output)["made_by"] == "download"


def test_impact_of_an_excluded_record(own: Clone) -> None:
    Path("data/excluded.csv").write_text("data,id,reason\nchitchat,gone,withdrew\nchitchat,t0,withdrew\n")
    assert squeezed(run("impact", "--record", "gone").output) == "gone id gone excluded withdrew"
    assert "excluded withdrew records of its group 1" in squeezed(run("impact", "--record", "t0").output)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "modls/adversarial"), "did you mean models/adversarial?"),
        (("why", "samples/generated/samples.parquet"), "a sample is FILE#ROW"),
        (("why", "samples/generated/samples.parquet#99"), "the file has 6 rows"),
        (("why", "data/tokens/train.arrow#0"), "not a readable Parquet file"),
        (("why", "nowhere.parquet#0"), "dvc.lock has no such output"),
        (("impact", "--record", "t00"), "has no record t00"),
    ],
)
def test_bad_input_is_refused_without_a_traceback(own: Clone, arguments: tuple[str, ...], says: str) -> None:
    stderr = run(*arguments, code=1).stderr
    assert stderr.startswith("error: ")
    assert says in stderr


def test_impact_wants_a_path_or_a_record(own: Clone) -> None:
    assert "give a path" in run("impact", code=2).stderr
    assert "give a path" in run("impact", "data/raw", "--record", "t0", code=2).stderr
