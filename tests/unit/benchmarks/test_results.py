import platform
import re

import pytest

from benchmarks.results import circumstances, table, write_section
from seqstack.tools.registry import Tool

ORDER = ("first", "second", "third")


def test_sections_stand_in_order_whichever_was_written_last(tmp_path):
    path = tmp_path / "RESULTS.md"

    for name in ("third", "first", "second"):
        write_section(path, name, name.capitalize(), f"of {name}", ORDER)

    assert re.findall("## (.*)", path.read_text()) == ["First", "Second", "Third"]


def test_a_section_written_again_replaces_itself_only(tmp_path):
    path = tmp_path / "RESULTS.md"
    write_section(path, "first", "First", "old", ORDER)
    write_section(path, "second", "Second", "other", ORDER)
    before = path.read_text()

    write_section(path, "first", "First", "new", ORDER)

    assert path.read_text() == before.replace("old", "new")


def test_a_section_of_unknown_place_is_refused(tmp_path):
    with pytest.raises(ValueError, match="fourth"):
        write_section(tmp_path / "RESULTS.md", "fourth", "Fourth", "", ORDER)


def test_table_aligns_figures_to_the_right():
    assert table(["way", "s"], [["shell", "1.0"], ["emulator", "2.0"]]) == (
        "| way | s |\n| --- | ---: |\n| shell | 1.0 |\n| emulator | 2.0 |"
    )


def test_circumstances_name_no_host_and_no_folder():
    told = circumstances([Tool.BWA], ["moto"], 0.5)

    assert re.search(r"bwa 0\.\d+\.\d+-r\d+, samtools 1\.\S+, moto \d+\.\d+\.\d+\.$", told)
    assert "load average before 0.5" in told
    assert platform.node() not in told.split()
    assert "/home" not in told
    assert "/work" not in told
