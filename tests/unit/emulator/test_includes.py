import pytest

from emulator.engine.includes import IncludeError, include_files


def including(location: str) -> dict[str, object]:
    return {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": location}}}


def test_include_puts_a_files_keys_where_the_transform_stands(tmp_path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/body.yaml").write_text('Fn::Sub: |\n  {"of": "${Stage}"}\n')
    template = {"Properties": {"Name": "a", "Body": including("parts/body.yaml")}, "List": [1]}

    assert include_files(template, tmp_path) == {
        "Properties": {"Name": "a", "Body": {"Fn::Sub": '{"of": "${Stage}"}\n'}},
        "List": [1],
    }


def test_include_keeps_the_keys_beside_the_transform(tmp_path) -> None:
    (tmp_path / "more.json").write_text('{"B": 2}')

    assert include_files([{"A": 1, **including("more.json")}], tmp_path) == [{"A": 1, "B": 2}]


def test_include_leaves_other_transforms_alone(tmp_path) -> None:
    other = {"Fn::Transform": {"Name": "Own", "Parameters": {"Location": "no-such-file"}}}

    assert include_files({"A": other}, tmp_path) == {"A": other}


def test_include_of_a_missing_file_names_it(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no-such\.yaml"):
        include_files(including("no-such.yaml"), tmp_path)


@pytest.mark.parametrize("content", ["Body: !Sub short form", "just text", "[1, 2]"])
def test_include_that_cloudformation_would_refuse_is_refused(tmp_path, content) -> None:
    (tmp_path / "part.yaml").write_text(content)

    with pytest.raises(IncludeError, match=r"part\.yaml"):
        include_files(including("part.yaml"), tmp_path)
