from typing import Any

import pytest

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.errors import Problem
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.qc.gates import RunGates
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning
from seqstack.use_cases.look_at_reference import look_at_reference, unused_data
from tests.support.builders import RESULTS_BUCKET, exome_input
from tests.support.sound_objects import FASTA, sound_body

REFERENCE = exome_input()["referenceS3Path"]
GENES = exome_input()["annotationS3Path"]
GFF3 = "##gff-version 3\n{0}\ts\tCDS\t1\t300\t.\t+\t0\tID=c;Parent=t\n"
GTF = '{0}\ts\tCDS\t1\t300\t.\t+\t0\tgene_id "g"; transcript_id "t";\n'


def look(
    bodies: dict[str, bytes] | None = None, gates: RunGates | None = None, **changes: Any
) -> list[Problem]:
    """The problems of an input whose objects are sound but for `bodies`, by URI."""
    checked = CheckedInput.of(exome_input(**changes), RESULTS_BUCKET)
    assert checked.problems == ()
    there = {
        item.uri: (bodies or {}).get(str(item.uri), sound_body(item.uri.key))
        for item in checked.objects_read()
    }
    found = ObjectsFound(sizes={uri: len(body) for uri, body in there.items()}, wrong={})
    return list(look_at_reference(checked, found, lambda uri, size: there[uri][:size], gates))


def test_look_at_reference_without_x_and_y_refuses_a_gate_on_sex() -> None:
    said = (
        "can't be measured, because the reference has no X, no Y or no autosomes by their names "
        "(chrX or X);"
    )

    assert words(look(gates=RunGates({"sex": "male"}, "{}", frozenset()))) == [
        f"$.qcGates.sex: {said} leave this gate out"
    ]
    assert words(look(gates=RunGates({}, '{"sex": "male"}', frozenset()))) == [
        f'DefaultQcGates.sex: {said} take the gate away by "qcGates": {{"sex": null}} in the input'
    ]
    assert look(gates=RunGates({"sex": None}, '{"sex": "male"}', frozenset())) == []
    assert look(gates=RunGates({"titv": {"min": 1}}, "{}", frozenset())) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("chr1\t5\trs1\tA\tC\t.\t.\t.", ""),
        ("1\t5\trs1\tA\tC", "line 1: the FASTA has no contig '1'"),
        ("chr1\t601\trs1\tA\tC", "line 1: '601' is no place on chr1, which has 600 bases"),
        ("chr1\t5\trs1\tAG\tC", "line 1: AG to 'C' is not a biallelic SNV"),
        ("#CHROM\tPOS", "it has no variants"),
    ],
)
def test_look_at_reference_refuses_sites_of_another_assembly(line: str, said: str) -> None:
    uri = "s3://refs/common.vcf"

    found = words(look({uri: f"{line}\n".encode()}, sitesS3Path=uri))

    assert [problem.partition(f"$.sitesS3Path: {uri}: ")[2][: len(said)] for problem in found] == (
        [said] if said else []
    )


@pytest.mark.parametrize("named", [" -t hg38 ", "GRCh38.105 -canon", "-ud 2000 hg38"])
def test_unused_data_has_the_database_that_an_annotation_replaces(named: str) -> None:
    (warning,) = unused(snpEff={"cmdArgs": named})

    assert warning.code == "databaseNotUsed"
    assert f"is not used: effects are on the genes of {GENES}" in warning.message
    assert unused(snpEff={"cmdArgs": named}, annotationS3Path=None) == []


@pytest.mark.parametrize("arguments", ["", "-canon -ud 2000"])
def test_unused_data_is_none_where_no_database_is_named(arguments: str) -> None:
    assert unused(snpEff={"cmdArgs": arguments}) == []


def unused(**changes: Any) -> list[StepWarning]:
    checked = CheckedInput.of(exome_input(**changes), RESULTS_BUCKET)
    assert checked.problems == ()
    return list(unused_data(checked, ObjectsFound(sizes={}, wrong={})))


def words(problems: list[Problem]) -> list[str]:
    return [str(problem) for problem in problems]


@pytest.mark.parametrize("changes", [{}, {"bwa": None, "minimap2": {}}])
def test_look_at_reference_sound_has_no_problem(changes: dict[str, Any]) -> None:
    assert look(**changes) == []


