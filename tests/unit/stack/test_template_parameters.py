import re
import tomllib

import pytest

CONSTRAINTS = {"AllowedPattern", "AllowedValues", "MinValue"}


def test_parameter_says_what_it_is_and_what_it_may_be(template):
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"], name
        assert parameter.keys() & CONSTRAINTS, name


def test_parameter_default_keeps_its_own_constraint(template):
    for name, parameter in template["Parameters"].items():
        values = str(parameter["Default"]).split(",")
        if "AllowedPattern" in parameter:
            assert all(re.fullmatch(parameter["AllowedPattern"], value) for value in values), name
        if "AllowedValues" in parameter:
            assert parameter["Default"] in parameter["AllowedValues"], name
        if "MinValue" in parameter:
            assert parameter["MinValue"] <= parameter["Default"] <= parameter["MaxValue"], name


def test_parameter_is_used(template_text, template):
    for name in template["Parameters"]:
        assert re.search(rf"!Ref {name}\b|\${{{name}}}", template_text), name


def test_parameter_is_shown_in_one_group_of_the_console(template):
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]

    assert sorted(shown) == sorted(template["Parameters"])


@pytest.mark.parametrize("environment", ["default", "prod"])
def test_samconfig_overrides_parameters_that_exist(root, template, environment):
    config = tomllib.loads((root / "samconfig.toml").read_text())
    overrides = config[environment]["deploy"]["parameters"]["parameter_overrides"]

    assert overrides
    for override in overrides:
        assert override.partition("=")[0] in template["Parameters"]
