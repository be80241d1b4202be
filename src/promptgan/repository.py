"""Whether a command runs where it has to: in the repository's own folder."""

from pathlib import Path

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import PARAMS_FILE

PIPELINE = Path("dvc.yaml")


class NoRepository(PromptganError):
    """The current folder is not the repository's own, or lacks one of the two files that make it one."""

    def __init__(self, missing: Path) -> None:
        lost = "`promptgan use RECIPE` writes it" if missing == PARAMS_FILE else f"`git checkout {missing}`"
        super().__init__(
            f"there is no {missing} here", f"run this in the repository's own folder; if it is lost there: {lost}"
        )


def require_any() -> None:
    """Refuse a folder that has neither of the two files.

    Raises:
        NoRepository: it has neither.
    """
    if not PARAMS_FILE.is_file() and not PIPELINE.is_file():
        raise NoRepository(PARAMS_FILE)


def require(*files: Path) -> None:
    """Refuse a folder that lacks one of these files.

    Raises:
        NoRepository: names the first that is missing.
    """
    if missing := [file for file in files if not file.is_file()]:
        raise NoRepository(missing[0])
