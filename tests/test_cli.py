"""The `promptgan` command: one test a command, and what `--help` must not load."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from promptgan.cli import app
from promptgan.commands import generate
from promptgan.core.parameters import load_params

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_parameters: Path) -> Path:
    """A folder with the presets and the params.yaml of the default one."""
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    shutil.copy(default_parameters, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_help_lists_every_command() -> None:
    output = run("--help").output
    assert all(
        f"  {name} " in output
        for name in (
            "check",
            "recipes",
            "use",
            "show",
            "check-results",
            "generate",
            "interpolate",
            "reconstruct",
            "classify",
            "attack",
            "compare",
            "search",
            "lineage",
            "data",
            "export",
            "rate",
            "release",
            "serve",
            "monitor",
            "feedback",
            "promote",
            "rollback",
            "support",
            "recommend",
            "explain",
        )
    )
    listed = output.split("Commands:")[1].split("\n\n")[0].strip().splitlines()
    assert all(line.endswith(".") and not line.endswith("...") for line in listed), (
        "a first line is too long for the list"
    )


def test_the_version_is_that_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert run("--version").output == f"promptgan {version}\n"

    def not_installed(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", not_installed)
    assert run("--version").output == f"promptgan {version}\n", "a clone that is not installed has it in a file"


def test_help_loads_nothing_heavy() -> None:
    heavy = {"torch", "great_expectations", "pandas", "dvc", "numpy", "ruamel", "optuna", "matplotlib", "accelerate"}
    code = f"""
import sys
from promptgan.cli import app
try:
    app()
except SystemExit:
    print(sorted({heavy} & set(sys.modules)), file=sys.stderr)
