"""Music: the twin's likelihood against the published kind of LSTM on the same passages, and how fast it writes.

Needs `data/tokens`, `models/pretrained` and `metrics/evaluation.json` of a finished run of a recipe of music in events,
such as music-lstm; after any other recipe it says so. One thread.

The published LSTM reads piano rolls frame by frame and gives each of 88 keys a probability of its own (Boulanger-
Lewandowski et al., 2012, arXiv:1206.6392; 8.45 nats a frame of a quarter in Bai et al., 2018, arXiv:1803.01271, on
another split of other editions). Here it learns from the same training passages, in every key, is told the key too, as
the scale in the place of the frame before the first, and stops by the same validation passages. A roll says less than
events do: neither which voice sings a note, nor that one is repeated, nor, where frames are quarters, what happens
within one. So the nats of events are an upper bound of what the same model takes for the rolls of sixteenths.
"""

import copy
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from promptgan.core.compute import Compute, prepare
from promptgan.media.music import keys, prompts
from promptgan.media.music.piece import TICKS_PER_QUARTER, Piece
from promptgan.networks.folder import read_index
from promptgan.tasks.music.measures.statistics import pitched, sounding
from promptgan.tasks.music.measures.tokens import passages
from promptgan.tasks.music.samples.samples import answer, load

TOKENS, TWIN = Path("data/tokens"), Path("models/pretrained")
LOWEST, PITCHES = 21, 88
WIDTH, LAYERS, DROPOUT = 200, 2, 0.3
EPOCHS, BATCH, LEARNING_RATE = 60, 32, 0.002
PIECES = 20
"""Written one after the other, to be timed."""


class Published(nn.Module):
    """An LSTM with a sigmoid for each key."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(PITCHES, WIDTH, LAYERS, batch_first=True, dropout=DROPOUT)
        self.keys = nn.Linear(WIDTH, PITCHES)

    def nats(self, rolls: Tensor, lengths: Tensor) -> Tensor:
        """Summed nats of the frames behind the first one of rolls (N, 1 + T, 88), of which so many are real."""
        logits = self.keys(self.lstm(rolls[:, :-1])[0])
        each = binary_cross_entropy_with_logits(logits, rolls[:, 1:], reduction="none").sum(2)
        return (each * (torch.arange(each.shape[1]) < lengths[:, None])).sum()


def roll(piece: Piece, frame: int) -> Tensor:
    """The scale of the key, and then what sounds at the beginning of each frame of so many ticks, (1 + T, 88)."""
    scale = keys.scale(piece.key)
    first = np.array([[(LOWEST + key) % 12 in scale for key in range(PITCHES)]])
    frames = sounding(pitched(piece), piece.ticks)[::frame, LOWEST : LOWEST + PITCHES]
    return torch.from_numpy(np.concatenate([first, frames]).astype(np.float32))


def batch(rolls: list[Tensor], shifts: list[int]) -> tuple[Tensor, Tensor]:
    """Rolls so many semitones higher, padded, and the frames of each behind the first."""
    moved = [each.roll(shift, 1) for each, shift in zip(rolls, shifts, strict=True)]
    return nn.utils.rnn.pad_sequence(moved, batch_first=True), torch.tensor([len(each) - 1 for each in rolls])


def nats_per_quarter(splits: dict[str, list[Piece]], frame: int, epochs: int, seed: int) -> float:
    """Of the test passages under the published LSTM with frames of so many ticks, at its best validation."""
    rolls = {name: [roll(piece, frame) for piece in pieces] for name, pieces in splits.items()}
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    model = Published()
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)

    @torch.no_grad()
    def measured(split: str) -> float:
        model.eval()
        total = sum(model.nats(*batch([each], [0])).item() for each in rolls[split])
        model.train()
        return total * TICKS_PER_QUARTER / sum(piece.ticks for piece in splits[split])

    best, kept = np.inf, copy.deepcopy(model.state_dict())
    for _ in range(epochs):
        order = random.permutation(len(rolls["train"]))
        for start in range(0, len(order), BATCH):
            chosen = [rolls["train"][k] for k in order[start : start + BATCH]]
            padded, lengths = batch(chosen, random.integers(-5, 7, len(chosen)).tolist())
            loss = model.nats(padded, lengths) / lengths.sum()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        if (value := measured("val")) < best:
            best, kept = value, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return measured("test")


def times_as_fast(asked: list[str]) -> float:
    """Seconds of music that the twin writes in a second of CPU time, piece by piece, at temperature 1."""
    model = load(TWIN)
    seconds = 0.0
    start = time.process_time()
    for seed, prompt in enumerate(asked):
        seconds += answer(model, [prompts.parse(prompt)], seed=seed)[0].piece.seconds
    return seconds / (time.process_time() - start)


def main() -> None:
    """Print the measurements as JSON."""
    index = read_index(TWIN)
    if (index["task"], index["form"]) != ("music", "tokens"):
        print(
            json.dumps({"left_out": f"the run in this folder is of the task {index['task']}, not of music in events"})
        )
        return
    prepare(Compute(device="cpu", threads=1, precision="float32"), 1)
    print(json.dumps(measured(EPOCHS), indent=2))


def measured(epochs: int) -> dict[str, Any]:
    """Nats per quarter of test passages of both, and how much faster than it plays music is written."""
    real = {split: passages(TOKENS, split) for split in ("train", "val", "test")}
    splits = {name: frame["piece"].tolist() for name, frame in real.items()}
    systems = json.loads(Path("metrics/evaluation.json").read_text(encoding="utf-8"))["systems"]
    asked = real["test"]["prompt"].head(PIECES).tolist()
    return {
        "nats_per_quarter": {
            "events, twin": systems["twin"]["nll_quarter"],
            "LSTM on rolls of sixteenths": round(nats_per_quarter(splits, TICKS_PER_QUARTER // 4, epochs, 1), 3),
            "LSTM on rolls of quarters": round(nats_per_quarter(splits, TICKS_PER_QUARTER, epochs, 1), 3),
        },
        "seconds_of_music_a_cpu_second": round(times_as_fast(asked), 1),
    }


if __name__ == "__main__":
    main()
