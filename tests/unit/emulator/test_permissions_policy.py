"""IAM's rules, each by its own page of the user guide."""

from typing import Any

import pytest

from tests.harness.permissions.policy import Need, Statement, allowing

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/ledger"


def statement(**parts: Any) -> Statement:
    given = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE} | parts
    return Statement.parse({name: part for name, part in given.items() if part is not None})


@pytest.mark.parametrize(
    ("parts", "allowed"),
    [
        ({}, True),
        ({"Action": ["dynamodb:PutItem", "dynamodb:GetItem"]}, True),
        ({"Action": "DynamoDB:getitem"}, True),  # actions ignore case
        ({"Action": "dynamodb:Get*"}, True),
        ({"Action": "dynamodb:PutItem"}, False),
        ({"Action": "dynamodb:Get"}, False),
        ({"Resource": "*"}, True),
        ({"Resource": TABLE.replace("ledger", "ledge?")}, True),
        ({"Resource": TABLE.upper()}, False),  # resources do not
        ({"Resource": f"{TABLE}/index/*"}, False),
        ({"Resource": TABLE.replace("ledger", "[l]edger")}, False),  # brackets stand for themselves
        ({"Resource": None, "NotResource": f"{TABLE}/index/*"}, True),
        ({"Resource": None, "NotResource": TABLE}, False),
        ({"Effect": "Deny"}, False),
    ],
    ids=str,
)
def test_statement_allows_an_action_on_a_resource_that_it_names(
    parts: dict[str, Any], allowed: bool
) -> None:
    found = allowing([statement(**parts)], Need("dynamodb:GetItem", TABLE))

    assert (found is not None) is allowed


def test_denial_outweighs_whatever_allows() -> None:
    need = Need("dynamodb:GetItem", TABLE)
    allow, deny = statement(), statement(Effect="Deny", Action="dynamodb:*")

    assert allowing([allow, deny], need) is None
    assert allowing([deny, allow], need) is None
    assert allowing([allow, statement(Effect="Deny", Action="s3:*")], need) is allow


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"events:source": "seqstack"}}, True),
        ({"StringEquals": {"events:source": ["other", "seqstack"]}}, True),
        ({"StringEquals": {"events:source": "seq*"}}, False),
        ({"StringLike": {"events:source": "seq*"}}, True),
        ({"StringEquals": {"events:detail-type": "Run Ended"}}, False),  # which is not reported
        ({"StringEquals": {"events:source": "seqstack", "aws:userid": "me"}}, False),
    ],
    ids=str,
)
def test_condition_must_hold_for_all_its_keys(condition: dict[str, Any], allowed: bool) -> None:
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    need = Need("events:PutEvents", bus, {"events:source": "seqstack"})

    found = allowing(
        [statement(Action="events:PutEvents", Resource=bus, Condition=condition)], need
    )

    assert (found is not None) is allowed


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEqualsIfExists": {"aws:ResourceTag/of": "us"}}, True),
        ({"StringEqualsIfExists": {"aws:ResourceTag/of": "them"}}, False),
        ({"StringEqualsIfExists": {"aws:ResourceTag/else": "them"}}, True),  # which is not there
        ({"StringEquals": {"aws:ResourceTag/else": "us"}}, False),
        ({"ForAllValues:StringLike": {"aws:TagKeys": "our:*"}}, True),
        ({"ForAllValues:StringLike": {"aws:TagKeys": ["our:step", "x"]}}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["our:step", "our:run"]}}, True),
        ({"ForAllValues:StringLike": {"aws:userid": "me"}}, True),  # AWS: no value breaks the rule
    ],
    ids=str,
)
def test_condition_on_tags_holds(condition: dict[str, Any], allowed: bool) -> None:
    job = "arn:aws:batch:us-east-1:123456789012:job/*"
    context = {"aws:ResourceTag/of": "us", "aws:TagKeys": ("our:step", "our:run")}
    need = Need("batch:TagResource", job, context)

    found = allowing(
        [statement(Action="batch:TagResource", Resource=job, Condition=condition)], need
    )

    assert (found is not None) is allowed


def test_condition_on_several_values_without_its_qualifier_is_no_guess() -> None:
    limited = statement(Condition={"StringEquals": {"aws:TagKeys": "a"}})

    with pytest.raises(KeyError, match="several values"):
        allowing([limited], Need("dynamodb:GetItem", TABLE, {"aws:TagKeys": ("a",)}))


def test_condition_with_an_operator_that_is_not_known_here_is_no_guess() -> None:
    limited = statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})

    with pytest.raises(KeyError, match="IpAddress"):
        allowing([limited], Need("dynamodb:GetItem", TABLE))


def test_idle_are_the_actions_and_resources_that_are_never_needed() -> None:
    wide = statement(
        Action=["dynamodb:GetItem", "dynamodb:Query"], Resource=[TABLE, f"{TABLE}/index/*"]
    )

    assert list(wide.idle([Need("dynamodb:GetItem", TABLE)])) == [
        "dynamodb:Query", f"{TABLE}/index/*",
    ]  # fmt: skip
    assert list(wide.idle([])) == [
        "dynamodb:GetItem", "dynamodb:Query", TABLE, f"{TABLE}/index/*",
    ]  # fmt: skip
