"""What deploys the service fits to it: metrics that exist, options that exist, and files that a linter accepts."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from yamllint import linter
from yamllint.config import YamlLintConfig

from promptgan.serving.log import Log
from promptgan.serving.metrics import Metrics
from promptgan.serving.pool import Limits, Pool

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.suffix in (".yaml", ".yml"))
LINT = YamlLintConfig(
    "{extends: default, rules: {line-length: {max: 120}, document-start: disable, braces: {max-spaces-inside: 1},"
    " comments: {min-spaces-from-content: 1}}}"
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_yamllint_accepts(path: Path) -> None:
    found = list(linter.run(path.read_text(), LINT, str(path)))
    assert found == []


def test_the_dashboard_asks_for_metrics_that_the_service_has(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.sqlite")
    metrics = Metrics(Pool([], Limits()), log)
    log.close()
    known = {name for family in metrics.registry.collect() for name in names(family)}
    dashboard = json.loads((DEPLOY / "grafana" / "dashboards" / "promptgan.json").read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"promptgan_\w+", target["expr"])
    }
    assert len(asked) > 10
    assert asked <= known


def names(family: Any) -> list[str]:
    """The series of a family of metrics."""
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
    return [family.name + suffix for suffix in suffixes]


def test_containers_are_started_with_options_that_exist() -> None:
    from typer.main import get_command

    from promptgan.cli import app

    docker = (DEPLOY / "Dockerfile").read_text()
    entry, default = (json.loads(each) for each in re.findall(r"^(?:ENTRYPOINT|CMD) (.+)", docker, re.M))
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    deployment = next(yaml.safe_load_all((DEPLOY / "kubernetes" / "promptgan.yaml").read_text()))
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    monitor = services["monitor"]["entrypoint"] + services["monitor"]["command"]
    served = [entry + more for more in (default, services["promptgan"]["command"], container["args"])]
    for (program, *words), name in zip([*served, monitor], ["serve"] * 3 + ["gauges"], strict=True):
        command: Any = get_command(app)
        while words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert (program, command.name) == ("promptgan", name)
        known = {option for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_a_container_that_is_no_service_is_not_asked_for_its_health_as_one() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert "HEALTHCHECK" in (DEPLOY / "Dockerfile").read_text()
    others = [each for each in services.values() if "build" in each and "entrypoint" in each]
    assert [each["healthcheck"] for each in others] == [{"disable": True}]


def test_volumes_and_selectors_of_the_manifests_fit() -> None:
    deployment, service, budget = yaml.safe_load_all((DEPLOY / "kubernetes" / "promptgan.yaml").read_text())
    pod = deployment["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["spec"]["volumes"]}
    labels = pod["metadata"]["labels"]
    assert service["spec"]["selector"] == budget["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["ports"][0]["targetPort"] in {port["name"] for port in container["ports"]}


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker here")
def test_compose_reads_its_file() -> None:
    command = ["docker", "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    if "is not a docker command" in done.stderr or "unknown shorthand flag" in done.stderr:
        pytest.skip("docker has no compose here")
    assert done.returncode == 0, done.stderr
