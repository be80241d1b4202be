"""Negative log-likelihood of texts under a generator, projecting onto the vocabulary only where a token is."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from promptgan.forms.tokens.generator import Batch, TextGenerator, is_real
from promptgan.forms.tokens.pairs import pad

CHUNK = {"cpu": 256, "cuda": 8192}
"""Positions projected at a time, by device: on a CPU, larger temporaries cost page faults."""
BATCH = 256
"""Texts that `per_token` reads at once."""


def backward(
    generator: TextGenerator,
    batch: Batch,
    weight: float = 1.0,
    shares: Tensor | None = None,
    z: Tensor | None = None,
    undrawn: Sequence[int] = (),
    tokens: float | None = None,
) -> tuple[float, int]:
    """Add the gradient of ``weight`` times the mean NLL per token; return the summed NLL in nats and the tokens.

    With ``tokens`` the sum is divided by them instead of those that there are. So it must be where batches hold texts
    of like length (see `Batches.tokens`): divided by its own, a batch of short texts counts as much as one of long
    texts, each of its tokens for more, and what learns so writes texts that are too short.
    With ``shares``, which may be negative, the mean is that of each token's NLL times the share of its text, (N,), or
    its own, (N, T). With latent vectors ``z`` (N, Z) the texts are those that begin with them. With ``undrawn`` the
    likelihood is that of drawing, which never takes these ids.
    End-of-text counts as a token, padding does not. The gradient of the logits is in closed form (softmax minus
    one-hot), which is faster than autograd, and chunk by chunk, so that those of a whole batch never exist at once.
    """
    features, targets = real_positions(generator, batch, z)
    factors = None
    if shares is not None:
        each = shares if shares.dim() == 2 else shares[:, None].expand(batch.text.shape)
        factors = each[is_real(batch.text_lengths, batch.text.shape[1])][:, None]
    device = features.device.type
    low = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else features.dtype
    table, bias = generator.table, generator.bias
    with torch.no_grad():
        hidden, table_low = features.to(low), table.to(low)
        bias_low = hidden.new_zeros(len(table)) if bias is None else bias.to(low)
        to_hidden = torch.empty_like(hidden)
        learnt = {x: torch.zeros_like(x) for x in (table, bias) if x is not None and x.requires_grad}
        total = torch.zeros((), dtype=torch.float64, device=features.device)
        chunks = (torch.split(x, CHUNK[device]) for x in (hidden, targets, to_hidden))
        for i, (chunk, target, to_chunk) in enumerate(zip(*chunks, strict=True)):
            logits = torch.addmm(bias_low, chunk, table_low.T).to(torch.promote_types(table.dtype, torch.float32))
            for token in undrawn:
                logits[:, token] = -torch.inf
            at_target = torch.arange(len(target), device=target.device), target
            highest = logits.amax(1, keepdim=True)
            total -= (logits[at_target] - highest[:, 0]).sum()
            powers = logits.sub_(highest).exp_()
            sums = powers.sum(1, keepdim=True)
            total += sums.log().sum()
            slopes = powers.div_(sums)
            slopes[at_target] -= 1
            if factors is not None:
                slopes *= factors[i * CHUNK[device] : i * CHUNK[device] + len(target)]
            slopes = slopes.to(low)
            torch.mm(slopes, table_low, out=to_chunk)
            if table in learnt:
                learnt[table] += slopes.T @ chunk
            if bias in learnt:
                learnt[bias] += slopes.sum(0)
    scale = weight / (tokens or len(targets))
    features.backward(to_hidden.to(features.dtype) * scale)  # type: ignore[no-untyped-call]
    for parameter, gradient in learnt.items():
        gradient *= scale
        parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
    return total.item(), len(targets)


@torch.no_grad()
def nll(
    generator: TextGenerator, batch: Batch, temperatures: tuple[float, ...] = (1.0,), z: Tensor | None = None
) -> tuple[Tensor, int]:
    """Summed NLL in nats of the texts at each softmax temperature, (temperatures,) float64, and the tokens.

    With latent vectors ``z`` (N, Z) it is that of texts that begin with them.
    """
    features, targets = real_positions(generator, batch, z)
    totals = torch.zeros(len(temperatures), dtype=torch.float64)
    size = CHUNK[features.device.type]
    for chunk, target in zip(torch.split(features, size), torch.split(targets, size), strict=True):
        logits = generator.logits(chunk).float()
        for i, temperature in enumerate(temperatures):
            totals[i] += cross_entropy(logits / temperature, target, reduction="sum").double().cpu()
    return totals, len(targets)


def per_token(generator: TextGenerator, prompts: Sequence[list[int]], texts: Sequence[list[int]]) -> float:
    """NLL in nats per token of N texts after their prompts; an end counts where a text of ids holds it."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    total, count = 0.0, 0
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        batch = Batch(*pad([prompts[i] for i in chosen]), *pad([texts[i] for i in chosen]))
        nats, tokens = nll(generator, batch.to(generator.table.device))
        total, count = total + nats.item(), count + tokens
    return total / max(1, count)


@torch.no_grad()
def nll_by_text(generator: TextGenerator, batch: Batch, z: Tensor | None = None) -> Tensor:
    """NLL in nats of each text, (N,) float64 on the CPU; ``z`` as in `nll`."""
    features, targets = real_positions(generator, batch, z)
    size = CHUNK[features.device.type]
    parts = [
        cross_entropy(generator.logits(chunk).float(), target, reduction="none").double().cpu()
        for chunk, target in zip(torch.split(features, size), torch.split(targets, size), strict=True)
    ]
    lengths = batch.text_lengths.cpu()
    owners = torch.arange(len(lengths)).repeat_interleave(lengths)
    return torch.zeros(len(lengths), dtype=torch.float64).index_add_(0, owners, torch.cat(parts))


def real_positions(generator: TextGenerator, batch: Batch, z: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Features (M, F) and targets (M,) of the M positions of a batch that hold a token, text by text.

    Where texts share a prompt, it is read once, and texts of like length are read together; ``z`` as in `nll`.
    """
    inputs = torch.cat([torch.full_like(batch.text[:, :1], generator.example.bos), batch.text[:, :-1]], 1)
    given = () if z is None else (z,)
    real = is_real(batch.text_lengths, batch.text.shape[1])
    if len(batch.text) == len(batch):
        return generator(batch.prompt, batch.prompt_lengths, inputs, *given)[real], batch.text[real]
    state, owners = generator.start(batch.prompt, batch.prompt_lengths, *given), batch.owners
    order = batch.text_lengths.argsort(stable=True)
    found = []
    for rows in torch.split(order, len(batch)):
        width = int(batch.text_lengths[rows[-1]])
        features, _ = generator.step(generator.embedding(inputs[rows, :width]), state.select(owners[rows]))
        found.append(features[real[rows, :width]])
    places = order.repeat_interleave(batch.text_lengths[order])
    return torch.cat(found)[places.argsort(stable=True)], batch.text[real]
