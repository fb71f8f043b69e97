"""For all tests: where every tool is at hand, nothing may be skipped, and what a test warns of is shown."""

import os

import pytest


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run with CI=true that skipped a test: its summary names the tool to install."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what passing tests warn of: the properties called `warning` that they have recorded."""
    reports = terminalreporter.getreports("passed")
    warnings = [value for report in reports for name, value in report.user_properties if name == "warning"]
    if warnings:
        terminalreporter.section("not yet wrong", yellow=True)
    for warning in warnings:
        terminalreporter.line(str(warning), yellow=True)
