"""Requests to the API over a network that is lost: tried again, and then no answer."""

import boto3
import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
)
from botocore.httpsession import URLLib3Session

from cli.aws import Aws, translated_errors
from cli.errors import CliError, ExitCode
from cli.options import Options
from cli.session import Session
from cli.transport import HttpSender, with_token

URL = "https://api.example/runs"
LOST = [EndpointConnectionError, ConnectTimeoutError, ConnectionClosedError]


@pytest.mark.parametrize("lost", LOST)
def test_lost_network_is_no_answer_after_four_tries(
    monkeypatch: pytest.MonkeyPatch, lost: type[Exception]
) -> None:
    def send(*_: object) -> None:
        raise lost(endpoint_url=URL)

    monkeypatch.setattr(URLLib3Session, "send", send)
    pauses: list[float] = []

    with pytest.raises(CliError, match=f"no answer from {URL}") as told:
        HttpSender(with_token("x"), pauses.append).send("GET", URL)

    assert told.value.exit_code is ExitCode.UNAVAILABLE
    assert len(pauses) == 3


@pytest.mark.parametrize("lost", LOST)
def test_lost_network_of_a_service_of_aws_is_no_answer(lost: type[Exception]) -> None:
    with pytest.raises(CliError, match="AWS does not answer") as told, translated_errors():
        raise lost(endpoint_url=URL)

    assert told.value.exit_code is ExitCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EndpointConnectionError(endpoint_url=URL), ExitCode.UNAVAILABLE),
        (CredentialRetrievalError(provider="sso", error_msg="expired"), ExitCode.NO_ACCESS),
    ],
)
def test_credentials_that_can_not_be_renewed_are_an_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: ExitCode
) -> None:
    class Expired:
        @property
        def token(self) -> str:
            raise error

    monkeypatch.setattr(boto3.Session, "get_credentials", lambda _: Expired())
    session = Session(Options(region="us-east-1", api_url="https://api.example"))
    session.aws = Aws(session.options)

    with pytest.raises(CliError) as told:
        session.api.get_run("a-run")

    assert told.value.exit_code is code
