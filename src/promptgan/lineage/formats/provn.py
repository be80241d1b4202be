"""W3C PROV as PROV-N, the notation for people (https://www.w3.org/TR/prov-n/)."""

from promptgan.lineage.facts import Facts
from promptgan.lineage.formats import prov


def export(facts: Facts) -> str:
    """The same document as `prov`, as PROV-N.

    Raises:
        ToolMissing: the library prov is not installed.
    """
    return str(prov.document(facts).get_provn()) + "\n"
