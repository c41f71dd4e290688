"""References and annotations as people bring them: right, or refused with words that say why."""

import gzip
import io
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry, copy_alignment, declare_whole
from tests.integration.containers.simulated import Sample, Variant

pytestmark = pytest.mark.long

# The code of two bases whose first, alphabetically, is the key; the value's other base is not the
# alternative allele's: VCF 4.3 wants the first, so REF stays what it was.
CODES = {
    ("A", "C"): "M",
    ("A", "G"): "R",
    ("A", "T"): "W",
    ("C", "G"): "S",
    ("C", "T"): "Y",
    ("G", "T"): "K",
}


BGZIP = ("bgzip", "-c")


@pytest.fixture
def root(request: pytest.FixtureRequest) -> str:
    return f"references/{request.node.name.replace('[', '/').rstrip(']')}"


@pytest.fixture
def out(root: str) -> str:
    return f"s3://{BUCKET}/{root}/out"


@dataclass
class References:
    """Puts references into S3, each with its indexes."""

    s3: Any
    folder: Path
    key: str

    def put(self, name: str, body: bytes) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.key}/in/{name}", Body=body)
        return f"s3://{BUCKET}/{self.key}/in/{name}"

    def put_fasta(self, text: str, *, packed: bool = False) -> str:
        """The folder's URI, with genome.fa (gzipped or not, under that name) and bwa's index."""
        fasta = self.folder / "genome.fa"
        fasta.write_text(text)
        for command in (["samtools", "faidx"], ["bwa", "index"]):
            subprocess.run([*command, str(fasta)], check=True, capture_output=True)
        if packed:
            fasta.write_bytes(gzip.compress(text.encode()))
        for path in self.folder.iterdir():
            self.put(path.name, path.read_bytes())
        return f"s3://{BUCKET}/{self.key}/in"


@pytest.fixture
def references(s3: Any, tmp_path: Path, root: str) -> References:
    folder = tmp_path / "reference"
    folder.mkdir()
    return References(s3, folder, root)


def coded(sample: Sample) -> tuple[str, dict[tuple[str, int, str, str], Variant]]:
    """The sample's FASTA with codes at its SNVs and inside its deletions, and those variants."""
    sequences = {
        part.partition("\n")[0]: list(part.partition("\n")[2].replace("\n", ""))
        for part in sample.fasta.read_text().split(">")[1:]
    }
    touched: dict[tuple[str, int, str, str], Variant] = {}
    for variant in sample.variants:
        place = variant.position - 1 if variant.is_snv else variant.position
        base = sequences[variant.contig][place]
        code = next(
            (
                code
                for (first, other), code in CODES.items()
                if first == base and other != variant.alt
            ),
            None,
        )
        if code and len(variant.alt) == 1:
            sequences[variant.contig][place] = code
            touched[variant.key] = variant
    lines = []
    for name, bases in sequences.items():
        text = "".join(bases)
        lines += [f">{name}", *(text[i : i + 60] for i in range(0, len(text), 60))]
    return "\n".join(lines) + "\n", touched


def records(s3: Any, uri: str) -> Iterator[list[str]]:
    body = s3.get_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"))["Body"].read()
    with gzip.open(io.BytesIO(body), "rt") as lines:
        yield from (line.rstrip().split("\t") for line in lines if not line.startswith("#"))


@pytest.mark.parametrize("caller", ["bcftools", "freebayes"])
def test_variants_at_iupac_codes_are_called_as_elsewhere(
    entry: Entry,
    s3: Any,
    sample: Sample,
    staged: str,
    references: References,
    out: str,
    caller: str,
) -> None:
    text, touched = coded(sample)
    assert sum(variant.is_snv for variant in touched.values()) > 20
    assert sum(not variant.is_snv for variant in touched.values()) > 5
    there = references.put_fasta(text)
    align = [
        word.replace(f"{staged}/genome", f"{there}/genome") for word in arguments.bwa(staged, out)
    ]
    ended = entry.run("bwa", *align)
    assert ended.code == 0, ended.log

    ended = entry.run(caller, *arguments.caller(there, out))

    assert ended.code == 0, ended.log
    found = list(records(s3, f"{out}/vcf/variants/variants.vcf.gz"))
    called = {(row[0], int(row[1]), row[3], row[4]) for row in found}
    missed = touched.keys() - called
    assert len(missed) <= len(touched) // 20, missed
    blocks = records(s3, f"{out}/vcf/variants/genome.vcf.gz")
    assert all(set(row[3]) <= set("ACGTN") for row in (*found, *blocks))


