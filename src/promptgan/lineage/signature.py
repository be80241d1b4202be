"""The signature of a release folder: model-signing's, with an elliptic-curve key."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.lineage.tools import tool

SIGNATURE = "model.sig"
PUBLIC = ".pub"
"""What ends the name of the public key that belongs to a private one."""


class UnusableKey(PromptganError):
    """The file is not an elliptic-curve key in PEM that can be used."""


class UnsafeKeyPlace(PromptganError):
    """A private key would be written into a Git repository, or over a file."""


class WrongSignature(PromptganError):
    """The folder is not what the owner of the key signed."""


def make_key(private: Path) -> Path:
    """Make a key pair on the curve P-256: ``private``, readable by its owner alone, and the public key beside it.

    Returns:
        The path of the public key.

    Raises:
        UnsafeKeyPlace: a file is there already, or the folder is missing or lies in a Git repository.
        ToolMissing: the library cryptography is not installed.
    """
    public = private.with_name(private.name + PUBLIC)
    if taken := next((path for path in (private, public) if path.exists()), None):
        raise UnsafeKeyPlace(f"{taken} exists", "name another file; a key is never overwritten")
    if not private.parent.is_dir():
        raise UnsafeKeyPlace(f"{private.parent} is no folder", f"make it: mkdir -p {private.parent}")
    if git.text_if_any("-C", str(private.parent), "rev-parse", "--git-dir"):
        raise UnsafeKeyPlace(
            f"{private} lies in a Git repository, where a private key may be committed",
            "name a file outside of it, such as ~/.config/promptgan/release.pem",
        )
    curves = tool("cryptography.hazmat.primitives.asymmetric.ec", "release")
    pem = tool("cryptography.hazmat.primitives.serialization", "release")
    key = curves.generate_private_key(curves.SECP256R1())
    secret = key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    with open(os.open(private, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(secret)
    public.write_bytes(key.public_key().public_bytes(pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo))
    return public


def sign(folder: Path, private: Path) -> None:
    """Sign every file of a folder into its `model.sig`.

    Raises:
        UnusableKey: the private key cannot be read.
        ToolMissing: model-signing is not installed.
    """
    signer = tool("model_signing.signing", "release").Config()
    told = "name one on the curve P-256, P-384 or P-521, in PEM without a password; `promptgan release key` makes one"
    with _usable(private, "private key", told):
        signer.use_elliptic_key_signer(private_key=private)
    signer.set_hashing_config(_everything()).sign(folder, folder / SIGNATURE)


def check(folder: Path, public: Path) -> None:
    """Check that the owner of a public key signed exactly this folder.

    Raises:
        UnusableKey: the public key cannot be read.
        WrongSignature: the signature is another's, or a file was changed, added or removed.
        ToolMissing: model-signing is not installed.
    """
    verifier = tool("model_signing.verifying", "release").Config()
    with _usable(public, "public key", "ask whoever signed the release for the key in PEM"):
        verifier.use_elliptic_key_verifier(public_key=public)
    try:
        verifier.set_hashing_config(_everything()).verify(folder, folder / SIGNATURE)
    except Exception as error:  # of cryptography, of JSON, of the bundle's format, and ValueError
        # The message is a list as Python prints it, with hashes that say nothing to people.
        changed = re.findall(r"Hash mismatch for \\*'(.+?)\\*':", str(error))
        reason = f"changed since: {', '.join(changed)}" if changed else str(error).strip() or type(error).__name__
        raise WrongSignature(
            f"{folder / SIGNATURE} does not sign this folder with {public}: {reason}",
            "do not use it; ask whoever released it for the folder and the public key again",
        ) from error


@contextmanager
def _usable(key: Path, what: str, remedy: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UnusableKey(f"{key} is no {what} that can be used: {error}", remedy) from error


def _everything() -> Any:
    """All files of a folder but the signature itself, files of Git included."""
    hashing = tool("model_signing.hashing", "release").Config()
    return hashing.set_ignored_paths(paths=[SIGNATURE], ignore_git_paths=False)
