"""The tools' images: each must be in its repository, with the tag of its job definition."""

import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from cli.aws import translated_errors
from cli.doctor.checks import Check, Health
from cli.session import Session

_ECR = re.compile(r"([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.[^/]+/([^:@]+)(?::([^@]+))?")
_ABSENT = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})


def look_at_images(session: Session) -> Iterator[Check]:
    """Check that every job definition's image is in ECR."""
    if session.options.local:
        yield Check("images", Health.SKIPPED, "the emulator's jobs need none")
        return
    images = sorted(
        {str(each["containerProperties"]["image"]) for each in job_definitions(session)}
    )
    missing = [image for image in images if not _is_there(session, image)]
    if missing:
        names = ", ".join(image.partition("/")[2] for image in missing)
        hint = f"`STACK={session.stack['StackName']} make push-images`"
        yield Check("images", Health.FAILED, f"not in ECR: {names}", hint)
    else:
        yield Check("images", Health.OK, f"all {len(images)} are in ECR")


def job_definitions(session: Session) -> list[dict[str, Any]]:
    """The stack's job definitions, as Batch describes them."""
    cloudformation, batch = session.aws.client("cloudformation"), session.aws.client("batch")
    with translated_errors():
        pages = cloudformation.get_paginator("list_stack_resources").paginate(
            StackName=session.stack["StackName"]
        )
        arns = [
            each["PhysicalResourceId"]
            for page in pages
            for each in page["StackResourceSummaries"]
            if each["ResourceType"] == "AWS::Batch::JobDefinition"
        ]
        answer = batch.describe_job_definitions(jobDefinitions=arns)
    return list(answer["jobDefinitions"])


def _is_there(session: Session, image: str) -> bool:
    """True for images in ECR, and for those of other registries, which are not checked."""
    named = _ECR.match(image)
    if named is None:
        return True
    account, region, repository, tag = named.groups()
    client = session.aws.client("ecr", region)
    try:
        client.describe_images(
            registryId=account, repositoryName=repository, imageIds=[{"imageTag": tag or "latest"}]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return False
        with translated_errors():
            raise
    return True
