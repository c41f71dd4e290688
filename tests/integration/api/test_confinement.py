"""A caller of one group gets nothing of another group's runs, on whichever route."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.words import CohortState
from seqstack_api.service import app
from tests.integration.api.test_wes import OURS, submit
from tests.support.api_client import Answer, ApiClient
from tests.support.confined_world import HOMELESS, ConfinedWorld, confined_world
from tests.support.prepared import VERSION, prepared, put_reference
from tests.support.samples import INPUTS

pytestmark = pytest.mark.long

type Route = tuple[str, str]

WES = "/ga4gh/wes/v1"
ROUTES = sorted(
    (route.method, route.openapi_path) for route in app._static_routes + app._dynamic_routes
)
VICTIMS = ("done", "failed", "rejected", "running", "rowless", "nobodys")
SHARED = "GRCh38"
ABSENT = "20260102-030405-9f3a1c0b"


# What a project's callers may do is decided after both forms have named the caller.
ONE_FORM = pytest.mark.parametrize("confined", ["tokens"], indirect=True, scope="module")


@pytest.fixture(scope="module", params=["signatures", "tokens"])
def confined(request: pytest.FixtureRequest) -> Iterator[ConfinedWorld]:
    yield from confined_world(request.param)


def path_to(path: str, run_id: str) -> str:
    for name, value in (
        ("{runId}", run_id),
        ("{run_id}", run_id),
        ("{step}", "align"),
        ("{task_id}", "align-1"),
        ("{name}", SHARED),
        ("{version}", VERSION),
        ("{cohortId}", "family-7"),
    ):
        path = path.replace(name, value)
    return path


def ask(client: ApiClient, route: Route, run_id: str) -> Answer:
    method, path = route
    links = "?links=true" if path.endswith("/outputs") else ""
    return client.call(method, path_to(path, run_id) + links)


def of_a_run(route: Route, confined: ConfinedWorld) -> None:
    """Requests about any run are answered as for an absent one, and the run is not changed."""
    if "{runId}" not in route[1] and "{run_id}" not in route[1]:
        pytest.fail(f"{route} names no run: it needs an attack of its own")
    absent = ask(confined["brain"], route, ABSENT)
    assert absent.status == 404
    for kind in VICTIMS:
        run_id = confined.victims[kind]
        answer = ask(confined["brain"], route, run_id)
        assert answer.status == 404, kind
        assert answer.text.replace(run_id, ABSENT) == absent.text, kind
        assert confined.standing(run_id) == confined.stood[kind], kind
    # the attack is a good one: its owner gets through with it
    assert ask(confined["heart"], route, confined.victims["done"]).status in {200, 409}


def of_a_list(route: Route, confined: ConfinedWorld) -> None:
    """Whatever is chosen, no page, token or count has anything of another's run."""
    document = confined["core"].get(f"/runs/{confined.victims['done']}").json
    choices = ["?limit=1", "?project=heart", "?state=RUNNING", "?cohort=trio"]
    choices += ["?state=SUCCEEDED", "?state=FAILED", f"?sample={document['sampleId']}"]
    choices += ["?project=heart&state=RUNNING", "?cohort=trio&project=brain"]
    for choice in ["", *(choices if route[1] == "/runs" else ["?page_size=1"])]:
        listed = confined["brain"].get(route[1] + choice)
        assert listed.status == 200, choice
        runs = [run.get("runId") or run["run_id"] for run in listed.json["runs"]]
        assert not set(runs) & set(confined.victims.values()), choice
        token = listed.json.get("nextToken") or listed.json.get("next_page_token") or ""
        plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        assert not any(run_id in plain for run_id in confined.victims.values()), choice
    assert confined.brains in confined["brain"].get(route[1]).text
    assert confined.victims["done"] in confined["heart"].get(route[1]).text


def of_the_service(route: Route, confined: ConfinedWorld) -> None:
    """It says the same to everybody, and counts nothing."""
    answers = {confined[name].get(route[1]).text for name in ("brain", "heart", "core")}
    assert len(answers) == 1
    assert json.loads(answers.pop()).get("system_state_counts", {}) == {}


def put_shared(confined: ConfinedWorld) -> None:
    put_reference(confined.world.emulator.client("s3"), prepared(confined.bucket, SHARED))


