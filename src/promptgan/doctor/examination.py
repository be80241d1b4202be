"""Every check, in the order of the table; one that cannot be made is a finding too."""

from collections.abc import Callable
from pathlib import Path

from promptgan import repository
from promptgan.base import PARAMS_FILE, ParameterError, load_params, validated
from promptgan.doctor.finding import Finding, problem

Checks = dict[str, Callable[[], list[Finding]]]
"""Checks by a name for the case that they cannot be made."""


def examine(*, ask_remote: bool) -> list[Finding]:
    """Check the clone that the current folder is the top of, and the machine.

    Args:
        ask_remote: ask the default remote whether it answers.

    Raises:
        NoRepository: the current folder is no clone of promptgan.
    """
    root = Path.cwd()
    repository.require(PARAMS_FILE, repository.PIPELINE)
    return _made(
        {
            "installation": lambda: _installation(root),
            "DVC": lambda: _clone(root, ask_remote),
            "params.yaml": _parameters,
            "machine": _machine,
        }
    )


def _made(checks: Checks) -> list[Finding]:
    findings = []
    for name, check in checks.items():
        try:
            findings += check()
        except (ImportError, OSError) as error:
            remedy = "install what is missing: `pip install -r requirements.lock`; or make it readable"
            findings.append(problem(name, f"cannot be checked: {error}", remedy))
    return findings


def _installation(root: Path) -> list[Finding]:
    from promptgan.doctor import installation

    return [
        installation.python(),
        installation.packages(root / "requirements.lock"),
        installation.interpreter(),
        installation.code(root),
        installation.programs(),
    ]


def _clone(root: Path, ask_remote: bool) -> list[Finding]:
    import dvc
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.scm import SCMError

    from promptgan.doctor import machine, remote, workspace

    try:
        repo = Repo(str(root))
    except SCMError:
        return [
            problem("DVC", "this folder is no Git repository", "take a clone (`git clone`), not a copy of the files")
        ]
    except DvcException as error:
        return [
            problem("DVC", " ".join(str(error).split()), "`git checkout .dvc/config`, or correct .dvc/config.local")
        ]
    temporary, cache = Path(repo.tmp_dir), Path(repo.cache.local_cache_dir)
    checks: Checks = {
        "DVC": lambda: [Finding("DVC", dvc.__version__)],
        "remote": lambda: [remote.configured(repo)],
        "remote answers": lambda: [remote.answers(repo)] if ask_remote else [],
        "secrets": lambda: [remote.secrets(repo)],
        "cache": lambda: [workspace.cache(repo)],
        "outputs": lambda: [workspace.outputs(repo)],
        "kept": lambda: [workspace.kept(repo)],
        "exclusions": lambda: [workspace.exclusions()],
        "checkpoints": lambda: [workspace.checkpoints(temporary)],
        "experiments": lambda: [workspace.experiments(temporary)],
        "locks": lambda: [workspace.running(temporary)],
        "disk": lambda: [machine.disk(root, workspace.existing(cache))],
    }
    with repo:
        return _made(checks)


def _parameters() -> list[Finding]:
    from promptgan.experiments import parameters

    try:
        document = parameters.check()
    except ParameterError as error:
        return [problem("params.yaml", "; ".join(error.problems), error.remedy)]
    return [Finding("params.yaml", f"{document['recipe']} on {document['data']['name']}")]


def _machine() -> list[Finding]:
    from promptgan.compute import Compute
    from promptgan.doctor import machine

    findings = [machine.memory()]
    try:
        compute = validated(Compute, load_params().get("compute"), "compute")
    except ParameterError:  # which the check of params.yaml has said
        return findings
    threads = compute.threads
    return [
        *findings,
        machine.cores(threads),
        machine.busy(threads),
        machine.precision(compute),
        machine.device(compute),
    ]
