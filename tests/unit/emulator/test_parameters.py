from typing import Any

import pytest

from emulator.engine.parameters import ParameterError, check_parameters

PARAMETERS: dict[str, Any] = {
    "Name": {
        "Type": "String",
        "AllowedPattern": "[a-z]+",
        "ConstraintDescription": "small letters",
    },
    "Size": {"Type": "String", "Default": "S", "AllowedValues": ["S", "L"]},
    "Count": {"Type": "Number", "Default": 3, "MinValue": 1, "MaxValue": 9},
    "Zones": {"Type": "CommaDelimitedList", "Default": "", "AllowedPattern": "[a-c]?"},
}
LARGE = {"Fn::Equals": [{"Ref": "Size"}, "L"]}
NO_ZONES = {"Fn::Contains": [{"Ref": "Zones"}, ""]}
RULES: dict[str, Any] = {
    "LargeNeedsZones": {
        "RuleCondition": LARGE,
        "Assertions": [
            {"Assert": {"Fn::Not": [NO_ZONES]}, "AssertDescription": "L needs Zones"},
            {
                "Assert": {"Fn::EachMemberIn": [{"Ref": "Zones"}, ["", "a", "b"]]},
                "AssertDescription": "L runs in a and b",
            },
        ],
    },
    "OneOrTheOther": {"Assertions": [{"Assert": {"Fn::Or": [LARGE, NO_ZONES]}}]},
}


def refusal(**given: str) -> str:
    with pytest.raises(ParameterError) as refused:
        check_parameters({"Parameters": PARAMETERS, "Rules": RULES}, {"Name": "a", **given})
    return str(refused.value)


@pytest.mark.parametrize(
    "given", [{}, {"Count": "9"}, {"Size": "L", "Zones": "a"}, {"Size": "L", "Zones": "a, b"}]
)
def test_parameters_that_are_allowed_pass(given: dict[str, str]) -> None:
    check_parameters({"Parameters": PARAMETERS, "Rules": RULES}, {"Name": "a", **given})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"Name": "A"}, "Name: small letters"),
        ({"Name": "a1"}, "Name: small letters"),
        ({"Size": "M"}, "Size: one of S, L"),
        ({"Count": "0"}, "Count: a number from 1 to 9"),
        ({"Count": "10"}, "Count: a number from 1 to 9"),
        ({"Count": "few"}, "Count: a number from 1 to 9"),
        ({"Zones": "a,d"}, "Zones: "),
        ({"Colour": "red"}, "Colour is not a parameter of this stack"),
        ({"Size": "L"}, "L needs Zones"),
        ({"Size": "L", "Zones": "a,c"}, "L runs in a and b"),
        ({"Zones": "a"}, "rule OneOrTheOther is broken"),
    ],
)
def test_parameter_that_is_not_allowed_is_named(given: dict[str, str], why: str) -> None:
    assert why in refusal(**given)


def test_parameter_without_value_or_default_is_named() -> None:
    with pytest.raises(ParameterError, match="Name: has no default"):
        check_parameters({"Parameters": PARAMETERS}, {})