@pytest.mark.parametrize("caller", ["bcftools", "freebayes"])
def test_alleles_are_in_upper_case_where_the_fasta_is_soft_masked(
    entry: Entry,
    s3: Any,
    sample: Sample,
    aligned: str,
    references: References,
    out: str,
    caller: str,
) -> None:
    lines = sample.fasta.read_text().splitlines()
    masked = (line if line[0] == ">" or n % 2 else line.lower() for n, line in enumerate(lines))
    there = references.put_fasta("\n".join(masked) + "\n")
    copy_alignment(s3, aligned, out)

    ended = entry.run(caller, *arguments.caller(there, out))

    assert ended.code == 0, ended.log
    found = list(records(s3, f"{out}/vcf/variants/variants.vcf.gz"))
    assert sum(len(row[3]) != len(row[4]) for row in found) > 20
    blocks = records(s3, f"{out}/vcf/variants/genome.vcf.gz")
    assert not any(
        set("acgtn") & {*row[3], *row[4]} for row in (*found, *blocks) if row[4][0] != "<"
    )


def test_gzipped_fasta_is_unpacked_by_each_job(
    entry: Entry, s3: Any, sample: Sample, aligned: str, references: References, out: str
) -> None:
    there = references.put_fasta(sample.fasta.read_text(), packed=True)
    copy_alignment(s3, aligned, out)

    for tool, given in (
        ("bcftools", arguments.caller(there, out)),
        ("samtools_stats", arguments.samtools_stats(there, out)),
    ):
        ended = entry.run(tool, *given)
        assert ended.code == 0, ended.log
    called = {
        (row[0], int(row[1]), row[3], row[4])
        for row in records(s3, f"{out}/vcf/variants/variants.vcf.gz")
    }
    planted = {variant.key for variant in sample.variants}
    assert len(planted & called) > 0.9 * len(planted)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda text: ">plasmid_A,_complete\nACGTACGT\n" + text,
            "contig 'plasmid_A,_complete': its name contains ','",
        ),
        (lambda text: ">chrEmpty\n" + text, "contig 'chrEmpty' has no bases"),
        (lambda text: text + ">chr1 again\nACGT\n", "contig 'chr1' occurs 2 times"),
        (lambda text: text.replace("A", "U", 1), "contig 'chr1' contains 'U' in line"),
    ],
    ids=["comma", "empty", "twice", "rna"],
)
def test_fasta_that_tools_would_misread_is_refused_by_the_first_job(
    entry: Entry,
    sample: Sample,
    staged: str,
    references: References,
    out: str,
    keys: Callable[[str], set[str]],
    root: str,
    change: Callable[[str], str],
    words: str,
) -> None:
    there = references.put_fasta(change(sample.fasta.read_text()))
    given = [
        word.replace(f"{staged}/genome", f"{there}/genome")
        for word in arguments.bwa(staged, out, reads="few")
    ]

    ended = entry.run("bwa", *given)

    assert ended.code == 65, ended.log
    assert words in ended.log
    assert keys(f"{root}/out/") == set()


def test_fai_of_another_fasta_is_refused_by_the_first_job(
    entry: Entry, sample: Sample, staged: str, references: References, out: str
) -> None:
    there = references.put_fasta(sample.fasta.read_text())
    references.put("genome.fa.fai", b"chr1\t90001\t6\t60\t61\nchr2\t60000\t91513\t60\t61\n")
    given = [
        word.replace(f"{staged}/genome", f"{there}/genome")
        for word in arguments.bwa(staged, out, reads="few")
    ]

    ended = entry.run("bwa", *given)

    assert ended.code == 65, ended.log
    assert "genome.fa.fai is the index of another FASTA than genome.fa" in ended.log


# One gene on each contig, ATG TGG GCC TAA from base 3 on; the sample has TGA in place of TGG.
GENOME = {
    "chr1": "CC" + "ATGTGGGCCTAA" + "CC" * 60,
    "NC_012920.1": "CC" + "ATGTGGGCCTAA" + "CC" * 60,
}
VCF = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=134>\n##contig=<ID={mito},length=134>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
    "chr1\t8\t.\tG\tA\t50\tPASS\t.\tGT\t0/1\n{mito}\t8\t.\tG\tA\t50\tPASS\t.\tGT\t0/1\n"
)


