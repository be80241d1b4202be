"""The working tree as an experiment takes it."""

from collections.abc import Iterable
from pathlib import Path

from promptgan import git


def tree(scratch: Path, new: Iterable[str], without: Iterable[str] = ()) -> str:
    """The Git tree of this workspace: tracked files as they are, and new ones that Git does not ignore.

    Nothing but objects is written: neither the index nor any file is touched.

    Args:
        scratch: a folder for a temporary index.
        new: pathspecs of the files that take part before Git tracks them.
        without: folders that stay as HEAD has them.

    Raises:
        GitFailed: the repository has no commit.
    """
    index = (scratch / "index.partial").resolve()
    environment = {"GIT_INDEX_FILE": str(index)}
    try:
        git.text("read-tree", "HEAD", env=environment)
        git.text("add", "--update", "--", ".", *(f":!{folder}" for folder in without), env=environment)
        found = git.text("ls-files", "-z", "--others", "--exclude-standard", "--", *new, env=environment)
        if names := [name for name in found.split("\0") if name]:
            git.text("add", "--", *names, env=environment)
        return git.text("write-tree", env=environment).strip()
    finally:
        index.unlink(missing_ok=True)
