"""One call of `seqstack`: its options, its terminal, and its clients of the stack."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import typer

from cli.client import ApiClient
from cli.errors import not_found
from cli.options import Options
from cli.output import print_line

if TYPE_CHECKING:
    from rich.console import Console

    from cli.aws import Aws
    from cli.uploads import Progress


class Session:
    """Shared by commands. Clients are created when first used, because boto3 is slow to load."""

    def __init__(self, options: Options) -> None:
        self.options = options

    @cached_property
    def console(self) -> "Console":
        """Standard output, for people."""
        from cli.screen.console import new_console  # noqa: PLC0415 - --help needs none of it

        return new_console()

    def say(self, what: str) -> None:
        """Print a message on standard error, so that results can be piped."""
        print_line(what, err=True)

    @cached_property
    def aws(self) -> "Aws":
        """The AWS clients."""
        from cli.aws import Aws  # noqa: PLC0415 - as above

        return Aws(self.options)

    @cached_property
    def stack(self) -> dict[str, Any]:
        """CloudFormation's description of the stack."""
        from cli.aws import stack_description  # noqa: PLC0415 - as above

        return stack_description(self.aws, self.options)

    @cached_property
    def api(self) -> ApiClient:
        """The stack's HTTP API."""
        from cli.transport import HttpSender, with_signature, with_token  # noqa: PLC0415 - as above

        if self.options.token:
            authorize = with_token(self.options.token)
        else:
            from cli.aws import translated_errors  # noqa: PLC0415 - as above

            sign = with_signature(self.aws.credentials, self.aws.region)
            authorize = translated_errors()(sign)  # which may renew the credentials
        return ApiClient(self.api_url, HttpSender(authorize), self.options.command)

    def send_files(
        self,
        document: dict[str, Any],
        *,
        with_indexes: bool = True,
        progress: "Progress | None" = None,
    ) -> dict[str, Any]:
        """Send the files of this machine that a run's input names; return it with their URIs.

        The progress is shown on this terminal, unless another is given.
        """
        from cli.aws import stack_outputs  # noqa: PLC0415 - as above
        from cli.screen.progress import transfer  # noqa: PLC0415 - as above
        from cli.uploads import uploaded  # noqa: PLC0415 - as above

        bucket = stack_outputs(self.stack)["ResultsBucketName"]
        s3 = self.aws.client("s3")
        return uploaded(document, bucket, s3, progress or transfer, with_indexes=with_indexes)

    @property
    def api_url(self) -> str:
        """The API's address."""
        if self.options.api_url:
            return self.options.api_url
        from cli.aws import stack_outputs  # noqa: PLC0415 - as above

        url = stack_outputs(self.stack).get("ApiUrl", "")
        if not url:
            name, status = self.stack["StackName"], self.stack["StackStatus"]
            raise not_found(f"stack {name} ({status}) has no API", "deploy this version of it")
        return url


def session_of(context: typer.Context) -> Session:
    """The session of a command's context."""
    session = context.obj
    assert isinstance(session, Session)  # noqa: S101 - the app's callback has made it
    return session
