"""Building a release: whole, the same bytes each time, or refused."""

import json
import subprocess
from pathlib import Path

import pytest

from promptgan.lineage import signature
from promptgan.lineage.evidence import FilesDiffer
from promptgan.lineage.release import NotFinished, NothingToRelease, ReleaseExists, build
from promptgan.networks.folder import load
from tests.lineage import small_run

MODEL = Path("models/adversarial")
FILES = {
    "README.md",
    "SHA256SUMS",
    "lineage/croissant.json",
    "lineage/dvc.lock",
    "lineage/dvc.yaml",
    "lineage/openlineage.ndjson",
    "lineage/params.yaml",
    "lineage/prov.json",
    "lineage/provenance.json",
    "lineage/requirements.lock",
    "metrics/train.json",
    "metrics/validation.json",
    "models/adversarial/index.json",
    "models/adversarial/generator.safetensors",
    "models/adversarial/run.json",
    "models/adversarial/tokenizer.json",
    "samples/generated/run.json",
    "samples/generated/samples.parquet",
    "samples/generated/samples.txt",
    "sbom.cdx.json",
}


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_it_holds_everything(built: Path) -> None:
    assert contents(built).keys() == FILES


def test_model_samples_metrics_and_records_are_copies(built: Path, small_run_source: Path) -> None:
    for name, content in contents(built).items():
        original = small_run_source / name.removeprefix("lineage/")
        if name != "README.md" and original.is_file():
            assert content == original.read_bytes()
    assert (built / "lineage/provenance.json").read_bytes() == (
        small_run_source / "data/raw/provenance.json"
    ).read_bytes()


def test_the_model_loads_from_it(built: Path) -> None:
    assert load(built / "models/adversarial").index["example"]["vocabulary"] == 64


def test_the_card_is_the_pipelines_own_and_tells_where_the_model_lies(built: Path, small_run_source: Path) -> None:
    assert (built / "README.md").read_bytes() == (small_run_source / "reports/html/README.md").read_bytes()
    assert "promptgan generate --model models/adversarial --prompt" in (built / "README.md").read_text()


def test_sha256sum_checks_it(built: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=built, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(FILES) - 1


def test_no_path_of_this_machine_is_in_it(built: Path, small_run_source: Path) -> None:
    for name, content in contents(built).items():
        assert str(small_run_source).encode() not in content, name
        assert str(Path.home()).encode() + b"/" not in content, name


def test_the_same_run_gives_the_same_bytes(built: Path, repository: Path) -> None:
    build(MODEL, repository / "release")
    assert contents(repository / "release") == contents(built)


def test_with_a_key_it_is_signed(repository: Path, keys: tuple[Path, Path]) -> None:
    build(MODEL, repository / "release", keys[0])
    signature.check(repository / "release", keys[1])


def test_an_unusable_key_leaves_nothing(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")
    with pytest.raises(signature.UnusableKey, match=r"key\.pem"):
        build(MODEL, repository / "release", tmp_path / "key.pem")
    assert not list(repository.glob("release*"))


def test_an_unfinished_pipeline_is_refused(repository: Path) -> None:
    (repository / "stages/train.py").write_text("print('other')")
    with pytest.raises(NotFinished, match=r"train: stages/train\.py changed since it ran") as error:
        build(MODEL, repository / "release")
    assert error.value.remedy == "run `make run`"
    assert not list(repository.glob("release*"))


def test_an_output_that_is_not_the_locked_one_is_refused(repository: Path) -> None:
    (repository / "samples/generated/samples.txt").write_text("better ones")
    with pytest.raises(FilesDiffer, match="samples/generated"):
        build(MODEL, repository / "release")
    assert not list(repository.glob("release*"))


def test_an_existing_release_is_replaced_only_when_told_so(repository: Path) -> None:
    out = repository / "release"
    build(MODEL, out)
    (out / "old").write_text("")
    with pytest.raises(ReleaseExists, match="release exists") as error:
        build(MODEL, out)
    assert "--force" in error.value.remedy
    build(MODEL, out, force=True)
    assert not (out / "old").exists()
    assert not list(repository.glob("release.*"))


def test_an_interrupt_while_it_is_replaced_leaves_the_old_one(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, replace = repository / "release", Path.replace
    build(MODEL, out)
    (out / "old").write_text("")

    def interrupted(path: Path, target: Path) -> Path:
        if (path.name, target) == (out.name, out):
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(MODEL, out, force=True)
    assert (out / "old").is_file()
    assert not list(repository.glob("release.*"))


def test_a_folder_that_is_no_release_is_never_replaced(repository: Path) -> None:
    with pytest.raises(ReleaseExists) as error:
        build(MODEL, repository / "data", force=True)
    assert "no release" in error.value.remedy
    assert (repository / "data/raw").is_dir()


@pytest.mark.parametrize("model", ["models/nothing", "data/raw", "."])
def test_what_is_no_model_is_refused(repository: Path, model: str) -> None:
    with pytest.raises(NothingToRelease, match="no model that the pipeline made") as error:
        build(Path(model), repository / "release")
    assert "models/adversarial" in error.value.remedy


def test_a_stage_that_the_recipe_does_not_use_is_no_model(repository: Path) -> None:
    (repository / MODEL / "index.json").write_text(json.dumps({"kind": "none", "reason": "no adversarial phase"}))
    small_run.write_lock()
    with pytest.raises(NothingToRelease, match="no adversarial phase"):
        build(MODEL, repository / "release")


def test_a_card_of_another_model_is_refused(repository: Path) -> None:
    (repository / "reports/html/README.md").write_text("promptgan generate --model models/pretrained --n 5")
    small_run.write_lock()
    with pytest.raises(NothingToRelease, match="describes another model"):
        build(MODEL, repository / "release")
