"""What every discriminator of (prompt, text) pairs is: the interface that training calls."""

from torch import Tensor, nn


class TextDiscriminator(nn.Module):
    """Scores how real a text is as the answer to its prompt; reads it as embeddings, so that they may carry a gradient.

    Args:
        embedding: V embeddings of size E.
    """

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.embedding = embedding

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, embedded: Tensor, text_lengths: Tensor) -> Tensor:
        """Logits (N,) of prompts (N, P) and embedded texts (N, T, E) of the given lengths (N,)."""
        raise NotImplementedError