def gff3(*contigs: str) -> str:
    lines = ["##gff-version 3"]
    for n, name in enumerate(contigs):
        for kind, attributes in (
            ("gene", f"ID=g{n};biotype=protein_coding"),
            ("mRNA", f"ID=t{n};Parent=g{n}"),
            ("exon", f"ID=e{n};Parent=t{n}"),
            ("CDS", f"ID=c{n};Parent=t{n}"),
        ):
            lines.append(
                f"{name}\ts\t{kind}\t3\t14\t.\t+\t{'0' if kind == 'CDS' else '.'}\t{attributes}"
            )
    return "\n".join(lines) + "\n"


def gtf(*contigs: str) -> str:
    return "".join(
        f'{name}\ts\t{kind}\t3\t14\t.\t+\t{"0" if kind == "CDS" else "."}\tgene_id "g{n}"; '
        f'transcript_id "t{n}"; gene_biotype "protein_coding";\n'
        for n, name in enumerate(contigs)
        for kind in ("gene", "transcript", "exon", "CDS")
    )


@dataclass
class Annotating:
    """Annotates one SNV on each of two contigs: TGG becomes TGA."""

    entry: Entry
    s3: Any
    references: References
    out: str
    mito: str = "NC_012920.1"
    vcf: str = VCF

    def run(self, genes: bytes, *more: str) -> tuple[int, str, dict[str, str]]:
        """Exit code, log, and the effect on each contig."""
        folder = self.references
        fasta = "".join(f">{self.name(name)}\n{text}\n" for name, text in GENOME.items())
        reference = folder.put("genome.fa", fasta.encode())
        annotation = folder.put("genes.txt", genes)
        key = self.out.removeprefix(f"s3://{BUCKET}/") + "/vcf/variants/variants.vcf.gz"
        packed = subprocess.run(
            [*BGZIP],
            input=self.vcf.format(mito=self.mito).encode(),
            capture_output=True,
            check=True,
        ).stdout
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=packed)
        declare_whole(self.s3, self.out, "callVariants", "vcf/variants/variants.vcf.gz")
        given = [f"--reference_s3_path={reference}", f"--annotation_s3_path={annotation}", *more]
        ended = self.entry.run("snpeff", *arguments.snpeff(self.out, *given))
        if ended.code:
            return ended.code, ended.log, {}
        rows = records(self.s3, f"{self.out}/vcf/annotated/variants.ann.vcf.gz")
        return 0, ended.log, {row[0]: row[7].split("|")[1] for row in rows}

    def name(self, contig: str) -> str:
        return self.mito if contig == "NC_012920.1" else contig

    def provenance(self) -> dict[str, Any]:
        key = self.out.removeprefix(f"s3://{BUCKET}/") + "/provenance/annotate.json"
        record: dict[str, Any] = json.loads(
            self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        )
        return record


@pytest.fixture
def annotating(entry: Entry, s3: Any, references: References, out: str) -> Annotating:
    return Annotating(entry, s3, references, out)


@pytest.mark.parametrize("mito", ["NC_012920.1", "chrM", "MT", "gi|251831106|ref|NC_012920.1|"])
def test_mitochondrion_has_its_code_whatever_its_name(annotating: Annotating, mito: str) -> None:
    annotating = replace(annotating, mito=mito)

    code, log, effects = annotating.run(gff3("chr1", mito).encode())

    assert code == 0, log
    assert effects == {"chr1": "stop_gained", mito: "synonymous_variant"}
    codes = annotating.provenance()["facts"]["geneticCodes"]
    assert [(row["code"], row["firstContigs"]) for row in codes] == [(1, ["chr1"]), (2, [mito])]


