import re

import pytest

from emulator.engine.batch.retry import RetryStrategy
from emulator.engine.batch.runner import Outcome
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool

# logical id's beginning, folder of the tool; the folders are the original workflow's names
TOOLS = {
    tool: ("".join(map(str.capitalize, folder.split("_"))), folder)
    for tool, folder in ((tool, tool.definition.folder) for tool in Tool)
}

JOB_ROLES = {
    Step.ALIGN: "AlignJobRole",
    Step.CALL_VARIANTS: "CallVariantsJobRole",
    Step.ANNOTATE: "AnnotateJobRole",
    Step.ALIGNMENT_STATS: "AlignmentStatsJobRole",
    Step.TARGET_METRICS: "TargetMetricsJobRole",
    Step.AGGREGATE_QC: "AggregateQcJobRole",
    "checkReference": "CheckReferenceJobRole",
    "indexBwa": "IndexReferenceJobRole",
    "indexMinimap2": "IndexReferenceJobRole",
    "indexIsaac": "IndexReferenceJobRole",
    "buildDatabase": "IndexReferenceJobRole",
    "mergeGvcfs": "MergeGvcfsJobRole",
    "tabulateVariants": "TabulateVariantsJobRole",
}

every_tool = pytest.mark.parametrize("tool", Tool)


@pytest.fixture
def definition(resources, tool):
    return resources[f"{TOOLS[tool][0]}JobDefinition"]["Properties"]


@pytest.fixture
def container(definition):
    return definition["ContainerProperties"]


def test_each_tool_has_one_job_definition_and_one_repository(resources):
    types = [resource["Type"] for resource in resources.values()]

    assert types.count("AWS::Batch::JobDefinition") == len(TOOLS) == len(Tool)
    assert types.count("AWS::ECR::Repository") == len(TOOLS)


@every_tool
def test_job_definition_has_the_originals_name_and_the_tools_image(
    resources, definition, container, tool
):
    name, folder = TOOLS[tool]
    repository = resources[f"{name}Repository"]["Properties"]

    assert definition["JobDefinitionName"] == {"Fn::Sub": f"{folder}-${{Environment}}"}
    assert repository["RepositoryName"] == {"Fn::Sub": f"seqstack-${{Environment}}/{folder}"}
    assert container["Image"] == {"Fn::Sub": f"${{{name}Repository.RepositoryUri}}:${{ImageTag}}"}


@pytest.mark.parametrize(
    ("environment", "is_taken"),
    [("dev", True), ("my-env-2", True), ("a" * 16, True), ("a" * 17, False)]
    + [(bad, False) for bad in ("my-", "my--env", "My", "2nd", "")],
)
def test_environment_makes_names_that_ecr_takes(template, environment, is_taken):
    pattern = template["Parameters"]["Environment"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, environment)) == is_taken
    # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    of_ecr = r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*"
    assert re.fullmatch(of_ecr, f"seqstack-{environment}/bwa") or not is_taken


@every_tool
def test_validation_gets_the_tools_job_definition(resources, tool):
    function = resources["ValidateInputFunction"]["Properties"]
    variables = function["Environment"]["Variables"]

    name, folder = TOOLS[tool]
    assert variables[f"JOB_DEFINITION_{folder.upper()}"] == {"Ref": f"{name}JobDefinition"}


@every_tool
def test_job_is_retried_when_its_host_fails_and_never_otherwise(definition, tool):
    declared = definition["RetryStrategy"]
    strategy = RetryStrategy.from_api(
        {
            "attempts": declared["Attempts"],
            "evaluateOnExit": [
                {f"{name[0].lower()}{name[1:]}": value for name, value in condition.items()}
                for condition in declared["EvaluateOnExit"]
            ],
        }
    )

    for outcome in (
        Outcome.host_terminated("i-0123456789abcdef0"),
        Outcome.not_started("CannotPullContainerError: context canceled"),
        Outcome.not_started("DockerTimeoutError: Could not transition to created"),
        Outcome.not_started("CannotCreateContainerError: no space left on device"),
        Outcome.not_started("CgroupError: Agent could not create task's platform resources"),
        Outcome(0, "CannotInspectContainerError: Could not transition to inspecting"),
        Outcome(None, "AGENT"),
    ):
        assert [strategy.allows_another(outcome, made) for made in (1, 2, 3)] == [True, True, False]
    for outcome in (Outcome(1), Outcome(137), Outcome.out_of_memory(), Outcome(65, "anything")):
        assert not strategy.allows_another(outcome, 1)


@every_tool
def test_job_ends_by_its_timeout(definition, tool):
    assert definition["Timeout"] == {"AttemptDurationSeconds": {"Ref": "JobTimeoutSeconds"}}


@every_tool
def test_job_has_no_privileges_and_writes_only_where_volumes_are(container, tool):
    assert container["Privileged"] is False
    assert container["ReadonlyRootFilesystem"] is True
    assert container["JobRoleArn"] == {"Fn::GetAtt": [JOB_ROLES[tool.step], "Arn"]}
    assert {mount["ContainerPath"] for mount in container["MountPoints"]} == {
        "/scratch",
        "/references",
    }


@every_tool
def test_job_has_scratch_of_its_own_and_shares_references_only(container, tool):
    volumes = {volume["Name"]: volume.get("Host") for volume in container["Volumes"]}
    mounted = {
        mount["ContainerPath"]: volumes[mount["SourceVolume"]] for mount in container["MountPoints"]
    }

    # https://docs.aws.amazon.com/batch/latest/APIReference/API_Volume.html: without a host path
    # "the Docker daemon assigns a host path for your data volume"
    assert mounted == {"/scratch": None, "/references": {"SourcePath": "/scratch/references"}}


