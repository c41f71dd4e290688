"""hosts/prepare.sh for real: file systems on loop devices, mounts, and the packet filter's rule.

As root, in mount and network namespaces of its own. Stood in for are what loop devices can't show
(lsblk's models and serial numbers) and what this kernel may not have (device mapper, udev).
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from scripts.user_data import HOSTS, INSTALLED, LOG_GROUP, installer, without_comments

HERE = Path(__file__).parent
PREPARE = HERE.parents[2] / "hosts" / "prepare.sh"
NVME, EBS = "Amazon EC2 NVMe Instance Storage", "Amazon Elastic Block Store"
AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
MIB = 1 << 20
SMALLEST_XFS = 320 * MIB
# the partition table of a master boot record: Linux, from sector 2048, of 2048 sectors
ONE_PARTITION = bytes(4) + b"\x83" + bytes(3) + b"\x00\x08\x00\x00" * 2 + bytes(48) + b"\x55\xaa"
PROBE = """
echo "scratch: $(findmnt --noheadings --output FSTYPE,OPTIONS /scratch || echo a folder)"
echo "size: $(df --block-size=1M --output=size /scratch | tail -1 | tr -d ' ')"
echo "docker: $(findmnt --noheadings --output FSROOT /var/lib/docker || echo a folder)"
echo "references: $(stat --format='%a %U' /scratch/references)"
echo "services: $(tr '\\n' ' ' </run/systemctl)"
echo "stopped: $(cat /run/systemd-run 2>/dev/null)"
echo "agent: $(cat /etc/ecs/ecs.config | tr '\\n' ' ')"
echo "filter: $(iptables --list-rules OUTPUT | tr '\\n' ' ')"
"""


@dataclass
class Disk:
    """A block device of so many bytes, as the host's lsblk shows it."""

    path: str
    serial: str
    model: str
    size: int = SMALLEST_XFS
    loop: str = ""
    has_partitions: bool = False


@dataclass
class Host:
    """A machine that can be booted again and again; its disks keep what is on them."""

    work: Path
    disks: list[Disk] = field(default_factory=list)
    stand_ins: Path = HERE / "bin"

    def attach(self, *disks: Disk) -> None:
        for disk in disks:
            file = self.work / f"{disk.serial}.disk"
            with file.open("wb") as handle:
                handle.truncate(disk.size)
                if disk.has_partitions:
                    handle.seek(446)
                    handle.write(ONE_PARTITION)
            disk.loop = as_root("losetup", "--find", "--show", str(file)).strip()
        self.disks += disks

    def boot(self, probe: str = "") -> dict[str, str]:
        """What the probes of a boot say, by name, and all that was printed as `log`."""
        lines = [
            f"{disk.path}|7:{disk.loop.removeprefix('/dev/loop')}|{disk.serial}|{disk.model}\n"
            for disk in self.disks
        ]
        (self.work / "disks").write_text("".join(lines))
        (self.work / "probe").write_text(PROBE + probe)
        machine = [str(HERE / "machine.sh"), str(self.work), str(PREPARE), str(self.stand_ins)]
        log = as_root("unshare", "--mount", "--net", *machine)
        told = dict(line.split(": ", 1) for line in log.splitlines() if ": " in line)
        return {**told, "log": log}

    def shut_down(self) -> None:
        for disk in self.disks:
            as_root("losetup", "--detach", disk.loop)
        as_root("rm", "-rf", str(self.work))


