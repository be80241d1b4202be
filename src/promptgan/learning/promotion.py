"""Which version of the model serves: tags of DVC's artifact, each with what was known when it was set.

They are annotated tags of Git in the format of GTO, which `dvc artifacts get` and Studio read: ``NAME@vX.Y.Z`` is a
version, ``NAME#STAGE#N`` puts one into a stage, and the highest N counts. No tag is ever moved or deleted, so that the
lineage of what served when stays whole.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.folders import whole
from promptgan.lineage import cache, hashes, lock
from promptgan.lineage.target import near

ARTIFACT, MODEL = "generator", "models/adversarial"
"""The artifact that dvc.yaml declares, and its path."""
INDEX = "index.json"
REPORT, CARD = "reports/html", "README.md"
"""Where a run writes the model's card."""
STAGE = "production"
PROMOTED, ROLLED_BACK = "promoted", "rolled back"
"""What the message of an assignment begins with."""
_STAGE = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_VERSION = re.compile(rf"{ARTIFACT}@v(\d+)\.(\d+)\.(\d+)")


class WrongStage(PromptganError):
    """The name of a stage is none that GTO takes."""

    exit_code = 2


class NotCommitted(PromptganError):
    """What was trained here is not what the commit holds, so that no tag can stand for it."""


class NothingBefore(PromptganError):
    """There is no version to go back to, or none that serves."""


class ModelNotHere(PromptganError):
    """DVC's cache does not hold the model of a commit."""


class NoModel(PromptganError):
    """A commit has no model that could serve, or a folder none that ever did."""


class PlaceTaken(PromptganError):
    """A folder is not to be replaced by a model."""


@dataclass(frozen=True)
class Assignment:
    """A version in a stage."""

    tag: str
    commit: str
    version: str
    """Its tag."""
    said: str
    """The first line of the message."""

    @property
    def number(self) -> int:
        """Its place among those of its stage, which the tag ends in."""
        return int(self.tag.rpartition("#")[2])


def history(stage: str = STAGE) -> list[Assignment]:
    """Every assignment to a stage, oldest first.

    Raises:
        WrongStage: it is no name of a stage.
    """
    if not _STAGE.fullmatch(stage):
        raise WrongStage(f"{stage!r} is no stage", "name it in lower case, as production or shadow")
    versions = _versions()
    found = [
        Assignment(tag, commit, versions.get(commit, commit[:7]), said)
        for tag, commit, said in _tags(f"{ARTIFACT}#{stage}#*")
        if tag.rpartition("#")[2].isdecimal()
    ]
    return sorted(found, key=lambda each: each.number)


def serving(stage: str = STAGE) -> Assignment | None:
    """The assignment that counts; None where there never was one."""
    return next(reversed(history(stage)), None)


def promote(commit: str, said: str, stage: str = STAGE) -> Assignment:
    """Tag a commit as a version, unless it is one, and put it into a stage.

    Args:
        commit: whose model it is.
        said: what was known of it, for the message.
        stage: where it goes.

    Raises:
        NoModel, ModelNotHere: the commit has none, or it is not in DVC's cache; no tag is set.
        GitFailed: Git has no name and address of who tags, for instance.
    """
    index = json.loads(_files(commit)[INDEX].read_bytes())
    if index.get("kind") == "none":
        raise NoModel(f"{MODEL} of {commit[:7]} holds no model: {index['reason']}", "promote another run")
    versions = _versions()
    if commit not in versions:
        numbers = [tuple(map(int, match.groups())) for tag in versions.values() if (match := _VERSION.fullmatch(tag))]
        major, minor, _ = max(numbers, default=(0, 0, 0))
        git.text("tag", "--annotate", f"{ARTIFACT}@v{major}.{minor + 1}.0", commit, "--file=-", given=said)
    return _assign(commit, f"{PROMOTED}: {said}", stage)


def former(stage: str = STAGE) -> Assignment:
    """The assignment that served before the one that counts, as going back leads to it.

    Raises:
        NothingBefore: none served before.
    """
    stack: list[Assignment] = []
    for each in history(stage):
        if each.said.startswith(ROLLED_BACK) and stack:
            stack.pop()
        else:
            stack.append(each)
    if len(stack) < 2:
        was = f"{stack[0].version} is the first" if stack else "no version was ever promoted"
        raise NothingBefore(f"{stage}: {was}", "`promptgan promote` puts a version there")
    return stack[-2]


def rollback(reason: str, stage: str = STAGE) -> Assignment:
    """Put the version that served before into the stage again; going back again goes further back.

    Raises:
        NothingBefore: none served before.
    """
    back = former(stage)
    return _assign(back.commit, f"{ROLLED_BACK} to {back.version}: {reason}", stage)


