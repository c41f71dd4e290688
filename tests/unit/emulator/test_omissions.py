from typing import Any

import pytest

from emulator.omissions import omit_unsupported


def omit(resources: dict[str, Any], **sections: Any):
    return omit_unsupported(
        {"Resources": resources, **sections}, lambda kind: kind != "AWS::Batch::SchedulingPolicy"
    )


POLICY = {"Type": "AWS::Batch::SchedulingPolicy", "Properties": {}}


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1, **properties}}


def test_omit_type_without_a_model_is_gone_and_its_consequence_told() -> None:
    body, omissions = omit({"Policy": POLICY, "Queue": queue()})
    assert list(body["Resources"]) == ["Queue"]
    assert omissions[0].what == "Policy (AWS::Batch::SchedulingPolicy)"
    assert omissions[0].consequence == "queues are served first in, first out"


def test_omit_unknown_type_says_that_nothing_stands_in() -> None:
    _, omissions = omit_unsupported(
        {"Resources": {"X": {"Type": "AWS::No::Such"}}}, lambda _kind: False
    )
    assert omissions[0].consequence == "nothing stands in for it"


@pytest.mark.parametrize(
    "reference",
    [
        {"Ref": "Policy"},
        {"Fn::GetAtt": ["Policy", "Arn"]},
        {"Fn::GetAtt": "Policy.Arn"},
        {"Fn::Sub": "x-${Policy.Arn}"},
        {"Fn::Sub": ["${A}-${Policy}", {"A": "a"}]},
    ],
)
def test_omit_property_that_refers_to_it_goes_too(reference: Any) -> None:
    body, omissions = omit({"Policy": POLICY, "Queue": queue(SchedulingPolicyArn=reference)})
    assert body["Resources"]["Queue"]["Properties"] == {"Priority": 1}
    assert omissions[1].what == "Queue.Properties.SchedulingPolicyArn"


def test_omit_item_of_a_list_that_refers_to_it_goes_and_the_others_stay() -> None:
    body, _ = omit({"Policy": POLICY, "Queue": queue(Names=["a", {"Ref": "Policy"}, "b"])})
    assert body["Resources"]["Queue"]["Properties"]["Names"] == ["a", "b"]


def test_omit_output_and_dependency_on_it_go() -> None:
    dependent = {**queue(), "DependsOn": ["Policy", "Other"]}
    body, omissions = omit(
        {"Policy": POLICY, "Queue": dependent, "Other": queue()},
        Outputs={
            "Gone": {"Value": {"Fn::Join": ["", [{"Ref": "Policy"}]]}},
            "Kept": {"Value": {"Ref": "Queue"}},
        },
    )
    assert body["Resources"]["Queue"]["DependsOn"] == ["Other"]
    assert list(body["Outputs"]) == ["Kept"]
    assert [omission.what for omission in omissions][1:] == ["Outputs.Gone"]


def test_omit_literal_dollar_in_a_sub_is_no_reference() -> None:
    text = {"Fn::Sub": "${!Policy} ${Queue}"}
    body, _ = omit({"Policy": POLICY, "Queue": queue(Text=text)})
    assert body["Resources"]["Queue"]["Properties"]["Text"] == text