"""
    for arguments in (["--help"], ["use", "--help"], ["search", "--help"], ["track", "--help"], ["--version"]):
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT / "src")}
        )
        assert done.stderr.strip() == "[]"
        assert ("promptgan 0." if arguments == ["--version"] else "Usage") in done.stdout


def test_check_accepts_the_default_parameters() -> None:
    assert run("check").output == "params.yaml is valid: text-gumbel on chitchat, cpu\n"


def test_check_refuses_a_wrong_key_with_2_and_touches_nothing(repository: Path) -> None:
    path = repository / "params.yaml"
    path.write_text(path.read_text().replace("seed: 1 ", "sed: 1 "))
    before = path.read_bytes()
    result = run("check", code=2)
    assert "sed: unknown section (did you mean seed?)" in result.stderr
    assert "seed: missing" in result.stderr
    assert path.read_bytes() == before
    assert sorted(file.name for file in repository.iterdir()) == ["params.yaml", "recipes"]


def test_use_looks_at_the_model_before_it_imports_data_or_writes(repository: Path) -> None:
    before = (repository / "params.yaml").read_bytes()
    own = ("--path", "my.csv", "--prompt", "question", "--text", "answer")
    (repository / "my.csv").write_text("question,answer\n" + "how are you?,fine\n" * 200)
    assert "./gone: no such folder" in run("use", "local-lm", *own, "--model", "./gone", code=2).stderr
    assert "text-gumbel begins with no pretrained" in run("use", "text-gumbel", "--model", "./gone", code=2).stderr
    assert (repository / "params.yaml").read_bytes() == before
    assert not (repository / "data").exists()


def test_check_refuses_a_gpu_that_is_not_here_with_2(repository: Path) -> None:
    path = repository / "params.yaml"
    path.write_text(path.read_text().replace("device: cpu", "device: cuda"))
    code = "from promptgan.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run([sys.executable, "-c", code, "check"], capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    assert "error: params.yaml: 1 wrong key(s)\n  compute.device: found 'cuda'" in done.stderr
    assert "available: cpu" in done.stderr


OUTSIDE = (
    "error: there is no params.yaml here\n  -> run this in the repository's own folder; if it is lost there:"
    " `promptgan use RECIPE` writes it\n"
)


@pytest.mark.parametrize(
    "command",
    ["check", "recipes", "use text-hinge", "show", "check-results", "doctor", "compare text-hinge", "search a.yaml",
     "exp show", "track mlflow", "lineage verify", "lineage show x", "data diff HEAD", "data remove --record x",
     "release build"],
)  # fmt: skip
def test_outside_of_a_repository_every_command_says_the_same(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run(*command.split(), code=1).stderr == OUTSIDE


def test_what_works_anywhere_is_not_refused_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert "holds no readable index.json" in run("generate", "--prompt", "hello", code=1).stderr
    assert "holds no readable SHA256SUMS" in run("release", "verify", "release", code=1).stderr
    run("release", "key", str(tmp_path / "key.pem"))


def test_a_lost_parameter_file_is_no_wrong_key(repository: Path) -> None:
    (repository / "params.yaml").unlink()
    (repository / "dvc.yaml").write_text("stages: {}\n")
    assert run("check", code=1).stderr == OUTSIDE
    run("use", "text-gumbel", "--device", "cpu")
    assert run("check").output.startswith("params.yaml is valid")


def test_recipes_lists_every_preset_with_its_description() -> None:
    lines = run("recipes").output.splitlines()
    assert len(lines) == len(list((ROOT / "recipes").glob("*.yaml")))
    assert lines[-1].split()[0] == "text-wasserstein"


def test_use_writes_a_preset_and_says_what_changed_and_what_to_run() -> None:
    output = run("use", "text-hinge", "--device", "cpu").output
    assert "  train.objective: non_saturating -> hinge\n" in output
    assert output.endswith("next: make run\n")
    assert run("check").output.startswith("params.yaml is valid: text-hinge")


def test_use_lists_few_changes_and_what_was_set_by_hand_first(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promptgan.recipes.presets.bfloat16_instructions", lambda: [])  # as in the file that is there
    path = repository / "params.yaml"
    run("use", "text-gumbel", "--device", "cpu")
    path.write_text(path.read_text().replace("steps: 150 ", "steps: 7 "))
    lines = run("use", "tang-gumbel", "--device", "cpu").output.splitlines()
    assert lines[0] == "  train.steps: 7 -> 150   (your own value)"
    assert lines[10] == "  and 9 more; `git diff params.yaml` shows what differs from the last commit"
    assert run("use", "tang-gumbel", "--device", "cpu").output == (
        "params.yaml holds tang-gumbel: no value(s) changed\nnext: make run\n"
    )


def test_use_refuses_an_unknown_preset_with_the_nearest_name() -> None:
    assert "did you mean text-hinge?" in run("use", "text-hing", code=2).stderr
    assert "name columns of the file" in run("use", "text-hinge", "--text", "answer", code=2).stderr
    assert "--first-words is of its lines" in run("use", "text-hinge", "--first-words", "3", code=2).stderr


def test_use_imports_own_data_and_check_says_when_it_has_changed(repository: Path) -> None:
    file = repository / "my.csv"
    file.write_text("question,answer\n" + "".join(f"why {i}?,because {i}\n" for i in range(400)))
    output = run(
        "use", "local-text", "--path", "my.csv", "--prompt", "question", "--text", "answer", "--device", "cpu"
    ).output
    assert "  data.name: chitchat -> local_text\n" in output
    assert run("check").output == "params.yaml is valid: local-text on local_text, cpu\n"
    file.write_text(file.read_text() + "one,more\n")
    assert "has changed since" in run("check").output
    assert "no column 'nothing'" in run("use", "local-text", "--path", "my.csv", "--prompt", "nothing", code=1).stderr


def test_use_imports_a_folder_of_images_and_takes_no_options_of_texts(repository: Path) -> None:
    import numpy as np
    from PIL import Image

    (repository / "photos/cats").mkdir(parents=True)
    for i in range(700):
        Image.fromarray(np.full((2, 2), i % 256, np.uint8)).save(repository / f"photos/cats/{i}.png")
    output = run("use", "local-images", "--path", "photos", "--device", "cpu").output
    assert "photos: 700 files, 700 of them pictures; 1 label(s): cats\n" in output
    assert run("check").output == "params.yaml is valid: local-images on local_images, cpu\n"
    assert "takes no --prompt" in run("use", "local-images", "--path", "photos", "--prompt", "a", code=2).stderr
    assert (
        "takes no --first-words" in run("use", "local-images", "--path", "photos", "--first-words", "3", code=2).stderr
    )
    assert "takes no --captions" in run("use", "local-text", "--path", "a.csv", "--captions", "a", code=2).stderr
    assert "reads no data of your own" in run("use", "text-style", "--path", "a.csv", code=2).stderr
    (repository / "photos/cats/0.png").unlink()
    assert "promptgan use local-images --keep --path" in run("check").output


def test_a_new_version_of_own_data_keeps_every_other_value(repository: Path) -> None:
    file = repository / "my data.csv"
    file.write_text("question,answer\n" + "".join(f"why {i}?,because {i}\n" for i in range(400)))
    columns = ["--path", "my data.csv", "--prompt", "question", "--text", "answer"]
    said = run("use", "local-text", *columns, "--device", "cpu").output
    assert "first_words" not in said, "a table has no first words"
    path = repository / "params.yaml"
    path.write_text(path.read_text().replace("  steps: 150 ", "  steps: 7   "))
    mine = path.read_text().partition("\ndata:")[0]
    file.write_text(file.read_text() + "why now?,because of that\n")
    note = next(line for line in run("check").output.splitlines() if line.startswith("note: "))
    command = shlex.split(note.partition("`promptgan ")[2].partition("`")[0])
    output = run(*command).output
    assert [line.partition(":")[0] for line in output.splitlines()[1:-2]] == ["  data.sha256"]
    assert load_params(path)["train"]["steps"] == 7
    assert path.read_text().startswith(mine)
    assert run("check").output == "params.yaml is valid: local-text on local_text, cpu\n"

    refused = run("use", "text-hinge", "--keep", *columns, code=2).stderr
    assert "params.yaml holds the recipe local-text, not text-hinge" in refused
    assert "goes with --path" in run("use", "local-text", "--keep", code=2).stderr
    assert "not --device" in run("use", "local-text", "--keep", *columns, "--device", "cpu", code=2).stderr


def test_another_base_model_keeps_every_other_value(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from promptgan.recipes import own_model

    asked: list[int] = []

    def accepted(model: str, preset: dict[str, Any], name: str) -> dict[str, Any]:
        asked.append(preset["tokenize"]["max_tokens"])
        return {"name": "local_model", "path": f"/{model}", "content_sha256": "0" * 64}

    monkeypatch.setattr(own_model, "accepted", accepted)
    path = repository / "params.yaml"
    run("use", "text-lm", "--model", "first")
    mine = re.sub("max_tokens: [0-9]+", "max_tokens: 17", path.read_text())
    path.write_text(mine)
    said = run("use", "text-lm", "--model", "second").output
    assert [line.partition(":")[0] for line in said.splitlines()[:-3]] == ["  base_model.path"]
    assert "every other value is as it was; `promptgan use text-lm` writes the preset's" in said
    assert path.read_text() == mine.replace("/first", "/second") and asked[1:] == [17]
    assert "tokenize.max_tokens: 17 ->" in run("use", "text-lm", "--model", "second", "--device", "cpu").output
    path.write_text(mine.replace("max_tokens: 17", "max_tokens: many"))
    run("use", "text-lm", "--model", "second")
    assert run("check").output.startswith("params.yaml is valid: text-lm"), "what is not valid is written anew"

    file = repository / "mine.csv"
    file.write_text("question,answer\n" + "".join(f"why {i}?,because {i}\n" for i in range(400)))
    columns = ["--path", "mine.csv", "--prompt", "question", "--text", "answer"]
    run("use", "local-lm", *columns, "--device", "cpu")
    mine = re.sub("rank: [0-9]+", "rank: 3", path.read_text())
    path.write_text(mine)
    file.write_text(file.read_text() + "why now?,because of that\n")
    said = run("use", "local-lm", "--keep", *columns, "--model", "third").output
    assert "base_model.path: (nothing) -> /third" in said and "data.sha256" in said
    assert "rank: 3" in path.read_text()


def test_plain_text_has_no_columns_to_list(repository: Path) -> None:
    (repository / "lines.txt").write_text("".join(f"one {i} two three four {i}\n" for i in range(400)))
    said = run("use", "local-text", "--path", "lines.txt", "--first-words", "2", "--device", "cpu").output
    assert "  data.first_words: (nothing) -> 2\n" in said
    assert "data.prompt" not in said and "data.text" not in said


def test_compare_needs_a_finished_run() -> None:
    assert "error: HEAD:dvc.lock: fatal: not a git repository" in run("check-results", code=1).stderr


def test_compare_says_identical_within_or_outside(repository: Path) -> None:
    (repository / "dvc.yaml").write_text("stages: {train: {}}\n")
    (repository / "metrics").mkdir()

    def write(nll: float) -> None:
        evaluation = {"task": "text", "systems": {"twin": {"nll": nll}}, "standard_errors": []}
        content = json.dumps(evaluation).encode()
        (repository / "metrics/evaluation.json").write_bytes(content)
        out = {"path": "metrics/evaluation.json", "md5": hashlib.md5(content).hexdigest(), "size": len(content)}
        (repository / "dvc.lock").write_text(json.dumps({"stages": {"train": {"cmd": "x", "outs": [out]}}}))

    write(4.0)
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *command], check=True)
    assert run("check-results").output.startswith("identical")
    write(4.01)
    assert run("check-results").output.endswith("within tolerance\n")
    write(5.0)
    said = run("check-results", code=1).output
    assert "  OUTSIDE  twin nll: committed 4.0, here 5.0 (20.00% of at most 3%)\n" in said


def test_show_needs_a_finished_run() -> None:
    assert "metrics/evaluation.json is not there" in run("show", code=1).stderr


def test_generate_has_the_defaults_of_every_preset(repository: Path) -> None:
    for file in (ROOT / "recipes").glob("*.yaml"):
        recipe = whole = load_params(file)
        while "task" not in whole and "base" in whole:
            whole = load_params(file.with_stem(whole["base"]))
        section = recipe.get("generate", {}) if whole["task"] == "text" else {}
        assert section.get("temperature", generate.TEMPERATURE) == generate.TEMPERATURE
        assert section.get("top_p", generate.TOP_P) == generate.TOP_P
    said = " ".join(run("generate", "--help").output.split())
    assert f"[default: ({generate.TEMPERATURE})" in said
    assert f"[default: ({generate.TOP_P});" in said
    assert "the presets' section `generate`" in said


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    from promptgan.networks.folder import save_none

    assert "models/adversarial holds no readable index.json" in run("generate", "--prompt", "hello", code=1).stderr
    save_none(tmp_path, "the recipe has no adversarial training")
    for command in ("generate", "interpolate"):
        said = run(command, "--model", str(tmp_path), code=1).stderr
        assert f"{tmp_path} holds no model: the recipe has no adversarial training" in said
        assert "such as models/pretrained" in said


def test_generate_answers_every_prompt(repository: Path) -> None:
    import torch
    from tokenizers import Tokenizer, models

    from promptgan.forms.tokens.example import Example
    from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
    from promptgan.networks import folder

    vocabulary = {token: number for number, token in enumerate([*SPECIAL_TOKENS, "yes", "no"])}
    Tokenizer(models.WordLevel(vocabulary, unk_token=SPECIAL_TOKENS[1])).save(str(repository / "tokenizer.json"))
    section = {"network": "recurrent", "cell": "gru", "embedding": 4, "width": 4, "layers": 1, "dropout": 0.0}
    torch.manual_seed(1)
    example = Example(vocabulary=len(vocabulary), max_tokens=8)
    network = folder.build("tokens", "generator", section, example)
    index = folder.described("text", "tokens", example)
    folder.save(
        repository / "model",
        {"generator": network},
        {"generator": section},
        index,
        {"tokenizer.json": repository / "tokenizer.json"},
    )
    command = ["generate", "--model", "model", "--prompt", "yes", "--prompt", "no", "--n", "3", "--seed", "4"]
    output = run(*command).output
    assert [line for line in output.splitlines() if line.startswith(">")] == ["> yes", "> no"]
    assert len(output.splitlines()) == 8
    assert run(*command).output == output
    assert run(*command[:-1], "5").output != output
    typed = [{"yes": "y\u200bes", "no": "\ufeffno\u00a0"}.get(each, each) for each in command]
    assert run(*typed).output == output, "what people type is read as records have it"
    assert "at least one word" in run("generate", "--model", "model", "--prompt", " ", code=1).stderr
    assert "give one, as in" in run("generate", "--model", "model", code=1).stderr
    for temperature in ("inf", "nan", "1e-40", "-1"):
        refused = run("generate", "--model", "model", "--prompt", "yes", "--temperature", temperature, code=1)
        assert "nothing can be drawn at a temperature" in refused.stderr
    for option in ("--out", "--style"):
        assert f"{option} means nothing to a model whose task is text" in run(*command, option, "a.png", code=2).stderr
    assert run(*command, "--threads", "1").output == output


def test_generate_draws_images_into_a_picture(repository: Path) -> None:
    from PIL import Image

    from promptgan.forms.tensors.form import Example
    from promptgan.networks import folder

    section = {"network": "fully_connected", "latent": 4, "widths": [8], "normalisation": "none"}
    section |= {"conditioning": None, "dropout": 0.0}
    example = Example(channels=1, height=8, width=8)
    network = folder.build("tensors", "generator", section, example)
    index = folder.described("image", "tensors", example)
    folder.save(repository / "model", {"generator": network}, {"generator": section}, index)
    assert "9 images in some.png" in run("generate", "--model", "model", "--n", "9", "--out", "some.png").output
    assert len(list((repository / "some").glob("*.png"))) == 9
    with Image.open(repository / "some.png") as picture:
        assert picture.size == ((3 * 8 + 4) * 2,) * 2
    assert "--style means nothing" in run("generate", "--model", "model", "--style", "a", code=2).stderr
    assert "not told what to make" in run("generate", "--model", "model", "--prompt", "a", code=1).stderr


def test_reconstruct_and_interpolate_dispatch_to_the_task_of_the_model(repository: Path) -> None:
    from promptgan.networks import folder
    from tests.conftest import EXAMPLE as TEXT
    from tests.conftest import GENERATOR
    from tests.tasks.image.conftest import EXAMPLE, SECTIONS

    both = {role: folder.build("tensors", role, SECTIONS[role], EXAMPLE) for role in ("generator", "encoder")}
    folder.save(repository / "model", both, SECTIONS, folder.described("image", "tensors", EXAMPLE))
    picture = str(repository / "some.png")
    assert "4 images in strip.png" in run("interpolate", "--model", "model", "--n", "4", "--out", "strip.png").output
    run("generate", "--model", "model", "--n", "1", "--out", picture)
    refused = run("interpolate", "--model", "model", "--between", picture, picture, code=2).stderr
    assert "--between means nothing to this model" in refused
    assert "1 images, each" in run("reconstruct", "--model", "model", "--images", picture, "--out", "pairs.png").output
    assert "no test images" in run("reconstruct", "--model", "model", code=1).stderr
    folder.save(
        repository / "text",
        {"generator": folder.build("tokens", "generator", GENERATOR, TEXT)},
        {"generator": GENERATOR},
        folder.described("text", "tokens", TEXT),
    )
    refused = run("interpolate", "--model", "text", code=1).stderr
    assert "there is no interpolation for a model whose task is text" in refused
    assert "generate --interpolate" in refused
    assert (
        "there is no reconstruction for a model whose task is text"
        in run("reconstruct", "--model", "text", code=1).stderr
    )