def trained_commit() -> str:
    """The commit here, where its dvc.lock, params.yaml and dvc.yaml are the ones that lie here.

    Raises:
        NotCommitted: one of these differs from HEAD's.
    """
    if changed := git.text("status", "--porcelain", "--", "dvc.lock", "params.yaml", "dvc.yaml").strip():
        names = ", ".join(line[2:].strip() for line in changed.splitlines())
        raise NotCommitted(
            f"not committed: {names}", "`make run`, where it was not, commit what it changed, and promote then"
        )
    return git.text("rev-parse", "HEAD").strip()


def model_md5(commit: str) -> str:
    """The md5 of a commit's model, as its dvc.lock has it; empty where it has none.

    Raises:
        RevisionUnknown, LockUnreadable: the commit has no lock.
    """
    return _md5(commit, MODEL)


def model_at(commit: str, out: Path) -> Path:
    """Write the model of a commit into the folder ``out``, in the place of what is there; return it.

    The card that the commit's run wrote goes with it, where DVC's cache has it.

    Raises:
        RevisionUnknown, LockUnreadable: the commit has no lock.
        NoModel, ModelNotHere: the commit has none, or DVC's cache lacks a file of it.
    """
    found = _files(commit)
    if card := cache.find((cache.listing(_md5(commit, REPORT)) or {}).get(CARD, "")):
        found[CARD] = card
    with whole(out) as folder:
        for name, path in found.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
    return out


def replaceable(out: Path) -> None:
    """Refuse to write a model over something else.

    Raises:
        PlaceTaken: ``out`` is there and holds no model, or is an output of a stage.
    """
    if out.exists() and not (out / INDEX).is_file():
        raise PlaceTaken(f"{out} holds no model, so none is written in its place", "name another folder with --out")
    if lock.read().producer(near(out)):
        raise PlaceTaken(f"{out} is what a stage writes", "name another folder with --out")


def holds(folder: Path, commit: str) -> bool:
    """Whether a folder has the very model of a commit, whatever card is with it."""
    return _content(folder) == model_md5(commit)


def version_in(folder: Path) -> dict[str, Any]:
    """Which version a folder's model is: `version`, its tag; `version_commit`; `assigned`, the tags that put it into a
    stage; `serves`, the stages that it is in now.

    Raises:
        NoModel: it is of no version.
    """
    content = _content(folder)
    for commit, version in reversed(_versions().items()):
        if model_md5(commit) == content:
            tags = git.text("tag", "--points-at", commit, "--list", f"{ARTIFACT}#*").split()
            now = {stage for stage in {tag.split("#")[1] for tag in tags} if (at := serving(stage)) and at.tag in tags}
            return {"version": version, "version_commit": commit, "assigned": tags, "serves": sorted(now)}
    raise NoModel(
        f"{folder}: its files are the model of no version",
        "`promptgan promote` or `promptgan rollback` writes it anew; `git fetch --tags` brings the versions of others",
    )


def _files(commit: str) -> dict[str, Path]:
    """The files of a commit's model in DVC's cache, by their path in it."""
    if not (md5 := model_md5(commit)):
        raise NoModel(f"dvc.lock of {commit[:7]} has no {MODEL}", "`make run`, then commit what it changed")
    found = {name: cache.find(each) for name, each in (cache.listing(md5) or {}).items()}
    here = {name: path for name, path in found.items() if path}
    if not here or len(here) < len(found):
        raise ModelNotHere(f"{MODEL} of {commit[:7]} is not in DVC's cache", f"run `dvc fetch --all-commits {MODEL}`")
    return here


def _content(folder: Path) -> str:
    """The md5 of the model in a folder, as dvc.lock would have it; empty where there is none."""
    files = hashes.tree(folder).files if (folder / INDEX).is_file() else {}
    return hashes.md5_of_listing({name: file.md5 for name, file in files.items() if name != CARD}) if files else ""


def _md5(commit: str, path: str) -> str:
    return next((out.md5 for _, out in lock.read(commit).outputs() if out.path == path), "")


def _assign(commit: str, message: str, stage: str) -> Assignment:
    number = 1 + max((each.number for each in history(stage)), default=0)
    git.text("tag", "--annotate", f"{ARTIFACT}#{stage}#{number}", commit, "--file=-", given=message)
    return history(stage)[-1]


def _versions() -> dict[str, str]:
    """The highest version tag of each commit that has one."""
    tags = [(match, commit) for tag, commit, _ in _tags(f"{ARTIFACT}@*") if (match := _VERSION.fullmatch(tag))]
    ordered = sorted(tags, key=lambda each: tuple(map(int, each[0].groups())))
    return {commit: match[0] for match, commit in ordered}


def _tags(pattern: str) -> Iterator[list[str]]:
    """Name, commit and first line of the message of each tag, annotated or not."""
    form = "%(refname:strip=2)%09%(*objectname)%(if)%(*objectname)%(then)%(else)%(objectname)%(end)%09%(subject)"
    lines = git.text("for-each-ref", f"--format={form}", f"refs/tags/{pattern}").splitlines()
    return (line.split("\t", 2) for line in lines)
