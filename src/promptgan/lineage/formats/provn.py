"""W3C PROV as PROV-N, the notation for people (https://www.w3.org/TR/prov-n/)."""

from promptgan.lineage.evidence import Evidence
from promptgan.lineage.formats import prov


def export(evidence: Evidence) -> str:
    """The same document as `prov`, as PROV-N.

    Raises:
        ToolMissing: the library prov is not installed.
    """
    return str(prov.document(evidence).get_provn()) + "\n"
