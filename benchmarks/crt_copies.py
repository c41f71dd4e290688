"""Copies by boto3's transfer manager on the AWS Common Runtime (CRT).

It takes jobkit_copies' arguments, and runs in .venv-bench. boto3 itself takes CRT for HTTPS only;
what it takes then is used here.
"""

import os
import sys
from pathlib import Path

import botocore.session
from s3transfer.crt import (
    BotocoreCRTCredentialsWrapper,
    BotocoreCRTRequestSerializer,
    CRTTransferManager,
    create_s3_crt_client,
)


def main(way: str, path: Path, uri: str, number: int) -> None:
    """Copy; CRT sends checksums of what it uploads."""
    session = botocore.session.get_session()
    region = os.environ["AWS_REGION"]
    wrapper = BotocoreCRTCredentialsWrapper(session.get_credentials())
    client = create_s3_crt_client(
        region, crt_credentials_provider=wrapper.to_crt_credentials_provider(), use_ssl=False
    )
    serializer = BotocoreCRTRequestSerializer(
        session, {"region_name": region, "endpoint_url": os.environ["AWS_ENDPOINT_URL"]}
    )
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    with CRTTransferManager(client, serializer) as manager:
        if way == "up":
            copies = [manager.upload(str(path), bucket, key)]
        else:
            copies = [
                manager.download(bucket, f"{key}{each}", str(path / str(each)))
                for each in range(number)
            ]
        for each in copies:
            each.result()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
