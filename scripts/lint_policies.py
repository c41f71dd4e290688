"""Reads IAM policies from stdin and writes what parliament says against them to stdout.

In: `[{"where": …, "document": …}]`. Out: `[{"where": …, "issue": …, "detail": …}]`. It runs in
.venv-security, where parliament is (https://github.com/duo-labs/parliament).
"""

import json
import sys
import warnings
from collections.abc import Iterator
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # parliament still takes its data by pkg_resources
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
