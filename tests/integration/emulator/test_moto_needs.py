"""What moto lacks, one test for each adaptation: when one fails, its adaptation can go."""

import inspect
import json
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import botocore.compat
import moto.backends
import pytest
import yaml
from botocore.exceptions import BotoCoreError, ClientError
from moto import mock_aws
from moto.awslambda.models import LayerVersion
from moto.cloudformation.parsing import clean_json, get_model_map
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.model import ServiceModel
from moto.core.serialize import AttributePicker
from moto.core.utils import get_service_model
from moto.dynamodb.models import table as dynamodb_table
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path

from emulator.engine.moto_adapters import operation_models
from emulator.engine.moto_adapters.stepfunctions.versions import ALIAS_TYPE, VERSION_TYPE
from emulator.engine.patches import Patches
from tests.support.waiting import until

pytestmark = pytest.mark.long

ROLE = "arn:aws:iam::123456789012:role/any"
PASS: dict[str, Any] = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
EXECUTING = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}


@pytest.fixture(autouse=True)
def plain_moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws(config=EXECUTING):
        yield


def create_stack(resources: dict[str, Any], **sections: Any) -> None:
    boto3.client("cloudformation").create_stack(
        StackName="plain", TemplateBody=json.dumps({"Resources": resources, **sections})
    )


def state_machine(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "StateMachineName": "plain",
            "RoleArn": ROLE,
            "DefinitionString": json.dumps(PASS),
            **properties,
        },
    }


def start(definition: dict[str, Any], **options: Any) -> str:
    states = boto3.client("stepfunctions")
    machine = states.create_state_machine(
        name="plain", definition=json.dumps(definition), roleArn=ROLE
    )
    started = states.start_execution(stateMachineArn=machine["stateMachineArn"], **options)
    return str(started["executionArn"])


def wait(execution: str) -> dict[str, Any]:
    return until(
        lambda: boto3.client("stepfunctions").describe_execution(executionArn=execution),
        lambda described: described["status"] != "RUNNING",
    )


def parked(queue: str, **more: Any) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"},
        "TimeoutSeconds": 2,
        "End": True,
        **more,
    }
    return {"StartAt": "T", "States": {"T": task}}


def new_queue() -> str:
    return str(boto3.client("sqs").create_queue(QueueName="tokens")["QueueUrl"])


def next_token(queue: str) -> str:
    answer = until(
        lambda: boto3.client("sqs").receive_message(QueueUrl=queue),
        lambda answer: "Messages" in answer,
    )
    return str(answer["Messages"][0]["Body"])


def test_cloudformation_creates_state_machines_where_nothing_executes() -> None:
    create_stack({"Machine": state_machine()})
    assert boto3.client("stepfunctions").list_state_machines()["stateMachines"] == []


def test_cloudformation_knows_no_arn_attribute_of_a_state_machine() -> None:
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Machine", "Arn"]}}}
    with pytest.raises(ClientError, match="does not support attribute type Arn"):
        create_stack({"Machine": state_machine()}, Outputs=outputs)


def test_cloudformation_creates_no_versions_and_aliases() -> None:
    assert VERSION_TYPE not in get_model_map()
    assert ALIAS_TYPE not in get_model_map()


def test_nothing_starts_by_an_alias() -> None:
    states = boto3.client("stepfunctions")
    machine = states.create_state_machine(
        name="plain", definition=json.dumps(PASS), roleArn=ROLE, publish=True
    )
    routing = [{"stateMachineVersionArn": machine["stateMachineVersionArn"], "weight": 100}]
    alias = states.create_state_machine_alias(name="live", routingConfiguration=routing)

    with pytest.raises(ClientError):
        states.start_execution(stateMachineArn=alias["stateMachineAliasArn"], input="{}")


def test_cloudformation_ignores_definition_substitutions() -> None:
    definition = json.dumps(PASS | {"Comment": "${Name}"})
    properties = {
        "DefinitionString": definition,
        "DefinitionSubstitutions": {"Name": "filled in"},
    }
    with mock_aws(config={"stepfunctions": {"execute_state_machine": False}}):
        create_stack({"Machine": state_machine(**properties)})
        states = boto3.client("stepfunctions")
        arn = states.list_state_machines()["stateMachines"][0]["stateMachineArn"]
        described = states.describe_state_machine(stateMachineArn=arn)
    assert "${Name}" in described["definition"]