def as_root(*command: str) -> str:
    done = subprocess.run(
        [*AS_ROOT, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}"
    return done.stdout


def what_is_missing() -> str:
    for program in ("mkfs.xfs", "iptables", "losetup", "unshare", "findmnt"):
        if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin"):
            return f"there is no {program}"
    tried = subprocess.run([*AS_ROOT, "losetup", "--find"], capture_output=True, check=False)
    if tried.returncode:
        return "this user or this system can have no loop devices"
    return ""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    if missing := what_is_missing():
        pytest.skip(missing)
    host = Host(tmp_path / "host")
    host.work.mkdir()
    yield host
    host.shut_down()


def nvme(number: int, serial: str, size: int = SMALLEST_XFS) -> Disk:
    return Disk(f"/dev/nvme{number}n1", serial, NVME, size)


ROOT = Disk("/dev/nvme0n1", "vol0a1b2c3d4e5f60718", EBS, has_partitions=True)
VOLUME = "vol0f1e2d3c4b5a69788"
KEPT = "echo kept > /scratch/references/genome.fa"
IS_KEPT = 'echo "found: $(cat /scratch/references/genome.fa)"'


def test_host_with_one_instance_store_disk_has_scratch_and_docker_on_it(host: Host) -> None:
    host.attach(ROOT, nvme(1, "AWS22A1B2C3D4E5F607"))

    told = host.boot()

    assert told["exit status"] == "0", told["log"]
    assert told["scratch"].startswith("xfs ")
    assert "noatime" in told["scratch"]
    assert told["docker"] == "/docker"  # of the file system at /scratch
    assert told["references"] == "755 root"
    assert "/scratch lies on /dev/nvme1n1" in told["log"]


def test_host_with_several_instance_store_disks_has_one_striped_scratch(host: Host) -> None:
    host.attach(ROOT, nvme(1, "AWS1"), nvme(2, "AWS2"), nvme(3, "AWS3"))

    told = host.boot()

    assert told["exit status"] == "0", told["log"]
    assert told["scratch"].startswith("xfs ")
    assert 0.9 * 3 * 320 < int(told["size"]) <= 3 * 320  # MiB; XFS keeps its log
    assert told["docker"] == "/docker"
    assert "/scratch lies on /dev/nvme1n1 /dev/nvme2n1 /dev/nvme3n1" in told["log"]


def test_host_with_disks_of_unlike_sizes_stripes_as_far_as_the_shortest_goes(host: Host) -> None:
    host.attach(nvme(1, "AWS1", 320 * MIB + 12_345 * 512), nvme(2, "AWS2", 400 * MIB))

    told = host.boot()

    assert told["exit status"] == "0", told["log"]
    # 320 MiB and 12 whole chunks of half a MiB, twice
    assert 0.9 * 652 < int(told["size"]) <= 652


@pytest.mark.parametrize("path", ["/dev/nvme1n1", "/dev/nvme0n1"])
def test_host_without_local_disks_has_scratch_on_its_volume(host: Host, path: str) -> None:
    other = {"/dev/nvme0n1": "/dev/nvme1n1"}.get(path, "/dev/nvme0n1")
    host.attach(replace(ROOT, path=other), Disk(path, VOLUME, EBS))

    told = host.boot()

    assert told["exit status"] == "0", told["log"]
    assert told["scratch"].startswith("xfs ")
    assert told["docker"] == "/docker"
    assert f"/scratch lies on {path}" in told["log"]


def test_host_with_local_disks_and_a_volume_takes_the_local_disks(host: Host) -> None:
    host.attach(ROOT, Disk("/dev/nvme1n1", VOLUME, EBS), nvme(2, "AWS1"))

    assert "/scratch lies on /dev/nvme2n1" in host.boot()["log"]


def test_host_without_any_other_disk_has_scratch_on_its_root(host: Host) -> None:
    host.attach(ROOT)

    told = host.boot()

    assert told["exit status"] == "0", told["log"]
    assert told["scratch"] == told["docker"] == "a folder"
    assert told["references"] == "755 root"
    assert "/scratch lies on the root volume" in told["log"]


def test_host_whose_disk_can_hold_no_file_system_takes_no_jobs(host: Host) -> None:
    host.attach(ROOT, nvme(1, "AWS1", 4 * MIB))

    told = host.boot()

    assert told["exit status"] != "0"
    assert told["services"].startswith("mask --runtime ecs.service ")
    assert "mkfs.xfs" in told["stopped"]


def test_host_whose_packet_filter_fails_takes_no_jobs_and_says_so(host: Host) -> None:
    host.attach(ROOT, nvme(1, "AWS1"))
    broken = host.work / "bin"
    shutil.copytree(host.stand_ins, broken)
    (broken / "iptables").write_text("#!/bin/sh\nexit 3\n")
    (broken / "iptables").chmod(0o755)
    host.stand_ins = broken

    told = host.boot("rm -f /run/bin/iptables")

    assert told["exit status"] != "0"
    assert told["scratch"].startswith("xfs ")  # mounted before the rule
    assert told["services"] == "mask --runtime ecs.service "
    program, group, reason = told["stopped"].split(" ", 2)
    assert program == INSTALLED[HOSTS / "stop_host.sh"]
    assert group == LOG_GROUP  # until CloudFormation replaces it
    assert reason.startswith("iptables ")


def test_host_that_is_ready_is_not_stopped(host: Host) -> None:
    host.attach(ROOT, nvme(1, "AWS1"))

    assert host.boot()["stopped"] == ""


@pytest.mark.parametrize("count", [1, 3])
def test_host_that_reboots_finds_what_was_on_scratch_whatever_its_disks_are_called(
    host: Host, count: int
) -> None:
    host.attach(*(nvme(number, f"AWS{number}") for number in range(1, count + 1)))
    host.boot(KEPT)
    for disk, number in zip(host.disks, reversed(range(1, count + 1)), strict=True):
        disk.path = f"/dev/nvme{number}n1"

    told = host.boot(IS_KEPT)

    assert told["scratch"].startswith("xfs "), told["log"]
    assert told["found"] == "kept"


def test_script_that_runs_again_changes_nothing(host: Host) -> None:
    host.attach(nvme(1, "AWS1"), nvme(2, "AWS2"))
    again = "findmnt --noheadings --output TARGET,SOURCE > /run/before; bash /run/prepare.sh; "
    again += "findmnt --noheadings --output TARGET,SOURCE | diff /run/before - && echo 'diff: none'"

    told = host.boot(KEPT + "\n" + again + PROBE + IS_KEPT)

    assert told["scratch"].startswith("xfs "), told["log"]
    assert told["diff"] == "none"
    assert told["found"] == "kept"
    assert told["filter"].count("169.254.169.254") == 1
    assert told["agent"].count("ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION=1m") == 1


def test_host_configures_the_agent_once_to_remove_volumes_and_leaves_other_lines(
    host: Host,
) -> None:
    host.attach(ROOT)
    host.boot("echo ECS_CLUSTER=mine >> /etc/ecs/ecs.config")

    assert host.boot()["agent"] == "ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION=1m ECS_CLUSTER=mine "


def test_host_installs_the_reference_service_and_starts_it(host: Host) -> None:
    host.attach(ROOT)
    show = [f"stat --format='{path}: %a %U' {path}" for path in INSTALLED.values()]
    show += [
        f"sha256sum {path} | sed 's/ .*//; s,^,sum-of-{path}: ,'" for path in INSTALLED.values()
    ]

    told = host.boot("\n".join([installer(), *show]))

    assert told["services"] == "daemon-reload start --no-block seqstack-references.service "
    for source, path in INSTALLED.items():
        assert told[path] == "644 root"
        text = source.read_text()
        text = without_comments(text) if source.suffix == ".sh" else text
        assert told[f"sum-of-{path}"] == hashlib.sha256(text.encode()).hexdigest()


def test_host_refuses_the_instance_metadata_to_all_but_root(host: Host) -> None:
    host.attach(ROOT)
    # a service at that address, in the host's network namespace, which jobs share
    route = "ip link set lo up; ip address add 169.254.169.254/32 dev lo"
    server = "python3 -m http.server --bind 169.254.169.254 80 >/dev/null 2>&1 &"
    ask = (
        "python3 - <<'END'\n"
        "import os, socket, time\n"
        "def reach():\n"
        "    try:\n"
        "        socket.create_connection(('169.254.169.254', 80), timeout=2).close()\n"
        "        return 'reached'\n"
        "    except OSError as error:\n"
        "        return type(error).__name__\n"
        "until = time.monotonic() + 30\n"
        "while (root := reach()) != 'reached' and time.monotonic() < until: time.sleep(0.1)\n"
        "print('root:', root)\n"
        "os.setuid(10001)\n"
        "print('job:', reach())\n"
        "END\n"
        "kill %1\n"
    )

    told = host.boot("\n".join([route, server, ask]))

    assert told["root"] == "reached", told["log"]
    assert told["job"] != "reached"
