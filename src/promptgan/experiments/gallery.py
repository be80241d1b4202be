"""results/samples/: what the first seed of each preset made, to be read, looked at and heard; not selected."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from promptgan.core.choices import choose
from promptgan.core.files import write_text
from promptgan.experiments.entry import FOLDER
from promptgan.terms.systems import SYSTEMS

KEPT = FOLDER / "samples"
MADE = Path("samples/generated")
COUNT = 10
"""Prompts, or what stands for them, that are shown."""
NAME = max(len(system.name) for system in SYSTEMS)


def keep(recipe: str, task: str, seed: int, run: Path) -> None:
    """Write RECIPE.md and, where what was made is files, these into RECIPE/, in the place of what was there.

    ``run`` is the folder of a finished run of that preset, task and seed. One that makes no samples leaves nothing.
    """
    folder, page = KEPT / recipe, KEPT / f"{recipe}.md"
    shutil.rmtree(folder, ignore_errors=True)
    page.unlink(missing_ok=True)
    if not (run / MADE).is_dir():
        return
    shown = choose("promptgan.tasks", task, "task", "page").shown(run / MADE, COUNT)
    lines = [f"# What `{recipe}` made", f"With seed {seed}; not selected."]
    for heading, made in shown:
        files = {system: Path(value) for system, value in made.items() if Path(value).is_relative_to(run)}
        if not files:
            lines.append("\n".join([f"    {heading}", *(f"      {key:<{NAME}}  {text}" for key, text in made.items())]))
            continue
        lines.append(f"## {heading}")
        for system, file in files.items():
            copy = folder / "-".join(file.relative_to(run / MADE).parts)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            link = f"[{system}]({recipe}/{copy.name})"
            lines.append(f"{system}:\n\n!{link}" if file.suffix == ".png" else link)
    write_text(page, "\n\n".join(lines) + "\n")


def link(recipe: str) -> str:
    """Where what a preset made stands, in Markdown, seen from results/; nothing where it was not kept."""
    file = KEPT / f"{recipe}.md"
    return f"[what it made]({file.relative_to(FOLDER)})" if file.is_file() else ""


def remove_all_but(recipes: Iterable[str]) -> None:
    """Delete what was made by presets that are not recorded any more."""
    names = {name for recipe in recipes for name in (recipe, f"{recipe}.md")}
    for path in KEPT.glob("*"):
        if path.name not in names:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
