"""Every check, in the order of the table; one that cannot be made is a finding too."""

from collections.abc import Callable
from pathlib import Path

from promptgan import repository
from promptgan.core.parameters import PARAMS_FILE, ParameterError, load_params, validate_section
from promptgan.core.store import main_repository
from promptgan.doctor import history
from promptgan.doctor.finding import Finding, Verdict, problem

Check = Callable[[], Finding | list[Finding]]


def examine(*, ask_remote: bool) -> list[Finding]:
    """Check the clone that the current folder is the top of, and the machine; ``ask_remote`` whether it answers.

    Raises:
        NoRepository: the current folder is no clone of promptgan.
    """
    root = Path.cwd()
    repository.require(PARAMS_FILE, repository.PIPELINE)
    return [
        *_made("installation", lambda: _installation(root)),
        *_made("DVC", lambda: _clone(root, ask_remote)),
        *_made("params.yaml", _parameters),
        *_made("machine", _machine),
    ]


def _made(name: str, check: Check) -> list[Finding]:
    """What a check, or a group of them, finds; that it cannot be made, with its name, where it cannot."""
    try:
        found = check()
    except (ImportError, OSError) as error:
        missing = "`pip install -r requirements.lock` installs what is missing"
        remedy = "make it readable; where the disk is full, free some space" if isinstance(error, OSError) else missing
        return [problem(name, f"cannot be checked: {error}", remedy)]
    return found if isinstance(found, list) else [found]


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
    of_git = history.git()
    if any(each.verdict is Verdict.problem for each in of_git):  # then DVC's checks would only say it again
        return of_git
    import dvc
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    from promptgan.doctor import machine, remote, workspace

    try:
        repo = Repo(str(root))
    except DvcException as error:
        said = " ".join(str(error).split())
        return [*of_git, problem("DVC", said, "`git checkout .dvc/config`, or correct .dvc/config.local")]
    temporary, cache = Path(repo.tmp_dir), Path(repo.cache.local_cache_dir)
    checks: dict[str, Check] = {
        "DVC": lambda: Finding("DVC", dvc.__version__),
        "remote": lambda: remote.configured(repo),
        "remote answers": lambda: [remote.answers(repo)] if ask_remote else [],
        "secrets": lambda: remote.secrets(repo),
        "cache": lambda: workspace.cache(repo),
        "outputs": workspace.outputs,
        "exclusions": workspace.exclusions,
        "checkpoints": lambda: workspace.checkpoints(main_repository(root) / ".dvc/tmp"),
        "experiments": lambda: workspace.experiments(temporary),
        "searches": lambda: workspace.searches(temporary),
        "locks": lambda: workspace.locks(temporary),
        "disk": lambda: machine.disk(root, workspace.existing(cache)),
    }
    with repo:
        return [*of_git, *(finding for name, check in checks.items() for finding in _made(name, check))]


def _parameters() -> Finding:
    from promptgan.recipes import parameters

    try:
        document = parameters.check()
    except ParameterError as error:
        return problem("params.yaml", "; ".join(error.problems), error.remedy)
    return Finding("params.yaml", f"{document['recipe']} on {document['data']['name']}")


def _machine() -> list[Finding]:
    from promptgan.core.compute import Compute
    from promptgan.doctor import machine

    findings = [machine.memory()]
    try:
        compute = validate_section(Compute, load_params().get("compute"), "compute")
    except ParameterError:  # which the check of params.yaml has said
        return findings
    cores = [machine.cores(compute.threads), machine.busy(compute.threads)]
    return [*findings, *cores, machine.precision(compute), machine.device(compute)]
