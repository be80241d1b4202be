"""Which words make a text look like a real answer to its prompt to a discriminator, and which like a drawn one."""

from pathlib import Path
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from promptgan.core.errors import PromptganError
from promptgan.forms.tokens.discriminator import TextDiscriminator
from promptgan.forms.tokens.pairs import pad
from promptgan.networks import folder
from promptgan.quality.normalise import normalise
from promptgan.tasks.classification.explanation import Word, attributions, by_word
from promptgan.tasks.text.samples import samples
from promptgan.tasks.text.samples.samples import UnusablePrompt

DISCRIMINATOR = "discriminator"


class NoDiscriminator(PromptganError):
    """A model folder holds none."""


class Answering:
    """A discriminator with one prompt, as what explains classifiers knows a network: its only logit is of the text.

    Args:
        discriminator: in evaluation mode.
        prompt: token ids.
    """

    def __init__(self, discriminator: TextDiscriminator, prompt: list[int]) -> None:
        self.discriminator = discriminator
        self.prompt, self.length = pad([prompt])

    @property
    def embedding(self) -> nn.Embedding:
        """Of the tokens of texts."""
        return self.discriminator.embedding

    def classify(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N, 1) of embedded texts (N, T, E) of ``lengths`` (N,), their end counted."""
        count = len(embedded)
        logits = self.discriminator(self.prompt.expand(count, -1), self.length.expand(count), embedded, lengths)
        return cast("Tensor", logits[:, None])


class Explained(NamedTuple):
    """What a discriminator says of a text, and why."""

    logit: float
    """Above 0 it is more like real texts than like drawn ones."""
    words: list[Word]
    """Of the text, with what each adds to the logit beside a text without content."""


def explained(model: Path, prompt: str, text: str) -> Explained:
    """The verdict on a text as the answer to a prompt, both normalised, by integrated gradients.

    A longer text is cut at its end.

    Args:
        model: folder of a model of texts with its discriminator.
        prompt: empty where texts of the model answer none.
        text: with at least a word.

    Raises:
        NoDiscriminator: the model has none.
        UnusablePrompt: the text is empty, or the prompt where one is answered, or it is not where none is.
        NotAModelFolder, NoTokenizer: see `promptgan.tasks.text.samples.samples.load`.
    """
    prompt, text = normalise(prompt), normalise(text)
    loaded = samples.load(model)
    example = loaded.generator.example
    if DISCRIMINATOR not in loaded.index["networks"]:
        raise NoDiscriminator(f"{model} has no discriminator", "name the adversarial model of a run of texts")
    if not text.strip():
        raise UnusablePrompt("the text is empty", "give a text with at least one word")
    if bool(prompt.strip()) != example.prompted:
        answered = "a prompt, and there is none" if example.prompted else "no prompt"
        raise UnusablePrompt(f"texts of this model answer {answered}", "give a prompt where they answer one, else none")
    network = folder.load(model, torch.device("cpu"), [DISCRIMINATOR]).networks[DISCRIMINATOR]
    asked, said = loaded.tokenizer.encode_batch([prompt, text], add_special_tokens=False)
    most = example.max_tokens
    answering = Answering(cast("TextDiscriminator", network), asked.ids[-most:])
    ids, lengths = pad([said.ids[:most]], (example.eos,))
    values, _ = attributions(answering, ids, lengths, 0)
    with torch.no_grad():
        logit = float(answering.classify(answering.embedding(ids), lengths))
    return Explained(logit, by_word(text, said.offsets[:most], values[0, :-1].tolist()))
