"""Bring a stack and its images up to this commit: python scripts/release.py --config-env stage.

All images get the same tag, a hash of the contents of all of them. If a tool's own content has not
changed, its existing image gets the tag. Images are pushed before a job definition names them. Only
if a repository is new, the deployment that creates it comes first. CLOUDFORMATION_ROLE is the ARN
of the role that CloudFormation uses. PERMISSIONS_BOUNDARY is the stack's parameter
PermissionsBoundary.
"""

import argparse
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import image_modules
from cli.output import print_text
from scripts import image_contents
from scripts.deployed_stack import DeployedStack
from scripts.samconfig import DeployedEnvironment, deployed_environment

ROOT = Path(__file__).parents[1]
_SAM = Path(sys.executable).with_name("sam")
_HASH_CHARACTERS = 24

type Run = Callable[[Sequence[str], Mapping[str, str]], None]
"""Runs a command with more environment variables; raises CalledProcessError if it fails."""


class UncommittedError(RuntimeError):
    """The images would not be built from the commit."""


class NotFoundError(RuntimeError):
    """The stack that was deployed is not where its images would be pushed."""


def image_tag(root: Path = ROOT) -> str:
    """The tag of the images of this commit: a hash of the tags of their contents.

    Raises:
        UncommittedError: a file that an image holds is not committed, or UNPINNED_BASE is set.
        ContentsError: the contents of an image can't be determined.
    """
    if "UNPINNED_BASE" in os.environ:
        raise UncommittedError("unset UNPINNED_BASE: a release uses the base images of the commit")
    wanted = image_modules.tools(root)
    files = {path for tool in wanted for path in image_contents.sources(root, tool).values()}
    names = sorted(str(path.relative_to(root)) for path in files)
    changed = _git(root, "status", "--porcelain", "--", *names)
    if changed:
        raise UncommittedError(f"commit the files that images are built from:\n{changed}")
    tags = (f"{tool}:{image_contents.content_tag(root, tool, os.environ)}\n" for tool in wanted)
    return hashlib.sha256("".join(tags).encode()).hexdigest()[:_HASH_CHARACTERS]


def lacking_images(ecr: Any, prefix: str, wanted: Sequence[str], tag: str) -> list[str]:
    """The tools whose repository exists but has no image with this tag.

    `prefix` is the stack's output ImageRepositoryPrefix: the registry's host and a name.
    """
    name = prefix.partition("/")[2]
    lacking = []
    for tool in wanted:
        try:
            ecr.describe_images(repositoryName=f"{name}/{tool}", imageIds=[{"imageTag": tag}])
        except ecr.exceptions.ImageNotFoundException:
            lacking.append(tool)
        except ecr.exceptions.RepositoryNotFoundException:
            continue
    return lacking


def release(
    environment: DeployedEnvironment,
    tag: str,
    wanted: Sequence[str],
    role: str,
    run: Run,
    tags: Sequence[str] = (),
) -> None:
    """Push missing images, deploy, then push images whose repositories are new.

    `tags` (`name=value`) replace the stack's tags in samconfig.toml.

    Raises:
        NotFoundError: the deployed stack is not in the account and region of AWS's settings.
    """
    _push(environment, tag, wanted, run)
    run(
        [
            *(str(_SAM), "deploy", "--config-env", environment.name, "--no-confirm-changeset"),
            *("--parameter-overrides", *environment.parameters, f"ImageTag={tag}"),
            *(("--role-arn", role) if role else ()),
            *(("--tags", *tags) if tags else ()),
        ],
        {},
    )
    if not _push(environment, tag, wanted, run):
        raise NotFoundError(
            f"no image was pushed: there is no stack {environment.stack} where AWS's settings "
            "lead, but `sam deploy` has deployed it: give both the same region and profile"
        )


def bounded(environment: DeployedEnvironment, boundary: str) -> DeployedEnvironment:
    """The environment with its permissions boundary, if any, in its parameters."""
    if not boundary:
        return environment
    parameters = (*environment.parameters, f"PermissionsBoundary={boundary}")
    return replace(environment, parameters=parameters)


def _push(environment: DeployedEnvironment, tag: str, wanted: Sequence[str], run: Run) -> bool:
    """Push what the stack's repositories lack; False if there is no such stack."""
    stack = DeployedStack(environment.stack)
    prefix = stack.outputs.get("ImageRepositoryPrefix")
    lacking = lacking_images(stack.client("ecr"), prefix, wanted, tag) if prefix else []
    stack.close()
    if lacking:
        variables = {"STACK": environment.stack, "TAG": tag, "TOOLS": " ".join(lacking)}
        run([str(ROOT / "scripts/images"), "push"], variables)
    return prefix is not None


def _git(root: Path, *arguments: str) -> str:
    git = subprocess.run(
        ["git", "-C", str(root), *arguments],  # noqa: S607 - the git on PATH
        check=True,
        capture_output=True,
        text=True,
    )
    return git.stdout.strip()


def run_command(command: Sequence[str], variables: Mapping[str, str]) -> None:
    """Print a command with its variables, and run it in the repository."""
    settings = (f"{name}='{value}'" for name, value in variables.items())
    print_text(" ".join(("release:", *settings, *command)))
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **variables})


def main(arguments: Sequence[str] | None = None) -> int:
    """Release; 1 if a command failed, 2 for wrong arguments or uncommitted changes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config-env", default="default", help="environment of samconfig.toml")
    options = parser.parse_args(arguments)
    role = os.environ.get("CLOUDFORMATION_ROLE", "")
    try:
        boundary = os.environ.get("PERMISSIONS_BOUNDARY", "")
        environment = bounded(deployed_environment(options.config_env), boundary)
        os.environ.update(environment.variables)
        release(environment, image_tag(), image_modules.tools(), role, run_command)
    except subprocess.CalledProcessError as error:
        print_text(f"release: {error}", err=True)
        return 1
    except (
        ValueError,
        UncommittedError,
        NotFoundError,
        image_modules.ContentsError,
        BotoCoreError,
        ClientError,
    ) as error:
        print_text(f"release: {error}", err=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
