"""The reports of a cohort's runs, saved beside the cohort's."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cli.errors import unavailable
from cli.pages import REPORT, RESULT_PAGES, result_address, with_policy
from cli.relatedness.collecting import Fetch, ListOutputs

_LINK_SECONDS = 900
_AT_ONCE = 8
_SAMPLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # as in input.schema.json
_POLICY = RESULT_PAGES[REPORT][1]


def save_reports(
    runs: Mapping[str, str],
    folder: Path,
    list_outputs: ListOutputs,
    fetch: Fetch,
    local_hosts: frozenset[str],
) -> dict[str, str]:
    """Save the report of each sample's run as `samples/<sample>/report/run.html`.

    It has the place that it has among the results, so that its links lead to files that are
    downloaded to `samples/<sample>`.

    Returns:
        The places in the folder, by sample; a run whose report is not written yet has none.

    Raises:
        CliError: a report can't be fetched, or a name can't be a folder's.
    """

    def one(sample: str) -> str:
        if not _SAMPLE.fullmatch(sample):
            raise unavailable(f"{sample} can't be a sample's name", "")
        place = f"samples/{sample}/{REPORT}"
        for each in list_outputs(runs[sample], _LINK_SECONDS)["outputs"]:
            url = each["link"]
            if url and each["s3Uri"].endswith(f"/{REPORT}"):
                result_address(url, each["s3Uri"], local_hosts)
                content = with_policy(fetch(url), _POLICY)
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                (folder / place).write_bytes(content)
                return place
        return ""

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        places = dict(zip(runs, pool.map(one, runs), strict=True))
    return {sample: place for sample, place in places.items() if place}
