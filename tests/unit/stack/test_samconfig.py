"""samconfig.toml: SAM ignores a key that it does not know, so every key is looked up in SAM."""

import json
import re
import shlex
import tomllib
from typing import Any

import click
import pytest
from samcli.cli.context import Context
from samcli.cli.main import cli as sam
from samcli.cli.types import CfnParameterOverridesType

COMMANDS = {
    "build": ("build",),
    "deploy": ("deploy",),
    "local_invoke": ("local", "invoke"),
    "local_start_lambda": ("local", "start-lambda"),
    "logs": ("logs",),
    "sync": ("sync",),
    "validate": ("validate",),
}
NAMED = {"RoleName", "PolicyName", "InstanceProfileName", "ManagedPolicyName", "UserName"}


@pytest.fixture(scope="module")
def environments(root) -> dict[str, Any]:
    config = tomllib.loads((root / "samconfig.toml").read_text())
    return {name: value for name, value in config.items() if name != "version"}


def options_of(words: tuple[str, ...]) -> dict[str, click.Parameter]:
    command: Any = sam
    context = click.Context(sam, obj=Context())  # without one SAM loads no command
    for word in words:
        command = command.get_command(context, word)
    return {option.name: option for option in command.params if option.name}


@pytest.fixture(scope="module")
def options() -> dict[str, dict[str, click.Parameter]]:
    return {section: options_of(words) for section, words in COMMANDS.items()}


def test_every_key_is_an_option_of_its_command_and_takes_the_value(environments, options):
    for environment, sections in environments.items():
        for section, body in sections.items():
            if section == "global":
                continue
            for key, value in body["parameters"].items():
                where = f"[{environment}.{section}.parameters] {key}"
                assert key in options[section], f"{where}: `sam` has no such option"
                option = options[section][key]
                if not isinstance(option.type, click.Path):  # the file comes later
                    option.type_cast_value(click.Context(click.Command(section)), value)


def test_options_of_sam_are_found_and_others_are_not(options):
    assert {"watch", "code", "dependency_layer"} <= options["sync"].keys()
    assert "resolve_s3" in options["deploy"]
    assert "resolve_s3" not in options["sync"]


def test_global_keys_are_options_of_deploy(environments, options):
    for sections in environments.values():
        assert sections["global"]["parameters"].keys() <= options["deploy"].keys()


def test_environments_have_the_same_parameters_for_deploy_and_sync(environments):
    shared = ("s3_prefix", "parameter_overrides", "tags")
    for sections in (environments["default"], environments["prod"]):
        deploy, sync = (sections[name]["parameters"] for name in ("deploy", "sync"))
        assert [deploy[key] for key in shared] == [sync[key] for key in shared]


def test_environment_names_no_other_in_stack_prefix_parameters_and_tags(environments):
    names = {"default": "dev", "stage": "stage", "first": "first", "prod": "prod"}
    assert environments.keys() == names.keys()
    for section, name in names.items():
        sections = environments[section]
        text = str([sections["global"], sections["deploy"], sections.get("sync")])
        assert f"seqstack-{name}" in text
        assert f"Environment={name}" in text
        for other in set(names.values()) - {name}:
            assert f"={other}" not in text
            assert f"-{other}" not in text


def test_parameters_given_are_parameters_of_the_template(environments, template):
    for sections in environments.values():
        for body in sections.values():
            for override in body["parameters"].get("parameter_overrides", []):
                assert override.split("=")[0] in template["Parameters"]


def test_only_the_developers_stack_is_watched(environments):
    assert environments["default"]["sync"]["parameters"]["watch"] is True
    assert "sync" not in environments["stage"]
    assert environments["prod"]["sync"]["parameters"]["watch"] is False


def test_capabilities_are_those_that_the_template_needs(environments, resources):
    # CAPABILITY_IAM does where no role, policy or profile has a name of its own. `sam sync` updates
    # the stack without a change set, and then macros, SAM's own too, need CAPABILITY_AUTO_EXPAND:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html
    named = [
        logical_id
        for logical_id, resource in resources.items()
        if resource["Type"].startswith("AWS::IAM::")
        and NAMED & resource.get("Properties", {}).keys()
    ]

    assert named == []
    for sections in environments.values():
        assert sections["deploy"]["parameters"]["capabilities"] == "CAPABILITY_IAM"
        if "sync" in sections:
            capabilities = sections["sync"]["parameters"]["capabilities"]
            assert capabilities == "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"


def test_json_of_a_parameter_reaches_sam_whole_as_the_page_has_it(root):
    (written,) = re.findall(
        r"^\"DefaultQcGates=.*\"$", (root / "docs/qc.md").read_text(), re.MULTILINE
    )
    in_toml, in_shell = tomllib.loads(f"it = {written}")["it"], shlex.split(written)[0]

    taken = CfnParameterOverridesType().convert((in_shell,), None, None)

    assert in_toml == in_shell
    assert json.loads(taken["DefaultQcGates"]) == {"alignedRate": {"min": 0.95}}


def test_sam_builds_with_the_python_of_the_project_where_make_does_not_call_it(root):
    before, _, _ = (root / "docs/development.md").read_text().partition("\nsam sync\n")

    assert before.splitlines()[-1].startswith("export PATH=$PWD/.venv/bin:$PATH ")