@pytest.mark.parametrize(("wrong", "code"), [(1, 0), (3, 65)])
def test_variants_of_another_reference_than_the_databases_are_told(
    annotating: Annotating, wrong: int, code: int
) -> None:
    """chr1 has G at 5, 7 and 8."""
    head, first, rest = VCF.partition("chr1\t8")
    row = "chr1\t{}\t.\tT\tC\t50\tPASS\t.\tGT\t0/1\n"
    text = head + "".join(row.format(place) for place in (5, 7, 7)[:wrong]) + first + rest

    ended, log, _ = replace(annotating, vcf=text).run(gff3("chr1", annotating.mito).encode())

    assert ended == code, log
    if code:
        assert "3 have another REF than snpEff's database 'reference': it is of another" in log
    else:
        (warning,) = annotating.provenance()["warnings"]
        assert warning["code"] == "referenceDiffers"


def test_genetic_code_that_the_user_gives_is_taken(annotating: Annotating) -> None:
    code, log, effects = annotating.run(
        gff3("chr1", annotating.mito).encode(), "--genetic_code=chr1=4"
    )

    assert code == 0, log
    assert effects["chr1"] == "synonymous_variant"  # TGA is Trp to Mycoplasma


def test_gene_over_the_origin_of_a_circular_contig_is_annotated(
    annotating: Annotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = ""
    for name in GENOME:  # ATG is behind the rest of the gene, at the contig's end
        monkeypatch.setitem(GENOME, name, "TGGGCCTAA" + "CC" * 61 + "ATG")
        region += f"{name}\ts\tregion\t1\t134\t.\t+\t.\tID={name}:1..134;Is_circular=true\n"
    genes = gff3(*GENOME).replace("\t3\t14\t", "\t132\t143\t")
    vcf = VCF.replace("\t8\t.\tG\tA", "\t3\t.\tG\tA", 1)
    annotating.vcf = vcf.replace("\t8\t.\tG\tA", "\t133\t.\tT\tC")

    code, log, effects = annotating.run((region + genes).encode())

    assert code == 0, log
    assert effects == {"chr1": "stop_gained", "NC_012920.1": "start_lost"}
    facts = annotating.provenance()["facts"]["annotation"]
    assert (facts["beginWithStart"], facts["endWithStop"]) == (2, 2)
    code, log, _ = annotating.run(genes.encode())
    assert code == 65, log
    assert "a feature across the origin of a circular sequence" in log


@pytest.mark.parametrize("packed", [False, True])
def test_gtf_is_read_as_gtf(annotating: Annotating, packed: bool) -> None:
    genes = gtf("chr1", annotating.mito).encode()

    code, log, effects = annotating.run(gzip.compress(genes) if packed else genes)

    assert code == 0, log
    assert effects == {"chr1": "stop_gained", annotating.mito: "synonymous_variant"}
    assert annotating.provenance()["facts"]["annotation"]["format"] == "GTF"


def test_annotation_of_other_contigs_is_refused_or_left_out_on_purpose(
    annotating: Annotating,
) -> None:
    genes = gff3("chr1", annotating.mito, "KI270728.1").encode()

    code, log, _ = annotating.run(genes)
    assert code == 65
    assert "1 contig(s) of the annotation are not in the FASTA: KI270728.1" in log

    code, log, effects = annotating.run(genes, "--annotation_left_out=KI27*")
    assert code == 0, log
    assert effects["chr1"] == "stop_gained"
    assert annotating.provenance()["facts"]["annotation"]["contigsLeftOut"] == ["KI270728.1"]


def test_genes_of_a_contig_that_is_another_one_to_snpeff_are_refused(
    annotating: Annotating,
) -> None:
    code, log, _ = replace(annotating, mito="01").run(gff3("chr1").encode())

    assert code == 65
    assert "snpEff takes contigs of the FASTA for one: chr1 and 01." in log


def test_annotation_with_a_coding_sequence_that_is_broken_is_reported(
    annotating: Annotating,
) -> None:
    more = gff3("chr1").replace("\t14\t", "\t20\t").replace("=", "=other-")  # past its stop codon
    genes = gff3("chr1", annotating.mito) + more

    code, log, _ = annotating.run(genes.encode())

    assert code == 0, log
    (warning,) = annotating.provenance()["warnings"]
    assert warning["code"] == "codingSequencesBroken"


def test_annotation_without_coding_sequences_is_refused(annotating: Annotating) -> None:
    genes = "\n".join(line for line in gff3("chr1").splitlines() if "CDS" not in line) + "\n"

    code, log, _ = annotating.run(genes.encode())

    assert code == 65
    assert "has no coding sequences" in log
