"""Following the chain from the results back to the source: every link is examined, and every broken one is named."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.core.parameters import PARAMS_FILE
from promptgan.lineage import lock
from promptgan.lineage.checks import facts, outputs, records, run_cache, runs, source
from promptgan.lineage.checks.causes import CAUSES, changed
from promptgan.lineage.evidence import Evidence
from promptgan.terms.audit import Found

Check = Callable[[Evidence], Iterator[Found]]
"""A check of the whole repository."""
StageCheck = Callable[[Evidence, lock.Stage], Iterator[Found]]
"""A check of one stage that has run."""

OWN_CODE = ("src/promptgan/lineage", "src/promptgan/git.py")
"""What verifies; no stage depends on it, so Git alone tells whether it was changed."""
MOST = 20
"""Broken links of one check that are named: another tokenizer breaks one for every record."""

OF_BYTES: Sequence[StageCheck] = (outputs.on_disk, outputs.in_cache, run_cache.remembered)
"""Checks of a stage that hold whatever changed since it ran."""
STAGE_CHECKS: Sequence[StageCheck] = (*OF_BYTES, *CAUSES, runs.record)
"""What is examined of each stage that has run."""
CHECKS: Sequence[tuple[Check, frozenset[str]]] = (
    (runs.installed, frozenset()),
    (source.provenance, frozenset({"download"})),
    (source.package, frozenset({"download"})),
    (source.exclusions, frozenset({"download", "validate"})),
    (records.from_raw, frozenset({"download", "validate"})),
    (records.corpus_from_raw, frozenset({"download", "validate"})),
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


@dataclass(frozen=True)
class Verification:
    """What `promptgan lineage verify` found."""

    broken: list[Found]
    first: list[str]
    """What to look at, where any link is broken, before the links."""
    notes: list[str]
    """What is worth knowing and no failure."""
    stages: int
    files: int
    """In the outputs of these stages, as dvc.lock counts them."""

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {"whole": not self.broken, **vars(self), "broken": [link._asdict() for link in self.broken]}

    def lines(self) -> Iterator[str]:
        """Everything, for people."""
        yield from (f"first: {line}" for line in self.first)
        for link in (link for link in self.broken if not link.follows):
            yield f"BROKEN  {link.link}"
            yield f"  expected  {link.expected}"
            yield f"  found     {link.found}"
            yield f"  remedy    {link.remedy}"
        if following := sum(link.follows for link in self.broken):
            more = "more, which follows" if following == 1 else "more, which follow"
            yield f"and {following} {more} from the stages named first (--json lists all)"
        yield from (f"note: {note}" for note in self.notes)
        holds = f"{len(self.broken)} broken link(s)" if self.broken else "every link holds"
        yield f"{self.stages} stages, {self.files} files: {holds}"


def verify() -> Verification:
    """Examine the repository in this folder; nothing is changed.

    Raises:
        LockUnreadable: there is no dvc.lock, or it is not what DVC writes.
        ParameterError: params.yaml cannot be read.
    """
    evidence = Evidence()
    files = sum(1 if out.files is None else out.files for _, out in evidence.lock.outputs())
    broken = examine(evidence)
    first = list(_before_the_links(evidence)) if broken else []
    return Verification(broken, first, list(_notes(evidence)), len(evidence.lock.stages), files)


def waiting(evidence: Evidence) -> dict[str, list[str]]:
    """The stages to run, in the order of dvc.yaml, each with what it reads that changed since it ran.

    Nothing stands beside a stage that only reads what an earlier one of them will write anew. What cannot be read
    counts as unchanged: it is a broken link by itself.
    """
    found: dict[str, list[str]] = {}
    for name in evidence.declared:
        stage = evidence.lock.stages.get(name)
        if stage is None:
            found[name] = ["never run"]
            continue
        links = [link for check in CAUSES for link in _carried_out("", check(evidence, stage)) if link.link]
        if links or any(maker.name in found for maker in evidence.lock.upstream(stage)):
            found[name] = list(dict.fromkeys(map(changed, links)))
    return found


def examine(
    evidence: Evidence,
    stage_checks: Iterable[StageCheck] = STAGE_CHECKS,
    checks: Iterable[tuple[Check, frozenset[str]]] = CHECKS,
) -> list[Found]:
    """Carry out checks: those of a stage for every stage that has run, in their order, then those of the whole.

    A check that cannot be carried out, because somebody broke what it reads, is a broken link too. Nothing is read
    where a pipe or the like stands in a file's place.
    """
    if irregular := evidence.irregular():
        remedy = "delete it, then `git checkout` or `dvc checkout` restores the file"
        return [Found(f"{path} -> dvc.lock", "a regular file", "a pipe, link or device", remedy) for path in irregular]
    broken: dict[tuple[str, str], Found] = {}
    stale, causes = _stale(evidence), set()
    for name, why in stale.items():
        if name not in evidence.lock.stages:
            link, found = f"dvc.yaml (stage {name}) -> dvc.lock", "it has not run: its outputs cannot be verified"
            broken[link, why[0]] = Found(link, "what the stage read and wrote", found, "`make run`")

    def add(check: Any, stages: Collection[str], name: str, links: Iterator[Found]) -> None:
        for link in _carried_out(name, links):
            if check in CAUSES:  # of each change the first link is the cause, the others follow
                follows = changed(link) in causes
                causes.add(changed(link))
            else:
                follows = check not in OF_BYTES and not stale.keys().isdisjoint(stages)
            broken.setdefault((link.link, link.found), link._replace(follows=follows))

    for each in stage_checks:
        for stage in evidence.lock.stages.values():
            add(each, {stage.name}, f"{_named(each)} (stage {stage.name})", each(evidence, stage))
    for check, needed in checks:
        if needed <= evidence.lock.stages.keys():
            add(check, needed, _named(check), check(evidence))
    return list(broken.values())


def _stale(evidence: Evidence) -> dict[str, list[str]]:
    try:
        return waiting(evidence)
    except Exception:  # what broke is a broken link already
        return {}


def _carried_out(name: str, links: Iterator[Found]) -> Iterator[Found]:
    """The broken links that a check finds, the first of very many, and one more where it cannot go on."""
    try:
        for number, link in enumerate(links):
            if number == MOST:
                more = f"more than {MOST} are broken; these are named"
                yield Found(name, "every link of this kind", more, link.remedy)
                return
            yield link
    except PromptganError as error:
        yield Found(name, "readable files", error.problem, error.remedy)
    except Exception as error:  # whatever a check trips over in a file that anybody may have edited
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        remedy = "`git checkout` and `dvc checkout` restore them"
        yield Found(name, "files of the form that the stages write", reason, remedy)


def _before_the_links(evidence: Evidence) -> Iterator[str]:
    """What explains many broken links at once: another dvc.lock than the committed one, stages that have to run."""
    if _lock_differs():
        yield (
            "dvc.lock is not the committed one; where no stage has run since the last commit,"
            " `git checkout dvc.lock` comes before every remedy below"
        )
    if stale := _stale(evidence):
        names = (f"{name} ({', '.join(what)})" if what else name for name, what in stale.items())
        yield (
            f"not run since what they read changed: {', '.join(names)}; `make run` runs them,"
            " or `git checkout` undoes a change that should not be"
        )


def _notes(evidence: Evidence) -> Iterator[str]:
    """What is worth knowing and no failure: the source, what cannot be examined here, what Git does not hold."""
    for name in evidence.lock.forgotten:
        yield f"dvc.lock still has stage {name}, which dvc.yaml no longer has: ignored"
    if evidence.irregular():
        return
    for about in (source.note, runs.note, _cache, _git):
        try:
            yield from about(evidence)
        except Exception as error:  # what broke is a broken link already
            yield f"not known: {' '.join(str(error).split())[:200]}"


def _cache(evidence: Evidence) -> Iterator[str]:
    if missing := outputs.not_in_cache(evidence):
        yield f"not in the cache, so that `dvc checkout` cannot restore it: {', '.join(missing)}; see `dvc commit`"
    if unknown := run_cache.forgotten(evidence):
        yield f"the run-cache knows no run of: {', '.join(unknown)}; a witness less"


def _git(evidence: Evidence) -> Iterator[str]:
    used = {file.path for file in evidence.lock.files()}
    watched = sorted({*map(str, (lock.LOCK, lock.PIPELINE, PARAMS_FILE)), *OWN_CODE, *used})
    try:
        status = git.text("--no-optional-locks", "status", "--porcelain", "--", *watched)
    except git.GitFailed as error:
        yield f"Git cannot be asked: {error.said}"
        return
    if uncommitted := [line[3:] for line in status.splitlines()]:
        yield f"not committed: {', '.join(uncommitted)}"
    try:
        committed = {out.path: out.md5 for _, out in lock.read("HEAD").outputs()}
    except (lock.RevisionUnknown, lock.LockUnreadable) as error:
        yield f"no committed dvc.lock to compare with: {error.problem}"
        return
    if _lock_differs():
        differing = [out.path for _, out in evidence.lock.outputs() if committed.get(out.path) != out.md5]
        yield f"dvc.lock is not the committed one; outputs that differ: {', '.join(differing) or 'none'}"


def _lock_differs() -> bool:
    """Whether dvc.lock is another than the committed one; not so where none is."""
    return bool(git.text_if_any("--no-optional-locks", "diff", "--name-only", "HEAD", "--", str(lock.LOCK)))


def _named(check: Any) -> str:
    """A check's own first sentence, as the name of the link that could not be examined."""
    return str(check.__doc__).splitlines()[0]
