"""Read IAM policies from stdin and write parliament's findings to stdout.

Input: `[{"where": …, "document": …}]`. Output: `[{"where": …, "issue": …, "detail": …}]`. Runs in
.venv-security, which has parliament (https://github.com/duo-labs/parliament).
"""

import json
import sys
import warnings
from collections.abc import Iterator
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # parliament still loads its data with pkg_resources
    from parliament import analyze_policy_string


def findings(policies: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Yield every finding on every policy."""
    for policy in policies:
        analysed = analyze_policy_string(
            json.dumps(policy["document"]), include_community_auditors=True
        )
        for finding in analysed.findings:
            detail = finding.detail or finding.location.get("actions") or ""
            yield {
                "where": policy["where"],
                "issue": finding.issue,
                "detail": detail if isinstance(detail, str) else json.dumps(detail),
            }


if __name__ == "__main__":
    json.dump(list(findings(json.load(sys.stdin))), sys.stdout)
