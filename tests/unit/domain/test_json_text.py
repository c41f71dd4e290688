import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.json_text import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_VALUES,
    JsonError,
    cap_problem,
    read_json,
)
from tests.support.builders import RESULTS_BUCKET, exome_input


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1e999", "too large"),
        ("-1e999", "too large"),
        ("NaN", "NaN"),
        ("[-Infinity]", "-Infinity"),
        ("9" * 19, "18 digits"),
        ("-" + "9" * 19, "18 digits"),
        ("9" * 5000, "18 digits"),
        ('{"a": 1, "b": 2, "a": 1}', "'a' twice"),
        ('[{"x": {"": 1, "": 2}}]', "'' twice"),
        ('"\\ud800"', "half a character"),
        ('{"\\udfff": 1}', "half a character"),
        ("[" * 21 + "]" * 21, "20 levels"),
        ('{"a":' * 50_000, "20 levels"),
        (json.dumps([0] * 2001), "2,000 values"),
        (json.dumps([[0] * 100] * 30), "2,000 values"),
        ('"' + "x" * MAX_BYTES + '"', "262,144"),
        (b"\xff", "UTF-8"),
        (b"[\x00]\x00", "Invalid|control|Expecting"),
        ("\ud800", "UTF-8"),
        ("", "Expecting value"),
        ("1_0", "Extra data"),
        ("\u0663", "Expecting value"),
    ],
)
def test_text_that_is_no_json_or_breaks_a_cap_is_refused_by_what_it_breaks(
    text: str | bytes, says: str
) -> None:
    with pytest.raises(JsonError, match=says) as refused:
        read_json(text)

    assert len(str(refused.value)) < 2000
    str(refused.value).encode()


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "document",
    [
        nested(MAX_DEPTH),
        [0] * (MAX_VALUES - 1),
        10**18 - 1,
        -(10**18) + 1,
        1e300,
        "\U0001f600",
        None,
    ],
)
def test_document_at_the_caps_is_read_as_it_is(document: Any) -> None:
    assert read_json(json.dumps(document)) == document
    assert cap_problem(document) is None


def test_document_of_any_depth_is_judged_without_a_stack() -> None:
    problem = cap_problem({"tags": {"a b": nested(100_000)}})

    assert problem
    assert problem.path.startswith("$.tags.a b[0][0]")
    assert problem.message == "is nested more than 20 levels deep; flatten it"


def test_path_of_a_problem_stays_short_whatever_the_keys() -> None:
    document: Any = {"k" * 10_000: {"l" * 10_000: [float("inf")]}}

    problem = cap_problem(document)

    assert problem
    assert len(problem.path) < 200
    assert problem.path.endswith("[0]")


@pytest.mark.parametrize("document", [exome_input()])
def test_inputs_of_runs_are_far_below_the_caps(document: Any) -> None:
    largest = {**document, "tags": {f"tag {n}": "é" * 256 for n in range(50)}}
    for lanes in ("fastq1S3Path", "fastq2S3Path"):
        largest[lanes] = [f"s3://bucket/{lanes}/{n}.fastq.gz" for n in range(32)]

    assert read_json(json.dumps(largest)) == largest
    assert CheckedInput.of(largest, RESULTS_BUCKET).problems == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
)


@settings(deadline=None)
@given(JSON)
def test_any_document_is_refused_or_read_as_it_is(document: Any) -> None:
    try:
        found = read_json(json.dumps(document))
    except JsonError:
        assert cap_problem(document)
    else:
        assert found == document
        assert cap_problem(document) is None
