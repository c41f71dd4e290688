"""hosts/stop_host.sh with a stand-in for curl: a host that is not ready says so, and ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

STOP_HOST = Path(__file__).parents[3] / "hosts" / "stop_host.sh"
KEYS = {"AccessKeyId": "AKID", "SecretAccessKey": "secret", "Token": "session"}
METADATA = {
    "instance-id": "i-0123456789abcdef0",
    "placement/region": "eu-west-1",
    "services/domain": "amazonaws.com",
    "iam/security-credentials/": "host-role",
    "iam/security-credentials/host-role": json.dumps(KEYS),
}
CURL = f"""#!{sys.executable}
import json, pathlib, sys
arguments, here = sys.argv[1:], pathlib.Path(__file__).parent
url = next(each for each in arguments if each.startswith("http"))
if url.endswith("/api/token"):
    print("imds-token")
elif "/meta-data/" in url:
    assert "x-aws-ec2-metadata-token: imds-token" in arguments
    print(json.loads((here / "metadata.json").read_text())[url.split("/meta-data/")[1]])
else:
    with (here / "calls").open("a") as calls:
        calls.write(json.dumps([url, arguments, json.load(sys.stdin)]) + "\\n")
    sys.exit((here / "refuses").exists() * 22)
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    (tmp_path / "metadata.json").write_text(json.dumps(METADATA))
    for name, script in (
        ("curl", CURL),
        ("systemctl", f'#!/bin/sh\necho "$@" >> {tmp_path}/told\n'),
    ):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(programs: Path, reason: str) -> None:
    subprocess.run(
        ["/bin/bash", str(STOP_HOST), "/seqstack/dev/jobs", reason],
        env={"PATH": f"{programs}:/usr/bin:/bin"},
        check=False,
    )


def test_stopped_host_says_why_in_the_log_group_and_turns_itself_off(programs: Path) -> None:
    run(programs, 'iptables --insert "it\'s" failed')

    created, put = map(json.loads, (programs / "calls").read_text().splitlines())
    for url, arguments, body in (created, put):
        assert url == "https://logs.eu-west-1.amazonaws.com/"
        assert arguments[arguments.index("--aws-sigv4") + 1] == "aws:amz:eu-west-1:logs"
        assert arguments[arguments.index("--user") + 1] == "AKID:secret"
        assert "x-amz-security-token: session" in arguments
        assert body["logGroupName"] == "/seqstack/dev/jobs"
        assert body["logStreamName"] == "hosts/i-0123456789abcdef0"
    assert "x-amz-target: Logs_20140328.CreateLogStream" in created[1]
    assert "x-amz-target: Logs_20140328.PutLogEvents" in put[1]
    (event,) = put[2]["logEvents"]
    assert event["message"] == (
        "host i-0123456789abcdef0 is not ready for jobs and was stopped: "
        'iptables --insert "it\'s" failed'
    )
    assert (programs / "told").read_text() == "poweroff\n"


def test_host_turns_itself_off_even_if_nobody_hears_it(programs: Path) -> None:
    (programs / "refuses").touch()

    run(programs, "mount failed")

    assert (programs / "told").read_text() == "poweroff\n"
