"""`promptgan promote` and `promptgan rollback`: which version of the model serves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promptgan.commands.command import print_json
from promptgan.serving.log import LOG

if TYPE_CHECKING:
    from promptgan.learning.promotion import Assignment

Stage = Annotated[str, typer.Option(help="Where versions are put: production, say.")]
Out = Annotated[
    Path | None,
    typer.Option(help="The model that serves is written here, whole or not at all.", show_default="models/STAGE"),
]
NEXT = (
    "next: gather more feedback, or train otherwise (a lower pretrain.learning_rate or new_share forgets less), commit,"
    ' and come back; --force "why" overrules the verdict'
)


def promote(
    stage: Stage = "production",
    log: Annotated[Path, typer.Option(help="The service's log, for answers in the shadow.")] = LOG,
    out: Out = None,
    force: Annotated[str | None, typer.Option(help="Promote whatever the verdict; why, for the lineage.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say the verdict, and set no tag.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON too.")] = False,
) -> None:
    """Put a model that has earned it into production.

    The committed one is compared with the version that serves: the loss on the records which that one was tested on
    (what is forgotten, 1 % is allowed), the loss on new held-out records (what is gained), and, where the service let
    it answer in the shadow, what the serving model's discriminator says of its answers. Where all hold, DVC's artifact
    gets a version and the stage, as tags with the verdict in them; exits 1 where not. The first version has nobody to
    be compared with. The service that serves --out loads it anew by itself.

    \b
    promptgan promote
    promptgan promote --dry-run
    promptgan promote --force "the old model must go"
    git push --tags
    """
    from promptgan.learning import promotion, trial

    out = _place(out, stage)
    commit = promotion.trained_commit()
    served = promotion.serving(stage)
    if served is None:
        holds, said, document = True, ["the first version: there is none to compare with"], None
    elif served.commit == commit:
        print(f"{served.version} is in {stage} already")
        if not promotion.holds(out, commit):
            print(f"its model is in {promotion.model_at(commit, out)}")
        return
    else:
        try:
            found = trial.trial(served.commit, commit, log)
            (holds, said), document = found.verdict, found.document()
        except trial.NotComparable as error:
            if not force:
                raise
            holds, said, document = False, [f"not compared: {error.problem}"], None
    for sentence in said:
        print(sentence)
    if json and document:
        print_json(document)
    if dry_run or not (holds or force):
        print(f"verdict: {'would be promoted' if holds else 'not promoted'}")
        if not holds:
            print(NEXT)
        raise typer.Exit(0 if holds else 1)
    why = "; ".join([*([f"forced, {force}"] if force and not holds else []), *said])
    now = promotion.promote(commit, why, stage)
    promotion.model_at(commit, out)
    _tell(now, stage, out)


def rollback(
    reason: Annotated[str, typer.Option(help="Why, for the lineage.")],
    stage: Stage = "production",
    out: Out = None,
) -> None:
    """Put the version that served before into production again.

    No tag is moved or deleted: another one says what serves now, and why. Again, it goes further back.

    \b
    promptgan rollback --reason "answers got shorter"
    """
    from promptgan.learning import promotion

    out = _place(out, stage)
    back, left = promotion.former(stage), promotion.serving(stage)
    promotion.model_at(back.commit, out)  # before the tag: started again after a stop, it does not go further back
    now = promotion.rollback(reason, stage)
    assert left
    print(f"{left.version} is no longer in {stage}")
    _tell(now, stage, out)


def _place(out: Path | None, stage: str) -> Path:
    """The folder that the model is written into, which may be replaced by it."""
    from promptgan.learning import promotion

    out = out or Path("models", stage)
    promotion.replaceable(out)
    return out


def _tell(now: "Assignment", stage: str, out: Path) -> None:
    print(f"{now.version} is in {stage}: {now.tag} of {now.commit[:7]}")
    print(f"its model is in {out}")
    print(f"next: promptgan serve --model chat={out}, or let one that serves it take it up; git push --tags")
