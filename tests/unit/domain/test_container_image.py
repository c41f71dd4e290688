import pytest

from seqstack.domain.container_image import ContainerImage

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (f"{ECR}/seqstack-dev/bwa:0.1.0", (ECR, "seqstack-dev/bwa", "0.1.0", "")),
        (f"{ECR}/bwa@sha256:ab", (ECR, "bwa", "", "sha256:ab")),
        (f"{ECR}/bwa:1@sha256:ab", (ECR, "bwa", "1", "sha256:ab")),
        ("debian", ("", "debian", "", "")),
        ("library/debian:trixie", ("", "library/debian", "trixie", "")),
        ("localhost:5000/bwa", ("localhost:5000", "bwa", "", "")),
        ("quay.io/biocontainers/bwa:0.7.18", ("quay.io", "biocontainers/bwa", "0.7.18", "")),
    ],
)
def test_image_parse_takes_a_name_apart(name: str, parts: tuple[str, str, str, str]) -> None:
    image = ContainerImage.parse(name)

    assert (image.registry, image.repository, image.tag, image.digest) == parts


@pytest.mark.parametrize(
    ("name", "account", "region"),
    [
        (f"{ECR}/bwa", "123456789012", "us-east-1"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/bwa", "123456789012", "cn-north-1"),
        ("quay.io/biocontainers/bwa", "", ""),
        ("debian", "", ""),
        (f"{ECR}.attacker.example/bwa", "", ""),
    ],
)
def test_image_of_ecr_reports_account_and_region(name: str, account: str, region: str) -> None:
    image = ContainerImage.parse(name)

    assert (image.ecr_account, image.ecr_region) == (account, region)


def test_image_at_a_digest_has_no_tag() -> None:
    assert ContainerImage.parse(f"{ECR}/a/bwa:1").at("sha256:ab") == f"{ECR}/a/bwa@sha256:ab"
    assert ContainerImage.parse("debian:trixie").at("sha256:ab") == "debian@sha256:ab"