def test_cloudformation_drops_a_functions_layers_and_a_layers_arn() -> None:
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]
    code = {"ZipFile": "x"}
    properties = {"Code": code, "Role": role["Arn"], "Runtime": "python3.13", "Handler": "a.b"}
    layers = ["arn:aws:lambda:us-east-1:123456789012:layer:no-such:1"]
    create_stack(
        {
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {**properties, "FunctionName": "f", "Layers": layers},
            }
        }
    )
    found = boto3.client("lambda").get_function_configuration(FunctionName="f")
    assert not found.get("Layers")
    assert not hasattr(LayerVersion, "physical_resource_id")


def test_cloudformation_demands_a_service_role_of_a_compute_environment() -> None:
    environment = {
        "Type": "AWS::Batch::ComputeEnvironment",
        "Properties": {"Type": "UNMANAGED", "ComputeResources": {}},
    }
    with pytest.raises((ClientError, BotoCoreError, KeyError)):
        create_stack({"Environment": environment})


def test_cloudformation_leaves_no_value_in_lists() -> None:
    assert clean_json([1, {"Ref": "AWS::NoValue"}], {"AWS::NoValue": None}) == [1, None]


def test_cloudformation_deletes_what_is_retained_except_on_create() -> None:
    create_stack({"Kept": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "RetainExceptOnCreate"}})

    boto3.client("cloudformation").delete_stack(StackName="plain")

    assert "QueueUrls" not in boto3.client("sqs").list_queues()


def test_cloudformation_takes_parameters_that_are_not_allowed_and_ignores_rules() -> None:
    never = {"Assertions": [{"Assert": {"Fn::Equals": ["a", "b"]}}]}
    create_stack(
        {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {}}},
        Parameters={"Size": {"Type": "String", "Default": "XL", "AllowedValues": ["S"]}},
        Rules={"Never": never},
    )


def test_cloudformation_reads_json_as_yaml(monkeypatch) -> None:
    read: list[str] = []
    load = yaml.load

    def note_and_load(text: str, Loader: Any) -> Any:  # noqa: N803
        read.append(text)
        return load(text, Loader=Loader)

    monkeypatch.setattr(yaml, "load", note_and_load)
    create_stack({"Queue": {"Type": "AWS::SQS::Queue", "Properties": {}}})
    assert read


def test_cloudformation_does_not_split_the_default_of_a_list() -> None:
    create_stack(
        {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {}}},
        Parameters={"Names": {"Type": "CommaDelimitedList", "Default": "first,second"}},
        Outputs={"First": {"Value": {"Fn::Select": ["0", {"Ref": "Names"}]}}},
    )
    stack = boto3.client("cloudformation").describe_stacks(StackName="plain")["Stacks"][0]
    assert stack["Outputs"][0]["OutputValue"] == "f"


def test_cloudformation_leaves_an_included_file_out() -> None:
    boto3.client("s3").create_bucket(Bucket="parts")
    boto3.client("s3").put_object(Bucket="parts", Key="body.json", Body=b'{"Fn::Sub": "{}"}')
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://parts/body.json"}}
    properties = {"DashboardName": "d", "DashboardBody": {"Fn::Transform": include}}
    create_stack({"D": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}})
    dashboard = cloudwatch_backends["123456789012"]["us-east-1"].get_dashboard("d")
    assert dashboard.body == {"Fn::Transform": include}


def test_cloudformation_knows_no_alarm() -> None:
    assert "AWS::CloudWatch::Alarm" not in get_model_map()


def test_lambda_without_docker_returns_what_it_was_given() -> None:
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]
    client = boto3.client("lambda")
    client.create_function(
        FunctionName="f",
        Runtime="python3.13",
        Handler="a.b",
        Role=role["Arn"],
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )
    assert client.invoke(FunctionName="f", Payload=b"[1]")["Payload"].read() == b"[1]"


def with_table(*keys: str) -> Any:
    """DynamoDB's client, with a table `t` of items that have these keys."""
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for key in keys:
        client.put_item(TableName="t", Item={"pk": {"S": key}})
    return client


