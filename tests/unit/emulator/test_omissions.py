from typing import Any

import pytest

from emulator.engine.omissions import omit_unsupported


def omit(resources: dict[str, Any], **sections: Any):
    return omit_unsupported(
        {"Resources": resources, **sections}, lambda kind: kind != "AWS::Budgets::Budget"
    )


POLICY = {"Type": "AWS::Budgets::Budget", "Properties": {}}


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1, **properties}}


def test_omit_type_without_a_model_is_gone_and_its_consequence_told() -> None:
    body, omissions = omit({"Budget": POLICY, "Queue": queue()})
    assert list(body["Resources"]) == ["Queue"]
    assert omissions[0].what == "Budget (AWS::Budgets::Budget)"
    assert omissions[0].consequence == "there are no costs here"


def test_omit_unknown_type_says_that_nothing_replaces_it() -> None:
    _, omissions = omit_unsupported(
        {"Resources": {"X": {"Type": "AWS::No::Such"}}}, lambda _kind: False
    )
    assert omissions[0].consequence == "it has no replacement"


@pytest.mark.parametrize(
    "reference",
    [
        {"Ref": "Budget"},
        {"Fn::GetAtt": ["Budget", "Arn"]},
        {"Fn::GetAtt": "Budget.Arn"},
        {"Fn::Sub": "x-${Budget.Arn}"},
        {"Fn::Sub": ["${A}-${Budget}", {"A": "a"}]},
    ],
)
def test_omit_property_that_refers_to_it_goes_too(reference: Any) -> None:
    body, omissions = omit({"Budget": POLICY, "Queue": queue(BudgetName=reference)})
    assert body["Resources"]["Queue"]["Properties"] == {"Priority": 1}
    assert omissions[1].what == "Queue.Properties.BudgetName"


def test_omit_item_of_a_list_that_refers_to_it_goes_and_the_others_stay() -> None:
    body, _ = omit({"Budget": POLICY, "Queue": queue(Names=["a", {"Ref": "Budget"}, "b"])})
    assert body["Resources"]["Queue"]["Properties"]["Names"] == ["a", "b"]


def test_omit_output_and_dependency_on_it_go() -> None:
    dependent = {**queue(), "DependsOn": ["Budget", "Other"]}
    body, omissions = omit(
        {"Budget": POLICY, "Queue": dependent, "Other": queue()},
        Outputs={
            "Gone": {"Value": {"Fn::Join": ["", [{"Ref": "Budget"}]]}},
            "Kept": {"Value": {"Ref": "Queue"}},
        },
    )
    assert body["Resources"]["Queue"]["DependsOn"] == ["Other"]
    assert list(body["Outputs"]) == ["Kept"]
    assert [omission.what for omission in omissions][1:] == ["Outputs.Gone"]


def test_omit_literal_dollar_in_a_sub_is_no_reference() -> None:
    text = {"Fn::Sub": "${!Budget} ${Queue}"}
    body, _ = omit({"Budget": POLICY, "Queue": queue(Text=text)})
    assert body["Resources"]["Queue"]["Properties"]["Text"] == text
