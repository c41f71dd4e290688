import json
import re

import pytest

LISTS = [
    "requirements/dev.txt",
    "requirements/security.txt",
    "requirements/bootstrap.txt",
    "layers/common/requirements.txt",
]
every_list = pytest.mark.parametrize("name", LISTS)


def _packages(text):
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, re.MULTILINE))


@every_list
def test_requirements_every_package_is_pinned_and_hashed(request, name):
    text = (request.config.rootpath / name).read_text()
    entries = re.split(r"\n(?=\S)", text.strip())

    assert len(entries) == len(_packages(text)) > 0
    assert all("--hash=sha256:" in entry for entry in entries)


@every_list
def test_requirements_hold_no_address_and_no_path(request, name):
    text = (request.config.rootpath / name).read_text()

    assert not re.search(r"https?:|file:|--index|--find-links|/", text)


def test_requirements_of_the_layer_leave_boto_to_the_runtime(request):
    layer = _packages((request.config.rootpath / "layers/common/requirements.txt").read_text())

    assert not layer.keys() & {"boto3", "botocore", "aws-xray-sdk"}


def test_requirements_of_developers_test_the_layers_versions(request):
    root = request.config.rootpath
    layer = _packages((root / "layers/common/requirements.txt").read_text())
    dev = _packages((root / "requirements/dev.txt").read_text())

    assert layer.items() <= dev.items()


def test_npm_lock_holds_hashes_and_no_download_address(request):
    lock = json.loads(
        (request.config.rootpath / "requirements/npm/npm-shrinkwrap.json").read_text()
    )
    packages = [package for path, package in lock["packages"].items() if path]

    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert not any("resolved" in package for package in packages)
