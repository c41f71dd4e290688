import importlib
import inspect
import json
import logging
import re
from dataclasses import fields

import pytest

from scripts.iam_policies import listed, statements
from seqstack.domain.cost.run_counts import memory_gib
from seqstack.workflows.registry import WORKFLOWS

WORKFLOW_MACHINES = [
    {"Ref": "SecondaryAnalysisStateMachine"},
    {"Ref": "PrepareReferenceStateMachine"},
    {"Ref": "JointCallingStateMachine"},
]

FUNCTIONS = {
    "ValidateInputFunction": "validate_input",
    "ValidateCohortFunction": "validate_cohort",
    "SubmitJobFunction": "submit_job",
    "GetJobStatusFunction": "get_job_status",
    "TrackJobFunction": "track_job",
    "AccountJobFunction": "account_job",
    "AccountRunsFunction": "account_runs",
    "FinishRunFunction": "finish_run",
    "StopJobsFunction": "stop_jobs",
    "CloseCohortFunction": "close_cohort",
    "NotifyRunEndFunction": "notify_run_end",
    "SweepRunsFunction": "sweep_runs",
    "ApiFunction": "api",
}


def _variables(template, resources, logical_id):
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    return shared | resources[logical_id]["Properties"]["Environment"]["Variables"]


def test_functions_of_the_template_are_the_folders_in_functions(root, resources):
    declared = {
        name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    folders = {path.parent.name for path in (root / "functions").glob("*/app.py")}

    assert declared == set(FUNCTIONS)
    assert folders == set(FUNCTIONS.values())


@pytest.mark.parametrize(("logical_id", "folder"), FUNCTIONS.items())
def test_function_is_named_after_its_folder(resources, logical_id, folder):
    properties = resources[logical_id]["Properties"]

    assert properties["CodeUri"] == f"functions/{folder}/"
    assert properties["FunctionName"] == {"Fn::Sub": f"{folder}-${{Environment}}"}
    assert properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == folder


@pytest.mark.parametrize(("logical_id", "folder"), FUNCTIONS.items())
def test_function_is_followed_by_the_log_group_it_writes_to(resources, logical_id, folder):
    names = list(resources)
    log_group = names[names.index(logical_id) + 1]

    assert resources[logical_id]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": log_group}
    assert resources[log_group]["Type"] == "AWS::Logs::LogGroup"
    assert resources[log_group]["Properties"] == {
        "LogGroupName": {"Fn::Sub": f"/aws/lambda/{folder}-${{Environment}}"},
        "RetentionInDays": {"Ref": "LogRetentionDays"},
        "KmsKeyId": resources["LedgerTable"]["Properties"]["SSESpecification"]["KMSMasterKeyId"],
    }


@pytest.mark.parametrize("folder", FUNCTIONS.values())
def test_function_logs_its_levels_as_lambda_reads_them(folder):
    """Lambda takes a line whose time is not RFC 3339 for INFO."""
    logger = importlib.import_module(f"functions.{folder}.app").logger

    line = json.loads(logger.registered_formatter.format(logging.makeLogRecord({})))

    assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.\d{3}[+-]\d\d:\d\d", line["timestamp"])
    assert "level" in line


@pytest.mark.parametrize(("logical_id", "folder"), FUNCTIONS.items())
def test_function_has_the_memory_that_a_run_is_charged_for(template, resources, logical_id, folder):
    if folder in {"validate_cohort", "close_cohort", "sweep_runs", "api"}:
        return  # no part of a run's cost
    size = resources[logical_id]["Properties"].get(
        "MemorySize", template["Globals"]["Function"]["MemorySize"]
    )

    assert memory_gib(folder) * 1024 == size


def test_check_of_a_joint_call_of_ten_thousand_samples_has_the_time(resources):
    properties = resources["ValidateInputFunction"]["Properties"]
    requests = 2 * 10_000  # a gVCF and its index

    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: one vCPU at 1,769 MB
    assert properties["MemorySize"] >= 1769
    assert requests * 0.0085 < properties["Timeout"]  # seconds of a vCPU for a request, at most


def _settings(folder):
    """The model of a function's variables: that which its code reads from the environment."""
    module = "seqstack_api.confinement" if folder == "api" else f"functions.{folder}.app"
    names = vars(importlib.import_module(module))
    code = inspect.getsource(importlib.import_module(module))
    (model,) = re.findall(r"(\w+)\.from_environment\(\)", code)
    return names[model]


@pytest.mark.parametrize(("logical_id", "folder"), FUNCTIONS.items())
def test_function_has_a_setting_for_every_variable_and_no_other(
    template, resources, logical_id, folder
):
    given = {
        name
        for name in _variables(template, resources, logical_id)
        if not name.startswith(("POWERTOOLS_", "PYDANTIC_", "AWS_"))  # packages read those
    }

    assert sorted(_settings(folder).variables()) == sorted(given)


@pytest.mark.parametrize("folder", FUNCTIONS.values())
def test_function_uses_every_setting_of_its_own(root, folder):
    sources = [*(root / "functions" / folder).rglob("*.py")]
    sources += (root / "layers/common/seqstack/wiring").glob("*.py")
    sources.append(root / "layers/common/seqstack/adapters/run_defaults.py")
    code = "\n".join(source.read_text() for source in sources)

    for field in fields(_settings(folder)):
        assert re.search(rf"\b(self|_?settings)\.{field.name}\b", code), field.name


@pytest.mark.parametrize("folder", FUNCTIONS.values())
def test_function_reads_no_variable_past_its_settings(root, folder):
    for source in [
        *(root / "functions" / folder).rglob("*.py"),
        *(root / "layers/common/seqstack").rglob("*.py"),
    ]:
        if source.name != "settings.py":
            assert not re.search(r"\b(environ|getenv)\b", source.read_text()), source


@pytest.mark.parametrize("logical_id", FUNCTIONS)
def test_function_called_by_eventbridge_keeps_what_it_could_not_handle(resources, logical_id):
    properties = resources[logical_id]["Properties"]
    dead_letters = {"Fn::GetAtt": ["EventDeadLetterQueue", "Arn"]}

    for event in properties.get("Events", {}).values():
        assert properties["DeadLetterQueue"] == {"Type": "SQS", "TargetArn": dead_letters}
        assert event["Properties"]["DeadLetterConfig"] == {"Arn": dead_letters}
        assert event["Properties"]["RetryPolicy"]["MaximumRetryAttempts"] > 0


def test_dead_letter_queue_takes_messages_from_every_rule(resources):
    rules = [
        {"Fn::GetAtt": [f"{function}{event}", "Arn"]}
        for function in FUNCTIONS
        for event in resources[function]["Properties"].get("Events", {})
    ]
    policy = resources["EventDeadLetterQueuePolicy"]["Properties"]["PolicyDocument"]

    assert len(rules) == 8
    assert policy["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"] == rules


def test_track_job_is_called_for_jobs_in_every_queue_of_the_stack(resources):
    pattern = resources["TrackJobFunction"]["Properties"]["Events"]["JobStateChanged"][
        "Properties"
    ]["Pattern"]
    queues = [
        {"Ref": name}
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Batch::JobQueue"
    ]

    assert len(queues) == 3
    assert pattern == {
        "source": ["aws.batch"],
        "detail-type": ["Batch Job State Change", "Batch Job Queue Blocked"],
        "detail": {"jobQueue": queues},
    }


def test_account_job_is_called_for_running_and_ended_jobs_in_every_queue_of_the_stack(resources):
    followed = resources["TrackJobFunction"]["Properties"]["Events"]["JobStateChanged"]
    pattern = resources["AccountJobFunction"]["Properties"]["Events"]["JobRunsOrEnded"][
        "Properties"
    ]["Pattern"]

    assert pattern == {
        "source": ["aws.batch"],
        "detail-type": ["Batch Job State Change"],
        "detail": {
            "jobQueue": followed["Properties"]["Pattern"]["detail"]["jobQueue"],
            "status": ["RUNNING", "SUCCEEDED", "FAILED"],
        },
    }


def test_account_runs_is_called_for_every_end_of_a_run(resources):
    pattern = resources["AccountRunsFunction"]["Properties"]["Events"]["RunEnded"]["Properties"][
        "Pattern"
    ]

    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert pattern["detail"] == {
        "stateMachineArn": WORKFLOW_MACHINES,
        "status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"],
    }


