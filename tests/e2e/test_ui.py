"""`seqstack ui` with an exome: watch it, read its reports, stop another run, meet an error."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.exome.generate import DemoExome
from tests.e2e.conftest import SeqStack
from tests.support.browser import chromium, new_page, violations

pytestmark = pytest.mark.long


@pytest.fixture
def link(seqstack: SeqStack) -> Iterator[str]:
    started = seqstack.start("ui", "--no-browser", "--json")
    assert started.stdout is not None
    yield json.loads(started.stdout.readline())["url"]
    started.terminate()
    started.communicate(timeout=600)
    assert started.returncode == 0


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def start(page: Page, exome: DemoExome, sample: str) -> str:
    """Start a run by the form, with files of this machine; its page is open then."""
    page.get_by_role("link", name="Start a run").first.click()
    page.get_by_label("Sample").fill(sample)
    page.get_by_label("First reads").fill(str(exome.fastq1[0]))
    page.get_by_label("Second reads").fill(str(exome.fastq2[0]))
    page.get_by_label("Reference").fill(str(exome.reference))
    page.get_by_label("Genes").fill(str(exome.annotation))
    page.get_by_label("Caller").select_option(label="bcftools")
    page.get_by_label("Run every step").check()
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url("**/runs/*")
    return page.url.rpartition("/")[2]


def test_exome_is_started_and_watched_to_its_end_and_another_is_stopped(
    seqstack: SeqStack, link: str, browser: Browser, indexed_exome: DemoExome
) -> None:
    page, complaints = new_page(browser)
    page.goto(link)
    expect(page.get_by_text("There are no runs yet")).to_be_visible()

    start(page, indexed_exome, "demo")
    expect(page.locator(".summary .badge")).to_contain_text("succeeded")
    expect(page.locator(".steps .badge.succeeded")).to_have_count(6)
    expect(page.get_by_text("reads, ")).to_be_visible()
    assert violations(page) == []

    page.get_by_role("link", name="Logs").click()
    page.get_by_role("link", name="align", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("[M::mem_process_seqs]")

    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="demo")).to_be_visible()
    page.get_by_role("link", name="MultiQC").click()
    expect(page.frame_locator("iframe").get_by_text("General Statistics").first).to_be_visible()

    page.get_by_role("link", name="Files").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="variants.vcf.gz", exact=True).click()
    assert saved.value.path().read_bytes()[:2] == b"\x1f\x8b"
    look_at_variant(page, indexed_exome)
    assert complaints == []

    stop_another(seqstack, page, indexed_exome)


def look_at_variant(page: Page, exome: DemoExome) -> None:
    """The reads at a planted variant have its bases: what igv.js drew comes from the BAM."""
    chrom, position, ref, alt = planted_snv(exome)
    page.get_by_role("link", name="Variants", exact=True).click()
    page.get_by_label("Place").fill(f"{chrom}:{position}")
    page.get_by_role("button", name="Show").click()
    page.locator("#igv[data-state=drawn]").wait_for()
    bases = page.evaluate(
        """async ([chrom, position]) => {
          const reads = igvBrowser.findTracks('type', 'alignment')[0].featureSource;
          const frame = igvBrowser.referenceFrameList[0];
          const found = await reads.getAlignments(
            chrom, Math.floor(frame.start), Math.ceil(frame.end), frame.bpPerPixel, 30000);
          const at = position - 1;  // igv.js counts from 0
          return found.allAlignments()
            .map(pair => pair.getAlignmentAtGenomicLocation?.(at)?.readBaseAt(at))
            .filter(base => base);
        }""",
        [chrom, position],
    )
    assert len(bases) > 10
    assert bases.count(alt) > len(bases) * 0.9, (ref, alt, bases)
    assert violations(page) == []


def planted_snv(exome: DemoExome) -> tuple[str, int, str, str]:
    """A homozygous one; `position` counts from 1."""
    for line in exome.expected.read_text().splitlines()[1:]:
        chrom, position, ref, alt, genotype, *_ = line.split("\t")
        if genotype == "1/1" and len(ref) == len(alt) == 1:
            return chrom, int(position), ref, alt
    raise AssertionError("no such variant was planted")


def stop_another(seqstack: SeqStack, page: Page, exome: DemoExome) -> None:
    run_id = start(page, exome, "another")
    page.get_by_role("link", name="Stop …").click()
    page.get_by_role("button", name="Stop the run").click()
    expect(page.locator(".summary .badge")).to_contain_text("stopped")
    assert json.loads(seqstack("status", run_id, "--json").stdout)["state"] == "ABORTED"

    page.get_by_role("link", name="Resume …").click()
    page.get_by_role("button", name="Resume the run").click()
    expect(page.locator(".summary .badge")).to_contain_text("running")
    assert run_id not in page.url  # the emulator starts another run
    page.get_by_role("link", name="Stop …").click()
    page.get_by_role("button", name="Stop the run").click()
    expect(page.locator(".summary .badge")).to_contain_text("stopped")


def test_mistakes_are_told_as_they_are_typed_and_by_the_run(link: str, browser: Browser) -> None:
    page, _ = new_page(browser)
    page.goto(link)
    page.get_by_role("link", name="Start a run").first.click()

    page.get_by_label("Sample").fill("two words")
    expect(page.locator("#sampleId-problem")).to_contain_text("must be letters, digits")
    page.get_by_label("Sample").fill("lost")
    expect(page.locator("#sampleId-problem")).to_be_empty()
    page.get_by_label("Reference").fill("GRCh38")
    expect(page.locator("#reference-problem")).to_contain_text("there is no prepared reference")
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was started")
    assert violations(page) == []

    for label in ("First reads", "Second reads", "Reference", "Genes"):
        page.get_by_label(label).fill(f"s3://nowhere/{label[:5].strip()}.gz")
    page.get_by_label("Caller").select_option(label="bcftools")
    page.get_by_role("button", name="Start the run").click()

    expect(page.get_by_role("heading", name="InvalidInputError")).to_be_visible()
    expect(page.locator(".panel.failure")).to_contain_text("s3://nowhere/First.gz")
    assert violations(page) == []
    page.goto(page.url + "x")
    expect(page.get_by_role("alert")).to_contain_text("There is no run")


def test_serve_opens_the_pages_of_its_stack(
    pytestconfig: pytest.Config, browser: Browser, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "emulator", "serve", "--ui", "--port", "0", "--api-port", "0"),
            *("--env-vars", str(tmp_path / "local-env.json")),
        ],
        cwd=pytestconfig.rootpath,
        # so that no browser opens here
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "BROWSER": "true", "DISPLAY": ""},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            pages = next(line for line in server.stdout if line.startswith("Its pages: "))
            page, complaints = new_page(browser)
            page.goto(pages.removeprefix("Its pages: ").strip())
            expect(page.get_by_text("There are no runs yet")).to_be_visible()
            assert complaints == []
            server.terminate()
            assert server.wait(timeout=600) == 0
        finally:
            server.kill()
