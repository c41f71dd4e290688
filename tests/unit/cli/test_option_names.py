"""The options that stand for the keys of a run's input."""

import pytest
import typer

from cli.app import app
from cli.option_names import OPTION_OF, in_options
from emulator.__main__ import app as emulator
from seqstack.domain.errors import Problem
from seqstack.domain.input_schema import input_schema


def options_of(command: typer.Typer) -> set[str]:
    context = typer.Context(typer.main.get_command(command))
    found = context.command.get_command(context, "run")  # type: ignore[attr-defined]
    return {name for each in found.params for name in (*each.opts, *each.secondary_opts)}


@pytest.mark.parametrize("command", [app, emulator])
def test_each_key_has_an_option_of_run(command: typer.Typer) -> None:
    named = {name for option in OPTION_OF.values() for name in option.split("/")}

    assert named <= options_of(command)
    assert {key.partition(".")[0] for key in OPTION_OF} <= set(input_schema()["properties"])


@pytest.mark.parametrize(
    ("path", "message", "said"),
    [
        ("$.targetPadding", "is too large", "--target-padding: is too large"),
        ("$.fastp.cmdArgs", "fastp has no -z", "--fastp-args: fastp has no -z"),
        ("$.snpEff.cmdArgs", "snpEff has no -z", "--database: snpEff has no -z"),
        ("$.qcGates.sex", "must be", "--gate sex: must be"),
        ("$.annotationLeftOut[0]", "is empty", "--leave-out: is empty"),
        (
            "$.qcGates.fold80",
            "give targetRegionsS3Path (--targets)",
            "--gate fold80: give --targets",
        ),
        ("$.trimReads", "or snpEff.cmdArgs, alignInParts", "--trim: or --database, --parts"),
        ("$.tags.home", "is odd", "tags.home: is odd"),
        ("$", "is no object", "$: is no object"),
    ],
)
def test_problem_is_told_in_options(path: str, message: str, said: str) -> None:
    assert in_options(Problem(path, message)) == said
