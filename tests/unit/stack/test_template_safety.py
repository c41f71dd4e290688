import re

import pytest


def _statements(value):
    """Every policy statement anywhere below `value`."""
    if isinstance(value, dict):
        if {"Effect", "Action"} <= value.keys():
            yield value
        for inner in value.values():
            yield from _statements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _statements(inner)


def _listed(value):
    return value if isinstance(value, list) else [value]


def test_star_in_a_policy_has_its_reason_beside_it(template_text):
    stars = [
        line.strip()
        for line in template_text.splitlines()
        if re.match(r'\s*(- )?(Resource|Principal|Action): "?([a-z0-9]+:)?\*"?( |$)', line)
        or re.match(r"\s*Resource: !Sub .*:[a-z-]+/\*( |$)", line)
    ]

    assert stars
    for line in stars:
        assert re.search(r" # \w+", line), line


def test_no_statement_allows_all_actions_of_a_service(resources):
    for statement in _statements(resources):
        if statement["Effect"] == "Allow":
            for action in _listed(statement["Action"]):
                assert "*" not in action


def test_star_resource_is_only_for_actions_that_know_no_resources(resources):
    # Service Authorization Reference: none of these lists a resource type that is required.
    without_resources = {
        "batch:DescribeJobDefinitions",
        "batch:DescribeJobQueues",
        "batch:DescribeJobs",
        "batch:ListJobs",
        "ecr:GetAuthorizationToken",
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    }
    for statement in _statements(resources):
        if statement.get("Resource") == "*":
            assert set(_listed(statement["Action"])) <= without_resources


def test_roles_hold_no_managed_policy_but_awss_for_batch_hosts(resources):
    managed = {
        policy["Fn::Sub"].rpartition("/")[2]
        for resource in resources.values()
        for policy in resource.get("Properties", {}).get("ManagedPolicyArns", ())
    }

    assert managed == {"AmazonEC2ContainerServiceforEC2Role", "AWSBatchServiceRole"}


def test_jobs_write_the_results_bucket_only(resources):
    writing = [
        statement
        for statement in _statements(resources["JobRole"])
        if any("Put" in action for action in _listed(statement["Action"]))
    ]

    assert [statement["Resource"] for statement in writing] == [
        {"Fn::Sub": "${ResultsBucket.Arn}/*"}
    ]


def test_jobs_delete_earlier_provenance_and_nothing_else(resources):
    deleting = [
        statement
        for statement in _statements(resources["JobRole"])
        if any("Delete" in action for action in _listed(statement["Action"]))
    ]

    assert [(statement["Action"], statement["Resource"]) for statement in deleting] == [
        ("s3:DeleteObject", {"Fn::Sub": "${ResultsBucket.Arn}/*/provenance/*.json"})
    ]


def test_results_bucket_is_private_encrypted_versioned_and_kept(resources):
    bucket = resources["ResultsBucket"]
    properties = bucket["Properties"]

    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert all(properties["PublicAccessBlockConfiguration"].values())
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "BucketEncryption" in properties
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] <= 7


def test_access_to_results_is_logged_into_a_bucket_that_s3_alone_writes(resources):
    logging = resources["ResultsBucket"]["Properties"]["LoggingConfiguration"]
    policy = resources["AccessLogBucketPolicy"]["Properties"]["PolicyDocument"]
    (allow,) = [each for each in policy["Statement"] if each["Effect"] == "Allow"]

    assert logging["DestinationBucketName"] == {"Ref": "AccessLogBucket"}
    assert allow["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert allow["Action"] == "s3:PutObject"
    assert allow["Resource"] == {"Fn::Sub": f"${{AccessLogBucket.Arn}}/{logging['LogFilePrefix']}*"}
    assert allow["Condition"]["ArnEquals"] == {
        "aws:SourceArn": {"Fn::GetAtt": ["ResultsBucket", "Arn"]}
    }


@pytest.mark.parametrize("bucket", ["ResultsBucket", "AccessLogBucket"])
def test_bucket_refuses_requests_without_tls(resources, bucket):
    policy = resources[f"{bucket}Policy"]["Properties"]["PolicyDocument"]
    statement = policy["Statement"][0]

    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Action"] == "s3:*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {"Fn::GetAtt": [bucket, "Arn"]} in statement["Resource"]
    assert {"Fn::Sub": f"${{{bucket}.Arn}}/*"} in statement["Resource"]


def test_hosts_take_no_connection_and_speak_https_only(resources):
    group = resources["HostSecurityGroup"]["Properties"]
    (out,) = group["SecurityGroupEgress"]

    assert "SecurityGroupIngress" not in group
    assert not [r for r in resources.values() if r["Type"] == "AWS::EC2::SecurityGroupIngress"]
    assert (out["IpProtocol"], out["FromPort"], out["ToPort"]) == ("tcp", 443, 443)


@pytest.mark.parametrize(
    "kind", ["AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::KMS::Key", "AWS::EC2::Instance"]
)
def test_nothing_is_paid_for_while_idle(resources, kind):
    assert not [name for name, resource in resources.items() if resource["Type"] == kind]


def test_gateway_endpoints_keep_s3_and_dynamodb_traffic_free(resources):
    services = [
        resource["Properties"]["ServiceName"]["Fn::Sub"]
        for resource in resources.values()
        if resource["Type"] == "AWS::EC2::VPCEndpoint"
    ]

    assert services == [
        "com.amazonaws.${AWS::Region}.s3",
        "com.amazonaws.${AWS::Region}.dynamodb",
    ]


def test_every_log_group_forgets_in_time(resources):
    groups = [r for r in resources.values() if r["Type"] == "AWS::Logs::LogGroup"]

    assert groups
    for group in groups:
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
