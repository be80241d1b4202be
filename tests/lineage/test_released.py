"""Checking a release: what is right passes, and every change is found and named."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from promptgan.lineage.released import NotARelease, ReleaseBroken, SignatureNotChecked, verify
from promptgan.lineage.signature import WrongSignature
from promptgan.tasks.text import audit

pytestmark = pytest.mark.usefixtures("one_thread")


def sums(release: Path) -> None:
    """What somebody does who changes a file and does not want it to be seen."""
    files = sorted(
        file for file in release.rglob("*") if file.is_file() and file.name not in ("SHA256SUMS", "model.sig")
    )
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(release)}\n" for file in files]
    (release / "SHA256SUMS").write_text("".join(lines))


def edit(path: Path, change: Callable[[dict], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def problems(release: Path, public_key: Path | None = None) -> list[str]:
    with pytest.raises(ReleaseBroken) as error:
        verify(release, public_key)
    return error.value.problems


def test_an_unsigned_release_is_right_and_says_so(release: Path) -> None:
    found = verify(release)
    assert found.files == 19
    assert found.model == "models/adversarial"
    assert found.answers == "11 of 11 drawn again are the same"
    assert found.signature == "none; this release is not signed"


def test_a_signed_release_is_right(signed: Path, keys: tuple[Path, Path]) -> None:
    assert verify(signed, keys[1]).signature == f"right; {keys[1]} checks it"
    assert verify(signed).signature.startswith("not checked (")


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "name",
    [
        "models/adversarial/generator.safetensors",
        "metrics/train.json",
        "samples/generated/samples.parquet",
        "samples/generated/samples.txt",
        "README.md",
        "sbom.cdx.json",
        "lineage/dvc.lock",
    ],
)
def test_a_changed_byte_is_found(release: Path, name: str) -> None:
    flip_a_byte(release / name)
    assert problems(release) == [f"{name}: was changed; its sha256 is not the one in SHA256SUMS"]


def test_a_removed_file_is_found(release: Path) -> None:
    (release / "samples/generated/samples.txt").unlink()
    assert problems(release) == ["samples/generated/samples.txt: is missing"]


@pytest.mark.parametrize("name", ["models/adversarial/more.bin", ".gitignore", "lineage/.hidden/x"])
def test_an_added_file_is_found(release: Path, name: str) -> None:
    (release / name).parent.mkdir(exist_ok=True)
    (release / name).write_text("")
    assert problems(release) == [f"{name}: was added; SHA256SUMS does not list it"]


def test_a_link_is_found(release: Path, tmp_path: Path) -> None:
    shutil.move(release / "models/adversarial/index.json", tmp_path / "index.json")
    (release / "models/adversarial/index.json").symlink_to(tmp_path / "index.json")
    assert problems(release) == ["models/adversarial/index.json: is no regular file"]


def test_swapped_files_are_found(release: Path) -> None:
    one, other = release / "metrics/train.json", release / "metrics/validation.json"
    swapped = one.read_bytes(), other.read_bytes()
    other.write_bytes(swapped[0])
    one.write_bytes(swapped[1])
    assert [problem.partition(":")[0] for problem in problems(release)] == [
        "metrics/train.json",
        "metrics/validation.json",
    ]


def test_a_line_that_is_no_sum_is_found(release: Path) -> None:
    with (release / "SHA256SUMS").open("a") as file:
        file.write("rubbish\n")
    assert problems(release) == ["SHA256SUMS: line 20 is no sum"]


def test_a_file_outside_of_the_folder_is_not_read(release: Path) -> None:
    with (release / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  ../secret\n")
    assert problems(release) == ["../secret: is missing"]


def test_a_folder_without_sums_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(NotARelease, match="holds no readable SHA256SUMS"):
        verify(tmp_path)


def swap_samples(release: Path) -> None:
    path = release / "samples/generated/samples.parquet"
    table = pd.read_parquet(path)
    table["text"] = table["text"].iloc[::-1].to_numpy()
    table.to_parquet(path, index=False)


def other_parameters(release: Path) -> None:
    path = release / "lineage/params.yaml"
    document = yaml.safe_load(path.read_text())
    document["train"]["steps"] = 6000
    path.write_text(yaml.safe_dump(document))


def other_lock_entry(release: Path) -> None:
    path = release / "lineage/dvc.lock"
    document = yaml.safe_load(path.read_text())
    document["stages"]["validate"]["deps"][0]["md5"] = "0" * 32 + ".dir"
    path.write_text(yaml.safe_dump(document, sort_keys=False))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda r: flip_a_byte(r / "models/adversarial/generator.safetensors"),
            "models/adversarial/generator.safetensors: is not the file that dvc.lock leads to",
        ),
        (
            lambda r: (r / "models/adversarial/more").write_text(""),
            "models/adversarial/more: the pipeline wrote no such file",
        ),
        (
            lambda r: (r / "models/adversarial/tokenizer.json").unlink(),
            "models/adversarial/tokenizer.json: is missing, though the pipeline wrote it",
        ),
        (
            lambda r: edit(r / "metrics/train.json", lambda d: d.update(val_loss=1.0)),
            "metrics/train.json: is not the file that dvc.lock leads to",
        ),
        (lambda r: (r / "README.md").write_text("the best"), "README.md: is not the file that dvc.lock leads to"),
        (swap_samples, "samples/generated/samples.parquet: is not the file that dvc.lock leads to"),
        (
            lambda r: edit(r / "lineage/provenance.json", lambda d: d["licence"].update(name="CC0")),
            "lineage/provenance.json: is not the file that dvc.lock leads to",
        ),
        (
            lambda r: (r / "lineage/requirements.lock").write_text("numpy==1.0\n"),
            "lineage/requirements.lock: is not the file that dvc.lock leads to",
        ),
        (
            other_parameters,
            "lineage/params.yaml: its section `train` is not what the stage train ran with",
        ),
        (other_lock_entry, "lineage/openlineage.ndjson: its runs are not those of dvc.lock"),
        (
            lambda r: edit(r / "lineage/croissant.json", lambda d: d["distribution"][0].update(sha256="0" * 64)),
            "lineage/croissant.json: its train.parquet is not the one in prov.json",
        ),
        (
            lambda r: (r / "lineage/openlineage.ndjson").write_text("no JSON"),
            "lineage/ or a run.json is not of the form that a release has",
        ),
        (
            lambda r: edit(r / "samples/generated/run.json", lambda d: d.pop("parameters")),
            "lineage/ or a run.json is not of the form that a release has",
        ),
        (lambda r: (r / "lineage/prov.json").unlink(), "lineage/ or a run.json is not of the form that a release has"),
        (lambda r: (r / "lineage/dvc.yaml").unlink(), "lineage/dvc.yaml cannot be read"),
        (lambda r: (r / "lineage/params.yaml").write_text("a: ["), "lineage/params.yaml: 1 wrong key"),
    ],
)
def test_a_change_with_new_sums_is_found_by_the_lineage(
    release: Path, change: Callable[[Path], object], told: str
) -> None:
    change(release)
    sums(release)
    assert any(problem.startswith(told) for problem in problems(release))


def test_a_change_with_a_new_listing_is_found_by_the_lock(release: Path) -> None:
    path = release / "models/adversarial/generator.safetensors"
    before = hashlib.md5(path.read_bytes()).hexdigest()
    flip_a_byte(path)
    prov = release / "lineage/prov.json"
    prov.write_text(prov.read_text().replace(before, hashlib.md5(path.read_bytes()).hexdigest()))
    sums(release)
    assert "lineage/prov.json: its files of models/adversarial are not those of dvc.lock" in problems(release)


def test_a_model_that_does_not_give_the_answers_is_found(release: Path) -> None:
    """Somebody who trained another model and wrote every record anew, but kept the samples."""
    import torch

    from promptgan.networks import folder
    from promptgan.networks.weights import save_weights
    from tests.conftest import EXAMPLE, GENERATOR

    released = {
        file: (release / file).read_bytes() for file in ("models/adversarial/generator.safetensors", "lineage/dvc.lock")
    }
    torch.manual_seed(5)
    other = folder.build("tokens", "generator", GENERATOR, EXAMPLE)
    with torch.no_grad():
        other.bias[5:20] += 4.0
    save_weights(release / "models/adversarial/generator.safetensors", other)
    tree = {
        name.name: hashlib.md5(name.read_bytes()).hexdigest()
        for name in sorted((release / "models/adversarial").iterdir())
    }
    listing = json.dumps([{"md5": md5, "relpath": name} for name, md5 in tree.items()])
    was = yaml.safe_load(released["lineage/dvc.lock"])["stages"]["train"]["outs"][0]["md5"]
    swapped = {
        was: hashlib.md5(listing.encode()).hexdigest() + ".dir",
        hashlib.md5(released["models/adversarial/generator.safetensors"]).hexdigest(): tree["generator.safetensors"],
    }
    for record in ("lineage/dvc.lock", "lineage/prov.json"):
        text = (release / record).read_text()
        for old, new in swapped.items():
            text = text.replace(old, new)
        (release / record).write_text(text)
    edit_runs(release)
    sums(release)
    assert problems(release) == [p for p in problems(release) if p.startswith("models/adversarial: it gives ")]


def test_samples_that_follow_from_what_no_release_holds_are_not_drawn(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "drawn_again", lambda model, drawn, device: None)
    assert verify(release).answers == "not drawn again (its samples follow from training images)"


def edit_runs(release: Path) -> None:
    """Make the records agree with the changed lock: run identifiers, and what the samples were drawn from."""
    import contextlib

    from promptgan.lineage import lock

    with contextlib.chdir(release / "lineage"):
        ids = {stage.name: str(stage.run_id) for stage in lock.read().stages.values()}
    events = [json.loads(line) for line in (release / "lineage/openlineage.ndjson").read_text().splitlines()]
    for event in events:
        event["run"]["runId"] = ids[event["job"]["name"]]
    (release / "lineage/openlineage.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events))
    prov = json.loads((release / "lineage/prov.json").read_text())
    path = "models/adversarial/generator.safetensors"
    for entity in prov["entity"].values():
        if entity.get("term:path") == path:
            entity["term:sha256"] = json.loads((release / "samples/generated/run.json").read_text())["inputs"][path]
    (release / "lineage/prov.json").write_text(json.dumps(prov))


def test_changed_sums_do_not_pass_the_signature(signed: Path, keys: tuple[Path, Path]) -> None:
    (signed / "sbom.cdx.json").write_text("{}")
    sums(signed)
    verify(signed)  # nothing else covers the bill of materials
    with pytest.raises(WrongSignature, match=r"changed since: SHA256SUMS, sbom"):
        verify(signed, keys[1])


def test_a_key_needs_a_signature(release: Path, keys: tuple[Path, Path]) -> None:
    with pytest.raises(SignatureNotChecked, match="is not signed"):
        verify(release, keys[1])


def test_answers_drawn_elsewhere_are_not_compared(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch, "__version__", "2.0.0+other")
    told = verify(release).answers
    assert told.startswith("not drawn again (drawn with torch ")
    assert "here are torch 2.0.0+other and " in told
