from pathlib import Path

from emulator.engine.aws import client_environment
from emulator.engine.lambda_runtime.function import FunctionSpec, worker_environment
from emulator.engine.lambda_runtime.site import build_runtime_site


def spec(tmp_path: Path, *layers: Path, **environment: str) -> FunctionSpec:
    return FunctionSpec(
        name="f",
        arn="arn:aws:lambda:us-east-1:123456789012:function:f",
        handler="app.handler",
        code=tmp_path / "code",
        layers=layers,
        environment=environment,
        timeout=3,
        memory=256,
        log_group="/aws/lambda/f",
    )


def built(function: FunctionSpec) -> dict[str, str]:
    aws = client_environment("http://127.0.0.1:1")
    return worker_environment(function, "127.0.0.1:2", "stream", Path("/runtime"), aws)


def test_worker_environment_has_the_functions_variables_and_the_endpoint(tmp_path) -> None:
    environment = built(spec(tmp_path, TABLE="t"))
    assert environment["TABLE"] == "t"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["AWS_LAMBDA_RUNTIME_API"] == "127.0.0.1:2"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"


def test_worker_environment_takes_nothing_from_the_process(tmp_path, monkeypatch) -> None:
    before = set(built(spec(tmp_path)))
    monkeypatch.setenv("OF_THE_HOST", "1")
    assert set(built(spec(tmp_path))) == before


def test_worker_environment_function_cannot_override_lambdas_own_variables(tmp_path) -> None:
    environment = built(spec(tmp_path, AWS_REGION="elsewhere", _HANDLER="other"))
    assert environment["AWS_REGION"] == "us-east-1"
    assert environment["_HANDLER"] == "app.handler"


def test_worker_environment_path_is_code_then_layers_then_runtime(tmp_path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    (first / "python").mkdir(parents=True)
    (second / "python/lib/python3.13/site-packages").mkdir(parents=True)
    path = built(spec(tmp_path, first, second))["PYTHONPATH"].split(":")
    assert path == [
        str(tmp_path / "code"),
        str(first / "python"),
        str(second / "python/lib/python3.13/site-packages"),
        str(second / "python"),
        "/runtime",
    ]


def test_runtime_site_holds_boto3_and_the_runtime_client_and_not_this_projects_tools(
    tmp_path,
) -> None:
    names = {entry.name for entry in build_runtime_site(tmp_path).iterdir()}
    assert {"boto3", "botocore", "awslambdaric", "s3transfer", "urllib3"} <= names
    assert any(name.startswith("runtime_client") for name in names)
    assert not names & {"moto", "pydantic", "aws_lambda_powertools", "pytest"}