@every_tool
def test_job_cannot_write_what_jobs_share(container, tool):
    shared = {volume["Name"] for volume in container["Volumes"] if "Host" in volume}

    assert {mount["SourceVolume"]: mount["ReadOnly"] for mount in container["MountPoints"]} == {
        "scratch": False,
        **dict.fromkeys(shared, True),
    }


@every_tool
def test_job_gets_its_image_its_region_and_the_reference_cache(container, tool):
    environment = {entry["Name"]: entry["Value"] for entry in container["Environment"]}

    assert environment == {
        "SEQSTACK_IMAGE": container["Image"],
        "SEQSTACK_REFERENCE_CACHE": "/references",
        "AWS_REGION": {"Ref": "AWS::Region"},
    }


@every_tool
def test_job_logs_to_the_stacks_group_under_its_tool(container, tool):
    assert container["LogConfiguration"] == {
        "LogDriver": "awslogs",
        "Options": {
            "awslogs-group": {"Ref": "JobLogGroup"},
            "awslogs-stream-prefix": TOOLS[tool][1],
        },
    }


@every_tool
def test_job_asks_for_whole_vcpus_and_whole_gibibytes(container, tool):
    asked = {entry["Type"]: int(entry["Value"]) for entry in container["ResourceRequirements"]}

    assert set(asked) == {"VCPU", "MEMORY"}
    assert asked["VCPU"] >= 1
    assert asked["MEMORY"] % 1024 == 0


@every_tool
def test_images_are_scanned_immutable_and_expire(resources, tool):
    repository = resources[f"{TOOLS[tool][0]}Repository"]["Properties"]

    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert '"type": "expire"' in repository["LifecyclePolicy"]["LifecyclePolicyText"]


@pytest.mark.parametrize(
    ("fallback", "queue", "name", "environments"),
    [
        ("highPriority", "HighPriorityQueue", "highPriority", ["Spot", "OnDemand"]),
        ("highPriority", "LowPriorityQueue", "lowPriority", ["Spot"]),
        ("highPriority", "OnDemandQueue", "onDemand", ["OnDemand"]),
        ("both", "HighPriorityQueue", "highPriority", ["Spot", "OnDemand"]),
        ("both", "LowPriorityQueue", "lowPriority", ["Spot", "OnDemand"]),
        ("none", "HighPriorityQueue", "highPriority", ["Spot"]),
        ("none", "OnDemandQueue", "onDemand", ["OnDemand"]),
    ],
)
def test_queue_has_the_originals_name_and_its_order_of_hosts(
    deployed, fallback, queue, name, environments
):
    properties = deployed(OnDemandFallback=fallback)[queue]["Properties"]
    order = sorted(properties["ComputeEnvironmentOrder"], key=lambda entry: entry["Order"])

    assert properties["JobQueueName"] == f"{name}-dev"
    assert [entry["ComputeEnvironment"].rpartition("/")[2] for entry in order] == [
        f"{kind}ComputeEnvironment" for kind in environments
    ]


@pytest.mark.parametrize("queue", ["HighPriorityQueue", "LowPriorityQueue", "OnDemandQueue"])
def test_queue_shares_its_hosts_fairly_among_submitters(resources, queue):
    assert resources[queue]["Properties"]["SchedulingPolicyArn"] == {"Ref": "FairSharePolicy"}


def test_fair_share_remembers_a_day_and_has_equal_weights(resources):
    policy = resources["FairSharePolicy"]["Properties"]["FairsharePolicy"]

    assert policy == {"ShareDecaySeconds": 24 * 3600, "ComputeReservation": 0}


def test_high_priority_jobs_go_before_low_priority_ones_on_the_same_hosts(resources):
    high, low = (
        resources[name]["Properties"]["Priority"]
        for name in ("HighPriorityQueue", "LowPriorityQueue")
    )

    assert high > low


@pytest.mark.parametrize(
    ("environment", "kind", "strategy"),
    [
        ("SpotComputeEnvironment", "SPOT", "SPOT_PRICE_CAPACITY_OPTIMIZED"),
        ("OnDemandComputeEnvironment", "EC2", "BEST_FIT_PROGRESSIVE"),
    ],
)
def test_compute_environment_is_empty_while_idle(resources, environment, kind, strategy):
    hosts = resources[environment]["Properties"]["ComputeResources"]

    assert hosts["Type"] == kind
    assert hosts["AllocationStrategy"] == strategy
    assert hosts["MinvCpus"] == 0
    assert "DesiredvCpus" not in hosts
    assert "Ec2KeyPair" not in hosts


@pytest.mark.parametrize("queue", ["HighPriorityQueue", "LowPriorityQueue", "OnDemandQueue"])
def test_queue_cancels_a_job_that_no_host_can_take_but_waits_for_hosts_to_start(resources, queue):
    # https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_time_limit_actions.html
    actions = resources[queue]["Properties"]["JobStateTimeLimitActions"]
    limits = {action["Reason"]: action["MaxTimeSeconds"] for action in actions}

    assert {(action["State"], action["Action"]) for action in actions} == {("RUNNABLE", "CANCEL")}
    assert set(limits) == {
        "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
        "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
    }
    assert all(600 <= seconds <= 86_400 for seconds in limits.values())  # AWS takes no other
    assert limits["CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"] >= 3600
