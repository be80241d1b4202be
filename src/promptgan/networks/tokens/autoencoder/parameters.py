"""What the autoencoder of texts takes."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator` section for `network: autoencoder`."""

    roles: ClassVar = ("generator",)
    network: Literal["autoencoder"]
    embedding: int = Field(ge=1)
    """Of a token; shared by both halves and the output projection."""
    width: int = Field(ge=1)
    """Of the recurrent states."""
    latent: int = Field(ge=1)
    """Size of a latent vector, which is what a text is made from."""
    dropout: float = Field(ge=0, lt=1)
    word_dropout: float = Field(ge=0, lt=1)
    """Share of the words read while writing that are hidden in training, lest the latent vector is ignored (Bowman et
    al., 2016, arXiv:1511.06349, section 3.2)."""
    guidance: float = Field(ge=0)
    """What a word's pointwise mutual information with the label is multiplied by, and then added to its logit, where
    texts are drawn for a label; 0 leaves all to the latent vector."""
