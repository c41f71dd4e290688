"""Settings of functions: read from the environment, or refused by the variable's name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from seqstack.adapters.settings import FunctionSettings, SettingError, one_for_each

GIVEN = {
    "ENVIRONMENT": "dev",
    "LEDGER_TABLE": "ledger-dev",
    "MAX_SCRATCH_GIB": "1440",
    "JOB_DEFINITION_BWA": "bwa-dev:3",
    "JOB_DEFINITION_ISAAC": "isaac-dev:1",
}


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    max_scratch_gib: int
    job_definitions: Mapping[str, str] = one_for_each(
        {"bwa": "JOB_DEFINITION_BWA", "isaac": "JOB_DEFINITION_ISAAC"}
    )


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)


def test_settings_are_read_by_their_types() -> None:
    assert Settings.from_environment() == Settings(
        environment="dev",
        ledger_table="ledger-dev",
        max_scratch_gib=1440,
        job_definitions={"bwa": "bwa-dev:3", "isaac": "isaac-dev:1"},
    )


def test_settings_name_every_variable_that_they_read() -> None:
    assert sorted(Settings.variables()) == sorted(GIVEN)


@pytest.mark.parametrize("variable", GIVEN)
def test_settings_without_a_variable_are_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)

    with pytest.raises(SettingError, match=f"variable {variable} is not set; add it to .*template"):
        Settings.from_environment()


def test_setting_that_may_be_empty_is_read_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_TABLE", "")

    assert Settings.from_environment().ledger_table == ""


@pytest.mark.parametrize("text", ["", "many", "1.5"])
def test_number_that_is_none_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("MAX_SCRATCH_GIB", text)

    refused = re.escape(f"variable MAX_SCRATCH_GIB is not a whole number: {text}")
    with pytest.raises(SettingError, match=refused):
        Settings.from_environment()
