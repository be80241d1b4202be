"""A classifier of texts: a body that reads, a head that tells labels apart, and another that guesses masked tokens."""

from torch import Tensor, nn
from torch.nn.functional import dropout, linear

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import fresh_bias
from promptgan.networks.tokens.classifier.body import Body
from promptgan.networks.tokens.classifier.cnn import CnnBody
from promptgan.networks.tokens.classifier.gru import GruBody
from promptgan.networks.tokens.classifier.parameters import Cnn, Gru, Parameters, Pretrained, Transformer
from promptgan.networks.tokens.classifier.transformer import TransformerBody


class Encoder(nn.Module):
    """Tells labels of texts, which end in EOS and are padded on the right; K labels, V tokens, embeddings of size E.

    Args:
        parameters: the `encoder` section.
        example: gives the vocabulary, and the folder of a pretrained model.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__()
        self.labels, self.dropout = parameters.labels, parameters.body.dropout
        self.body = _body(parameters.body, example)
        self.head = nn.Linear(self.body.summary, self.labels)
        table = self.embedding.weight
        self.mask = nn.Parameter(table.detach().float().mean(0))  # what is embedded in place of a masked token
        self.restored = nn.Sequential(
            nn.Linear(self.body.width, table.shape[1]), nn.GELU(), nn.LayerNorm(table.shape[1])
        )
        self.bias = fresh_bias(len(table))

    @property
    def embedding(self) -> nn.Embedding:
        """Of the tokens that it reads."""
        return self.body.embedding

    def forward(self, text: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N, K) of texts (N, T) of the given lengths (N,), EOS counted."""
        return self.classify(self.embedding(text), lengths)

    def classify(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N, K) of embedded texts (N, T, E) of the given lengths (N,); what is behind a text changes none."""
        logits: Tensor = self.head(dropout(self.body.summed_up(embedded, lengths), self.dropout, self.training))
        return logits

    def read(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """States (N, T, H) of the tokens of embedded texts (N, T, E), each of which has seen the others."""
        return self.body.read(embedded, lengths)

    def masked_logits(self, states: Tensor) -> Tensor:
        """Logits (..., V) of the tokens at states (..., H), with the embeddings as the table."""
        return linear(self.restored(states), self.embedding.weight.to(self.bias.dtype), self.bias)


def _body(parameters: Gru | Cnn | Transformer | Pretrained, example: Example) -> Body:
    match parameters:
        case Gru():
            return GruBody(parameters, example)
        case Cnn():
            return CnnBody(parameters, example)
        case Transformer():
            return TransformerBody(parameters, example)
        case Pretrained():
            from promptgan.networks.tokens.classifier.pretrained import PretrainedBody  # loads transformers

            return PretrainedBody(parameters, example)
