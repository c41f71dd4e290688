"""docs/operations.md has a section for every alarm, and every alarm names it."""

import re

import pytest


@pytest.fixture
def sections(root):
    page = (root / "docs/operations.md").read_text()
    alarms = page.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    return re.findall(r"^### (\w+)$", alarms, flags=re.MULTILINE)


@pytest.fixture
def alarms(deployed):
    return {
        resource["Properties"]["AlarmName"].removesuffix("-dev"): resource["Properties"]
        for resource in deployed().values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }


def test_every_alarm_has_a_section_and_every_section_an_alarm(sections, alarms):
    assert sorted(sections) == sorted(alarms)


def test_every_alarm_names_its_section(alarms):
    assert alarms
    for name, alarm in alarms.items():
        assert alarm["AlarmDescription"].endswith(f"docs/operations.md#{name}")


def test_outputs_that_the_page_names_exist(root, template):
    page = (root / "docs/operations.md").read_text()

    named = re.findall(r"output\s+`(\w+)`", page)

    assert named
    assert set(named) <= set(template["Outputs"])
