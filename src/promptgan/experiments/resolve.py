"""A preset as the text of the parameter file that it stands for, on this machine and with a training seed."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from promptgan import base
from promptgan.compute import Compute
from promptgan.experiments import recipes

OWN_DATA = "local_text"


class WrongRecipe(base.PromptganError):
    """Presets cannot be run as they are written; each line of ``problems`` names a file and what is wrong in it."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(
            "\n".join([f"{len(problems)} problem(s) in recipes/", *(f"  {line}" for line in problems)]),
            "correct it there, then give the same command again; nothing has run",
        )


def resolve(recipe: str, seed: int, own_data: dict[str, Any] | None = None) -> str:
    """The parameter file of a preset; device and threads are those of the params.yaml here, which is not touched.

    Args:
        recipe: a file of recipes/, without ``.yaml``.
        seed: the training seed.
        own_data: the section `data` for a preset that reads the user's own; that of params.yaml where None.

    Raises:
        UnknownRecipe: there is no such preset.
        WrongRecipe: the preset cannot be read, or is not valid.
        OwnDataMissing: the preset reads own data, and params.yaml holds none.
        ParameterError: params.yaml cannot be read, or its compute is not valid.
    """
    file = recipes.find(recipe)
    here = base.load_params()
    compute = base.validated(Compute, here.get("compute"), "compute")
    if own_data is None and (data := here.get("data")) and data.get("name") == OWN_DATA:
        own_data = data
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        shutil.copyfile(base.PARAMS_FILE, path)
        try:
            try:
                recipes.use(recipe, path, device=compute.device, threads=compute.threads)
            except recipes.OwnDataMissing:
                if own_data is None:
                    raise
                recipes.use(recipe, path, data=own_data, device=compute.device, threads=compute.threads)
        except base.ParameterError as error:
            raise WrongRecipe([f"{file}: {problem}" for problem in error.problems]) from error
        except recipes.BrokenRecipe as error:
            raise WrongRecipe([f"{error.problem}; {error.remedy}"]) from error
        except recipes.UnknownRecipe as error:  # the preset itself is there
            raise WrongRecipe([f"{file}: base: {error.problem.partition(';')[0]}"]) from error
        entries, tail = recipes.parse(path.read_text(encoding="utf-8"))
    entries["seed"].value = str(seed)
    return "\n".join([*recipes.lines(entries), *tail]) + "\n"


def parsed(text: str) -> dict[str, Any]:
    """The sections of what `resolve` returns."""
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return document
