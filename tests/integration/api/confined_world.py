"""Two groups and their callers at a stack that confines callers, and runs of one to attack."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.batch.capacity import Capacity
from emulator.batch.scripted import Act, ScriptedRunner
from emulator.http_api.tokens import TokenIssuer
from emulator.stack import Emulator
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step
from tests.api_client import ApiClient
from tests.integration.workflow.world import INPUTS, World

ISSUER = TokenIssuer.create("https://issuer.example/pool", "seqstack")
FORMS = ("signatures", "tokens")
_PLENTY = Capacity(vcpus=1000, memory_mib=10**7)
_CALLERS = {"heart": "heart", "brain": "brain", "both": "brain heart", "core": "@all"}
HOMELESS = {"untagged": None, "unnamed": "", "misnamed": "heart/brain /heart"}


@dataclass
class ConfinedWorld:
    """`callers` are the groups `heart` and `brain`, `both`, and `core`, who has every run."""

    form: str
    world: World
    callers: dict[str, ApiClient] = field(default_factory=dict)
    homeless: dict[str, ApiClient] = field(default_factory=dict)
    victims: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, caller: str) -> ApiClient:
        return self.callers[caller]

    @property
    def bucket(self) -> str:
        return self.world.emulator.outputs["ResultsBucketName"]

    def sample(self, project: str, /, **changes: Any) -> dict[str, Any]:
        """An input without project and folder, whose results are all in the project's folder."""
        document = self.world.sample()
        document["sampleId"] = changes.get("sampleId", document["sampleId"])
        layout = ResultLayout(S3Uri(self.bucket, f"projects/{project}/"), str(document["sampleId"]))
        for step in Step:
            for uri in layout.outputs(step):
                self.world.emulator.client("s3").put_object(
                    Bucket=uri.bucket, Key=uri.key, Body=b"x"
                )
        del document["resultsS3Path"]
        return document | changes

    def start(self, caller: str, **changes: Any) -> str:
        answer = self[caller].post("/runs", self.sample(caller, **changes))
        assert answer.status == 201, answer.text
        return str(answer.json["runId"])

    def state(self, run_id: str) -> str:
        return str(self["core"].get(f"/runs/{run_id}").json["state"])

    def wait(self, run_id: str, state: str) -> None:
        self.world.eventually(state, lambda: self.state(run_id), 60)

    def executions(self) -> set[str]:
        machine = self.world.emulator.outputs["SecondaryAnalysisStateMachineArn"]
        pages = self.world.emulator.client("stepfunctions").get_paginator("list_executions")
        return {
            execution["name"]
            for page in pages.paginate(stateMachineArn=machine)
            for execution in page["executions"]
        }

    def forget(self, run_id: str) -> None:
        """Take a run out of the ledger, which has none yet of a run that has just started."""
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

    def make_victims(self) -> None:
        """Runs of `heart` in every situation, and one of nobody's."""
        world = self.world
        world.play({"-align-1": [Act(lines=["[bwa] a line of the log"])]})
        done = self.start("heart", cohortId="trio", tags={"lab": "north"})
        self.wait(done, "SUCCEEDED")
        nobodys = world.start(world.sample(), name="nobodys").rpartition(":")[2]
        self.wait(nobodys, "SUCCEEDED")
        world.play({"-align-1": [Act.fail(65, lines=["bad FASTQ"])]})
        failed = self.start("heart")
        self.wait(failed, "FAILED")
        rejected = self.start("heart", fastq1S3Path=f"s3://{INPUTS}/absent.fastq.gz")
        self.wait(rejected, "FAILED")
        # once its end is told, its row has its project, too
        world.eventually("heart", lambda: world.ledger.run(rejected).project, 60)
        world.play({"-align-1": [Act.hang()]})
        going_on = [self.start("heart") for _ in range(2)]
        for run_id in going_on:
            world.eventually(
                True, lambda name=run_id: f"{name}-align-1" in world.running_jobs(), 60
            )
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
        world.play({})


def confined_world(built: Path, form: str) -> Iterator[ConfinedWorld]:
    """A stack whose callers sign, or have tokens."""
    runner = ScriptedRunner()
    parameters = {
        # no step looks at the ledger while its job runs: one run's rows are taken from there
        "ReconcileSeconds": "3600",
        "InputBuckets": f"arn:aws:s3:::{INPUTS}",
        "ConfineCallersBy": "project",
    }
    issuer = ISSUER if form == "tokens" else None
    with Emulator(
        built,
        parameters | (issuer.parameters if issuer else {}),
        job_runner=runner,
        capacity=_PLENTY,
        token_issuer=issuer,
        check_permissions=True,
    ) as emulator:
        confined = ConfinedWorld(form, World(emulator, runner))
        make = _signer if form == "signatures" else _bearer
        confined.callers = {name: make(emulator, name, of) for name, of in _CALLERS.items()}
        confined.homeless = {name: make(emulator, name, of) for name, of in HOMELESS.items()}
        confined.make_victims()
        yield confined


def _bearer(emulator: Emulator, name: str, projects: str | None) -> ApiClient:
    named: Any = projects.split() if projects and name == "both" else projects
    return ApiClient(emulator.outputs["ApiUrl"], token=ISSUER.token(name, project=named))


def _signer(emulator: Emulator, name: str, projects: str | None) -> ApiClient:
    """A user of IAM, or for `heart` and `untagged` somebody in a role."""
    iam, url = emulator.client("iam"), emulator.outputs["ApiUrl"]
    tags = [] if projects is None else [{"Key": "project", "Value": projects}]
    if name == "core":  # the emulator's own user, whose credentials exist without it
        iam.create_user(UserName="local", Tags=tags)
        return ApiClient(url)
    if name in {"heart", "untagged"}:
        policy = json.dumps({"Version": "2012-10-17", "Statement": []})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy, Tags=tags)
        key = emulator.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::123456789012:role/{name}",
            RoleSessionName=f"s{uuid.uuid4().hex[:8]}",
            Tags=[{"Key": "project", "Value": "brain"}],  # tags of a session count for nothing
        )["Credentials"]
        return ApiClient(url, key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    iam.create_user(UserName=name, Path="/people/", Tags=tags)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return ApiClient(url, key["AccessKeyId"], key["SecretAccessKey"], None)
