"""A stand-in for docker and podman: the commands that the emulator gives them, and no others.

What it refuses, prints and exits with was seen with podman 4.3 and with Docker's 28.2 client. A
container is a process of this machine whose command is a Python program, so a container's user,
mounts and limits are not here: `calls` has the options that would have made them.

$STAND_IN_ENGINE is its folder: `images/<name with _ for />` holds an image's labels as JSON (an
image `broken` has no entry point; with a label `oom` a killed container ran out of memory), a file
`without-init` takes the init program away.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(os.environ["STAND_IN_ENGINE"])
SWITCHES = {"--init", "--no-healthcheck", "--read-only", "--privileged"}
OPTIONS = {
    *("--pull", "--name", "--label", "--network", "--cpu-shares", "--memory", "--memory-swap"),
    *("--user", "--shm-size", "--tmpfs", "--ulimit", "--volume", "--env"),
    *("--entrypoint", "--cap-drop", "--cap-add"),
}
FORMATS = {"{{json .State}}": "State", "{{json .Config.Labels}}": "Labels"}
NEVER = "0001-01-01T00:00:00Z"


def refuse(message: str) -> None:
    sys.exit(f"Error: {message}")


def path_of(kind: str, name: str) -> Path:
    return ROOT / kind / name.replace("/", "_")


def load(kind: str, name: str) -> dict[str, Any]:
    path = path_of(kind, name)
    if not path.exists():
        refuse(f"no such {kind.removesuffix('s')}: {name}")
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def save(kind: str, name: str, content: dict[str, Any]) -> None:
    path = path_of(kind, name)
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(content))
    draft.rename(path)


def parse(words: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Options with their values, and the words from the first that is none."""
    options: dict[str, list[str]] = {}
    while words and words[0].startswith("-"):
        name, has_value, value = words.pop(0).partition("=")
        if name not in SWITCHES | OPTIONS:
            refuse(f"unknown flag: {name}")
        if name in OPTIONS and not has_value:
            value = words.pop(0)
        options.setdefault(name, []).append(value)
    return options, words


def image(what: str, _format: str, template: str, name: str) -> None:
    assert (what, _format) == ("inspect", "--format"), what
    print(json.dumps(load("images", name)[FORMATS[template]]))


def create(*words: str) -> None:
    options, (name, *command) = parse(list(words))
    if options.get("--pull") != ["never"]:
        refuse("this stand-in reaches no registry")
    load("images", name)
    if "--init" in options and (ROOT / "without-init").exists():
        refuse("container-init binary not found on the host")
    for volume in options.get("--volume", []):
        if not volume.startswith("/"):
            load("volumes", volume.partition(":")[0])
    (container,) = options.get("--name", [f"unnamed-{os.getpid()}"])
    if path_of("containers", container).exists():
        refuse(f"the container name {container} is already in use")
    state = {"Status": "created", "StartedAt": NEVER, "ExitCode": 0, "OOMKilled": False}
    save(
        "containers",
        container,
        {"Image": name, "Command": command, "Options": options, "State": state, "Pid": 0},
    )
    print(container)


def start(*words: str) -> None:
    if len(words) == 1:  # not attached, as the reference service: it is noted, not run
        content = load("containers", *words)
        content["State"] |= {"StartedAt": "2026-11-22T13:14:25Z", "ExitCode": 0}
        save("containers", *words, content)
        return
    _attach, name = words
    assert _attach == "--attach", _attach
    content = load("containers", name)
    if content["Image"].startswith("seqstack/broken:"):
        refuse("executable file `/nosuch` not found in $PATH: No such file or directory")
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", *content["Command"]],
        env=dict(variable.split("=", 1) for variable in content["Options"].get("--env", [])),
        start_new_session=True,
    )
    content |= {"Pid": process.pid}
    content["State"] |= {"Status": "running", "StartedAt": "2026-11-22T13:14:25Z"}
    save("containers", name, content)
    code = process.wait()
    code = 128 - code if code < 0 else code
    killed_for_memory = code == 137 and "oom" in load("images", content["Image"])["Labels"]
    content["State"] |= {"Status": "exited", "ExitCode": code, "OOMKilled": killed_for_memory}
    if path_of("containers", name).exists():
        save("containers", name, content)
    sys.exit(code)


def inspect(_type: str, kind: str, _format: str, template: str, name: str) -> None:
    assert (_type, kind, _format) == ("--type", "container", "--format"), kind
    print(json.dumps(load("containers", name)[FORMATS[template]]))


def kill(_signal: str, number: str, name: str) -> None:
    content = load("containers", name)
    if content["State"]["Status"] != "running":
        refuse("can only kill running containers")
    if number == "KILL":
        os.killpg(content["Pid"], signal.SIGKILL)
    else:
        os.kill(content["Pid"], signal.Signals[f"SIG{number}"])


def wait(name: str) -> None:
    while (state := load("containers", name)["State"])["Status"] != "exited":
        time.sleep(0.01)
    print(state["ExitCode"])


def rm(*words: str) -> None:
    assert words[:2] == ("--force", "--volumes"), words
    for name in words[2:]:
        path = path_of("containers", name)
        if not path.exists():
            continue
        content = load("containers", name)
        path.unlink()
        if content["State"]["Status"] == "running":
            os.killpg(content["Pid"], signal.SIGKILL)


def ps(*words: str) -> None:
    assert words[:3] == ("--all", "--quiet", "--filter"), words
    list_labelled("containers", words[3])


def volume(what: str, *words: str) -> None:
    if what == "create":
        options, (name,) = parse(list(words))
        save("volumes", name, {"Options": options})
    elif what == "ls":
        assert words[:2] == ("--quiet", "--filter"), words
        list_labelled("volumes", words[2])
    else:
        assert (what, words[0]) == ("rm", "--force"), what
        for name in words[1:]:
            path_of("volumes", name).unlink(missing_ok=True)


def list_labelled(kind: str, wanted: str) -> None:
    label = wanted.removeprefix("label=")
    for path in sorted((ROOT / kind).glob("*")):
        labels = load(kind, path.name)["Options"].get("--label", [])
        if any(label in {given, given.partition("=")[0]} for given in labels):
            print(path.name)


def info() -> None:
    if (ROOT / "stopped").exists():
        refuse("cannot connect to the daemon")


COMMANDS = {
    f.__name__: f for f in (image, create, start, inspect, kill, wait, rm, ps, volume, info)
}

if __name__ == "__main__":
    with (ROOT / "calls").open("a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + "\n")
    COMMANDS[sys.argv[1]](*sys.argv[2:])
