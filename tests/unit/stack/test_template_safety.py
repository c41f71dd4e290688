import re
from fnmatch import fnmatchcase

import pytest

from scripts.iam_policies import listed, policies, statements
from seqstack.adapters.objects import INTERMEDIATE, PART
from seqstack.domain.results import ResultLayout
from seqstack.domain.results_place import RESERVED_FOLDERS
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.registry import tools_of
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.harness.permissions.policy import Need, Statement, allowing

# As it is by default, and with every choice that changes a policy.
VARIANTS = [
    {},
    {"EncryptionKey": "create", "ExpireIntermediatesAfterDays": "30"},
    {
        "InputBuckets": "arn:aws:s3:::reads,arn:aws:s3:::references",
        "InputKeys": "arn:aws:kms:us-east-1:123456789012:key/1",
        "EncryptionKey": "arn:aws:kms:us-east-1:123456789012:key/2",
    },
]
every_variant = pytest.mark.parametrize("parameters", VARIANTS, ids=str)


def _allowed(resources):
    """Where, and each statement that allows something; key policies have rules of their own."""
    return [
        (policy.where, statement)
        for policy in policies(resources)
        for statement in statements(policy.document)
        if statement["Effect"] == "Allow" and policy.where != "DataKey"
    ]


def _allows(deployed, role, action, **parameters):
    """What a role may do `action` to."""
    return {
        resource
        for where, statement in _allowed(deployed(**parameters))
        if where.startswith(f"{role}/") and action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


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


@every_variant
def test_no_statement_allows_all_actions_of_a_service(deployed, parameters):
    for where, statement in _allowed(deployed(**parameters)):
        for action in listed(statement["Action"]):
            assert "*" not in action, where


@every_variant
def test_star_resource_is_only_for_actions_that_know_no_resources(deployed, parameters):
    # Service Authorization Reference: none of these lists a resource type that is required.
    without_resources = {
        "batch:DescribeJobDefinitions",
        "batch:DescribeJobQueues",
        "batch:DescribeJobs",
        "batch:ListJobs",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeSpotPriceHistory",
        "ecr:GetAuthorizationToken",
        "pricing:GetProducts",
    }
    for where, statement in _allowed(deployed(**parameters)):
        if "*" in listed(statement.get("Resource", ())):
            assert set(listed(statement["Action"])) <= without_resources, where


def test_roles_hold_no_managed_policy_but_awss_for_batch_hosts(resources):
    managed = {
        policy["Fn::Sub"].rpartition("/")[2]
        for resource in resources.values()
        for policy in resource.get("Properties", {}).get("ManagedPolicyArns", ())
    }

    assert managed == {"AmazonEC2ContainerServiceforEC2Role"}


def test_functions_write_to_no_log_but_the_stacks(deployed):
    # the policy that SAM attaches for their logs allows any log group
    resources = deployed()
    roles = {f"{n}Role" for n, r in resources.items() if r["Type"] == "AWS::Lambda::Function"}
    denied = {
        policy.where.partition("/")[0]: statement["NotResource"]
        for policy in policies(resources)
        for statement in statements(policy.document)
        if statement["Effect"] == "Deny" and "logs:PutLogEvents" in listed(statement["Action"])
    }

    own = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/*-dev:*"
    assert denied == dict.fromkeys(roles, own)


JOBS = {
    "AlignJobRole": (["align", "alignPart*"], ["bam/*", "qc/fastp.json"]),
    "CallVariantsJobRole": (["callVariants"], ["vcf/variants/*", "vcf/stats/*"]),
    "AnnotateJobRole": (["annotate"], ["vcf/annotated/*"]),
    "AlignmentStatsJobRole": (["alignmentStats"], ["stats/*"]),
    "TargetMetricsJobRole": (["targetMetrics"], ["qc/*"]),
}
RESULTS = "arn:aws:s3:::resultsbucket"


@pytest.mark.parametrize(("role", "steps", "objects"), [(r, *made) for r, made in JOBS.items()])
def test_job_writes_what_its_step_makes_and_nothing_else(deployed, role, steps, objects):
    provenance = {f"{RESULTS}/*/provenance/{step}.json" for step in steps}
    made = {f"{RESULTS}/*/{each}" for each in objects}

    assert _allows(deployed, role, "s3:PutObject") == made | provenance
    assert _allows(deployed, role, "s3:DeleteObject") == provenance


def test_jobs_write_to_s3_and_nowhere_else(deployed):
    # not to the ledger and not to logs: the container agent writes a job's log, and only its own
    roles = {name for name in deployed() if name.endswith("JobRole")}
    services = {
        role: {
            action.partition(":")[0]
            for policy in policies(deployed())
            if policy.where.partition("/")[0] == role
            for statement in statements(policy.document)
            for action in listed(statement["Action"])
        }
        for role in roles
    }

    assert roles >= set(JOBS)
    assert set().union(*services.values()) - {"kms"} == {"s3"}


def test_job_of_multiqc_writes_its_report_and_the_metrics(deployed):
    assert _allows(deployed, "AggregateQcJobRole", "s3:PutObject") == {
        f"{RESULTS}/*/qc/multiqc_*",
        f"{RESULTS}/*/qc/metrics.json",
        f"{RESULTS}/*/qc/plots.json",
        f"{RESULTS}/*/provenance/aggregateQc.json",
    }


@pytest.mark.parametrize("role", JOBS)
@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject"])
def test_job_changes_no_input_whatever_its_name(deployed, role, action):
    said = [
        Statement.parse(statement)
        for policy in policies(deployed())
        if policy.where.startswith(f"{role}/")
        for statement in statements(policy.document)
    ]
    for allowed in _allows(deployed, role, action):
        name = allowed.removeprefix(f"{RESULTS}/").replace("*", "any")

        assert allowing(said, Need(action, f"{RESULTS}/results/{name}"))
        assert allowing(said, Need(action, f"{RESULTS}/inputs/{name}")) is None


@pytest.mark.parametrize(("role", "step"), [(role, made[0]) for role, made in JOBS.items()])
def test_job_may_write_every_output_of_its_step(deployed, role, step):
    layout = ResultLayout(S3Uri.parse("s3://resultsbucket/a/b/"), "NA12878")
    allowed = _allows(deployed, role, "s3:PutObject")

    for tool in tools_of(step):
        for uri in SECONDARY_ANALYSIS.outputs(step, layout, tool):
            arn = f"arn:aws:s3:::{uri.bucket}/{uri.key}"
            assert any(fnmatchcase(arn, pattern) for pattern in allowed), arn


@pytest.mark.parametrize("role", JOBS)
def test_job_reads_inputs_from_the_given_buckets_and_from_inputs_of_its_own(deployed, role):
    given = "arn:aws:s3:::reads,arn:aws:s3:::references"
    theirs = {"arn:aws:s3:::reads/*", "arn:aws:s3:::references/*"}
    without = _allows(deployed, role, "s3:GetObject")

    assert _allows(deployed, role, "s3:GetObject", InputBuckets=given) == without | theirs
    assert f"{RESULTS}/inputs/*" in without
    assert all(arn.startswith(f"{RESULTS}/") and arn != f"{RESULTS}/*" for arn in without)


def test_no_other_bucket_is_read_unless_it_is_given(deployed):
    for where, statement in _allowed(deployed()):
        for arn in listed(statement.get("Resource", ())):
            if arn.startswith("arn:aws:s3:"):
                own = ("arn:aws:s3:::resultsbucket", "arn:aws:s3:::accesslogbucket")
                assert arn.partition("/")[0] in own, where


def test_results_bucket_is_private_encrypted_versioned_and_kept(deployed):
    bucket = deployed()["ResultsBucket"]
    properties = bucket["Properties"]
    rules = {rule["Id"]: rule for rule in properties["LifecycleConfiguration"]["Rules"]}

    assert (
        bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    )  # a failed creation leaves nothing behind
    assert bucket["UpdateReplacePolicy"] == "Retain"
    assert all(properties["PublicAccessBlockConfiguration"].values())
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]
    assert set(rules) == {
        *("expire-query-results", "forget-incomplete-uploads", "forget-replaced-objects"),
        "expire-parts",
    }
    uploads = rules["forget-incomplete-uploads"]["AbortIncompleteMultipartUpload"]
    assert uploads["DaysAfterInitiation"] <= 7
    assert rules["forget-replaced-objects"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def test_queries_are_limited_and_their_results_expire_where_no_run_writes(deployed):
    resources = deployed()
    group = resources["QueryWorkGroup"]["Properties"]["WorkGroupConfiguration"]
    rules = resources["ResultsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]

    assert group["EnforceWorkGroupConfiguration"] is True
    assert int(group["BytesScannedCutoffPerQuery"]) == 200_000_000_000
    place = group["ResultConfiguration"]["OutputLocation"]
    assert place.endswith("/queries/")
    assert "queries/" in RESERVED_FOLDERS
    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in rules if "Prefix" in rule] == [
        ("queries/", 7)
    ]


def test_intermediates_expire_by_their_tag_when_days_are_given(deployed):
    bucket = deployed(ExpireIntermediatesAfterDays="90")["ResultsBucket"]["Properties"]
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    rule = rules["expire-intermediates"]

    assert rule["ExpirationInDays"] == "90"
    assert rule["TagFilters"] == [
        {"Key": key, "Value": value} for key, value in INTERMEDIATE.items()
    ]
    assert rule.keys() == {"Id", "Status", "TagFilters", "ExpirationInDays"}


@pytest.mark.parametrize("days", ["0", "90"])
def test_parts_that_are_joined_expire_with_their_versions_whatever_the_parameter_says(
    deployed, days
):
    bucket = deployed(ExpireIntermediatesAfterDays=days)["ResultsBucket"]["Properties"]
    rules = {rule.get("Id"): rule for rule in bucket["LifecycleConfiguration"]["Rules"]}

    assert rules["expire-parts"] == {
        "Id": "expire-parts",
        "Status": "Enabled",
        "TagFilters": [{"Key": key, "Value": value} for key, value in PART.items()],
        "ExpirationInDays": 7,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }


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
def test_nothing_is_paid_for_while_idle(deployed, kind):
    assert not [name for name, resource in deployed().items() if resource["Type"] == kind]


def test_gateway_endpoints_keep_s3_and_dynamodb_traffic_free(deployed):
    endpoints = [
        (resource["Properties"]["VpcEndpointType"], resource["Properties"]["ServiceName"])
        for resource in deployed().values()
        if resource["Type"] == "AWS::EC2::VPCEndpoint"
    ]

    assert endpoints == [
        ("Gateway", "com.amazonaws.us-east-1.s3"),
        ("Gateway", "com.amazonaws.us-east-1.dynamodb"),
    ]


def test_every_log_group_forgets_in_time(resources):
    groups = [r for r in resources.values() if r["Type"] == "AWS::Logs::LogGroup"]

    assert groups
    for group in groups:
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_failed_first_deployment_leaves_nothing_behind_that_the_next_would_meet(resources):
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    kept = {name for name, each in resources.items() if each.get("DeletionPolicy") == "Retain"}
    stays = {
        name for name, each in resources.items() if each.get("UpdateReplacePolicy") == "Retain"
    }

    assert kept == set()
    assert stays == {"DataKey", "ResultsBucket", "AccessLogBucket", "LedgerTable"}
    for name in stays:
        assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
