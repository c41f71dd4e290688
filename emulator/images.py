"""Names of images: a job definition's in ECR, and what it was pushed from. Pure."""

_PREFIX = "seqstack"


def tool_folder(image: str) -> str:
    """Name the tool folder of an image: the last part of its path, without tag and digest."""
    return _name_and_tag(image)[0]


def local_image(image: str) -> str:
    """Name the image on this machine that an image of ECR was pushed from, by `make push-images`.

    `<registry>/seqstack-dev/bwa:0.1.0` was `seqstack/bwa:0.1.0`; without a tag it is `latest`.
    """
    folder, tag = _name_and_tag(image)
    return built_image(folder, tag or "latest")


def built_image(folder: str, tag: str) -> str:
    """Name what `make images` builds for the tool of `containers/<folder>`."""
    return f"{_PREFIX}/{folder}:{tag}"


def _name_and_tag(image: str) -> tuple[str, str]:
    name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    return name, tag
