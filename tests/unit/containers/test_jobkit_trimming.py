"""What trims reads: the check of records, fastp's command, and reports of several lanes."""

import subprocess

import pytest

from jobkit.record_form import RecordForm
from jobkit.trim_report import combined, facts_of
from jobkit.trimming import NO_UMI, build_fastp_command, build_umi_command

GOOD = b"@a x\nACGT\n+\n@III\n@empty\n\n+\n\n@b\nNN\n+b\n++\n"


def problem(text: bytes, size: int) -> str:
    """What is wrong with a text that is read in chunks of `size` bytes."""
    form = RecordForm()
    for start in range(0, len(text), size):
        if said := form.feed(text[start : start + size]):
            return said
    return form.end()


@pytest.mark.parametrize("size", range(1, len(GOOD) + 1))
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"", b"", ""),
        (b"++\n", b"++", ""),
        (b"@b", b"b", "record 3, 'b': its first line does not begin with @"),
        (b"+b", b"b", "record 3, '@b': its third line does not begin with +"),
        (b"NN", b"N", "record 3, '@b': 1 bases, and 2 qualities"),
        (b"++\n", b"+", "record 3, '@b': 2 bases, and 1 qualities"),
        (b"@III", b"@II", "record 1, '@a x': 4 bases, and 3 qualities"),
        (b"@empty\n", b"", "record 2, '': its first line does not begin with @"),
    ],
)
def test_malformed_record_is_found_wherever_a_chunk_ends(
    size: int, old: bytes, new: bytes, said: str
) -> None:
    assert problem(GOOD.replace(old, new, 1), size) == said


@pytest.mark.parametrize(
    ("name", "options", "is_given"),
    [
        ("A00123:1:HXX:1:1101:5:6 1:N:0", (), True),
        ("LH00123:1:HXX:1:1101:5:6", (), True),
        ("VH01234:1:AAA:1:1101:5:6", ("--umi",), True),
        ("A00123:1:HXX:1:1101:5:6", ("-G",), False),
        ("A00123:1:HXX:1:1101:5:6", ("--trim_poly_g",), False),
        ("K00123:1:HXX:1:1101:5:6", (), False),  # HiSeq 4000: four colors
        ("M00123:1:000-AAA:1:1101:5:6", (), False),  # MiSeq
        ("A.1", (), False),
        ("SRR1.1 A00123:1:HXX:1:1101:5:6", (), False),
    ],
)
def test_tails_of_g_are_cut_where_no_signal_reads_as_g(
    name: str, options: tuple[str, ...], is_given: bool
) -> None:
    command = build_fastp_command("second", "report.json", name, options)

    added = command[: len(command) - len(options)]
    assert ("--trim_poly_g" in added) == is_given
    assert command[-len(options) :] == list(options) or not options


@pytest.mark.parametrize(
    ("header", "moved"),
    [  # as fastp writes them
        ("@a:1:ACGT", "@a:1\tRX:Z:ACGT"),
        ("@a:1:ACGT 1:N:0:TT", "@a:1\tRX:Z:ACGT"),
        ("@a:1:ACGT_TTGA 1:N:0:TT", "@a:1\tRX:Z:ACGT-TTGA"),
        ("@a:1 1:N:0:TT", None),
        # fastp adds to a comment behind a tab, and takes the last word of one for an index
        ("@a:1\tBC:Z:TT:ACGT", None),
        ("@a:1\tBC:Z:TT\tQT:Z:FFFF:FFFF", None),
        ("@a:1\tRG:Z:lib:lib", None),
    ],
)
def test_umi_that_fastp_has_added_becomes_a_tag(header: str, moved: str | None) -> None:
    record = "{}\nAC:GT\n+\n@I:AC\n"

    ended = subprocess.run(
        build_umi_command(),
        input=record.format(header),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == (0 if moved else NO_UMI)
    assert ended.stdout == (record.format(moved) if moved else "")


def report(reads: int, bases: int, sizes: list[int]) -> dict[str, object]:
    stage = {"total_reads": reads, "total_bases": bases, "q20_bases": bases, "q30_bases": 0}
    of_side = {"total_reads": reads // 2, "total_bases": bases // 2, "quality_curves": {}}
    return {
        "summary": {
            "fastp_version": "0.24.0",
            **{f"{when}_filtering": stage | {"gc_content": 0.5} for when in ("before", "after")},
        },
        "filtering_result": {"passed_filter_reads": reads, "too_short_reads": 2},
        "adapter_cutting": {"adapter_trimmed_reads": 4, "read1_adapter_counts": {"A": reads}},
        "insert_size": {"peak": 0, "unknown": 1, "histogram": sizes},
        **{f"read{n}_{when}_filtering": of_side for n in (1, 2) for when in ("before", "after")},
        "command": "fastp",
    }


def test_reports_of_lanes_are_added_and_kept() -> None:
    lanes = [report(100, 10_000, [5, 0, 0]), report(300, 20_000, [0, 3, 6])]

    both = combined(lanes)

    before = both["summary"]["before_filtering"]
    assert before["total_reads"] == 400
    assert before["q20_rate"] == 1
    assert before["gc_content"] == 0.5
    assert before["read1_mean_length"] == 75
    assert both["insert_size"] == {"peak": 2, "unknown": 2, "histogram": [5, 3, 6]}
    assert both["adapter_cutting"]["read1_adapter_counts"] == {"A": 400}
    assert both["lanes"] == lanes
    assert facts_of(both)["readsRemoved"] == {"too_short_reads": 4}
    assert combined(lanes[:1]) == lanes[0]
