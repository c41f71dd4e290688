"""Which module may import which: the layers of the product, and an engine that knows no product."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# where names of modules begin, and the packages there
PLACES = {
    ".": ("cli", "demo", "emulator", "functions", "hosts", "scripts", "tests/harness"),
    "layers/common": ("seqstack",),
    "functions/api": ("seqstack_api",),
    "containers": (".",),
}
ELSEWHERE = frozenset({"boto3", "botocore", "moto", "aws_lambda_powertools", "pydantic", "os"})

# What a package may import of this repository and of ELSEWHERE, beside itself.
MAY_IMPORT: Mapping[str, set[str]] = {
    "seqstack.domain": {"seqstack.tools", "seqstack.workflows"},
    "seqstack.tools": {"seqstack.domain"},
    "seqstack.workflows": {"seqstack.domain", "seqstack.tools"},
    "seqstack.report": {"seqstack.domain"},
    "seqstack.use_cases": {
        *("seqstack.domain", "seqstack.report", "seqstack.tools", "seqstack.workflows")
    },
    "seqstack.adapters": {
        *("seqstack.domain", "seqstack.tools", "seqstack.use_cases", "seqstack.workflows"),
        *ELSEWHERE - {"moto"},
    },
    "seqstack.wiring": {
        *("seqstack.adapters", "seqstack.domain", "seqstack.use_cases", "aws_lambda_powertools")
    },
    "seqstack": set(),
    "emulator.engine": set(ELSEWHERE),
    "demo": {"cli.accuracy", "cli.screen", "os"},
    "cli": {
        *("seqstack.domain", "seqstack.tools", "seqstack.workflows"),
        *("seqstack.report.crate", "seqstack.report.html"),
        *ELSEWHERE - {"moto"},
    },
}
# Packages that nothing else imports: handlers, scripts and tests.
NOBODYS = ("functions", "scripts", "tests")

type Graph = Mapping[str, set[str]]


def sources() -> Iterator[tuple[str, Path]]:
    """Every module of the repository by its name; of the image's entry points, too."""
    for place, packages in PLACES.items():
        for package in packages:
            for path in sorted((ROOT / place / package).rglob("*.py")):
                parts = path.relative_to(ROOT / place).with_suffix("").parts
                if "seqstack_api" not in parts or place != ".":
                    yield ".".join(parts).removesuffix(".__init__"), path


def imported(source: str) -> Iterator[str]:
    """Names of modules, and names in them that may be modules."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, "a relative import"
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def graph() -> Graph:
    """What each module imports: our modules, and packages of ELSEWHERE."""
    paths = dict(sources())
    found = {}
    for module, path in paths.items():
        names = set(imported(path.read_text()))
        packages = {name.partition(".")[0] for name in names}
        # `from a.b import c` loads a.b too, but where c is a module it is c that is wanted
        ours = names & paths.keys()
        wanted = {name for name in ours if not any(each.startswith(f"{name}.") for each in ours)}
        found[module] = wanted - {module} | packages & ELSEWHERE
    return found


def is_of(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def strays(modules: Graph) -> list[str]:
    """Imports that no package may have."""
    return [
        f"{module} imports {other}"
        for module, others in modules.items()
        for other in sorted(others)
        if not _may_import(module, other)
    ]


def _may_import(module: str, other: str) -> bool:
    packages = [package for package in MAY_IMPORT if is_of(module, package)]
    if packages:
        package = max(packages, key=len)
        return is_of(other, package) or any(is_of(other, each) for each in MAY_IMPORT[package])
    return all(is_of(module, each) for each in NOBODYS if is_of(other, each))


def circle(modules: Graph) -> Iterable[str]:
    """The modules of a circle of imports, if there is one."""
    try:
        TopologicalSorter(modules).prepare()
    except CycleError as error:
        members: list[str] = error.args[1]
        return members
    return []


def of_packages(modules: Graph, package: str) -> Graph:
    """The modules and packages right below a package, and what each imports of the others."""

    def member(module: str) -> str:
        return ".".join(module.split(".")[: package.count(".") + 2])

    found: dict[str, set[str]] = {}
    for module, others in modules.items():
        if is_of(module, package):
            wanted = {member(other) for other in others if is_of(other, package)}
            found.setdefault(member(module), set()).update(wanted - {member(module)})
    return found


def test_every_module_imports_only_what_its_layer_may() -> None:
    assert strays(graph()) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle(graph()) == []


def test_no_packages_of_the_engine_import_each_other_in_a_circle() -> None:
    assert circle(of_packages(graph(), "emulator.engine")) == []


def test_the_graph_has_the_modules_and_their_imports() -> None:
    found = graph()

    assert (
        "emulator.engine.batch.engine"
        in found["emulator.engine.stack"] | found["emulator.engine.moto_adapters.batch_service"]
    )
    assert "seqstack.adapters.ledger" in found["emulator.watch"]
    assert {"jobkit.job", "bwa.run_bwa", "seqstack_api.routes.runs"} & found.keys()
    assert all(any(is_of(module, package) for module in found) for package in MAY_IMPORT)


@pytest.mark.parametrize(
    ("module", "other"),
    [
        ("emulator.engine.stack", "seqstack.domain.s3uri"),
        ("emulator.engine.stack", "emulator.prices"),
        ("emulator.engine.batch.process_runner", "image_modules"),
        ("emulator.job_runners", "scripts.image_contents"),
        ("emulator.engine.stack", "tests.harness.faults.injector"),
        ("emulator.engine.stack", "demo.exome.spec"),
        ("emulator.engine.server", "cli.output"),
        ("emulator.stack", "tests.harness.emulator"),
        ("seqstack.domain.s3uri", "seqstack.adapters.s3"),
        ("seqstack.domain.s3uri", "seqstack.use_cases.ports"),
        ("seqstack.domain.s3uri", "boto3"),
        ("seqstack.domain.s3uri", "os"),
        ("seqstack.tools.bwa", "seqstack.adapters.s3"),
        ("seqstack.tools.bwa", "seqstack.workflows.registry"),
        ("seqstack.workflows.registry", "seqstack.adapters.s3"),
        ("seqstack.use_cases.ports", "seqstack.adapters.s3"),
        ("seqstack.use_cases.ports", "botocore"),
        ("seqstack.adapters.s3", "functions.track_job.app"),
        ("seqstack.adapters.s3", "emulator.engine.aws"),
        ("cli.app", "seqstack.adapters.ledger"),
        ("demo.exome.spec", "emulator.stack"),
    ],
)
def test_stray_import_is_found(module: str, other: str) -> None:
    assert strays({module: {other}}) == [f"{module} imports {other}"]


def test_circle_is_found() -> None:
    found = circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})

    assert set(found) == {"a", "b", "c"}


def test_circle_of_packages_is_found() -> None:
    modules = {"e.a.x": {"e.b.y"}, "e.b.z": {"e.a.w"}, "e.a.w": set(), "e.b.y": {"o.a"}}

    assert circle(modules) == []
    assert set(circle(of_packages(modules, "e"))) == {"e.a", "e.b"}
