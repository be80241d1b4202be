"""Recurrent networks over the columns of arrays, after C-RNN-GAN (Mogren, 2016, arXiv:1611.09904).

As there, a generator reads noise of its own in every step beside what it wrote in the step before, which are real
numbers, and a bidirectional discriminator judges every step, whose logits are averaged. Other than there, a step is a
column, of piano rolls a sixteenth of all voices, and not a note with its length, frequency, intensity and time; all
networks read a condition; and what is averaged are logits, so that any objective and penalty takes them.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorEncoder, TensorGenerator, TensorReader
from promptgan.networks.tensors.recurrent.parameters import Parameters


class Generator(TensorGenerator):
    """A column a step, from its share of the latent vector, the condition and the column before.

    Of a latent vector of Z numbers each of W columns has ceil(Z / W), in order; what is missing at the end is zero.
    """

    def __init__(self, parameters: Parameters, example: Example) -> None:
        latent, width = parameters.latent or 1, parameters.width
        super().__init__(latent, example, width)
        self.shape = (example.channels, example.height, example.width)
        self.noise, rows = -(-latent // example.width), example.channels * example.height
        sizes = [self.noise + self.inputs - latent + rows, *[width] * (parameters.layers - 1)]
        self.cells = nn.ModuleList(nn.LSTMCell(size, width) for size in sizes)
        self.column = nn.Linear(width, rows)

    def pixels(self, inputs: Tensor) -> Tensor:
        """See `TensorGenerator.pixels`."""
        z, condition = inputs[:, : self.latent], inputs[:, self.latent :]
        steps = pad(z, (0, self.noise * self.shape[2] - self.latent)).view(len(z), -1, self.noise)
        nothing = z.new_zeros(len(z), self.column.in_features)
        states = [(nothing, nothing) for _ in self.cells]
        before, columns = z.new_full((len(z), self.column.out_features), -1.0), []
        for noise in steps.unbind(1):
            read = torch.cat([noise, condition, before], 1)
            for place, cell in enumerate(self.cells):
                states[place] = cell(read, states[place])
                read = states[place][0]
            columns.append(self.column(read))
            before = torch.tanh(columns[-1] / 2).to(z.dtype)
        return torch.stack(columns, -1).view(len(z), *self.shape)


class Discriminator(TensorDiscriminator):
    """The mean state of an LSTM that reads both ways, so that the logit is the mean of one for each column."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(example, 2 * parameters.width, parameters.conditioning or "none")
        self.reader = _reader(parameters, self, example)

    def features(self, x: Tensor) -> Tensor:
        """See `TensorReader.features`."""
        return _states(self.reader, x).mean(1)


class Encoder(TensorEncoder):
    """The mean state of an LSTM that reads both ways, and those of both ends."""

    def __init__(self, parameters: Parameters, example: Example) -> None:
        super().__init__(parameters.latent or 1, example, 6 * parameters.width)
        self.reader = _reader(parameters, self, example)

    def features(self, x: Tensor) -> Tensor:
        """See `TensorReader.features`."""
        states = _states(self.reader, x)
        return torch.cat([states.mean(1), states[:, 0], states[:, -1]], 1)


def _reader(parameters: Parameters, reader: TensorReader, example: Example) -> nn.LSTM:
    rows = reader.channels * example.height
    return nn.LSTM(rows, parameters.width, parameters.layers, batch_first=True, bidirectional=True)


def _states(reader: nn.LSTM, x: Tensor) -> Tensor:
    """The states (N, W, 2 * width) of an LSTM that reads the columns of arrays (N, C, H, W)."""
    with torch.backends.cudnn.flags(enabled=False):  # its recurrent kernels have no second derivative
        states: Tensor = reader(x.flatten(1, 2).transpose(1, 2))[0]
    return states
