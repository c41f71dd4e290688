import pytest

from scripts.cfn_values import UnresolvedError, resolve

BODY = {
    "Parameters": {
        "Environment": {"Type": "String", "Default": "dev"},
        "Buckets": {"Type": "CommaDelimitedList", "Default": "arn:aws:s3:::a,arn:aws:s3:::b"},
        "Key": {"Type": "String", "Default": ""},
    },
    "Conditions": {
        "HasKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Key"}, ""]}]},
        "IsPlainDev": {
            "Fn::And": [
                {"Fn::Not": [{"Condition": "HasKey"}]},
                {"Fn::Equals": [{"Ref": "Environment"}, "dev"]},
            ]
        },
    },
    "Resources": {
        "Results": {"Type": "AWS::S3::Bucket"},
        "Queue": {
            "Type": "AWS::Batch::JobQueue",
            "Properties": {"JobQueueName": {"Fn::Sub": "high-${Environment}"}},
        },
        "Extra": {"Type": "AWS::SQS::Queue", "Condition": "HasKey", "Properties": {}},
    },
}


def _resolved(value, **given):
    probe = {"Type": "AWS::IAM::Policy", "Properties": {"Value": value}}
    body = {**BODY, "Resources": {**BODY["Resources"], "Probe": probe}}
    return resolve(body, given)["Resources"]["Probe"]["Properties"].get("Value")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Environment"}, "dev"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::NoValue"}, None),
        ({"Ref": "Results"}, "results"),
        ({"Ref": "Queue"}, "arn:aws:batch:us-east-1:123456789012:job-queue/high-dev"),
        ({"Fn::GetAtt": ["Results", "Arn"]}, "arn:aws:s3:::results"),
        ({"Fn::Sub": "${Results.Arn}/*"}, "arn:aws:s3:::results/*"),
        ({"Fn::Sub": "${!Kept} ${AWS::AccountId}"}, "${Kept} 123456789012"),
        ({"Fn::Sub": ["${A}-${Environment}", {"A": {"Ref": "AWS::Region"}}]}, "us-east-1-dev"),
        ({"Fn::Join": ["/*,", {"Ref": "Buckets"}]}, "arn:aws:s3:::a/*,arn:aws:s3:::b"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::Select": [1, {"Ref": "Buckets"}]}, "arn:aws:s3:::b"),
        ({"Fn::If": ["HasKey", "yes", {"Ref": "AWS::NoValue"}]}, None),
        ([{"Fn::If": ["HasKey", "yes", {"Ref": "AWS::NoValue"}]}, "rest"], ["rest"]),
        ({"Fn::If": ["IsPlainDev", "plain", "other"]}, "plain"),
        # a statement's own Condition is not a condition of the template
        ({"Condition": {"Bool": {"a": "false"}}}, {"Condition": {"Bool": {"a": "false"}}}),
    ],
)
def test_value_becomes_what_cloudformation_makes_of_it(value, expected):
    assert _resolved(value) == expected


def test_given_parameter_decides_conditions():
    assert _resolved({"Fn::If": ["HasKey", "yes", "no"]}, Key="create") == "yes"


def test_resource_whose_condition_is_false_is_not_there():
    assert "Extra" not in resolve(BODY)["Resources"]
    assert "Extra" in resolve(BODY, {"Key": "create"})["Resources"]


def test_reference_to_a_resource_that_is_not_there_is_refused():
    with pytest.raises(UnresolvedError, match="Extra does not exist"):
        _resolved({"Ref": "Extra"})


def test_unknown_function_is_refused_by_name():
    with pytest.raises(UnresolvedError, match="Fn::Cidr"):
        _resolved({"Fn::Cidr": ["10.0.0.0/16", 4, 8]})
