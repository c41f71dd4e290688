"""Prepared references, as tables."""

import json
from typing import Any

from rich.console import Console

from cli.screen.tables import fitting_table, new_table, print_table
from cli.screen.text import bases_text, count_text, moment_text, size_text
from cli.shapes.references import Reference, ReferenceDetail, ReferenceVersion
from seqstack.domain.plain_text import one_line

_DISPENSABLE = ("problem", "sites", "targets", "contigs", "bases", "made")
_NUMBERS = ("contigs", "bases", "size", "objects")


def print_references(console: Console, references: list[Reference]) -> None:
    """Each version in a row, those of one reference the newest first."""
    rows = [
        _cells(reference["name"], version)
        for reference in references
        for version in reference["versions"]
    ]
    print_table(console, fitting_table(console, rows, _DISPENSABLE, right=_NUMBERS))


def _cells(name: str, version: ReferenceVersion) -> dict[str, str]:
    bases, contigs = version["bases"], version["contigCount"]
    return {
        "reference": name,
        "version": version["version"],
        "made": moment_text(version["createdAt"]),
        "contigs": "" if contigs is None else f"{contigs:,}",
        "bases": "" if bases is None else bases_text(bases),
        "aligners": ", ".join(version["aligners"]),
        "targets": "yes" if version["hasTargets"] else "",
        "sites": "yes" if "sites" in version["pieces"] else "",
        "problem": version["problem"] or "",
    }


def print_reference(console: Console, reference: ReferenceDetail) -> None:
    """What a version holds, what it was made from and how, and its objects."""
    name = f"{reference['name']}/{reference['version']}"
    contigs = count_text(reference["contigCount"], "contig")
    made = moment_text(reference["createdAt"])
    lines = [f"Reference {name}: {contigs}, {bases_text(reference['bases'])}, made {made}"]
    lines.append(f"Aligners: {', '.join(reference['aligners']) or 'none'}")
    has = {"targets": reference["hasTargets"], "sites": "sites" in reference["pieces"]}
    lines += [f"{what.capitalize()}: {'yes' if there else 'no'}" for what, there in has.items()]
    lines += [f"Found: {name}: {_text(what)}" for name, what in reference["found"].items()]
    lines += [f"Changed: {what}" for what in reference["changed"]]
    lines += [f"Option: {name}: {_text(what)}" for name, what in reference["options"].items()]
    lines += [f"Source: {name}: {item['s3Uri']}" for name, item in reference["sources"].items()]
    tools = ", ".join(f"{name} {what}" for name, what in reference["toolVersions"].items())
    lines.append(f"Made by: {tools}")
    for line in lines:
        console.print(one_line(line), soft_wrap=True)
    table = new_table(console, "piece", "objects", "size", "first object", right=_NUMBERS)
    for piece, items in reference["pieces"].items():
        size = size_text(sum(item["bytes"] for item in items))
        first = items[0]["s3Uri"] if items else ""
        table.add_row(piece, f"{len(items):,}", size, first)
    print_table(console, table)


def _text(what: Any) -> str:
    """What was found or chosen, in one line."""
    return what if isinstance(what, str) else json.dumps(what, ensure_ascii=False)
