"""Which projects a tag or claim names, and which inputs their callers may run."""

from typing import Any

import pytest

from seqstack_api.scope import Scope
from tests.support.builders import RESULTS_BUCKET, exome_input

OWN = f"s3://{RESULTS_BUCKET}/projects/heart/"
HEART = Scope(frozenset({"heart"}))
BOTH = Scope(frozenset({"heart", "brain"}))


@pytest.mark.parametrize(
    ("text", "projects"),
    [
        ("heart", {"heart"}),
        ("heart brain", {"heart", "brain"}),
        ("[heart brain]", {"heart", "brain"}),  # as API Gateway hands on ["heart", "brain"]
        (" heart\tbrain\n", {"heart", "brain"}),
        ("grant:R01-HL=7@lab", {"grant:R01-HL=7@lab"}),
        ("", set()),
        ("[]", set()),
        ("heart,brain", set()),
        ('["heart","brain"]', set()),
        ("heart/valve", set()),  # its folder would lie in that of heart
        ("* .. -x", set()),
        ("h" * 65, set()),
        ("@ALL", set()),
    ],
)
def test_scope_has_the_projects_that_a_text_names(text: str, projects: set[str]) -> None:
    assert Scope.named_in(text) == Scope(frozenset(projects))
    assert Scope.named_in(text).is_empty == (not projects)


@pytest.mark.parametrize("text", ["@all", "[heart @all]"])
def test_scope_of_all_projects_has_runs_of_none_too(text: str) -> None:
    scope = Scope.named_in(text)

    assert not scope.is_empty
    assert scope.has("heart")
    assert scope.has("")


@pytest.mark.parametrize("project", ["", "Heart", "hear", "heart2", None, ["heart"], {"heart": 1}])
def test_scope_has_no_run_of_what_is_not_its_project(project: object) -> None:
    assert not HEART.has(project)
    assert not Scope(frozenset()).has(project)


def test_input_is_completed_with_the_only_project_and_its_folder() -> None:
    document = exome_input()
    del document["resultsS3Path"]

    assert HEART.completed(document, RESULTS_BUCKET) == document | {
        "project": "heart",
        "resultsS3Path": OWN,
    }
    assert BOTH.completed(document, RESULTS_BUCKET) == document
    assert Scope().completed(document, RESULTS_BUCKET) == document


def test_input_keeps_what_it_names_itself() -> None:
    document = exome_input(project="brain", resultsS3Path="s3://elsewhere/")

    assert HEART.completed(document, RESULTS_BUCKET) == document


@pytest.mark.parametrize("document", [None, [], "x", 5])
def test_what_is_no_input_stays_as_it_is(document: object) -> None:
    assert HEART.completed(document, RESULTS_BUCKET) == document


def problems(scope: Scope, **changes: Any) -> list[str]:
    document = exome_input(**{"project": "heart", "resultsS3Path": OWN, **changes})
    return [problem.path for problem in scope.problems(document, RESULTS_BUCKET)]


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"resultsS3Path": f"{OWN}plate-7"}, []),
        ({"resultsS3Path": OWN.rstrip("/")}, []),
        ({"resultsS3Path": f"s3://{RESULTS_BUCKET}/projects/heart2/"}, ["$.resultsS3Path"]),
        ({"resultsS3Path": f"s3://{RESULTS_BUCKET}/projects/brain/heart/"}, ["$.resultsS3Path"]),
        ({"resultsS3Path": f"s3://{RESULTS_BUCKET}/results/"}, ["$.resultsS3Path"]),
        ({"resultsS3Path": "s3://other-bucket/projects/heart/"}, ["$.resultsS3Path"]),
        ({"referenceS3Path": f"s3://{RESULTS_BUCKET}/inputs/7/ref.fa"}, []),
        ({"referenceS3Path": f"{OWN}ref.fa"}, []),
        ({"referenceS3Path": "s3://other-bucket/projects/brain/ref.fa"}, []),
        ({"referenceS3Path": f"s3://{RESULTS_BUCKET}/inputs2/ref.fa"}, ["$.referenceS3Path"]),
        (
            {"fastq2S3Path": ["s3://x-y-z/1.gz", f"s3://{RESULTS_BUCKET}/projects/brain/2.gz"]},
            ["$.fastq2S3Path[1]"],
        ),
        (
            {"isaac": {"referenceS3Path": f"s3://{RESULTS_BUCKET}/projects/brain/isaac/"}},
            ["$.isaac.referenceS3Path"],
        ),
        ({"tags": {"from": f"s3://{RESULTS_BUCKET}/projects/brain/", "bad": "s3://"}}, []),
        ({"project": "brain"}, ["$.project"]),
        ({"project": ""}, ["$.project"]),
    ],
)
def test_caller_runs_inputs_of_its_project_in_its_folder(
    changes: dict[str, Any], paths: list[str]
) -> None:
    assert problems(HEART, **changes) == paths
    assert problems(Scope(), **changes) == []


def test_input_without_project_or_folder_is_refused() -> None:
    document = exome_input(project="heart")
    del document["resultsS3Path"]

    assert [p.path for p in HEART.problems(document, RESULTS_BUCKET)] == ["$.resultsS3Path"]
    del document["project"]
    assert [p.path for p in HEART.problems(document, RESULTS_BUCKET)] == ["$.project"]
