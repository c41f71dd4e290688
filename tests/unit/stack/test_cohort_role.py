"""The role of the cohort's state machine, which the emulator does not enforce.

https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
"""

from typing import Any

MACHINE = "states:${AWS::Region}:${AWS::AccountId}"


def grants(resources: dict[str, Any]) -> dict[tuple[str, str], None]:
    """The actions of the role, each with its resource."""
    (policy,) = resources["CohortStateMachine"]["Properties"]["Policies"]
    found = {}
    for each in policy["Statement"]:
        if "Fn::If" in each:
            continue
        actions, places = each["Action"], each["Resource"]
        for action in [actions] if isinstance(actions, str) else actions:
            for place in places if isinstance(places, list) else [places]:
                found[action, place.get("Fn::Sub", str(place))] = None
    return found


def test_role_allows_what_a_distributed_map_needs(resources: dict[str, Any]) -> None:
    allowed = set(grants(resources))

    own = f"arn:${{AWS::Partition}}:{MACHINE}:execution:cohort-${{Environment}}:*"
    children = f"arn:${{AWS::Partition}}:{MACHINE}:execution:cohort-${{Environment}}/*"
    folder = "${ResultsBucket.Arn}/cohorts/*"
    assert {
        (
            "states:StartExecution",
            f"arn:${{AWS::Partition}}:{MACHINE}:stateMachine:cohort-${{Environment}}",
        ),
        ("states:DescribeExecution", own),
        ("states:DescribeExecution", children),
        ("states:StopExecution", own),
        ("states:StopExecution", children),
        ("states:RedriveExecution", children),
        ("s3:GetObject", folder),
        ("s3:PutObject", folder),
        ("s3:ListMultipartUploadParts", folder),
        ("s3:AbortMultipartUpload", folder),
    } <= allowed


def test_role_reaches_no_objects_but_the_cohorts(resources: dict[str, Any]) -> None:
    places = {place for action, place in grants(resources) if action.startswith("s3:")}

    assert places == {"${ResultsBucket.Arn}/cohorts/*"}
