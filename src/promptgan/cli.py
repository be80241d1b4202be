"""The `promptgan` command. What a command needs is imported when it runs, so that `--help` stays fast."""

import inspect
from pathlib import Path
from typing import Annotated, Literal

import typer

from promptgan.commands import (
    classify,
    compare,
    data,
    doctor,
    evaluate_texts,
    exp,
    explain,
    export,
    feedback,
    generate,
    interpolate,
    lineage,
    monitor,
    music,
    probe,
    promote,
    rate,
    recommend,
    reconstruct,
    release,
    search,
    serve,
    support,
    track,
)
from promptgan.commands.command import command

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Adversarial training of generative models as an auditable DVC pipeline: one params.yaml says what runs.",
    epilog="A first round: promptgan recipes; promptgan use text-gumbel; make run; promptgan show",
)


CHANGES = 10
"""Changed values that `promptgan use` lists, at most."""
FIRST_WORDS = 3
"""Of a line of plain text that are its prompt."""


def _version(asked: bool) -> None:
    """Print the version and end; of a clone that is not installed, the one that its pyproject.toml has."""
    if not asked:
        return
    from importlib import metadata

    try:
        print(f"promptgan {metadata.version('promptgan')}")
    except metadata.PackageNotFoundError:
        import tomllib

        project = Path(__file__).parents[2] / "pyproject.toml"
        print(f"promptgan {tomllib.loads(project.read_text(encoding='utf-8'))['project']['version']}")
    raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options of `promptgan` itself; its commands are below."""


@command(app)
def check() -> None:
    """Validate the whole params.yaml.

    Every wrong key is shown with what was there and what is allowed; a GPU that is asked for must be here. Nothing is
    changed.
    Notes where your own file has changed since it was imported, and where a record that HEAD excludes no longer is.
    Exits 2 where anything is wrong. `make` calls it before DVC starts, because DVC deletes a stage's outputs before
    the stage can refuse.
    """
    from promptgan.core.parameters import PARAMS_FILE
    from promptgan.lineage.records import listed
    from promptgan.recipes import own_data, own_model, parameters
    from promptgan.repository import require

    require(PARAMS_FILE)
    document = parameters.check(on_this_machine=True)
    own_data.check_minimum(document, Path.cwd())
    own_model.check_context(document, Path.cwd())
    if changed := own_data.changed_since_import(document, Path.cwd()):
        print(f"note: {changed}")
    if admitted := listed.admitted_again():
        print("note: {}\n  -> {}".format(*admitted))
    print(f"params.yaml is valid: {document['recipe']} on {document['data']['name']}, {document['compute']['device']}")


@command(app)
def recipes() -> None:
    """List the presets for params.yaml."""
    from promptgan.recipes.presets import names

    for name, description in names().items():
        print(f"{name:24} {description}")


@command(app)
def use(
    recipe: Annotated[str, typer.Argument(help="A preset's name; `promptgan recipes` lists them.")],
    path: Annotated[
        Path | None,
        typer.Option(help="Your own data: CSV, TSV, JSONL, Parquet or text, also .gz; images, music: a folder or zip."),
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="The column that holds the prompt.")] = None,
    text: Annotated[str | None, typer.Option(help="The column that holds the answer, or the labelled text.")] = None,
    label: Annotated[str | None, typer.Option(help="The column that holds the label.")] = None,
    first_words: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Plain text, one sentence a line: its first words are the prompt.",
            show_default=f"{FIRST_WORDS}",
        ),
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="The column of what must lie in one split, such as a conversation's number.")
    ] = None,
    captions: Annotated[
        Path | None, typer.Option(help="Of your own images: a table of two columns, file and caption.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Your own language model: a folder in the format of transformers, or OWNER/NAME on the Hub."),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="auto takes a GPU where torch finds one.")
    ] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; results depend on it.")] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Only what --path and --model say is replaced; other values stay yours.")
    ] = False,
) -> None:
    """Write a preset into params.yaml; comments stay.

    Values that you have changed by hand are replaced too; they are listed first. A new version of your own file is
    imported with --keep, which replaces none of them; nor does --model alone where params.yaml holds the recipe.

    \b
    promptgan use text-hinge
    promptgan use local-text --path my.csv --prompt question --text answer
    promptgan use local-text --path lines.txt --first-words 3
    promptgan use local-images --path photos --captions captions.csv
    promptgan use local-labels --path reviews.csv --text review --label stars
    promptgan use local-midi --path tunes
    promptgan use text-lm --model HuggingFaceTB/SmolLM2-360M-Instruct
    promptgan use local-text --keep --path my.csv --prompt question --text answer
    """
    computing = device != "auto" or threads is not None
    if keep and (computing or not (path or model)):
        raise typer.BadParameter(
            "--keep changes the sections data and base_model alone: it goes with --path and --model, not --device or"
            " --threads"
        )
    from promptgan.core.parameters import load_params
    from promptgan.recipes import own_data, own_model, parameters, presets

    of_another = model is not None and path is None and not computing and presets.holds(recipe)
    keep = keep or of_another
    preset = presets.kept(recipe) if keep else presets.values(recipe)
    named = {
        "--path": path,
        "--prompt": prompt,
        "--text": text,
        "--label": label,
        "--group": group,
        "--model": model,
        "--threads": threads,
    }
    if path is None and (prompt or text or label or group or captions or first_words):
        raise typer.BadParameter(
            "--prompt, --text, --label and --group name columns of the file that --path gives, --first-words is of its"
            " lines, and --captions a table about its images"
        )
    data, unused = None, set[str]()
    with presets.naming_options(
        {"--device", "--first-words", *(name for name, value in named.items() if value is not None)}
    ):
        if model and keep:
            parameters.check()
        base_model = own_model.accepted(model, preset, recipe) if model else None
        if path is not None:
            importer = own_data.importer(preset["task"])
            columns = {"prompt": prompt, "text": text, "label": label, "group": group, "captions": captions}
            asked = {**columns, "first_words": first_words}
            known = inspect.signature(importer.import_own_data).parameters
            if wrong := [key.replace("_", "-") for key in asked if asked[key] and key not in known]:
                raise typer.BadParameter(f"{recipe} takes no {', '.join(f'--{key}' for key in wrong)}")
            asked["first_words"] = first_words or FIRST_WORDS
            given = {key: value for key, value in asked.items() if key in known}
            data = importer.import_own_data(path, **given, root=Path.cwd())
            unused = importer.unused(data)
        if keep:
            sections = {"data": data, "base_model": base_model}
            values = {key: section for key, section in sections.items() if section}
            changes = presets.set_values(values | (own_data.implied(preset["task"], data) if data else {}))
        else:
            changes = presets.use(recipe, data=data, base_model=base_model, device=device, threads=threads)
    changes = [change for change in changes if change.old is not None or change.key not in unused]
    for change in changes[:CHANGES]:
        mine = "   (your own value)" if change.by_hand else ""
        print(f"  {change.key}: {change.old or '(nothing)'} -> {change.new or '(gone)'}{mine}")
    if len(changes) > CHANGES:
        print(f"  and {len(changes) - CHANGES} more; `git diff params.yaml` shows what differs from the last commit")
    print(f"params.yaml holds {recipe}: {len(changes) or 'no'} value(s) changed")
    if of_another:
        print(f"every other value is as it was; `promptgan use {recipe}` writes the preset's")
    own_data.check_minimum(load_params(), Path.cwd())
    own_model.check_context(load_params(), Path.cwd())
    print("next: make run")


@command(app)
def show() -> None:
    """Print the finished run's table and ten answers.

    The table sets real text, the likelihood twin, the control and the adversarial model side by side.
    """
    from promptgan.commands import summary

    summary.show()


@command(app)
def check_results() -> None:
    """Compare the run with the committed results.

    Says 'identical' where every output has the same bytes. On another kind of CPU the last bits differ; then every
    number of the evaluation that differs is shown beside its standard error, as within or outside of what that
    explains, and so are data and flags, which must be the same. Exits 1 where one is outside, and where no finished run
    lies here, as in a fresh clone.
    """
    from promptgan.experiments import results

    different, found = results.compare()
    if not different:
        print("identical: every output in dvc.lock has the committed bytes")
        return
    print(f"different bytes: {', '.join(different)}")
    for each in found:
        verdict = "within" if each.within else "OUTSIDE"
        print(f"  {verdict:8} {each.key}: committed {each.committed}, here {each.here} ({each.size})")
    passed = all(each.within for each in found)
    print("within tolerance" if passed else "outside tolerance: another kind of CPU does not explain this")
    raise typer.Exit(0 if passed else 1)


command(app, anywhere=True)(generate.generate)
command(app, anywhere=True)(interpolate.interpolate)
command(app, anywhere=True)(reconstruct.reconstruct)
command(app, anywhere=True)(music.harmonise)
command(app, anywhere=True)(music.continue_)
command(app, anywhere=True)(classify.classify)
command(app, anywhere=True)(classify.attack)
command(app, anywhere=True)(export.export)
command(app, anywhere=True)(evaluate_texts.evaluate_texts)
command(app, anywhere=True)(probe.probe)
command(app, anywhere=True)(explain.explain)
command(app, anywhere=True)(serve.serve)
for function in (compare.compare, search.search, track.track, doctor.doctor, promote.promote, promote.rollback):
    command(app)(function)
for groups in (exp, data, lineage, release, rate, monitor, feedback, support, recommend):
    app.add_typer(groups.app, name=groups.__name__.rsplit(".", 1)[-1])


def main() -> None:
    """Entry point of the `promptgan` command."""
    app()
