"""The specification of a function."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FunctionSpec:
    """One deployed function.

    `timeout` is in seconds, `memory` in MiB. `layers` are folders laid out as layers are (with
    `python/` inside). `dead_letter_arn` is the SQS queue for asynchronous calls that failed.
    """

    name: str
    arn: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    environment: dict[str, str]
    timeout: float
    memory: int
    log_group: str
    dead_letter_arn: str | None = None


def worker_environment(
    spec: FunctionSpec,
    runtime_api: str,
    log_stream: str,
    runtime_site: Path,
    aws: dict[str, str],
) -> dict[str, str]:
    """A worker's environment: the function's variables and Lambda's own.

    Of the emulator's environment, only the variables listed here are inherited.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    return {
        **spec.environment,
        **aws,
        "_HANDLER": spec.handler,
        "_X_AMZN_TRACE_ID": "",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_RUNTIME_DIR": str(runtime_site),
        "LAMBDA_TASK_ROOT": str(spec.code),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",  # there, the folders of code are read-only
        "PYTHONPATH": ":".join([str(spec.code), *layer_path(spec), str(runtime_site)]),
        "TZ": ":UTC",
    }


def layer_path(spec: FunctionSpec) -> list[str]:
    """The folders of a function's layers that hold Python packages."""
    return [str(path) for layer in spec.layers for path in _python_folders(layer)]


def _python_folders(layer: Path) -> list[Path]:
    """Where Lambda looks for a layer's Python packages, in its order."""
    folders = [layer / "python" / "lib" / "python3.13" / "site-packages", layer / "python"]
    return [folder for folder in folders if folder.is_dir()]