def of_what_all_share(route: Route, confined: ConfinedWorld) -> None:
    """Prepared references are there for everybody."""
    put_shared(confined)
    answers = [ask(confined[name], route, "") for name in ("brain", "heart", "both", "core")]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert SHARED in answers[0].text


def is_refused(answer: Answer) -> bool:
    """Whether the answer says that this is for callers of all projects."""
    said = answer.json
    told = said.get("detail", said.get("msg"))
    return answer.status == 403 and "ask a caller with @all" in told


def of_a_preparation(route: Route, confined: ConfinedWorld) -> None:
    """By no way a reference is prepared, whether for an own project or for none."""
    document = {"name": "theirs", "referenceS3Path": f"s3://{INPUTS}/ref.fa"}
    form = OURS | {"workflow_url": "prepare_reference"}
    before = confined.executions("PrepareReference")
    for given in (document, document | {"project": "brain"}, {}):
        assert is_refused(confined["brain"].post(route[1], given))
        assert is_refused(confined["both"].post("/runs?workflow=prepare_reference", given))
        assert is_refused(submit(confined["brain"], given, **form))
    assert confined.executions("PrepareReference") == before
    started = confined["core"].post(route[1], document)
    assert started.status == 201
    confined.wait(started.json["runId"], "SUCCEEDED")


def of_a_deletion(route: Route, confined: ConfinedWorld) -> None:
    """Nothing is deleted, and nothing told of what is there."""
    put_shared(confined)
    absent = path_to(route[1], "").replace(SHARED, "absent")
    assert is_refused(ask(confined["brain"], route, ""))
    assert is_refused(confined["brain"].delete(absent))
    assert confined["brain"].get(f"/references/{SHARED}").status == 200
    assert ask(confined["core"], route, "").status == 200
    assert confined["brain"].get(f"/references/{SHARED}").status == 404


def of_a_cohort(route: Route, confined: ConfinedWorld) -> None:
    """No sheet is run, stopped or shown, whether there is such a cohort or not."""
    row = CohortRow(
        "theirs", f"{confined.bucket}:first", CohortState.FAILED, "2026", "s3://b/s.csv"
    )
    ledger = confined.world.ledger
    ledger.open_cohort(replace(row, project="heart"))
    path = route[1].replace("{cohortId}", "theirs")
    document = {"cohortId": "theirs", "sheetS3Path": f"s3://{INPUTS}/s.csv", "run": {}}
    before = confined.executions("Cohort")
    for place in (path, path.replace("theirs", "absent")):
        answer = confined["brain"].call(route[0], place, document)
        assert answer.status == 404 if route[0] == "GET" else is_refused(answer)
    assert confined.executions("Cohort") == before
    if route[0] == "GET":
        assert confined["heart"].get(path).status == 200
        assert confined["core"].get(path).json["project"] == "heart"


def of_the_list_of_cohorts(route: Route, confined: ConfinedWorld) -> None:
    """Whatever is chosen, no page, token or count has anything of another's cohort."""
    ledger = confined.world.ledger
    for number, project in enumerate(["heart", "", "brain", "heart"]):
        at = f"2026-01-02T03:04:0{number}.000Z"
        name = f"listed-{project or 'nobodys'}-{number}"
        row = CohortRow(name, f"arn:{number}", CohortState.RUNNING, at, "s3://b/s.csv")
        assert ledger.open_cohort(replace(row, project=project))
    for choice in ("", "?limit=1", "?state=RUNNING", "?project=heart", "?project=brain&limit=1"):
        answer = confined["brain"].get(route[1] + choice)
        assert answer.status == 200, choice
        assert answer.json["nextToken"] is None, choice
        own = [] if choice == "?project=heart" else ["listed-brain-2"]
        assert [each["cohortId"] for each in answer.json["cohorts"]] == own, choice
    of_heart = confined["heart"].get(f"{route[1]}?state=RUNNING").json["cohorts"]
    assert listed(of_heart) == ["listed-heart-3", "listed-heart-0"]
    page = confined["core"].get(f"{route[1]}?state=RUNNING&limit=2").json
    rest = confined["core"].get(f"{route[1]}?state=RUNNING&nextToken={page['nextToken']}").json
    names = listed([*page["cohorts"], *rest["cohorts"]])
    assert names == ["listed-heart-3", "listed-brain-2", "listed-nobodys-1", "listed-heart-0"]


