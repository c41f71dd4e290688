"""No sample event without an expectation, and no expectation that can't fail."""

import json
from pathlib import Path

import pytest

from tests.support.aws_world import functions, machines
from tests.support.given import GIVEN
from tests.support.sample_events import EVENTS, SituationsError, differences, sample_events

FOLDERS = {*functions(), *machines()}


def test_every_event_has_an_expectation_and_every_function_an_event() -> None:
    events = sample_events(FOLDERS)

    assert {path.parent.name for path in EVENTS.glob("*/*")} <= FOLDERS
    assert {event.path for event in events} == set(EVENTS.glob("*/*.json"))
    assert {event.folder for event in events} >= set(functions())
    assert {name for event in events for name in event.expected.given} <= set(GIVEN)


def test_every_function_is_expected_to_change_or_return_something() -> None:
    for event in sample_events(set(functions())):
        assert event.expected.fails or event.expected.answers, event


@pytest.mark.parametrize(
    ("situations", "complaint"),
    [
        ("", "no entry for ['one']"),
        ("one: {answers: 1}\nother: {answers: 1}", "no event for ['other']"),
        ("one: {given: [run]}", "one: expects nothing"),
        ("one: {answer: 1}", "unexpected keyword argument 'answer'"),
    ],
)
def test_situations_that_do_not_fit_are_reported(
    tmp_path: Path, situations: str, complaint: str
) -> None:
    folder = tmp_path / "do_it"
    folder.mkdir()
    (folder / "one.json").write_text("{}")
    (folder / "situations.yaml").write_text(situations)

    with pytest.raises(SituationsError) as expected_text:
        sample_events({"do_it"}, tmp_path)

    assert complaint in str(expected_text.value)
    assert "do_it" in str(expected_text.value)


@pytest.mark.parametrize(
    ("expected", "actual", "expected_text"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["$.a.b is 2, not 1"]),
        ({"a": 1}, {}, ["$.a is missing"]),
        ({"a": 1}, None, ["$ is None, not an object"]),
        ({"a": []}, {"a": [1]}, ["$.a is [1], not []"]),
        ([{"a": 1}], [{"a": 3}], ["$[0].a is 3, not 1"]),
        ({"body": {"a": 1}}, {"body": json.dumps({"a": 1, "b": 2})}, []),
        ({"body": {"a": 1}}, {"body": "no JSON"}, ["$.body is 'no JSON', not an object"]),
        ("x", "y", ["$ is 'y', not 'x'"]),
        (None, None, []),
        (None, {"a": 1}, ["$ is {'a': 1}, not None"]),
    ],
)
def test_differences_name_what_is_expected_and_not_there(
    expected: object, actual: object, expected_text: list[str]
) -> None:
    assert differences(expected, actual) == expected_text
