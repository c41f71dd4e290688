"""Check the stack's security: checkov over the whole template, parliament over every policy.

Both check the template as CloudFormation gets it: SAM resources expanded, conditions evaluated.
Exceptions are in .checkov.yaml, beside the resource, or in security_exceptions, always with a
reason. No network is needed.

    python scripts/check_security.py [TEMPLATE]
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "layers/common")]

from cli.output import print_text  # noqa: E402
from scripts.cfn_translation import translate  # noqa: E402
from scripts.cfn_values import ACCOUNT, resolve  # noqa: E402
from scripts.iam_policies import Policy, policies, statements  # noqa: E402
from scripts.security_exceptions import ONLY_WITH_A_KEY, POLICY_EXCEPTIONS  # noqa: E402

_TOOLS: Final = ROOT / ".venv-security/bin"
_RESOLVED: Final = ROOT / ".aws-sam/checked"
_CONFIG: Final = ROOT / ".checkov.yaml"
# The stack is checked with its defaults, and with each parameter that changes its protection.
# `with-…-key` must encrypt everything with that key.
VARIANTS: Final[Mapping[str, Mapping[str, str]]] = {
    "default": {},
    "with-a-key": {
        "EncryptionKey": "create",
        "ExpireIntermediatesAfterDays": "30",
        "ConfineCallersBy": "project",
    },
    "with-your-key": {
        "EncryptionKey": "arn:aws:kms:us-east-1:123456789012:key/1234abcd",
        "InputBuckets": "arn:aws:s3:::reads,arn:aws:s3:::references",
        "InputKeys": "arn:aws:kms:us-east-1:123456789012:key/5678efab",
    },
}


def template_complaints(resolved: Path) -> list[str]:
    """Checkov's failed checks in the resolved templates of a folder.

    Raises:
        FileNotFoundError: `make setup` has not installed checkov.
    """
    checkov = subprocess.run(
        [
            _tool("checkov"),
            *("--directory", str(resolved), "--framework", "cloudformation"),
            *("--config-file", str(_CONFIG), "--output", "json"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "LOG_LEVEL": "ERROR"},
    )
    try:
        report = json.loads(checkov.stdout)
        summary, results = report["summary"], report["results"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return [f"checkov wrote no report: {checkov.stderr.strip() or checkov.stdout.strip()}"]
    wrong = [
        f"{Path(each['file_path']).stem}: {each['resource']}: {each['check_id']} "
        f"{each['check_name']}"
        for each in results["failed_checks"]
        if each["check_id"] not in ONLY_WITH_A_KEY or "-key" in each["file_path"]
    ]
    wrong += [f"checkov can't read {path}" for path in results["parsing_errors"]]
    wrong += [
        f"{each['resource']}: {each['check_id']} is suppressed without a reason"
        for each in results["skipped_checks"]
        if not re.search(r"\w+ \w+", each["check_result"].get("suppress_comment") or "")
    ]
    if not summary["passed"]:
        wrong.append("checkov checked nothing")
    return wrong


def policy_complaints(found: list[Policy]) -> list[str]:
    """Parliament's findings on policies, without the exceptions.

    Raises:
        FileNotFoundError: `make setup` has not installed parliament.
    """
    parliament = subprocess.run(
        [_tool("python"), "-W", "ignore", str(ROOT / "scripts/lint_policies.py")],
        input=json.dumps([{"where": p.where, "document": _as_parliament_reads(p)} for p in found]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if parliament.returncode != 0:
        return [f"parliament failed: {parliament.stderr.strip()}"]
    return [
        f"{each['where']}: {each['issue']} {each['detail']}"
        for each in json.loads(parliament.stdout)
        if not any(
            known.covers(each["where"], each["issue"], each["detail"])
            for known in POLICY_EXCEPTIONS
        )
    ]


def _as_parliament_reads(policy: Policy) -> Mapping[str, Any]:
    """The document, with the resource that parliament requires and trust policies can't have."""
    if not policy.where.endswith("(trust)"):
        return policy.document
    itself = f"arn:aws:iam::{ACCOUNT}:role/itself"
    whole = [{**each, "Resource": itself} for each in statements(policy.document)]
    return {**policy.document, "Statement": whole}


def _tool(name: str) -> str:
    tool = _TOOLS / name
    if not tool.exists():
        raise FileNotFoundError(f"{tool} is missing: run `make setup`")
    return str(tool)


def _write_resolved(body: Mapping[str, Any]) -> Iterator[Policy]:
    """Write the template's variants for checkov; yield their policies."""
    _RESOLVED.mkdir(parents=True, exist_ok=True)
    for old in _RESOLVED.glob("*.json"):
        old.unlink()
    for name, parameters in VARIANTS.items():
        resolved = resolve(body, parameters)
        (_RESOLVED / f"{name}.json").write_text(json.dumps(resolved, indent=1))
        for policy in policies(resolved["Resources"]):
            yield Policy(f"{name}: {policy.where}", policy.document)


def main(template: Path) -> int:
    """Check the template; return the exit status, 0 only if there are no complaints."""
    found = list(_write_resolved(translate(template)))
    wrong = template_complaints(_RESOLVED) + policy_complaints(found)
    for line in wrong:
        print_text(f"{template}: {line}", err=True)
    if not wrong:
        print_text(f"{template}: no failed check, no finding in {len(found)} policies")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("template.yaml")))
