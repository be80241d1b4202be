"""Where own data and checkpoints are kept."""

from pathlib import Path


def main_repository(folder: Path | None = None) -> Path:
    """The repository whose store of own data and checkpoints a folder shares; the folder itself where it shares none.

    Of a DVC experiment's temporary copy it is the one that it was copied from, of a Git work tree the main one.
    """
    folder = (folder or Path.cwd()).resolve()
    for parent in folder.parents:
        if parent.name == "exps" and parent.parent.name == "tmp" and parent.parent.parent.name == ".dvc":
            folder = parent.parent.parent.parent
            break
    pointer = folder / ".git"
    if not pointer.is_file():  # a work tree's names its folder below that of the main one
        return folder
    own = folder / pointer.read_text(encoding="utf-8").partition("gitdir:")[2].strip()
    shared = own / "commondir"
    if not shared.is_file():  # a submodule
        return folder
    main = (own / shared.read_text(encoding="utf-8").strip()).resolve()
    return main.parent if main.name == ".git" else folder