def listed(cohorts: list[Any]) -> list[str]:
    """The names in their order, without those of other attacks on the same stack."""
    names = [each["cohortId"] for each in cohorts]
    return [name for name in names if name.startswith("listed-")]


def starts(route: Route) -> Callable[[ApiClient, Any], Answer]:
    if route[1].startswith(WES):
        return lambda client, document: submit(client, document, **OURS)
    return lambda client, document: client.post(route[1], document)


def of_a_start(route: Route, confined: ConfinedWorld) -> None:
    """Nothing is started for another group, in its folder, or with its results."""
    bucket, start = confined.bucket, starts(route)
    theirs = f"s3://{bucket}/projects/heart"
    before = confined.executions()
    for field, changes in {
        "$.project": {"project": "heart"},
        "$.resultsS3Path": {"resultsS3Path": f"{theirs}/"},
        "$.fastq1S3Path": {"fastq1S3Path": f"{theirs}/NA12878/bam/sorted.bam"},
        "$.fastq2S3Path[1]": {
            "fastq1S3Path": [f"s3://{INPUTS}/r_1.fastq.gz", f"s3://{INPUTS}/r_3.fastq.gz"],
            "fastq2S3Path": [f"s3://{INPUTS}/r_2.fastq.gz", f"{theirs}/x.fastq.gz"],
        },
        "$.referenceS3Path": {"referenceS3Path": f"s3://{bucket}/results/NA12878/x.fa"},
        "$.annotationS3Path": {"annotationS3Path": f"{theirs}/S/vcf/variants/variants.vcf.gz"},
    }.items():
        for project in ({}, {"project": "brain"}):
            answer = start(confined["brain"], confined.sample() | project | changes)
            assert answer.status in {400, 422}, field
            assert field in answer.text
    for elsewhere in (
        f"s3://{bucket}/results/",
        f"s3://{bucket}/projects/",
        f"s3://{bucket}/projects/brain2/",
        f"s3://{bucket}/projects/brain",  # a folder without its slash, and this one is theirs
    ):
        answer = start(confined["brain"], confined.sample(resultsS3Path=elsewhere))
        is_own = elsewhere.endswith("/brain")
        assert (answer.status in {200, 201}) == is_own, elsewhere
    assert len(confined.executions() - before) == 1


ATTACKS: dict[Route, Callable[[Route, ConfinedWorld], None]] = {
    ("GET", "/openapi.json"): of_the_service,
    ("GET", "/runs"): of_a_list,
    ("POST", "/runs"): of_a_start,
    ("GET", "/runs/{runId}"): of_a_run,
    ("DELETE", "/runs/{runId}"): of_a_run,
    ("POST", "/runs/{runId}/resume"): of_a_run,
    ("GET", "/runs/{runId}/outputs"): of_a_run,
    ("GET", "/runs/{runId}/logs/{step}"): of_a_run,
    ("GET", "/references"): of_what_all_share,
    ("POST", "/references"): of_a_preparation,
    ("GET", "/references/{name}"): of_what_all_share,
    ("GET", "/references/{name}/{version}"): of_what_all_share,
    ("DELETE", "/references/{name}/{version}"): of_a_deletion,
    ("GET", "/cohorts"): of_the_list_of_cohorts,
    ("POST", "/cohorts"): of_a_cohort,
    ("GET", "/cohorts/{cohortId}"): of_a_cohort,
    ("DELETE", "/cohorts/{cohortId}"): of_a_cohort,
    ("POST", "/cohorts/{cohortId}/resume"): of_a_cohort,
    ("GET", f"{WES}/service-info"): of_the_service,
    ("GET", f"{WES}/runs"): of_a_list,
    ("POST", f"{WES}/runs"): of_a_start,
    ("GET", f"{WES}/runs/{{run_id}}"): of_a_run,
    ("GET", f"{WES}/runs/{{run_id}}/status"): of_a_run,
    ("POST", f"{WES}/runs/{{run_id}}/cancel"): of_a_run,
    ("GET", f"{WES}/runs/{{run_id}}/tasks"): of_a_run,
    ("GET", f"{WES}/runs/{{run_id}}/tasks/{{task_id}}"): of_a_run,
}


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_caller_of_another_project_gets_nothing(confined: ConfinedWorld, route: Route) -> None:
    assert route in ATTACKS, "a route without an attack: add one"

    ATTACKS[route](route, confined)


