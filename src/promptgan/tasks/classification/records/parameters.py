"""What records are held to."""

from pydantic import Field

from promptgan.quality.parameters import LabelledTexts


class Parameters(LabelledTexts):
    """The section `validate` for labelled texts that are classified."""

    allow_contact_details: bool
    """Whether texts may hold e-mail and web addresses and telephone numbers, as mails do."""
    min_per_label: int = Field(ge=1)
    """Rows of every label that must be left in every split."""
