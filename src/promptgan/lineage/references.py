"""What Git's references are called: branches, tags, and the experiments and notes that DVC keeps among them."""

import re

from promptgan import git

EXPERIMENT = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]+)/(.+)")
"""DVC files an experiment under the commit that it started from."""
OF_DVC = "refs/exps/"
KINDS = {"heads": "branch", "tags": "tag", "remotes": "remote branch"}


def experiment(reference: str) -> str | None:
    """The name of the experiment that a reference is; None for a branch, a tag and DVC's own notes."""
    match = EXPERIMENT.fullmatch(reference)
    return match[3] if match else None


def experiments() -> list[tuple[str, str]]:
    """The commit that every experiment started from, and its name; the latest last."""
    listed = git.text_if_any("for-each-ref", "--sort=committerdate", "--format=%(refname)", OF_DVC).split()
    return [(match[1] + match[2], match[3]) for each in listed if (match := EXPERIMENT.fullmatch(each))]


def known(*options: str) -> list[str]:
    """The references that are somebody's, and not DVC's notes for itself; options are those of `git for-each-ref`."""
    listed = git.text_if_any("for-each-ref", "--format=%(refname)", *options).split()
    return [each for each in listed if not is_note(each)]


def of_experiment(commit: str, name: str) -> str:
    """The reference of an experiment, by the commit that it started from."""
    return f"{OF_DVC}{commit[:2]}/{commit[2:]}/{name}"


def is_note(reference: str) -> bool:
    """Whether DVC keeps it for itself and removes it again: the former HEAD of `dvc exp apply`, a running experiment.

    Its stashes are none: they hold experiments that wait or have failed.
    """
    return reference.startswith(OF_DVC) and not experiment(reference) and not reference.endswith("/stash")


def kind_and_name(reference: str) -> tuple[str, str]:
    """The word for its kind, empty where there is none, and what people call it."""
    if reference.startswith(OF_DVC):
        named = experiment(reference)
        return ("experiment", named) if named else ("", "DVC's stash")
    kind, _, rest = reference.removeprefix("refs/").partition("/")
    return (KINDS.get(kind, kind), rest) if rest else ("", kind)
