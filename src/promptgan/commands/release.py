"""`promptgan release`: a folder to hand on, and how it is checked."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import command, group

app = group("Build a folder to hand on; check one.")


@command(app)
def build(
    model: Annotated[Path, typer.Option(help="A model that the pipeline made.")] = Path("models/adversarial"),
    out: Annotated[Path, typer.Option(help="The folder to write.")] = Path("release"),
    key: Annotated[Path | None, typer.Option(help="Private key to sign with; unsigned without one.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an older release.")] = False,
) -> None:
    """Write one folder with a model and all about it.

    It holds the model, its card, samples, metrics, lineage, a bill of materials, the sha256 of all and, with --key, a
    signature. Refused unless the pipeline has finished with what is here. Needs the libraries of `make tools`.

    \b
    promptgan release build --key ~/.config/promptgan/release.pem
    """
    from promptgan.lineage.release import build as write

    files, size = write(model, out, key, force)
    print(f"{out}: {files} files, {size / 1e6:.1f} MB")
    if key:
        print(f"signed with {key}; hand the public key on by another way than the folder")
    else:
        print("not signed: nobody can tell who made it (--key signs; `promptgan release key` makes a key)")
    print(f"next: promptgan release verify {out}")


@command(app, anywhere=True)
def verify(
    folder: Annotated[Path, typer.Argument(help="A release folder.")],
    public_key: Annotated[
        Path | None, typer.Option(help="Key of whoever released it, had by another way than the folder.")
    ] = None,
) -> None:
    """Check a release, anywhere and without network.

    Every file against SHA256SUMS and the lineage in the folder, the signature against the public key, and the released
    samples against the model. Names what is wrong and exits 1. Needs the wheel alone; for the signature
    `pip install 'promptgan[release]'`.

    \b
    promptgan release verify release --public-key release.pem.pub
    """
    from promptgan.lineage.released import verify as check

    found = check(folder, public_key)
    print(f"files: {found.files}, all as in SHA256SUMS")
    print(f"lineage: model, samples, metrics, card and records are those of one run; the model is {found.model}")
    print(f"answers: {found.answers}")
    print(f"signature: {found.signature}")
    if public_key is None:
        print("without a key this shows that the folder agrees with itself, not who made it")


@command(app, anywhere=True)
def key(
    private: Annotated[Path, typer.Argument(help="The file to write, outside of any Git repository.")],
) -> None:
    """Make a key pair to sign releases with.

    Writes the private key, readable by you alone and without a password, and beside it the public one, FILE.pub.

    \b
    promptgan release key ~/.config/promptgan/release.pem
    """
    from promptgan.lineage.signature import make_key

    public = make_key(private)
    print(f"private: {private} (keep it secret, outside of Git)")
    print(f"public:  {public} (give it to those who check)")
