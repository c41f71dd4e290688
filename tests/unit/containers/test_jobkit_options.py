from pathlib import Path

import pytest

from jobkit.errors import UsageError
from jobkit.lanes import pair_lanes
from jobkit.options import common_options, has_option, job_parser, require_allowed
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.bwa import BWA

BASE = ["--sample_id=S1", "--provenance_s3_path=s3://bucket/p.json", "--working_dir=/scratch"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ()),
        (["--cmd_args", " --exome "], ("--exome",)),
        (["--cmd_args", "--exome"], ("--exome",)),
        (["--cmd_args", " -t hg38 "], ("-t", "hg38")),
        (["--cmd_args=-a 'two words' $HOME"], ("-a", "two words", "$HOME")),
        (["--cmd_args", ""], ()),
    ],
)
def test_cmd_args_are_split_like_a_shell_does_but_nothing_is_expanded(
    words: list[str], expected: tuple[str, ...]
) -> None:
    assert common_options(job_parser("x", "").read([*BASE, *words])).cmd_args == expected


def test_common_options_cap_threads_at_the_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: {0, 1, 2})
    parser = job_parser("x", "")
    assert common_options(parser.read([*BASE, "--threads", "16"])).threads == 3
    assert common_options(parser.read([*BASE, "--threads", "2"])).threads == 2
    options = common_options(parser.read([*BASE, "--memory", "7.5"]))
    assert (options.threads, options.memory_gib) == (3, 7.5)
    assert options.working_dir == Path("/scratch")


@pytest.mark.parametrize(
    "words",
    [
        ["--threads", "0"],
        ["--threads", "-1"],
        ["--memory", "0"],
        ["--memory", "much"],
        ["--cmd_args", "'open"],
        ["--no_such", "1"],
        ["--sample", "S1"],
    ],
)
def test_job_parser_given_nonsense_exits_with_64(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        job_parser("x", "").read([*BASE, *words])
    assert caught.value.code == 64


@pytest.mark.parametrize("sample", ["", "../x", "a b", "a/b", "a,b", "-x", "x" * 129])
def test_job_parser_given_an_unsafe_sample_id_exits_with_64(sample: str) -> None:
    with pytest.raises(SystemExit) as caught:
        job_parser("x", "").read([f"--sample_id={sample}", *BASE[1:]])
    assert caught.value.code == 64


def test_require_allowed_names_everything_that_may_not_be_given() -> None:
    with pytest.raises(UsageError, match=r"-t may not be given: .*; -f may not be given"):
        require_allowed(["-t", "4", "-k", "5", "-f", "x"], BWA)
    require_allowed(["-k", "5"], BWA)


def test_has_option_knows_both_forms() -> None:
    assert has_option(["--buckets=5"], "--buckets")
    assert has_option(["--buckets", "5"], "--buckets")
    assert not has_option(["--bucketsize", "5"], "--buckets")


def test_pair_lanes_goes_by_position() -> None:
    a, b, c, d = (S3Uri("bucket", name) for name in "abcd")
    assert pair_lanes([a, b], [c, d]) == [(a, c), (b, d)]
    with pytest.raises(UsageError, match="named twice"):
        pair_lanes([a, b], [c, a])
