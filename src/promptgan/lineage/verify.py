"""Following the chain from the results back to the source: every link is examined, and every broken one is named."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.core.parameters import PARAMS_FILE
from promptgan.lineage import lock
from promptgan.lineage.checks import facts, inputs, outputs, records, run_cache, runs, source
from promptgan.lineage.checks.evidence import Broken, Check, Evidence, StageCheck
from promptgan.lineage.checks.stale import stale

OWN_CODE = ("src/promptgan/lineage", "src/promptgan/git.py")
"""What verifies; no stage depends on it, so Git alone tells whether it was changed."""

MOST = 20
"""Broken links of one check that are named: another tokenizer breaks one for every record."""

STAGE_CHECKS: Sequence[StageCheck] = (
    outputs.on_disk,
    outputs.in_cache,
    outputs.between_stages,
    run_cache.remembered,
    inputs.declaration,
    inputs.parameters,
    runs.record,
)
"""What is examined of each stage that has run."""

CHECKS: Sequence[tuple[Check, frozenset[str]]] = (
    (inputs.finished, frozenset()),
    (inputs.code, frozenset()),
    (runs.packages, frozenset()),
    (source.provenance, frozenset({"download"})),
    (source.package, frozenset({"download"})),
    (source.exclusions, frozenset({"download", "validate"})),
    (records.from_raw, frozenset({"download", "validate"})),
    (facts.arrays, frozenset({"validate", "tokenize"})),
    (facts.samples, frozenset({"validate", "generate"})),
    (facts.validation, frozenset({"download", "validate"})),
    (facts.models, frozenset({"tokenize", "pretrain", "train", "control", "judges"})),
    (facts.training, frozenset({"pretrain", "train", "control", "judges"})),
    (facts.networks, frozenset({"validate", "tokenize", "judges"})),
    (facts.measures, frozenset({"validate", "generate", "evaluate"})),
    (facts.evaluation, frozenset({"validate", "pretrain", "evaluate"})),
    (facts.report, frozenset({"report"})),
)
"""What is examined of the whole, and the stages that must have run for it."""

OF_BYTES = {outputs.on_disk, outputs.in_cache, run_cache.remembered}
"""Checks of a stage that hold whatever changed since it ran."""
CAUSES = {inputs.finished, inputs.code, inputs.parameters, inputs.declaration, outputs.between_stages}
"""Checks that find what changed since a stage ran: of each change the first link is the cause, the others follow."""


@dataclass(frozen=True)
class Verification:
    """What `promptgan lineage verify` found."""

    broken: list[Broken]
    first: list[str]
    """What to look at, where any link is broken, before the links."""
    notes: list[str]
    """What is worth knowing and no failure."""
    stages: int
    files: int
    """In the outputs of these stages, as dvc.lock counts them."""

    @property
    def whole(self) -> bool:
        """Whether every link holds."""
        return not self.broken

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {"whole": self.whole, **asdict(self)}

    def lines(self) -> Iterator[str]:
        """Everything, for people."""
        for line in self.first:
            yield f"first: {line}"
        for link in (link for link in self.broken if not link.follows):
            yield f"BROKEN  {link.link}"
            yield f"  expected  {link.expected}"
            yield f"  found     {link.found}"
            yield f"  remedy    {link.remedy}"
        if following := sum(link.follows for link in self.broken):
            more = "more, which follows" if following == 1 else "more, which follow"
            yield f"and {following} {more} from the stages named first (--json lists all)"
        for note in self.notes:
            yield f"note: {note}"
        examined = f"{self.stages} stages, {self.files} files"
        yield f"{examined}: {f'{len(self.broken)} broken link(s)' if self.broken else 'every link holds'}"


def verify() -> Verification:
    """Examine the repository in this folder; nothing is changed.

    Raises:
        LockUnreadable: there is no dvc.lock, or it is not what DVC writes.
        ParameterError: params.yaml cannot be read.
    """
    evidence = Evidence()
    files = sum(1 if out.files is None else out.files for _, out in evidence.lock.outputs())
    broken = examine(evidence)
    first = list(before_the_links(evidence)) if broken else []
    return Verification(broken, first, list(notes(evidence)), len(evidence.lock.stages), files)


def examine(
    evidence: Evidence,
    stage_checks: Iterable[StageCheck] = STAGE_CHECKS,
    checks: Iterable[tuple[Check, frozenset[str]]] = CHECKS,
) -> list[Broken]:
    """Carry out checks: those of a stage for every stage that has run, in their order, then those of the whole.

    A check that cannot be carried out, because somebody broke what it reads, is a broken link too. Nothing is read
    where a pipe or the like stands in a file's place.
    """
    if irregular := evidence.irregular():
        remedy = "delete it, then `git checkout` or `dvc checkout` restores the file"
        return [Broken(f"{path} -> dvc.lock", "a regular file", "a pipe, link or device", remedy) for path in irregular]
    broken: dict[tuple[str, str], Broken] = {}
    waiting, changes = _stale(evidence).keys(), set()

    def add(check: Any, stages: Collection[str], name: str, links: Iterator[Broken]) -> None:
        for link in _carried_out(name, links):
            changed = link.link.partition(" -> ")[0].partition(" (")[0]
            if check in CAUSES:
                follows = changed in changes
                changes.add(changed)
            else:
                follows = check not in OF_BYTES and not waiting.isdisjoint(stages)
            broken.setdefault((link.link, link.found), replace(link, follows=follows))

    for each in stage_checks:
        for stage in evidence.lock.stages.values():
            add(each, {stage.name}, f"{_named(each)} (stage {stage.name})", each(evidence, stage))
    for check, needed in checks:
        if needed <= evidence.lock.stages.keys():
            add(check, needed, _named(check), check(evidence))
    return list(broken.values())


def before_the_links(evidence: Evidence) -> Iterator[str]:
    """What explains many broken links at once: another dvc.lock than the committed one, stages that have to run."""
    try:
        if lock.at_revision(lock.LOCK, "HEAD") != lock.LOCK.read_bytes():
            yield (
                "dvc.lock is not the committed one; where no stage has run since the last commit,"
                " `git checkout dvc.lock` comes before every remedy below"
            )
    except (lock.RevisionUnknown, OSError):
        pass
    if waiting := _stale(evidence):
        names = (f"{name} ({', '.join(changed)})" if changed else name for name, changed in waiting.items())
        yield (
            f"not run since what they read changed: {', '.join(names)}; `make run` runs them,"
            " or `git checkout` undoes a change that should not be"
        )


def _stale(evidence: Evidence) -> dict[str, list[str]]:
    try:
        return stale(evidence)
    except Exception:  # what broke is a broken link already
        return {}


def _carried_out(name: str, links: Iterator[Broken]) -> Iterator[Broken]:
    """The broken links that a check finds, the first of very many, and one more where it cannot go on."""
    try:
        for number, link in enumerate(links):
            if number == MOST:
                yield Broken(
                    name, "every link of this kind", f"more than {MOST} are broken; these are named", link.remedy
                )
                return
            yield link
    except PromptganError as error:
        yield Broken(name, "readable files", error.problem, error.remedy)
    except Exception as error:  # whatever a check trips over in a file that anybody may have edited
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        remedy = "`git checkout` and `dvc checkout` restore them"
        yield Broken(name, "files of the form that the stages write", reason, remedy)


def notes(evidence: Evidence) -> Iterator[str]:
    """What is worth knowing and no failure: the source, what cannot be examined here, what Git does not hold."""
    for name in evidence.lock.forgotten:
        yield f"dvc.lock still has stage {name}, which dvc.yaml no longer has: ignored"
    if evidence.irregular():
        return
    for about in (_source, _computed_on, _cache, _git):
        try:
            yield from about(evidence)
        except Exception as error:  # what broke is a broken link already
            yield f"not known: {' '.join(str(error).split())[:200]}"


def _source(evidence: Evidence) -> Iterator[str]:
    if "download" in evidence.lock.stages:
        yield source.sentence(evidence)


def _computed_on(evidence: Evidence) -> Iterator[str]:
    places = "; ".join(runs.computed_on(evidence))
    yield f"computed on: {places}. Another kind of processor gives other last bits: `promptgan check-results`"


def _cache(evidence: Evidence) -> Iterator[str]:
    if missing := outputs.not_in_cache(evidence):
        yield f"not in the cache, so that `dvc checkout` cannot restore it: {', '.join(missing)}; see `dvc commit`"
    if unknown := run_cache.forgotten(evidence):
        yield f"the run-cache knows no run of: {', '.join(unknown)}; a witness less"


def _git(evidence: Evidence) -> Iterator[str]:
    read = {file.path for stage in evidence.lock.stages.values() for file in stage.dependencies}
    written = {out.path for _, out in evidence.lock.outputs()}
    watched = sorted({*map(str, (lock.LOCK, lock.PIPELINE, PARAMS_FILE)), *OWN_CODE, *read, *written})
    try:
        status = git.text("--no-optional-locks", "status", "--porcelain", "--", *watched)
    except git.GitFailed as error:
        yield f"Git cannot be asked: {error.said}"
        return
    if changed := [line[3:] for line in status.splitlines()]:
        yield f"not committed: {', '.join(changed)}"
    try:
        if lock.at_revision(lock.LOCK, "HEAD") == lock.LOCK.read_bytes():
            return
        committed = {out.path: out.md5 for _, out in lock.read("HEAD").outputs()}
    except (lock.RevisionUnknown, lock.LockUnreadable) as error:
        yield f"no committed dvc.lock to compare with: {error.problem}"
        return
    differing = [out.path for _, out in evidence.lock.outputs() if committed.get(out.path) != out.md5]
    yield f"dvc.lock is not the committed one; outputs that differ: {', '.join(differing) or 'none'}"


def _named(check: Any) -> str:
    """A check's own first sentence, as the name of the link that could not be examined."""
    return str(check.__doc__).splitlines()[0]
