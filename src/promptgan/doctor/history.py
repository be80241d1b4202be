"""Whether Git works here, knows who commits, and has the whole history."""

import os
import shlex
from pathlib import Path

from promptgan import git as calling
from promptgan.doctor.finding import Finding, note, problem

IDENTITY = {"user.name": "GIT_COMMITTER_NAME", "user.email": "GIT_COMMITTER_EMAIL"}
"""Settings, and the variables that stand for them."""


def git() -> list[Finding]:
    """What is wrong with the repository as Git sees it."""
    try:
        shallow = calling.text("rev-parse", "--is-shallow-repository").strip() == "true"
        missing = [
            setting
            for setting, variable in IDENTITY.items()
            if not os.environ.get(variable) and not calling.text("config", "--default", "", setting).strip()
        ]
    except calling.GitFailed as error:
        return [_refusal(error.said)]
    findings = []
    if shallow:
        lost = "shallow: earlier commits are not here, nor what lineage and data diff would tell of them"
        findings.append(note("history", lost, "git fetch --unshallow"))
    if missing:
        remedy = f"`git config --global {missing[0]} ...`"
        findings.append(note("identity", f"{' and '.join(missing)} not set: `git commit` refuses", remedy))
    return findings or [Finding("Git", "knows who commits, and has the whole history")]


def _refusal(said: str) -> Finding:
    if "dubious ownership" in said:
        trust = f"`git config --global --add safe.directory {shlex.quote(str(Path.cwd()))}`"
        owner = "this folder belongs to somebody else, so Git refuses to work in it"
        return problem("Git", owner, f"{trust} where you trust it, or take a clone of your own")
    if "not a git repository" in said:
        return problem("Git", "this folder is no Git repository", "take a clone (`git clone`), not a copy of the files")
    return problem("Git", said.splitlines()[0] if said else "no answer", "see what `git status` says here")