def test_dynamodb_lets_two_conditional_puts_through_at_once(monkeypatch) -> None:
    client = with_table()
    both_looked = threading.Barrier(2)
    condition_of = dynamodb_table.get_filter_expression

    def look_and_wait(*arguments: Any) -> Any:
        both_looked.wait(5)
        return condition_of(*arguments)

    monkeypatch.setattr(dynamodb_table, "get_filter_expression", look_and_wait)
    refused: list[str] = []

    def put() -> None:
        try:
            client.put_item(
                TableName="t",
                Item={"pk": {"S": "a"}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            refused.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=put) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []


def test_dynamodb_copies_every_item_for_each_item_of_a_transaction(monkeypatch) -> None:
    client = with_table("there-0", "there-1", "there-2", "there-3", "there-4")
    copied: list[str] = []
    copy_item = Item.__deepcopy__

    def note_and_copy(item: Item, memo: Any) -> Any:
        copied.append(item.hash_key.value)
        return copy_item(item, memo)

    monkeypatch.setattr(Item, "__deepcopy__", note_and_copy)
    new = [{"Put": {"TableName": "t", "Item": {"pk": {"S": name}}}} for name in ("a", "b", "c")]
    client.transact_write_items(TransactItems=new)
    assert copied.count("there-0") == 3


def test_dynamodb_looks_at_every_item_for_each_query(monkeypatch) -> None:
    client = with_table("there-0", "there-1", "there-2", "there-3", "there-4")
    looked_at: list[int] = []
    all_items = Table.all_items

    def noted(table: Table) -> list[Item]:
        found: list[Item] = all_items(table)
        looked_at.append(len(found))
        return found

    monkeypatch.setattr(Table, "all_items", noted)
    client.query(
        TableName="t",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "there-0"}},
    )
    assert looked_at == [5]


def test_serializer_looks_for_each_member_under_names_that_it_finds_anew(monkeypatch) -> None:
    client = with_table("there")
    looked_for: list[str] = []
    find_names = AttributePicker.get_possible_keys

    def note_and_find(picker: AttributePicker, context: Any) -> Any:
        looked_for.append(context.key)
        return find_names(picker, context)

    monkeypatch.setattr(AttributePicker, "get_possible_keys", note_and_find)
    for _ in range(2):
        client.get_item(TableName="t", Key={"pk": {"S": "there"}})
    assert looked_for.count("BOOL") == 2


def test_operation_is_remembered_as_botocores_before_it_is_motos() -> None:
    assert remembered_operations() == {"botocore.model", "moto.core.model"}


def test_operation_is_remembered_as_motos_alone_by_the_adapter() -> None:
    patches = Patches()
    operation_models.install(patches)
    try:
        assert remembered_operations() == {"moto.core.model"}
    finally:
        patches.restore()


def remembered_operations() -> set[str]:
    """Modules of every model that a service has kept while its operations were first looked up."""
    kept = set()

    class Cache(dict[Any, Any]):
        def __setitem__(self, key: object, value: object) -> None:
            kept.add(type(value).__module__)
            super().__setitem__(key, value)

    service = ServiceModel(get_service_model("s3")._service_description, "s3")
    service._instance_cache = Cache()
    for name in service.operation_names:
        service.operation_model(name)
    return kept


def test_events_for_a_function_are_not_delivered() -> None:
    client = boto3.client("events")
    client.put_rule(Name="r", EventPattern='{"source": ["own"]}')
    client.put_targets(
        Rule="r",
        Targets=[{"Id": "f", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:f"}],
    )
    with pytest.raises(NotImplementedError):
        client.put_events(Entries=[{"Source": "own", "DetailType": "d", "Detail": "{}"}])


def test_server_lists_a_folder_at_each_request(monkeypatch) -> None:
    listed: list[int] = []
    modules = moto.backends.list_of_moto_modules
    monkeypatch.setattr(
        moto.backends, "list_of_moto_modules", lambda: listed.append(1) or modules()
    )
    application = DomainDispatcherApplication(create_backend_app)
    for _ in range(3):
        application.get_backend_for_host("s3.us-east-1.amazonaws.com")
    assert len(listed) == 3


def test_execution_without_a_name_is_named_none() -> None:
    assert start(PASS).endswith(":None")


def test_nested_execution_fails_over_the_case_of_its_parameters() -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:x"},
        "End": True,
    }
    ended = wait(start({"StartAt": "T", "States": {"T": task}}, name="nested"))
    assert ended["status"] == "FAILED"
    assert "StateMachineDoesNotExist" not in ended["error"]


def test_definition_is_parsed_again_for_each_execution() -> None:
    text = json.dumps(PASS)
    assert AmazonStateLanguageParser.parse(text)[0] is not AmazonStateLanguageParser.parse(text)[0]


def test_failures_are_logged_with_the_whole_parsed_state(caplog) -> None:
    fail = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}
    wait(start(fail, name="logged"))
    assert "state_entered_event_type" in caplog.text


