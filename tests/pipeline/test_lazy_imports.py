"""The stages that handle data and pages start without torch."""

from collections.abc import Callable

import pytest

from tests.pipeline.conftest import Isolated


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["download", "validate", "report"])
def test_a_stage_without_a_model_never_loads_torch(stage: str, isolated: Callable[[str], Isolated]) -> None:
    imported = isolated(stage).imported
    assert {"promptgan", "typer"} <= imported
    assert "torch" not in imported
