"""The emulator for AWS's SDKs: one account, one region, and clients of its port."""

import hmac
import os
import secrets
import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.session import Session as BotocoreSession

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"

_MAX_CONNECTIONS = 256


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key and its secret, valid until the emulator ends.

    Functions and jobs sign with the same secret. Each has its own access key that begins with this
    one, so that the API can identify the sender of a request.
    """

    access_key: str
    secret_key: str = field(repr=False)

    @classmethod
    def create(cls) -> Self:
        """Create random keys, which do not begin like real access keys."""
        return cls(f"local{secrets.token_hex(12)}", secrets.token_hex(20))

    def secret_of(self, access_key: str) -> str | None:
        """The secret of this access key, or of one derived from it; None for any other."""
        own = self.access_key.encode()
        start, rest = access_key.encode()[: len(own)], access_key[len(own) :]
        is_ours = hmac.compare_digest(start, own) and rest[:1] in {"", "-"}
        return self.secret_key if is_ours else None


TESTING = Keys("testing", "testing")
"""For an API that checks no signatures, such as moto's."""

_SESSION_TOKEN = "local"  # noqa: S105  # not checked; it hides the user's own token


def client_environment(endpoint_url: str, keys: Keys = TESTING) -> dict[str, str]:
    """The environment variables that point any AWS SDK or the AWS CLI at the emulator."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": _SESSION_TOKEN,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }


@cache
def _models() -> Loader:
    """Reads each service's model once in this process: a large one takes a second."""
    return create_loader()


def _session_with_read_models() -> BotocoreSession:
    session = BotocoreSession()
    session.register_component("data_loader", _models())
    return session


class ClientFactory:
    """boto3 clients to one endpoint, one for each service, shared between threads.

    Making a client costs 10 to 100 ms of CPU, which the state machine interpreter would otherwise
    pay for each task.
    """

    def __init__(self, endpoint_url: str, keys: Keys = TESTING) -> None:
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, bool], Any] = {}
        self._lock = threading.Lock()
        self._session = boto3.Session(
            botocore_session=_session_with_read_models(),
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=_SESSION_TOKEN,
            region_name=REGION,
        )

    def client(self, service: Any, *, validate: bool = True) -> Any:
        """The client of `service`; without `validate`, parameters are sent unchecked."""
        with self._lock:
            key = (service, validate)
            if key not in self._clients:
                self._clients[key] = self._session.client(
                    service,
                    endpoint_url=self._endpoint_url,
                    config=Config(
                        parameter_validation=validate,
                        max_pool_connections=_MAX_CONNECTIONS,
                        retries={"total_max_attempts": 1},
                        connect_timeout=60,
                        read_timeout=24 * 3600,
                        s3={"addressing_style": "path"},
                    ),
                )
            return self._clients[key]

    def resource(self, service: Any) -> Any:
        """A new boto3 resource of `service`, as the functions use it; the caller closes it."""
        return self._session.resource(service, endpoint_url=self._endpoint_url)

    def close(self) -> None:
        """Close every client's connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()


def isolate_process_environment() -> dict[str, str | None]:
    """Keep this process's own boto3 from reading a user's profile; return the values to restore.

    moto and SAM's translator create their own sessions. Without a region they fail, and a profile
    named in the environment could connect them to a real account.
    """
    wanted: dict[str, str | None] = {
        "AWS_ACCESS_KEY_ID": TESTING.access_key,
        "AWS_SECRET_ACCESS_KEY": TESTING.secret_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_PROFILE": None,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before = {name: os.environ.get(name) for name in wanted}
    set_environment(wanted)
    return before


def set_environment(values: dict[str, str | None]) -> None:
    """Set this process's environment variables; None removes one."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
