"""Workers that are forked: what they share, what they must not, and what happens without them."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from emulator.engine.lambda_runtime.declared import DeclaredFunctions
from emulator.engine.lambda_runtime.function import FunctionSpec
from emulator.engine.lambda_runtime.nursery import ForkedProcess
from emulator.engine.lambda_runtime.service import LambdaService
from tests.support.waiting import until

AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_REGION": "us-east-1"}
# Says which process imported `shared`, and what that read.
HANDLER = """
import os
import shared

def lambda_handler(event, context):
    if event.get("die"):
        os._exit(7)
    return {"imported_by": shared.PID, "pid": os.getpid(), "read": shared.READ, "own": own()}

def own():
    return os.environ["NAME"]
"""


class Functions:
    """Functions with one layer, in which there is a module `shared`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._specs: dict[str, FunctionSpec] = {}
        self.write_shared("'nothing'")

    def write_shared(self, read: str) -> None:
        module = self._folder / "layer/python/shared.py"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(f"import os\nPID = os.getpid()\nREAD = {read}\n")

    def add(self, name: str, **files: str) -> None:
        code = self._folder / name
        code.mkdir()
        for module, text in {"app": HANDLER, **files}.items():
            (code / f"{module}.py").write_text(text)
        self._specs[name] = FunctionSpec(
            name=name,
            arn=f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
            handler="app.lambda_handler",
            code=code,
            layers=(self._folder / "layer",),
            environment={"NAME": name, "SAME": "for all"},
            timeout=600,
            memory=128,
            log_group=f"/aws/lambda/{name}",
        )

    @contextmanager
    def deployed(self, *computed: str) -> Iterator[LambdaService]:
        service = LambdaService(
            self._specs.__getitem__, lambda *_: None, AWS, on_dead_letter=lambda *_: None
        )
        service.prepare(DeclaredFunctions(tuple(self._specs.values()), frozenset(computed)))
        try:
            yield service
        finally:
            service.close()


@pytest.fixture
def functions(tmp_path: Path) -> Functions:
    made = Functions(tmp_path)
    made.add("first")
    made.add("second")
    return made


def call(service: LambdaService, name: str) -> dict[str, Any]:
    said: dict[str, Any] = service.invoke(name, b"{}").json()
    return said


def test_layer_is_imported_once_for_all_functions(functions: Functions) -> None:
    with functions.deployed() as service:
        first, second = call(service, "first"), call(service, "second")
    assert first["imported_by"] == second["imported_by"]
    assert len({first["pid"], second["pid"], first["imported_by"]}) == 3
    assert (first["own"], second["own"]) == ("first", "second")


def test_module_that_reads_what_all_functions_have_is_shared(functions: Functions) -> None:
    functions.write_shared("os.environ['SAME']")
    with functions.deployed() as service:
        first, second = call(service, "first"), call(service, "second")
    assert first["imported_by"] == second["imported_by"]
    assert first["read"] == "for all"


def test_module_that_reads_what_functions_have_differently_is_each_ones_own(
    functions: Functions,
) -> None:
    functions.write_shared("os.environ.get('NAME', 'none')")
    with functions.deployed() as service:
        for name in ("first", "second"):
            said = call(service, name)
            assert said["read"] == name
            assert said["imported_by"] == said["pid"]


def test_module_that_reads_what_only_deployment_tells_is_each_ones_own(
    functions: Functions,
) -> None:
    functions.write_shared("os.environ['SAME']")
    with functions.deployed("SAME") as service:
        for name in ("first", "second"):
            said = call(service, name)
            assert said["read"] == "for all"
            assert said["imported_by"] == said["pid"]


def test_functions_are_declared_with_local_code_and_layers_and_variables_of_known_values() -> None:
    def function(code: str, layers: Any, variables: dict[str, Any]) -> dict[str, Any]:
        properties = {
            "Handler": "app.lambda_handler",
            "Code": {"S3Bucket": "code", "S3Key": code},
            "Layers": layers,
            "Environment": {"Variables": variables},
        }
        return {"Type": "AWS::Lambda::Function", "Properties": properties}

    shared = {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": {"S3Key": "layer"}}}
    declared = DeclaredFunctions.of(
        {
            "Shared": shared,
            "Table": {"Type": "AWS::DynamoDB::Table"},
            "First": function(
                "first", [{"Ref": "Shared"}], {"SAME": "known", "TABLE": {"Ref": "Table"}}
            ),
            "Second": function("second", [], {"LOG": {"Fn::Sub": "${AWS::Region}"}}),
            "Elsewhere": {**shared, "Properties": {"Content": {"S3Key": "of another bucket"}}},
            "Third": function("third", [{"Fn::ImportValue": "another-stack"}], {}),
            "Fourth": function("third", ["arn:aws:lambda:us-east-1:1:layer:theirs:1"], {}),
            "Fifth": function("third", {"Fn::If": ["HasLayer", [{"Ref": "Shared"}], []]}, {}),
            "Sixth": function("third", [{"Ref": "Elsewhere"}], {}),
        },
        {name: Path("/built", name) for name in ("layer", "first", "second", "third")},
    )

    assert [(each.name, each.code, each.layers, each.environment) for each in declared.specs] == [
        ("First", Path("/built/first"), (Path("/built/layer"),), {"SAME": "known"}),
        ("Second", Path("/built/second"), (), {}),
    ]
    assert declared.computed > {"TABLE", "LOG", "AWS_LAMBDA_FUNCTION_NAME"}
    assert "SAME" not in declared.computed


def test_module_of_a_functions_own_goes_before_the_layers(functions: Functions) -> None:
    functions.add("third", shared="import os\nPID = os.getpid()\nREAD = 'its own'\n")
    with functions.deployed() as service:
        assert call(service, "third")["read"] == "its own"
        assert call(service, "first")["read"] == "nothing"


def test_worker_that_ends_is_reported_with_its_status(functions: Functions) -> None:
    with functions.deployed() as service:
        ended = service.invoke("first", b'{"die": true}')
        assert ended.json()["errorMessage"].endswith("Runtime exited with error: exit status 7")
        assert call(service, "first")["own"] == "first"


def test_workers_are_started_again_when_the_process_they_are_forked_from_is_gone(
    functions: Functions,
) -> None:
    with functions.deployed() as service:
        zygote = call(service, "first")["imported_by"]
        forked = service.workers("first")
        os.kill(zygote, signal.SIGKILL)
        until(lambda: not any(worker.alive for worker in forked))
        # a call that meets a worker which has ended fails, as it would at any other time
        until(lambda: not service.invoke("first", b"{}").failed)
        assert not all(isinstance(w.process, ForkedProcess) for w in service.workers("first"))


def test_close_ends_every_worker_and_what_they_are_forked_from(functions: Functions) -> None:
    with functions.deployed() as service:
        said = call(service, "first")
    for pid in (said["pid"], said["imported_by"]):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
