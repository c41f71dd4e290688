"""The policy of docs/cohorts.md for queries by Athena: what is called, and what there is."""

import inspect
import json
import re
from fnmatch import fnmatchcase

import pytest

from cli.query import by_athena
from scripts.iam_policies import listed
from tests.harness.permissions.reference import (
    is_of_type,
    knows,
    required_types,
    resource_types,
)


@pytest.fixture
def policy(root):
    (text,) = re.findall(r"```json\n(.*?)```", (root / "docs/cohorts.md").read_text(), re.DOTALL)
    return json.loads(text)


@pytest.fixture
def grants(policy):
    """Every action with its resources."""
    return [
        (action, listed(each["Resource"]))
        for each in policy["Statement"]
        for action in listed(each["Action"])
    ]


def test_policy_allows_every_call_of_the_command(grants):
    code = inspect.getsource(by_athena)
    calls = re.findall(r'(athena|glue)\.(?:get_paginator\("(\w+)"\)|(\w+)\()', code)
    called = {f"{service}:{(page or call).replace('_', '')}" for service, page, call in calls}

    assert "athena:getqueryresults" in called
    assert called <= {action.lower() for action, _ in grants}


def test_policy_names_resources_of_every_type_that_aws_asks_for(grants):
    for action, resources in grants:
        assert knows(action)
        named = {
            kind
            for kind in resource_types(action)
            for resource in resources
            if is_of_type(action, kind, resource)
        }
        assert named
        assert required_types(action) <= named, action


def test_policy_names_the_stacks_workgroup_database_and_place_of_results(grants, resources):
    workgroup = resources["QueryWorkGroup"]["Properties"]
    database = resources["VariantDatabase"]["Properties"]["DatabaseInput"]
    configuration = workgroup["WorkGroupConfiguration"]["ResultConfiguration"]
    folder = configuration["OutputLocation"]["Fn::Sub"].rpartition("}/")[2]
    names = {
        "athena:StartQueryExecution": f"*:workgroup/{workgroup['Name']['Fn::Sub']}",
        "glue:CreateTable": f"*:database/{database['Name']['Fn::Sub']}",
        "s3:PutObject": f"*/{folder}[*]",
    }

    for action, resources_of in grants:
        if pattern := names.get(action):
            wanted = pattern.replace("${Environment}", "dev")
            assert any(fnmatchcase(each, wanted) for each in resources_of), action
