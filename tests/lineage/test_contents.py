"""The bytes that a hash stands for: workspace, cache, neither."""

import shutil
from pathlib import Path

import pytest

from promptgan.lineage import contents, lock
from promptgan.lineage.contents import BytesNotHere, NotTracked
from tests.lineage.traced_run import entry, without_outputs
from tests.pipeline.clone import Clone

MODEL = "models/adversarial/generator.safetensors"


@pytest.mark.parametrize("path", ["data/tokens", "metrics/evaluation.json", "data/excluded.csv"])
def test_the_state_of_files_and_folders_agrees_with_dvc(own: Clone, path: str) -> None:
    file = entry(path)
    assert contents.state(file) == "same"
    some = next(p for p in [Path(path), *sorted(Path(path).glob("*"))] if p.is_file())
    some.unlink()
    assert contents.state(file) == ("other" if Path(path).is_dir() else "missing")
    some.write_text("other")
    assert contents.state(file) == "other"


def test_a_listing_comes_from_the_cache_and_without_it_from_the_workspace(own: Clone) -> None:
    folder = entry("models/adversarial")
    expected = contents.listing(folder)
    assert expected
    assert set(expected) == {"generator.safetensors", "run.json", "tokenizer.json"}
    shutil.rmtree("models/adversarial")
    assert contents.listing(folder) == expected
    own.dvc("checkout", "--quiet", "models/adversarial")
    shutil.rmtree(".dvc/cache")
    assert contents.listing(folder) == expected
    Path(MODEL).unlink()
    assert contents.listing(folder) is None


def test_the_recorded_bytes_are_found_in_the_workspace_or_in_the_cache(own: Clone) -> None:
    locked = lock.read()
    assert contents.recorded(locked, MODEL) == Path(MODEL)
    expected = Path(MODEL).read_bytes()
    Path(MODEL).unlink()
    Path(MODEL).write_text("forged")
    assert contents.recorded(locked, MODEL) != Path(MODEL)
    assert contents.recorded(locked, MODEL).read_bytes() == expected


def test_a_damaged_cache_is_not_believed(own: Clone) -> None:
    cached = next(Path(".dvc/cache/files/md5").glob(f"??/{contents.md5_in_lock(lock.read(), MODEL)[2:]}"))
    cached.chmod(0o644)
    cached.write_text("forged")
    shutil.rmtree("models")
    with pytest.raises(BytesNotHere):
        contents.recorded(lock.read(), MODEL)


def test_bytes_that_are_nowhere_are_refused_with_the_remedy(own: Clone) -> None:
    without_outputs(own)
    with pytest.raises(BytesNotHere, match="dvc pull models/adversarial"):
        contents.recorded(lock.read(), MODEL)


def test_other_bytes_than_the_locked_ones_are_refused(own: Clone) -> None:
    shutil.rmtree(".dvc/cache")
    Path("metrics/evaluation.json").write_text("{}")
    with pytest.raises(BytesNotHere, match="here are other bytes than"):
        contents.recorded(lock.read(), "metrics/evaluation.json")


def test_what_the_lock_does_not_have_is_named_with_the_nearest(own: Clone) -> None:
    locked = lock.read()
    with pytest.raises(NotTracked, match="no such output"):
        contents.recorded(locked, "README.md")
    with pytest.raises(NotTracked, match=r"did you mean generator\.safetensors"):
        contents.recorded(locked, "models/adversarial/model.safetensor")
