"""What every discriminator of (prompt, text) pairs is: the interface that training calls."""

from torch import Tensor, nn

from promptgan.forms.tokens.generator import is_real


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


class PrefixDiscriminator(TextDiscriminator):
    """Judges a text after each of its tokens, knowing none of those that follow."""

    def prefixes(self, prompt: Tensor, prompt_lengths: Tensor, embedded: Tensor) -> Tensor:
        """Logits (N, T): how real each embedded text (N, T, E) is as far as each token, that one counted."""
        raise NotImplementedError

    def forward(self, prompt: Tensor, prompt_lengths: Tensor, embedded: Tensor, text_lengths: Tensor) -> Tensor:
        """The mean logit (N,) of the prefixes of each text."""
        behind = ~is_real(text_lengths, embedded.shape[1])
        logits = self.prefixes(prompt, prompt_lengths, embedded).masked_fill(behind, 0)
        return logits.sum(1) / text_lengths
