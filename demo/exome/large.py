"""Exomes with more reads than fit into memory: `generate_large(spec, folder)`."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from demo.exome.capture import Capture
from demo.exome.fastq import fastq_name, write_fastq
from demo.exome.generate import (
    COLUMNS,
    Progress,
    draw_blueprint,
    haplotypes_of,
    sequence,
    streams,
    write_design,
)
from demo.exome.spec import ExomeSpec

_PAIRS = 200_000
_STATE = "generated.json"


def generate_large(spec: ExomeSpec, folder: Path, progress: Progress | None = None) -> None:
    """Write an exome of one lane into `folder`, by `_PAIRS` read pairs at a time.

    An interrupted call is continued by the next one; one of another spec begins anew. The same
    `spec` gives the same bytes, however often it was interrupted, but not those of `generate`.

    Raises:
        RuntimeError: the genes have no room for that many variants.
        OSError: a file cannot be written.
    """
    tell = progress or (lambda _: None)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / fastq_name(spec.sample_id, 1, mate) for mate in (1, 2)]
    state = _read_state(folder, spec)
    if state.get("is_complete"):
        return
    tell("genome, genes and variants")
    design, baits, _ = streams(spec)
    plan = draw_blueprint(spec, design)
    write_design(spec, plan, folder)
    capture = Capture(spec, plan.genome, plan.targets, baits)
    pairs = capture.fragments_for(spec.mean_depth)
    copies = haplotypes_of(plan)
    done = state.get("pairs", 0)
    for path, size in zip(paths, state.get("sizes", ()), strict=False):
        os.truncate(path, size)
    while done < pairs:
        tell(f"reads, {done / pairs:.0%}")
        count = min(_PAIRS, pairs - done)
        rng = np.random.default_rng([spec.seed, done])
        mates = sequence(spec, copies, capture.draw(count, rng), rng)
        columns = rng.integers(*COLUMNS, size=count)
        for mate, (path, reads) in enumerate(zip(paths, mates, strict=True), start=1):
            write_fastq(path, reads, 1, mate, columns, after=done)
        done += count
        sizes = [path.stat().st_size for path in paths]
        _write_state(folder, spec, pairs=done, sizes=sizes, is_complete=done == pairs)


def _read_state(folder: Path, spec: ExomeSpec) -> dict[str, Any]:
    """What an earlier call has written; nothing if it was for another spec."""
    path = folder / _STATE
    state: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return state if state.get("spec") == repr(spec) else {}


def _write_state(folder: Path, spec: ExomeSpec, **values: object) -> None:
    made = folder / f"{_STATE}.new"
    made.write_text(json.dumps({"spec": repr(spec), **values}))
    made.replace(folder / _STATE)