@pytest.mark.parametrize(
    ("suffix", "body", "said"),
    [
        ("", b"@read\nACGT\n+\nIIII\n", "it is not a FASTA: it begins with '@read', not with '>'"),
        ("", FASTA.replace(b"ACGTACGT", b"ACGT-CGT", 1), "contig 'chr1' contains '-' in line 2"),
        ("", FASTA + b">two\nACGT\n", "its .fai belongs to another FASTA, or is older"),
        ("", FASTA[:-61], "its .fai belongs to another FASTA, or is older"),
        (".fai", b"chr1,x\t600\t6\t60\t61\n", "contig 'chr1,x': its name contains ','"),
        (".fai", b"chr1\t601\t6\t60\t61\n", "its .fai belongs to another FASTA, or is older"),
        (".fai", b"<html>", "is not a FASTA index"),
        (".ann", b"600 1 11\n0 chr2 (null)\n0 600 0\n", "belongs to another FASTA than the .fai"),
        (".ann", b"600 2 11\n0 chr1 a\n0 600 0\n0 e a\n600 0 0\n", "contig 'e' has no bases"),
    ],
)
def test_look_at_reference_names_the_object_that_is_wrong(
    suffix: str, body: bytes, said: str
) -> None:
    found = look({REFERENCE + suffix: body})

    assert any(f"$.referenceS3Path: {REFERENCE}{suffix}: " in each for each in words(found)) or (
        suffix == ".fai"  # reported for the FASTA
    )
    assert any(said in each for each in words(found)), found


def test_look_at_reference_minimap2_index_of_another_fasta_is_reported() -> None:
    other = sound_body("x.mmi").replace(b"chr1", b"chr7")

    (problem,) = look({f"{REFERENCE}.mmi": other}, bwa=None, minimap2={})

    assert "chr7 of 600 bases where the .fai has chr1" in problem.message


@pytest.mark.parametrize("text", [GFF3, GTF])
def test_look_at_reference_takes_gff3_and_gtf_for_what_they_are(text: str) -> None:
    assert look({GENES: text.format("chr1").encode()}) == []


@pytest.mark.parametrize("text", [GFF3, GTF])
def test_look_at_reference_annotation_of_other_contigs_is_refused(text: str) -> None:
    (problem,) = look({GENES: text.format("NC_000001.11").encode()})

    assert problem.path == "$.annotationS3Path"
    assert "NC_000001.11 is chr1 there" in problem.message


def test_look_at_reference_refuses_contigs_that_are_one_to_snpeff() -> None:
    index = {f"{REFERENCE}.fai": b"chr1\t300\t6\t60\t61\n1\t299\t315\t60\t61\n"}
    said = "snpEff takes contigs of the FASTA for one: chr1 and 1."

    assert any(f"$.annotationS3Path: {GENES}: {said}" in each for each in words(look(index)))
    changes = {"annotationS3Path": None, "snpEff": {"cmdArgs": "hg38"}}
    told = words(look(index, **changes))
    assert any(f"$.referenceS3Path: {REFERENCE}.fai: {said}" in each for each in told)


def test_look_at_reference_contigs_left_out_on_purpose_are_no_problem() -> None:
    genes = (GFF3.format("chr1") + GFF3.format("KI270728.1")).encode()

    assert "KI270728.1" in look({GENES: genes})[0].message
    assert look({GENES: genes}, annotationLeftOut=["KI27*"]) == []


def test_look_at_reference_genetic_code_of_no_contig_is_refused() -> None:
    (problem,) = look(geneticCodes={"chrM": 2})

    assert problem.path == "$.geneticCodes"
    assert look(geneticCodes={"chr1": 2, "*": 11}) == []


def test_look_at_reference_object_that_can_t_be_read_is_reported() -> None:
    checked = CheckedInput.of(exome_input(), RESULTS_BUCKET)
    found = ObjectsFound(sizes={S3Uri.parse(GENES): 9}, wrong={})

    (problem,) = look_at_reference(checked, found, lambda _uri, _size: None, None)

    assert f"{GENES} exists, but can't be read" in problem.message