def test_stop_jobs_is_called_for_runs_that_ended_badly_and_nothing_else(resources):
    pattern = resources["StopJobsFunction"]["Properties"]["Events"]["RunEndedBadly"]["Properties"][
        "Pattern"
    ]

    assert pattern == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "stateMachineArn": WORKFLOW_MACHINES,
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
        },
    }


def _allowed(deployed, logical_id):
    """Every action that a function's role allows, with what it may touch."""
    return {
        action: statement["Resource"]
        for policy in deployed()[f"{logical_id}Role"]["Properties"]["Policies"]
        for statement in statements(policy["PolicyDocument"])
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
    }


@pytest.mark.parametrize(
    "logical_id", ["SubmitJobFunction", "StopJobsFunction", "SweepRunsFunction"]
)
def test_function_that_terminates_jobs_may_find_and_terminate_them(deployed, logical_id):
    allowed = _allowed(deployed, logical_id)

    assert allowed["batch:TerminateJob"] == "arn:aws:batch:us-east-1:123456789012:job/*"
    assert allowed["batch:ListJobs"] == "*"


@pytest.mark.parametrize("logical_id", sorted(FUNCTIONS.keys() - {"SubmitJobFunction"}))
def test_function_that_follows_jobs_may_submit_none(deployed, logical_id):
    assert "batch:SubmitJob" not in _allowed(deployed, logical_id)


def test_sweep_runs_may_ask_for_runs_alone(deployed):
    allowed, states = (
        _allowed(deployed, "SweepRunsFunction"),
        "arn:aws:states:us-east-1:123456789012",
    )

    assert allowed["states:DescribeExecution"] == [
        f"{states}:execution:{workflow}-dev:*" for workflow in WORKFLOWS
    ]
    assert allowed["states:ListExecutions"] == [
        f"{states}:stateMachine:{workflow}-dev" for workflow in WORKFLOWS
    ]


def test_sweep_runs_goes_every_hour_and_ends_before_the_next(resources):
    sweep = resources["SweepRunsFunction"]["Properties"]
    (schedule,) = sweep["Events"].values()

    assert (schedule["Type"], schedule["Properties"]["Schedule"]) == ("Schedule", "rate(1 hour)")
    assert sweep["Timeout"] <= 900  # Lambda's limit


def test_alarm_reports_the_first_dead_letter_and_is_quiet_without(resources):
    alarm = resources["DeadLettersAlarm"]["Properties"]

    assert alarm["AlarmName"] == {"Fn::Sub": "dead_letters-${Environment}"}
    assert (alarm["Namespace"], alarm["MetricName"]) == (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
    )
    queue = {"Fn::GetAtt": ["EventDeadLetterQueue", "QueueName"]}
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": queue}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["TreatMissingData"] == "notBreaching"
