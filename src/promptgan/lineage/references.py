"""What Git's references are called: branches, tags, and the experiments and notes that DVC keeps among them."""

import re

from promptgan import git

EXPERIMENT = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]+)/(.+)")
"""DVC files an experiment under the commit that it started from."""
OF_DVC = "refs/exps/"


def experiment(reference: str) -> str | None:
    """The name of the experiment that a reference is; None for a branch, a tag and DVC's own notes."""
    match = EXPERIMENT.fullmatch(reference)
    return match[3] if match else None


def experiments() -> list[tuple[str, str]]:
    """The commit that every experiment started from, and its name; the latest last."""
    listed = git.text_if_any("for-each-ref", "--sort=committerdate", "--format=%(refname)", OF_DVC).split()
    return [(match[1] + match[2], match[3]) for each in listed if (match := EXPERIMENT.fullmatch(each))]


def of_experiment(commit: str, name: str) -> str:
    """The reference of an experiment, by the commit that it started from."""
    return f"{OF_DVC}{commit[:2]}/{commit[2:]}/{name}"


def is_note(reference: str) -> bool:
    """Whether DVC keeps it for itself and removes it again: the former HEAD of `dvc exp apply`, a running experiment.

    Its stashes are none: they hold experiments that wait or have failed.
    """
    return reference.startswith(OF_DVC) and not experiment(reference) and not reference.endswith("/stash")


def name(reference: str) -> str:
    """What people call it, without the word for its kind."""
    if reference.startswith(OF_DVC):
        return experiment(reference) or "DVC's stash"
    return reference.removeprefix("refs/").partition("/")[2] or reference.removeprefix("refs/")


def kind_and_name(reference: str) -> str:
    """The same with the word for its kind."""
    if reference.startswith(OF_DVC):
        return f"experiment {name(reference)}" if experiment(reference) else name(reference)
    kind, _, rest = reference.removeprefix("refs/").partition("/")
    return {"heads": "branch", "tags": "tag", "remotes": "remote branch"}.get(kind, kind) + (f" {rest}" if rest else "")
