"""Container images in ECR: the digest of a tag."""

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.container_image import ContainerImage

_ABSENT = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})


def image_digest(name: str) -> str | None:
    """The digest (`sha256:…`) of the image that a job definition names.

    Returns:
        None if its repository has no such image; "" if the functions have no access: another
        registry, region or repository than the stack's.
    """
    image = ContainerImage.parse(name)
    if image.digest:
        return image.digest
    ecr = client("ecr")
    if not image.ecr_account or image.ecr_region != ecr.meta.region_name:
        return ""
    try:
        with translated_errors():
            answer = ecr.describe_images(
                registryId=image.ecr_account,
                repositoryName=image.repository,
                imageIds=[{"imageTag": image.tag or "latest"}],
            )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _ABSENT:
            return None
        if code == "AccessDeniedException":
            return ""
        raise
    return answer["imageDetails"][0]["imageDigest"]
