"""Which version of the model serves: tags of DVC's artifact, each with what was known when it was set.

They are annotated tags of Git in the format of GTO, which `dvc artifacts get` and Studio read: ``NAME@vX.Y.Z`` is a
version, ``NAME#STAGE#N`` puts one into a stage, and the highest N counts. No tag is ever moved or deleted, so that the
lineage of what served when stays whole.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.lineage import cache, lock

ARTIFACT, MODEL = "generator", "models/adversarial"
"""The artifact that dvc.yaml declares, and its path."""
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


@dataclass(frozen=True)
class Assignment:
    """A version in a stage."""

    tag: str
    commit: str
    version: str
    """Its tag."""
    said: str
    """The first line of the message."""


def history(stage: str = STAGE) -> list[Assignment]:
    """Every assignment to a stage, oldest first.

    Raises:
        WrongStage: it is no name of a stage.
    """
    if not _STAGE.fullmatch(stage):
        raise WrongStage(f"{stage!r} is no stage", "name it in lower case, as production or shadow")
    pattern = f"refs/tags/{ARTIFACT}#{stage}#*"
    form = "%(refname:strip=2)%09%(*objectname)%(if)%(*objectname)%(then)%(else)%(objectname)%(end)%09%(subject)"
    lines = git.text("for-each-ref", f"--format={form}", pattern).splitlines()
    found = []
    versions = _versions()
    for line in lines:
        tag, commit, said = line.split("\t", 2)
        if tag.rpartition("#")[2].isdecimal():
            found.append(Assignment(tag, commit, versions.get(commit, commit[:7]), said))
    return sorted(found, key=lambda each: int(each.tag.rpartition("#")[2]))


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
        GitFailed: Git has no name and address of who tags, for instance.
    """
    versions = _versions()
    if commit not in versions:
        numbers = [tuple(map(int, match.groups())) for tag in versions.values() if (match := _VERSION.fullmatch(tag))]
        major, minor, _ = max(numbers, default=(0, 0, 0))
        git.text("tag", "--annotate", f"{ARTIFACT}@v{major}.{minor + 1}.0", commit, "--file=-", given=said)
    return _assign(commit, f"{PROMOTED}: {said}", stage)


def rollback(reason: str, stage: str = STAGE) -> tuple[Assignment, Assignment]:
    """Put the version that served before into the stage again; return that which served, and the new assignment.

    Going back again goes further back.

    Raises:
        NothingBefore: none served before.
    """
    stack: list[Assignment] = []
    for each in (everything := history(stage)):
        if each.said.startswith(ROLLED_BACK) and stack:
            stack.pop()
        else:
            stack.append(each)
    if len(stack) < 2:
        was = f"{stack[0].version} is the first" if stack else "no version was ever promoted"
        raise NothingBefore(f"{stage}: {was}", "`promptgan promote` puts a version there")
    back = stack[-2]
    return everything[-1], _assign(back.commit, f"{ROLLED_BACK} to {back.version}: {reason}", stage)


def trained_commit() -> str:
    """The commit here, whose dvc.lock holds the model that is here.

    Raises:
        NotCommitted: dvc.lock or params.yaml differ from HEAD's, or the model's last training is not in it.
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
        ModelNotHere: DVC's cache lacks a file of it.
    """
    files = cache.listing(model_md5(commit))
    found = {name: cache.find(md5) for name, md5 in (files or {}).items()}
    if not found or None in found.values():
        raise ModelNotHere(f"{MODEL} of {commit[:7]} is not in DVC's cache", f"run `dvc fetch --all-commits {MODEL}`")
    if card := cache.find((cache.listing(_md5(commit, REPORT)) or {}).get(CARD, "")):
        found[CARD] = card
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for name, path in found.items():
        assert path
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, partial / name)
    if out.exists():
        former = out.with_name(out.name + ".former")
        shutil.rmtree(former, ignore_errors=True)
        out.rename(former)
        partial.rename(out)
        shutil.rmtree(former)
    else:
        partial.rename(out)
    return out


def _md5(commit: str, path: str) -> str:
    return next((out.md5 for _, out in lock.read(commit).outputs() if out.path == path), "")


def _assign(commit: str, message: str, stage: str) -> Assignment:
    number = 1 + max((int(each.tag.rpartition("#")[2]) for each in history(stage)), default=0)
    git.text("tag", "--annotate", f"{ARTIFACT}#{stage}#{number}", commit, "--file=-", given=message)
    return history(stage)[-1]


def _versions() -> dict[str, str]:
    """The highest version tag of each commit that has one."""
    form = "--format=%(refname:strip=2)%09%(*objectname)%(if)%(*objectname)%(then)%(else)%(objectname)%(end)"
    lines = git.text("for-each-ref", form, f"refs/tags/{ARTIFACT}@*").splitlines()
    tags = [(match, line.split("\t")[1]) for line in lines if (match := _VERSION.match(line.split("\t")[0]))]
    ordered = sorted(tags, key=lambda each: tuple(map(int, each[0].groups())))
    return {commit: match[0] for match, commit in ordered}
