"""``dragoman doctor``: checks every part, and says for each fault what to do."""

from __future__ import annotations

import argparse
from pathlib import Path

from daemon.cli.arguments import DONE, FAILED, add_config, add_json
from daemon.cli.as_service import load_as_service
from daemon.cli.checks import part_checks
from daemon.cli.checkup import Check, Finding, Health, examine_all
from daemon.cli.machine_checks import machine_checks
from daemon.cli.output import print_json
from daemon.config import ConfigError, Settings

HELP = "check every part, and say for each fault what to do"

_PART_WIDTH = 18


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_config(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check the settings, then what they name, then the machine; print each finding as it comes."""
    settings, findings = _settings(arguments.config)
    checks = (part_checks(settings) if settings else [_unknown()]) + machine_checks()
    if not arguments.json:
        _print_findings(findings)
    for finding in examine_all(checks):
        findings.append(finding)
        if not arguments.json:
            _print_findings([finding])
    failed = sum(finding.health is Health.FAIL for finding in findings)
    if arguments.json:
        print_json({"ok": not failed, "findings": findings})
    else:
        warnings = sum(finding.health is Health.WARN for finding in findings)
        print(f"\n{failed} failed, {warnings} to look at, {len(findings)} checked")
    return FAILED if failed else DONE


def _settings(file: Path | None) -> tuple[Settings | None, list[Finding]]:
    try:
        settings = load_as_service(file)
    except ConfigError as error:
        advice = "correct it; `dragoman config schema --toml` explains every key"
        return None, [Finding("settings", Health.FAIL, wrong.message, advice) for wrong in error.errors]
    there = "" if settings.file.exists() else ", which is not there: the built-in ones hold"
    found = Finding("settings", Health.OK, f"{settings.file}{there}")
    left_out = [
        Finding("settings", Health.WARN, f"left out: {problem.message}", "set it anew over MQTT, or take it back")
        for problem in settings.problems
    ]
    return settings, [found, *left_out]


def _unknown() -> Check:
    text = "not looked at: the settings do not say which"
    return Check("parts", lambda: [Finding("parts", Health.NONE, text)])


def _print_findings(findings: list[Finding]) -> None:
    for finding in findings:
        print(f"{finding.part:<{_PART_WIDTH}}  {finding.health:<4}  {finding.found}", flush=True)
        if finding.advice:
            print(f"{'':<{_PART_WIDTH}}        → {finding.advice}", flush=True)
