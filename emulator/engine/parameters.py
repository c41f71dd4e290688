"""CloudFormation's checks before it creates a stack: each parameter, then the rules.

moto 5.2.5 accepts every value and ignores `Rules`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any


class ParameterError(ValueError):
    """Parameters that CloudFormation would refuse; the message names each and says why."""


def check_parameters(body: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Raise ParameterError for values that `body`'s Parameters and Rules do not allow.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    and https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
    """
    slots: Mapping[str, Any] = body.get("Parameters", {})
    unknown = [f"{name} is not a parameter of this stack" for name in given if name not in slots]
    values = {name: given.get(name, slot.get("Default")) for name, slot in slots.items()}
    wrong = [
        f"{name}: {why}" for name, slot in slots.items() if (why := _refusal(slot, values[name]))
    ]
    broken = [] if wrong else list(_broken_rules(body.get("Rules", {}), slots, values))
    if problems := [*unknown, *wrong, *broken]:
        raise ParameterError("; ".join(problems))


def _refusal(slot: Mapping[str, Any], value: Any) -> str:
    """Why a parameter does not accept a value; "" if it does."""
    if value is None:
        return "has no default, and none is given"
    items = _items(slot["Type"], value)
    allowed = [str(each) for each in slot.get("AllowedValues", items)]
    pattern = slot.get("AllowedPattern", "(?s:.*)")
    if not all(item in allowed and re.fullmatch(pattern, item) for item in items):
        return str(slot.get("ConstraintDescription", f"one of {', '.join(allowed)}"))
    if slot["Type"] == "Number" and not _is_between(slot, str(value)):
        return f"a number from {slot.get('MinValue', '...')} to {slot.get('MaxValue', '...')}"
    return ""


def _is_between(slot: Mapping[str, Any], value: str) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    least, most = (float(slot.get(key, number)) for key in ("MinValue", "MaxValue"))
    return least <= number <= most


def _items(kind: str, value: Any) -> list[str]:
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    return [item.strip() for item in str(value).split(",")] if is_list else [str(value)]


def _broken_rules(
    rules: Mapping[str, Any], slots: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[str]:
    def ref(name: str) -> Any:
        items = _items(slots[name]["Type"], values[name])
        return str(values[name]) if slots[name]["Type"] in {"String", "Number"} else items

    functions: dict[str, Callable[[Any], Any]] = {
        "Ref": ref,
        "Fn::And": lambda parts: all(value_of(part) for part in parts),
        "Fn::Contains": lambda parts: value_of(parts[1]) in value_of(parts[0]),
        "Fn::EachMemberEquals": lambda parts: set(value_of(parts[0])) == {value_of(parts[1])},
        "Fn::EachMemberIn": lambda parts: set(value_of(parts[0])) <= set(value_of(parts[1])),
        "Fn::Equals": lambda parts: value_of(parts[0]) == value_of(parts[1]),
        "Fn::Not": lambda parts: not value_of(parts[0]),
        "Fn::Or": lambda parts: any(value_of(part) for part in parts),
    }

    def value_of(node: Any) -> Any:
        if not isinstance(node, dict):
            return [value_of(each) for each in node] if isinstance(node, list) else str(node)
        ((name, argument),) = node.items()
        return functions[name](argument)

    for rule, content in rules.items():
        if "RuleCondition" in content and not value_of(content["RuleCondition"]):
            continue
        for assertion in content["Assertions"]:
            if not value_of(assertion["Assert"]):
                yield str(assertion.get("AssertDescription", f"rule {rule} is broken"))
