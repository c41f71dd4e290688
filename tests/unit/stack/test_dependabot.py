"""Dependabot watches everything that is pinned."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

# What each ecosystem reads, by the names of files in a folder:
# docs.github.com/code-security/dependabot/ecosystems-supported-by-dependabot
FILES: dict[str, Callable[[Path], bool]] = {
    "docker": lambda path: path.name == "Dockerfile",
    "github-actions": lambda path: path.parent.name == "workflows" and path.suffix == ".yml",
    "npm": lambda path: path.name == "package.json",
    "pip": lambda path: (
        "requirements" in f"{path.parent.name}/{path.stem}" and path.suffix == ".txt"
    ),
}


@pytest.fixture(scope="module")
def updates(root: Path) -> list[dict[str, Any]]:
    config = yaml.safe_load((root / ".github/dependabot.yml").read_text())
    assert config["version"] == 2
    found: list[dict[str, Any]] = config["updates"]
    return found


def folders(update: dict[str, Any]) -> list[str]:
    assert ("directory" in update) != ("directories" in update)
    return [*update.get("directories", ()), *filter(None, [update.get("directory")])]


def tracked(root: Path) -> list[Path]:
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    return [root / line for line in listed.stdout.splitlines() if (root / line).is_file()]


@pytest.mark.parametrize("ecosystem", FILES)
def test_every_file_of_an_ecosystem_is_watched_and_every_folder_has_one(
    root: Path, updates: list[dict[str, Any]], ecosystem: str
) -> None:
    there = {
        # the workflows' folder is known to the bot by itself
        "/" if ecosystem == "github-actions" else f"/{path.parent.relative_to(root)}"
        for path in tracked(root)
        if FILES[ecosystem](path)
    }
    (update,) = [each for each in updates if each["package-ecosystem"] == ecosystem]

    assert there
    assert set(folders(update)) == there


def test_every_ecosystem_is_known_and_waits_a_week(updates: list[dict[str, Any]]) -> None:
    assert {update["package-ecosystem"] for update in updates} == set(FILES)
    for update in updates:
        assert update["schedule"] == {"interval": "weekly"}
        assert update["cooldown"] == {"default-days": 7}
        assert update.keys() <= {
            *("package-ecosystem", "directory", "directories", "schedule", "cooldown", "groups"),
        }


def test_watched_base_images_are_literal(root: Path) -> None:
    # Dependabot reads no ARG: github.com/dependabot/dependabot-core/issues/2057
    rows = (root / "containers/Dockerfile").read_text().splitlines()
    opened = [row.split()[1:4:2] for row in rows if row.startswith("FROM ")]
    stages = {name for _, name in opened}
    bases = [image for image, _ in opened if image not in stages]

    assert len(bases) == 2
    for image in bases:
        assert re.fullmatch(r"[a-z/]+:[\w.-]+@sha256:[0-9a-f]{64}", image)
