"""What references are called, as `dvc exp` and Git make them."""

import pytest

from promptgan.lineage import references

START = f"refs/exps/{'ab'}/{'c' * 38}"


@pytest.mark.parametrize(
    ("reference", "called", "note"),
    [
        (f"{START}/brave-toad", "experiment brave-toad", False),
        ("refs/exps/apply/ORIG_HEAD", "", True),
        ("refs/exps/exec/EXEC_HEAD", "", True),
        ("refs/exps/exec/EXEC_APPLY", "", True),
        ("refs/exps/stash", "DVC's stash", False),
        ("refs/exps/celery/stash", "DVC's stash", False),
        ("refs/heads/feature/x", "branch feature/x", False),
        ("refs/tags/v1", "tag v1", False),
        ("refs/remotes/origin/main", "remote branch origin/main", False),
        ("refs/stash", "stash", False),
    ],
)
def test_only_an_experiment_is_called_one(reference: str, called: str, note: bool) -> None:
    assert references.is_note(reference) is note
    if not note:
        assert " ".join(filter(None, references.kind_and_name(reference))) == called
    assert references.experiment(reference) == ("brave-toad" if "toad" in reference else None)