def test_counters_key_of_a_component_is_drawn_on_first_use() -> None:
    assert EvalComponent.__dict__["heap_key"].fget.__code__.co_names[-1] != "id"


def test_retried_task_meets_the_token_and_answer_of_its_first_try() -> None:
    queue = new_queue()
    retry = [{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    execution = start(parked(queue, Retry=retry), name="retried")
    token = next_token(queue)
    boto3.client("stepfunctions").send_task_failure(taskToken=token, error="Again")
    assert next_token(queue) == token
    assert wait(execution)["error"] == "Again"


def test_second_answer_is_taken_and_the_cause_of_a_failure_is_lost() -> None:
    queue = new_queue()
    execution = start(parked(queue), name="answered")
    token = next_token(queue)
    states = boto3.client("stepfunctions")
    states.send_task_failure(taskToken=token, error="E", cause="C")
    states.send_task_failure(taskToken=token, error="F", cause="D")
    assert "cause" not in wait(execution)


def test_stopped_execution_continues_until_its_task_ends() -> None:
    queue = new_queue()
    execution = start(parked(queue), name="stopped")
    next_token(queue)
    states = boto3.client("stepfunctions")
    states.stop_execution(executionArn=execution, error="E", cause="C")
    time.sleep(0.5)
    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    assert wait(execution)["error"] == "States.Timeout"


def test_execution_over_its_time_limit_has_no_stop_date() -> None:
    machine = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 3, "End": True}},
        "TimeoutSeconds": 1,
    }
    ended = wait(start(machine, name="limited"))
    assert ended["status"] == "TIMED_OUT"
    assert "stopDate" not in ended


def test_history_ignores_the_size_of_a_page() -> None:
    execution = start(PASS, name="paged")
    wait(execution)
    page = boto3.client("stepfunctions").get_execution_history(executionArn=execution, maxResults=1)
    assert len(page["events"]) > 1


def test_context_object_has_no_redrive_count() -> None:
    state = {"Type": "Pass", "Parameters": {"n.$": "$$.Execution.RedriveCount"}, "End": True}
    assert wait(start({"StartAt": "P", "States": {"P": state}}, name="n"))["status"] == "FAILED"


def test_fail_state_cannot_pass_on_the_name_of_a_timeout() -> None:
    state = {"Type": "Fail", "ErrorPath": "$.error", "Cause": "C"}
    execution = start(
        {"StartAt": "F", "States": {"F": state}}, name="f", input='{"error": "States.Timeout"}'
    )
    assert wait(execution)["error"] == "States.Runtime"


def test_states_all_catches_an_error_of_the_definition() -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl.$": "$.no.such", "MessageBody": "m"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Rescued"}],
        "End": True,
    }
    states = {"T": task, "Rescued": {"Type": "Succeed"}}
    assert wait(start({"StartAt": "T", "States": states}, name="c"))["status"] == "SUCCEEDED"


def test_api_errors_of_the_interpreter_have_no_code() -> None:
    with pytest.raises(ClientError) as refused:
        start(PASS, name="i", input="{")
    assert refused.value.response["Error"]["Code"] == ""


def test_rule_that_only_has_a_schedule_matches_every_event() -> None:
    client = boto3.client("events")
    client.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)")
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="woken")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:woken"
    client.put_targets(Rule="hourly", Targets=[{"Id": "q", "Arn": arn}])
    client.put_events(Entries=[{"Source": "own", "DetailType": "d", "Detail": "{}"}])
    assert sqs.receive_message(QueueUrl=url)["Messages"]


