"""Two groups and their callers at a stack that confines callers, and runs of one to attack."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from seqstack.domain.errors import UnknownRunError
from tests.harness.emulator import Emulator
from tests.harness.scripted import Act
from tests.harness.token_issuer import TokenIssuer
from tests.support.api_client import ApiClient
from tests.support.samples import INPUTS
from tests.support.workflow_world import World, deployed_world

ISSUER = TokenIssuer.create("https://issuer.example/pool", "seqstack")
_CALLERS = {"heart": "heart", "brain": "brain", "both": "brain heart", "core": "@all"}
HOMELESS = {"untagged": None, "unnamed": "", "misnamed": "heart/brain /heart"}


@dataclass
class ConfinedWorld:
    """`callers` are the groups `heart` and `brain`, `both`, and `core`, which has access to every
    run.

    `stood` is the victims' state, which no attack may change; `brains` is a finished run of
    `brain`.
    """

    form: str
    world: World
    callers: dict[str, ApiClient] = field(default_factory=dict)
    homeless: dict[str, ApiClient] = field(default_factory=dict)
    victims: dict[str, str] = field(default_factory=dict)
    stood: dict[str, Any] = field(default_factory=dict)
    brains: str = ""

    def __getitem__(self, caller: str) -> ApiClient:
        return self.callers[caller]

    @property
    def bucket(self) -> str:
        return self.world.emulator.outputs["ResultsBucketName"]

    def sample(self, **changes: Any) -> dict[str, Any]:
        """An input without project and folder."""
        document = self.world.sample()
        del document["resultsS3Path"]
        return document | changes

    def start(self, caller: str, **changes: Any) -> str:
        answer = self[caller].post("/runs", self.sample(**changes))
        assert answer.status == 201, answer.text
        return str(answer.json["runId"])

    def state(self, run_id: str) -> str:
        """The run's state in the ledger, which is faster than through the API."""
        try:
            return str(self.world.ledger.run(run_id).state)
        except UnknownRunError:
            return ""

    def wait(self, run_id: str, state: str) -> None:
        self.world.eventually(state, lambda: self.state(run_id))

    def standing(self, run_id: str) -> Any:
        """A run's state, without its costs, which are known later."""
        run = self["core"].get(f"/runs/{run_id}").json
        steps = [(step["step"], step["state"], step["attempts"]) for step in run["steps"]]
        return run["state"], run["failure"], run["redrives"], steps

    def executions(self, workflow: str = "SecondaryAnalysis") -> set[str]:
        machine = self.world.emulator.outputs[f"{workflow}StateMachineArn"]
        pages = self.world.emulator.client("stepfunctions").get_paginator("list_executions")
        return {
            execution["name"]
            for page in pages.paginate(stateMachineArn=machine)
            for execution in page["executions"]
        }

    def forget(self, run_id: str) -> None:
        """Remove a run from the ledger, which does not have a run that has just started."""
        table = self.world.emulator.client("dynamodb")
        name = self.world.emulator.outputs["LedgerTableName"]
        found = table.query(
            TableName=name,
            KeyConditionExpression="pk = :run",
            ExpressionAttributeValues={":run": {"S": f"RUN#{run_id}"}},
        )["Items"]
        assert found
        for item in found:
            table.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})

    def has_submitted(self, run_id: str) -> bool:
        """Whether the call of `submit_job` for the run's first step has ended."""
        block = self.world.emulator.resources["RunBatchJobStateMachine"]
        arn = block.replace(":stateMachine:", ":execution:")
        events = self.world.history(f"{arn}:{run_id}-align-0-0")
        return any(event["type"] == "TaskSubmitted" for event in events)

    def make_victims(self) -> None:
        """Runs of `heart` in every situation, and one without a project."""
        world = self.world
        world.play({"-align-1": [Act(lines=["[bwa] a line of the log"])]})
        done = self.start("heart", cohortId="trio", tags={"lab": "north"})
        self.brains = self.start("brain")
        nobodys = world.start(world.sample(), name="nobodys").rpartition(":")[2]
        rejected = self.start("heart", fastq1S3Path=f"s3://{INPUTS}/absent.fastq.gz")
        for run_id in (done, self.brains, nobodys):
            self.wait(run_id, "SUCCEEDED")
        world.play({"-align-1": [Act.fail(65, lines=["FAILED align: bad FASTQ"])]})
        failed = self.start("heart")
        for run_id in (failed, rejected):
            self.wait(run_id, "FAILED")
        # after its end, its row has its project too
        world.eventually("heart", lambda: world.ledger.run(rejected).project)
        world.play({"-align-1": [Act.hang()]})
        going_on = [self.start("heart") for _ in range(2)]
        for run_id in going_on:
            world.eventually(True, lambda name=run_id: f"{name}-align-1" in world.running_jobs())
            # submit_job writes to the ledger after the job has begun, too
            world.eventually(True, lambda name=run_id: self.has_submitted(name))
        running, rowless = going_on
        self.forget(rowless)
        self.victims = {
            "done": done,
            "failed": failed,
            "rejected": rejected,
            "running": running,
            "rowless": rowless,
            "nobodys": nobodys,
        }
        self.stood = {kind: self.standing(run_id) for kind, run_id in self.victims.items()}
        world.play({})


def confined_world(form: str) -> Iterator[ConfinedWorld]:
    """A stack whose callers sign, or have tokens."""
    parameters = {
        # no step reads the ledger while its job runs, so one run's rows can be removed
        "ReconcileSeconds": "3600",
        "InputBuckets": f"arn:aws:s3:::{INPUTS}",
        "ConfineCallersBy": "project",
    }
    issuer = ISSUER if form == "tokens" else None
    with deployed_world(
        parameters | (issuer.parameters if issuer else {}),
        token_keys=issuer.keys if issuer else None,
        check_permissions=True,
    ) as world:
        emulator = world.emulator
        confined = ConfinedWorld(form, world)
        make = _signer if form == "signatures" else _bearer
        confined.callers = {name: make(emulator, name, of) for name, of in _CALLERS.items()}
        confined.homeless = {name: make(emulator, name, of) for name, of in HOMELESS.items()}
        confined.make_victims()
        yield confined


def _bearer(emulator: Emulator, name: str, projects: str | None) -> ApiClient:
    named: Any = projects.split() if projects and name == "both" else projects
    return ApiClient(emulator.outputs["ApiUrl"], token=ISSUER.token(name, project=named))


def _signer(emulator: Emulator, name: str, projects: str | None) -> ApiClient:
    """A user of IAM or, for `heart` and `untagged`, a role session."""
    iam, url = emulator.client("iam"), emulator.outputs["ApiUrl"]
    tags = [] if projects is None else [{"Key": "project", "Value": projects}]
    if name == "core":  # the emulator's own user, whose credentials exist without it
        iam.create_user(UserName="local", Tags=tags)
        return ApiClient.of(emulator)
    if name in {"heart", "untagged"}:
        policy = json.dumps({"Version": "2012-10-17", "Statement": []})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy, Tags=tags)
        key = emulator.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::123456789012:role/{name}",
            RoleSessionName=f"s{uuid.uuid4().hex[:8]}",
            Tags=[{"Key": "project", "Value": "brain"}],  # session tags are ignored
        )["Credentials"]
        return ApiClient(url, key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    iam.create_user(UserName=name, Path="/people/", Tags=tags)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return ApiClient(url, key["AccessKeyId"], key["SecretAccessKey"], None)