@pytest.mark.parametrize("caller", HOMELESS)
def test_caller_with_unknown_projects_is_refused_on_every_route(
    confined: ConfinedWorld, caller: str
) -> None:
    before = confined.executions()
    client = confined.homeless[caller]
    document = confined.sample(project="heart")

    for route in ROUTES:
        if route[0] == "POST" and route[1].endswith("/runs"):
            answer = starts(route)(client, document)
        else:
            answer = ask(client, route, confined.victims["done"])
        said = answer.json
        assert (answer.status, said.get("status", said.get("status_code"))) == (403, 403), route
        assert "project" in said.get("detail", said.get("msg"))
    assert confined.executions() == before


def test_refusal_says_what_to_do(confined: ConfinedWorld) -> None:
    said = confined.homeless["untagged"].get("/runs").json

    assert said["type"] == "urn:seqstack:problem:no-projects"
    wanted = {
        "signatures": "give the tag project, with names of projects separated by blanks, to "
        "the role or user of arn:aws:sts::123456789012:assumed-role/untagged/",
        "tokens": "get a token whose claim project names projects",
    }
    assert wanted[confined.form] in said["detail"]


@ONE_FORM
@pytest.mark.parametrize("kind", [kind for kind in VICTIMS if kind != "nobodys"])
def test_run_is_there_for_all_callers_of_its_project(confined: ConfinedWorld, kind: str) -> None:
    run_id = confined.victims[kind]

    shown = {name: confined[name].get(f"/runs/{run_id}") for name in ("heart", "both", "core")}

    assert {name: answer.status for name, answer in shown.items()} == dict.fromkeys(shown, 200)
    if kind != "rowless":
        assert run_id in confined["heart"].get("/runs?limit=100").text


@ONE_FORM
def test_run_of_no_project_is_there_for_the_core_alone(confined: ConfinedWorld) -> None:
    seen = {name: confined[name].get("/runs/nobodys").status for name in confined.callers}

    assert seen == {"heart": 404, "brain": 404, "both": 404, "core": 200}
    assert "nobodys" in confined["core"].get("/runs?limit=100").text
    assert "nobodys" not in confined["both"].get("/runs?limit=100").text


@ONE_FORM
def test_run_started_past_the_api_is_there_for_its_project(confined: ConfinedWorld) -> None:
    for document in (confined.world.sample(project="heart"), {"project": "heart"}):
        run_id = confined.world.start(document).rpartition(":")[2]

        assert confined["heart"].get(f"/runs/{run_id}").status == 200
        assert confined["brain"].get(f"/runs/{run_id}").status == 404


@ONE_FORM
@pytest.mark.parametrize("document", [{"project": ["brain"]}, {"project": {"brain": 1}}, {}])
def test_run_whose_input_names_no_project_has_no_project(
    confined: ConfinedWorld, document: dict[str, Any]
) -> None:
    run_id = confined.world.start(document).rpartition(":")[2]

    assert confined["brain"].get(f"/runs/{run_id}").status == 404
    assert confined["core"].get(f"/runs/{run_id}").status == 200


@ONE_FORM
def test_only_project_is_filled_in_with_its_folder(confined: ConfinedWorld) -> None:
    run_id = confined.start("brain")

    confined.wait(run_id, "SUCCEEDED")
    run = confined["brain"].get(f"/runs/{run_id}").json
    assert run["project"] == "brain"
    assert run["resultsS3Path"] == f"s3://{confined.bucket}/projects/brain/"


@ONE_FORM
def test_reference_by_name_is_for_runs_of_every_caller(confined: ConfinedWorld) -> None:
    put_shared(confined)
    document = confined.sample(reference=SHARED)
    del document["referenceS3Path"], document["annotationS3Path"]

    started = confined["brain"].post("/runs", document)

    assert started.status == 201, started.text
    confined.wait(started.json["runId"], "SUCCEEDED")
    run = confined["brain"].get(f"/runs/{started.json['runId']}").json
    assert run["reference"] == f"{SHARED}/{VERSION}"


