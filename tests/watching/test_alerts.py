"""The alert rules: valid, tried with promtool, and about gauges that there are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from promptgan.serving.log import Feedback
from promptgan.watching import gauges, period
from tests.watching.conftest import BEGUN, asked

RULES = Path(__file__).parents[2] / "deploy/prometheus/alerts.yml"
MODEL = '{model="m"}'
DRIFT = 'promptgan_drift_moved{what="prompts by length", measure="PSI"}'


def statuses(**rates: str) -> dict[str, str]:
    return {f'promptgan_requests_total{{status="{status[1:]}"}}': rate for status, rate in rates.items()}


def buckets(**rates: str) -> dict[str, str]:
    return {f'promptgan_request_seconds_bucket{{le="{le[1:]}"}}': rate for le, rate in rates.items()}


def of_model(**values: str) -> dict[str, str]:
    return {f"promptgan_period_{name}{MODEL}": value for name, value in values.items()}


FIRES = {
    "ServiceDown": {"promptgan_ready": "0"},
    "RequestsFail": statuses(_500="0+2", _200="0+100"),
    "RequestsRefused": statuses(_429="0+9", _200="0+100"),
    "AnswersSlow": buckets(_5="0+9", _10="0+10") | {'promptgan_request_seconds_bucket{le="+Inf"}': "0+10"},
    "WorkersDie": {"promptgan_worker_restarts": "0+1"},
    "LogNotWritten": {"promptgan_log_writable": "0"},
    "AnswersRepeat": of_model(repeated_share="0.4", requests="200"),
    "AnswersDisliked": of_model(liked_share="0.2", feedback_share="0.2", requests="200"),
    "ModerationHits": of_model(moderated_share="0.1", requests="200"),
    "Drift": {DRIFT: "1"},
}
"""Series that make each alert fire: a value, or the first one and how much it grows in a minute."""
QUIET = {
    "promptgan_ready": "1",
    "promptgan_log_writable": "1",
    "promptgan_worker_restarts": "0",
    **statuses(_200="0+100", _500="0+0.5", _429="0+1"),
    **buckets(_5="0+100"),
    'promptgan_request_seconds_bucket{le="+Inf"}': "0+100",
    **of_model(requests="200", repeated_share="0.1", moderated_share="0.01", liked_share="0.9", feedback_share="0.2"),
    DRIFT: "0",
}


def rules() -> dict[str, str]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


@pytest.fixture(scope="module")
def promtool() -> str:
    if not (found := shutil.which("promtool")):
        pytest.skip("no promtool here: Debian's package prometheus has it")
    return found


def test_every_rule_is_tried() -> None:
    assert rules().keys() == FIRES.keys()


def test_every_gauge_of_a_period_that_a_rule_names_is_one(tmp_path: Path) -> None:
    said = Feedback("f", "r0000", BEGUN, "m", "p", "a", 1, None, 1, "page")
    found = period.Period(BEGUN, BEGUN + 3600, [asked(0, score=1.0)], [said])
    drift = period.Drift("prompts by length", "PSI", 0.3, "", True, 100)
    there = set(re.findall(r"^(promptgan\w+)\{", gauges.exposition(period.by_model(found), [drift]), re.M))
    named = {name for expr in rules().values() for name in re.findall(r"promptgan_(?:period|drift)\w+", expr)}
    assert named and named <= there


def test_promtool_takes_them(promtool: str) -> None:
    done = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"{len(FIRES)} rules found" in done.stdout


def test_promtool_takes_the_settings_that_name_them(promtool: str) -> None:
    done = subprocess.run(
        [promtool, "check", "config", str(RULES.parent / "prometheus.yml")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert f"{len(FIRES)} rules found" in done.stdout


def fired(promtool: str, folder: Path, series: dict[str, str], expected: str | None) -> None:
    alerts = [{"alertname": name, "eval_time": "80m", "exp_alerts": []} for name in FIRES if name != expected]
    document = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [{"series": name, "values": f"{value}x90"} for name, value in series.items()],
            "alert_rule_test": alerts,
        }],
    }  # fmt: skip
    file = folder / "test.yml"
    file.write_text(yaml.safe_dump(document))
    done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    if expected:  # that it does fire: expecting nothing of it must fail
        alerts.append({"alertname": expected, "eval_time": "80m", "exp_alerts": []})
        file.write_text(yaml.safe_dump(document))
        done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True)
        assert done.returncode != 0 and f"alertname: {expected}" in done.stdout + done.stderr


@pytest.mark.parametrize("name", FIRES)
def test_an_alert_fires_alone(promtool: str, tmp_path: Path, name: str) -> None:
    fired(promtool, tmp_path, FIRES[name], name)


def test_a_healthy_service_raises_none(promtool: str, tmp_path: Path) -> None:
    fired(promtool, tmp_path, QUIET, None)
