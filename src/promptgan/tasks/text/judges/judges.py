"""Fitting the matcher that tells the true text of a prompt from another's, on a split that no generator sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from promptgan.core.compute import Compute
from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs
from promptgan.tasks.text.judges import dual_encoder
from promptgan.tasks.text.judges.dual_encoder import ABSENT, DualEncoder, padded
from promptgan.tasks.text.judges.parameters import FEWEST, Parameters
from promptgan.training.loop import fitting
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.fitting import Fitting
from promptgan.training.loop.method import Row

Indices = npt.NDArray[np.int64]

CANDIDATES = 100
"""Texts that a true one is ranked among: itself and 99 others."""


UNASKED = "texts answer no prompt, so there is nothing to match"


class TooFewPairs(PromptganError):
    """The judge split is too small to fit and to test on."""


@dataclass(frozen=True)
class Fitted:
    """A matcher and what became of its training."""

    matcher: DualEncoder
    metrics: dict[str, Any]
    """The content of metrics/judges.json."""

    def save(self, folder: Path) -> None:
        """Write the matcher, which `dual_encoder.load` reads."""
        dual_encoder.save(folder, self.matcher, self.metrics)

    @property
    def sentence(self) -> str:
        """How well it tells true texts from others, beside TF-IDF."""
        ours, simple = self.metrics["matcher"], self.metrics["tf_idf"]
        return (
            f"matcher: accuracy {ours['accuracy']:.3f}, MRR {ours['mrr']:.3f};"
            f" TF-IDF: {simple['accuracy']:.3f}, {simple['mrr']:.3f}"
        )


@dataclass(frozen=True)
class Unasked:
    """That there is no matcher, since texts answer no prompt."""

    metrics: dict[str, Any]
    """The content of metrics/judges.json."""

    def save(self, folder: Path) -> None:
        """Write an index that says so."""
        write_json(folder / dual_encoder.INDEX, {"task": "text", **self.metrics})

    @property
    def sentence(self) -> str:
        """Why."""
        return f"no matcher: {UNASKED}"


class Matching(Fitting):
    """Fits the matcher with in-batch negatives (Henderson et al., 2017, arXiv:1705.00652).

    Args:
        matcher: fitted in place.
        prompts, texts: token ids (N, P) and (N, T) of all pairs, see `dual_encoder.padded`.
        train, stop: indices of the pairs that are learnt from, and of those that decide when to stop.
        parameters: the `judges` section.
        seed: of the order of the pairs and of the texts that a true one is ranked among.
    """

    score = "mrr"

    def __init__(
        self,
        matcher: DualEncoder,
        prompts: Tensor,
        texts: Tensor,
        train: Indices,
        stop: Indices,
        parameters: Parameters,
        seed: int,
    ) -> None:
        super().__init__("matcher", matcher, parameters.learning_rate)
        self.matcher, self.prompts, self.texts, self.train, self.stop = matcher, prompts, texts, train, stop
        self.seed = seed
        self.starts = range(parameters.batch, len(train) - 1, parameters.batch)
        self.per_epoch = len(self.starts) + 1
        self.order: tuple[int, list[Indices]] = (-1, [])

    def loss(self, k: int) -> Tensor:
        """One batch, each text of which is a wrong one for all its other prompts."""
        epoch, index = divmod(k, self.per_epoch)
        if epoch != self.order[0]:
            random = np.random.default_rng(self.seed)
            shuffled = [random.permutation(self.train) for _ in range(epoch + 1)]
            self.order = epoch, np.split(shuffled[-1], self.starts)
        batch = self.order[1][index]
        scores = self.matcher.score(_rows(self.prompts, batch), _rows(self.texts, batch))
        true = torch.arange(len(batch), device=scores.device)
        return (cross_entropy(scores, true) + cross_entropy(scores.T, true)) / 2

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """How well it ranks the pairs that decide when to stop."""
        return self.ranking(self.stop)

    @torch.no_grad()
    def ranking(self, part: Indices) -> Row:
        """What `ranking` says of the pairs ``part``."""
        scores = self.matcher.score(_rows(self.prompts, part), _rows(self.texts, part))
        return ranking(scores.cpu().numpy(), self.seed)


def fit(
    pairs: Pairs,
    example: Example,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
) -> Fitted | Unasked:
    """Fit the matcher on all pairs but those for stopping and reporting.

    Of up to ten stretches of ``pairs`` the last tenth is for the numbers reported and the tenth before it for stopping:
    files are sorted by kind, and as pairs lie in the order of their conversations, few of these are mixed. The numbers:
    `accuracy`, of telling the true text from one wrong text, and `mrr`, the mean reciprocal rank of the true text among
    100, beside those of TF-IDF cosines. All of it is computed in float32, whatever ``compute`` says. Where texts answer
    no prompt there is no matcher.

    Raises:
        TooFewPairs: there are fewer than 20.
        NonFiniteTraining, Interrupted: see `promptgan.training.loop.run.run`.
    """
    if not example.prompted:
        return Unasked({"kind": "none", "reason": UNASKED})
    if len(pairs) < FEWEST:
        raise TooFewPairs(
            f"data/tokens/judge.arrow holds {len(pairs)} pairs; the matcher needs {FEWEST}",
            "give the pipeline more data, or a larger judge share in the section validate",
        )
    everything, vocabulary = np.arange(len(pairs)), example.vocabulary
    prompts, texts = (padded(pairs.rows(column, everything)).to(device) for column in ("prompt", "text"))
    train, stop, report = parts(len(pairs))
    torch.manual_seed(seed)
    matcher = DualEncoder(vocabulary, parameters.embedding, parameters.dropout, parameters.word_dropout)
    frequencies = inverse_document_frequency([_rows(prompts, train), _rows(texts, train)], vocabulary)
    matcher.begin_with(frequencies.cpu())
    matcher.to(device)
    method = Matching(matcher, prompts, texts, train, stop, parameters, seed)
    outcome = fitting.fit(method, parameters.epochs, parameters.patience, checkpoint)
    baseline = [
        normalize(term_counts(_rows(side, report), vocabulary) * frequencies, dim=1) for side in (prompts, texts)
    ]
    metrics = {
        "matcher": method.ranking(report),
        "tf_idf": ranking((baseline[0] @ baseline[1].T).cpu().numpy(), seed),
        "best_epoch": outcome.best_step // method.per_epoch,
        "pairs": {"train": len(train), "stop": len(stop), "report": len(report)},
    }
    return Fitted(matcher.eval(), metrics)


def parts(length: int) -> tuple[Indices, Indices, Indices]:
    """Places of eight tenths among ``length``, for fitting, and of two times one, for stopping and reporting."""
    tenth = np.arange(length) * 10 * min(10, length // 10) // length % 10
    return np.flatnonzero(tenth < 8), np.flatnonzero(tenth == 8), np.flatnonzero(tenth == 9)


def ranking(scores: npt.NDArray[np.float32], seed: int) -> dict[str, float]:
    """How well scores (N, N) of N prompts with N texts put the true texts, on the diagonal, above wrong ones.

    ``accuracy`` is the share of comparisons of a true with a wrong text that the true one wins; ``mrr`` is the mean
    reciprocal rank of the true text among itself and 99 fixed others (or all). Half of equal scores count as won.
    """
    count = len(scores)
    true = np.diag(scores)[:, None]
    lost = (scores > true) + 0.5 * (scores == true)
    np.fill_diagonal(lost, 0)
    random = np.random.default_rng(seed)
    ranks = [
        1 + lost[i, random.permutation(np.delete(np.arange(count), i))[: CANDIDATES - 1]].sum() for i in range(count)
    ]
    return {
        "accuracy": round(float(1 - lost.sum() / (count * (count - 1))), 4),
        "mrr": round(float(np.mean(1 / np.array(ranks))), 4),
    }


def inverse_document_frequency(parts: list[Tensor], vocabulary: int) -> Tensor:
    """Smoothed inverse document frequency (vocabulary,) in all padded token ids (N, T): ln((1 + N) / (1 + n)) + 1."""
    containing = torch.stack([(term_counts(tokens, vocabulary) > 0).sum(0) for tokens in parts]).sum(0)
    return torch.log((1 + sum(map(len, parts))) / (1 + containing)) + 1


def term_counts(tokens: Tensor, vocabulary: int) -> Tensor:
    """How often each token occurs, (N, vocabulary) float32, of padded token ids (N, T)."""
    zeros = torch.zeros(len(tokens), vocabulary, device=tokens.device)
    return zeros.scatter_add(1, tokens.clamp_min(0), (tokens != ABSENT).float())


def _rows(tokens: Tensor, indices: Indices) -> Tensor:
    return tokens[torch.from_numpy(indices).to(tokens.device)]