def test_executions_send_no_events() -> None:
    sqs = boto3.client("sqs")
    queue = new_queue()
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    client = boto3.client("events")
    client.put_rule(Name="r", EventPattern='{"source": ["aws.states"]}')
    client.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": arn["QueueArn"]}])
    wait(start(PASS, name="quiet"))
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_executions_write_no_log() -> None:
    boto3.client("logs").create_log_group(logGroupName="machine")
    states = boto3.client("stepfunctions")
    group = "arn:aws:logs:us-east-1:123456789012:log-group:machine:*"
    machine = states.create_state_machine(
        name="plain",
        definition=json.dumps(PASS),
        roleArn=ROLE,
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
        },
    )
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"], name="x")
    wait(execution["executionArn"])
    streams = boto3.client("logs").describe_log_streams(logGroupName="machine")["logStreams"]
    assert streams == []


def test_json_paths_are_parsed_at_each_use() -> None:
    assert json_path.parse("$.a") is not json_path.parse("$.a")


def test_moto_has_no_price_list() -> None:
    assert "pricing" not in moto.backends.list_of_moto_modules()


def test_moto_makes_every_spot_price_up() -> None:
    answer = boto3.client("ec2").describe_spot_price_history(
        InstanceTypes=["c6i.4xlarge"],
        AvailabilityZone="us-east-1a",
        StartTime=datetime(2025, 6, 2, tzinfo=UTC),
    )
    prices = answer["SpotPriceHistory"]
    assert {one["SpotPrice"] for one in prices} == {"0.00001"}
    assert {one["Timestamp"].year for one in prices} == {2006}
    assert len({one["AvailabilityZone"] for one in prices}) > 1


def test_redrive_is_not_implemented() -> None:
    execution = start({"StartAt": "F", "States": {"F": {"Type": "Fail"}}}, name="redriven")
    wait(execution)
    with pytest.raises(NotImplementedError):
        boto3.client("stepfunctions").redrive_execution(executionArn=execution)


def test_http_api_has_no_cloudformation_model() -> None:
    assert {"AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage"}.isdisjoint(get_model_map())


def distributed_map(**more: Any) -> str:
    state = {
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "F",
            "States": {"F": {"Type": "Fail", "Error": "Bad"}},
        },
        "End": True,
        **more,
    }
    return json.dumps({"StartAt": "M", "States": {"M": state}})


def test_item_reader_knows_no_json_lines() -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSONL"},
        "Parameters": {"Bucket": "b", "Key": "k"},
    }
    with pytest.raises(ClientError, match="JSONL"):
        boto3.client("stepfunctions").create_state_machine(
            name="lines", definition=distributed_map(ItemReader=reader), roleArn=ROLE
        )


def test_distributed_map_tolerates_every_failure() -> None:
    client = boto3.client("stepfunctions")
    machine = client.create_state_machine(name="map", definition=distributed_map(), roleArn=ROLE)[
        "stateMachineArn"
    ]
    arn = client.start_execution(stateMachineArn=machine, name="one", input="[1]")["executionArn"]
    ended = until(
        lambda: client.describe_execution(executionArn=arn),
        lambda found: found["status"] != "RUNNING",
    )
    assert ended["status"] == "SUCCEEDED"


def test_ec2_creates_every_public_image_with_its_backend() -> None:
    code = """
        from moto.ec2.models import ec2_backends
        print(len(vars(ec2_backends["123456789012"]["us-east-1"])["amis"]))
    """
    assert int(_said_by(code)) > 100


def test_ec2_creates_a_session_for_each_list_of_regions() -> None:
    code = """
        import boto3
        made, create = [], boto3.Session
        boto3.Session = lambda: made.append(create()) or made[-1]
        import moto.ec2.models.availability_zones_and_regions
        print(len(made))
    """
    assert int(_said_by(code)) > 1


def test_api_gateway_imports_a_validator_with_all_of_pydantic() -> None:
    code = "import sys, moto.apigateway.models; print('pydantic_settings' in sys.modules)"
    assert _said_by(code) == "True"


def test_botocore_inspects_a_handler_at_each_registration(monkeypatch) -> None:
    inspected: list[Any] = []
    real = inspect.getfullargspec
    monkeypatch.setattr(inspect, "getfullargspec", lambda f: inspected.append(f) or real(f))
    for _ in range(2):
        assert botocore.compat.accepts_kwargs(_takes_any)
    assert len(inspected) == 2


def _takes_any(**_any: Any) -> None:
    """Does nothing."""


def _said_by(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=True, text=True
    )
    return done.stdout.strip()
