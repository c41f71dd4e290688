import importlib.util
from types import SimpleNamespace

import pytest

from benchmarks import __main__ as command_line


@pytest.fixture
def measured(monkeypatch):
    """What benchmarks `this-one` and `other` were asked for, in order."""
    told = []

    def module(name):
        return SimpleNamespace(
            TITLE=name,
            TOOLS=(),
            PACKAGES=("moto",),
            run=lambda settings: told.append((name, settings)) or f"figures of {name}",
        )

    monkeypatch.setattr(command_line, "ORDER", ("this-one", "other", "large"))
    modules = {"benchmarks.this_one": module("This one"), "benchmarks.other": module("Other")}
    monkeypatch.setattr(command_line.importlib, "import_module", modules.__getitem__)
    return told


def test_a_named_benchmark_gets_its_options_and_its_section(measured, tmp_path):
    results = tmp_path / "RESULTS.md"

    command_line.main(
        ["other", "--rounds=2", "--quick", f"--folder={tmp_path}", f"--results={results}"]
    )

    ((name, settings),) = measured
    assert (name, settings.rounds, settings.is_quick) == ("Other", 2, True)
    assert settings.folder == tmp_path / "other"
    assert settings.folder.is_dir()
    assert "## Other\n\nfigures of Other\n\n" in results.read_text()


def test_without_a_name_all_but_the_large_one_are_measured(measured, tmp_path):
    command_line.main([f"--folder={tmp_path}", f"--results={tmp_path / 'RESULTS.md'}"])

    assert [name for name, _ in measured] == ["This one", "Other"]


def test_an_unknown_name_is_refused_before_anything_is_measured(measured, capsys):
    with pytest.raises(SystemExit):
        command_line.main(["this-one", "ohter"])

    assert "no such benchmark: ohter" in capsys.readouterr().err
    assert measured == []


def test_every_name_is_a_module():
    for name in command_line.ORDER:
        assert importlib.util.find_spec(f"benchmarks.{name.replace('-', '_')}"), name
