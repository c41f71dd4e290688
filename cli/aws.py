"""AWS clients: to find a stack's API and the caller, and for the checks of `doctor`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from cli.errors import CliError, ExitCode, no_access, not_found, unavailable, usage
from cli.interpreter import python_command
from cli.local_keys import local_keys
from cli.options import Options
from cli.transport import NO_ANSWER

_LOCAL_REGION = "us-east-1"
_NO_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidToken",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "AuthFailure",
        "400",  # S3's answer to HEAD with an expired token, which has no body that says more
    }
)
_DENIED = frozenset({"403", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_SIGN_IN = "`aws sts get-caller-identity` must work first: sign in, or set AWS_PROFILE"


class Aws:
    """boto3 for the account of the options: the user's own, or the emulator on this machine."""

    def __init__(self, options: Options) -> None:
        self._options = options
        with translated_errors():
            self._session = _session(options)

    @property
    def region(self) -> str:
        """The region."""
        region = self._session.region_name
        if not region:
            raise usage("no AWS region is set", "give --region or set AWS_REGION")
        return str(region)

    @property
    def credentials(self) -> Credentials:
        """The credentials that sign requests."""
        with translated_errors():
            found = self._session.get_credentials()
        if found is None:
            raise no_access("there are no AWS credentials", _SIGN_IN)
        return found

    def client(self, service: str, region: str = "") -> Any:
        """A boto3 client; call it within `translated_errors`."""
        endpoint = f"http://127.0.0.1:{self._options.local_port}" if self._options.local else None
        config = Config(
            connect_timeout=10,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 2 if self._options.local else 4},
            s3={"addressing_style": "path"} if self._options.local else {},
        )
        with translated_errors():
            return self._session.client(
                service, region_name=region or self.region, endpoint_url=endpoint, config=config
            )  # type: ignore[call-overload]  # the service's name is variable


def _session(options: Options) -> boto3.Session:
    if options.local:
        return _local_session(options.local_port)
    # boto3 reads AWS_DEFAULT_REGION alone; the AWS CLI lets AWS_REGION go before it
    region = options.region or os.environ.get("AWS_REGION")
    return boto3.Session(profile_name=options.profile or None, region_name=region or None)


def _local_session(port: int) -> boto3.Session:
    try:
        keys = local_keys(port)
    except OSError as error:
        raise no_access(str(error), "remove it, and start the emulator again") from error
    if keys is None:
        raise _no_emulator(port)
    return boto3.Session(keys.access_key, keys.secret_key, region_name=_LOCAL_REGION)


def _no_emulator(port: int) -> CliError:
    return not_found(
        f"no emulator of yours answers on port {port} of this machine",
        f"start it: `{python_command('emulator', 'serve')}`, or give its --local-port",
    )


@contextmanager
def translated_errors() -> Iterator[None]:
    """Convert AWS's errors to CliError."""
    try:
        yield
    except ClientError as error:
        raise _of_service(error) from error
    except Boto3Error as error:  # of a transfer: raised while the service's error was handled
        refusal = error.__context__
        if isinstance(refusal, ClientError):
            raise _of_service(refusal) from error
        raise unavailable(str(error), "try again") from error
    except NoCredentialsError as error:
        raise no_access("there are no AWS credentials", _SIGN_IN) from error
    except ProfileNotFound as error:
        raise usage(str(error), "`aws configure list-profiles` lists them") from error
    except NoRegionError as error:
        raise usage("no AWS region is set", "give --region or set AWS_REGION") from error
    except NO_ANSWER as error:
        raise unavailable(f"AWS does not answer: {error}", "try again") from error
    except BotoCoreError as error:
        raise no_access(str(error), _SIGN_IN) from error


def _of_service(error: ClientError) -> CliError:
    code, said = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code in _NO_CREDENTIALS:
        return no_access(f"AWS refuses the credentials: {said}", _SIGN_IN)
    if code in _DENIED:
        return no_access(
            f"{error.operation_name} is refused: {said}",
            "ask for that permission, or use another profile",
        )
    return unavailable(f"{error.operation_name} failed: {code}: {said}", "try again")


def stack_description(aws: Aws, options: Options) -> dict[str, Any]:
    """CloudFormation's description of the stack; with --local, of the emulator's only stack.

    Raises:
        CliError: there is no such stack, or no emulator.
    """
    cloudformation = aws.client("cloudformation")
    if options.local:
        return _local_stack(cloudformation, options.local_port)
    try:
        with translated_errors():
            answer = cloudformation.describe_stacks(StackName=options.stack)
    except CliError as error:
        if "does not exist" not in error.message:
            raise
        raise not_found(
            f"there is no stack {options.stack} in {aws.region}",
            "give --stack and --region, or deploy it: `sam deploy`",
        ) from error
    return dict(answer["Stacks"][0])


def _local_stack(cloudformation: Any, port: int) -> dict[str, Any]:
    try:
        with translated_errors():
            stacks = cloudformation.describe_stacks()["Stacks"]
    except CliError as error:
        if error.exit_code is ExitCode.NO_ACCESS:
            raise no_access(
                f"the server on port {port} refuses your emulator's keys",
                "give --local-port, or start your emulator again",
            ) from error
        raise _no_emulator(port) from error
    if not stacks:
        raise not_found(f"the server on port {port} has no stack", "give --local-port")
    return dict(stacks[0])


def stack_outputs(description: dict[str, Any]) -> dict[str, str]:
    """A stack's outputs by name."""
    return {each["OutputKey"]: each["OutputValue"] for each in description.get("Outputs", [])}