@ONE_FORM
def test_caller_of_two_projects_names_one(confined: ConfinedWorld) -> None:
    unnamed = confined["both"].post("/runs", confined.sample())
    named = confined["both"].post("/runs", confined.sample(project="brain"))

    assert (unnamed.status, unnamed.json["errors"]) == (
        422,
        [{"field": "$.project", "detail": "must be one of yours: brain, heart"}],
    )
    assert named.status == 201
    assert confined["brain"].get(f"/runs/{named.json['runId']}").status == 200


@ONE_FORM
def test_core_starts_runs_of_any_project_and_of_none_anywhere(confined: ConfinedWorld) -> None:
    for changes in ({}, {"project": "heart"}):
        started = confined["core"].post("/runs", confined.world.sample(**changes))
        confined.wait(started.json["runId"], "SUCCEEDED")


@ONE_FORM
def test_pages_of_one_run_hold_every_own_run_and_no_other(confined: ConfinedWorld) -> None:
    own = []
    for _ in range(3):
        own.append(confined.start("brain", cohortId="trio"))
        confined.start("heart", cohortId="trio")
    for run_id in own:
        confined.wait(run_id, "SUCCEEDED")

    for query in ("cohort=trio&", "cohort=trio&state=SUCCEEDED&", "cohort=trio&project=brain&"):
        seen: list[str] = []
        token = ""
        while token is not None:
            page = (
                confined["brain"]
                .get(f"/runs?{query}limit=1" + (f"&nextToken={token}" if token else ""))
                .json
            )
            seen += [run["runId"] for run in page["runs"]]
            token = page["nextToken"]
        assert seen == own[::-1], query


@ONE_FORM
def test_page_token_of_another_caller_opens_nothing(confined: ConfinedWorld) -> None:
    token = confined["heart"].get("/runs?limit=1").json["nextToken"]

    listed = confined["brain"].get(f"/runs?nextToken={token}").json["runs"]

    assert {run["project"] for run in listed} <= {"brain"}


@ONE_FORM
def test_key_of_another_caller_reveals_nothing_of_its_run(confined: ConfinedWorld) -> None:
    theirs = confined["heart"].post("/runs", confined.sample(), Idempotency_Key="plate-7")

    ours = confined["brain"].post("/runs", confined.sample(), Idempotency_Key="plate-7")

    assert (theirs.status, ours.status) == (201, 201)
    assert theirs.json["runId"] != ours.json["runId"]


@ONE_FORM
def test_key_again_finds_the_run_with_the_project_that_was_filled_in(
    confined: ConfinedWorld,
) -> None:
    document = confined.sample()

    answers = [
        confined["brain"].post("/runs", document, Idempotency_Key="plate-8") for _ in range(2)
    ]

    assert {(answer.status, answer.json["runId"]) for answer in answers} == {
        (201, answers[0].json["runId"])
    }


@ONE_FORM
def test_same_work_in_another_project_reuses_nothing_of_it(confined: ConfinedWorld) -> None:
    first = confined.start("heart", sampleId="shared")
    confined.wait(first, "SUCCEEDED")
    second = confined.start("brain", sampleId="shared")
    confined.wait(second, "SUCCEEDED")

    steps = confined["brain"].get(f"/runs/{second}").json["steps"]

    assert {step["reusedFrom"] for step in steps} == {None}


def test_owner_resumes_and_stops(confined: ConfinedWorld) -> None:
    resumed = confined["heart"].call("POST", f"/runs/{confined.victims['failed']}/resume")
    stopped = confined["heart"].delete(f"/runs/{confined.victims['running']}")
    unrecorded = confined["heart"].delete(f"/runs/{confined.victims['rowless']}")

    assert resumed.status == 202
    assert confined["brain"].get(f"/runs/{resumed.json['runId']}").status == 404
    assert (stopped.status, unrecorded.status) == (202, 202)
    confined.wait(confined.victims["running"], "ABORTED")


def test_role_of_the_function_allows_what_that_takes(confined: ConfinedWorld) -> None:
    refused = {str(one) for one in confined.world.emulator.permissions.refused}
    tags = {
        use.need.action
        for use in confined.world.emulator.permissions.uses
        if use.need.action.startswith("iam:")
    }

    assert refused == set()
    wanted = {"iam:ListRoleTags", "iam:ListUserTags"} if confined.form == "signatures" else set()
    assert tags == wanted
