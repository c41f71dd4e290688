"""What fingerprints tell of a cohort, beside what its sheet says."""

import random
from typing import Any

import pytest

from cli.relatedness.collecting import collect, relations
from cli.relatedness.expected import Person
from cli.relatedness.fingerprints import read_fingerprint
from tests.unit.cli.relatedness.families import family, fingerprint, mixture, vcf

TRIO = {
    "father": {"patient": "F", "family": "7"},
    "mother": {"patient": "M", "family": "7"},
    "son": {"patient": "S", "family": "7", "father": "F", "mother": "mother"},
    "stranger": {"patient": "X"},
}


def people(tags: dict[str, dict[str, str]]) -> list[Person]:
    return [Person.of(sample, each) for sample, each in tags.items()]


def said(tags: dict[str, dict[str, str]], who: dict[str, str]) -> list[str]:
    """The contradictions of samples that are really somebody else: `who` has whom."""
    genotypes = family(3)
    found = {sample: fingerprint(genotypes[who.get(sample, sample)]) for sample in tags}
    return list(relations(people(tags), found).contradictions)


def test_trio_as_the_sheet_has_it() -> None:
    assert said(TRIO, {}) == []


def test_swapped_samples_are_found_by_the_parents() -> None:
    found = said(TRIO, {"mother": "stranger", "stranger": "mother"})

    assert [each.partition(" (")[0] for each in found] == [
        "mother and son are unrelated",
        "son and stranger are first-degree relatives",
    ]
    assert found[0].endswith(", but the sheet says that mother is a parent of son")
    assert found[1].endswith("that they are patients S and X, of no common family")


SIBLINGS = {
    "son": {"patient": "S", "father": "F", "mother": "M"},
    "daughter": {"patient": "D", "father": "F", "mother": "M"},
}


def test_siblings_are_known_by_their_parents() -> None:
    """Without a column `family`, and though no parent was sequenced."""
    assert said(SIBLINGS, {}) == []
    [found] = said(SIBLINGS, {"daughter": "stranger"})
    assert found.startswith("son and daughter are unrelated (")
    assert found.endswith("but the sheet says that they have a parent in common")


def test_parent_who_is_no_sample_is_told() -> None:
    tags = {"son": {"patient": "S", "father": "Fx", "mother": "M"}, "mother": {"patient": "M"}}
    genotypes = family(3)

    found = relations(people(tags), {name: fingerprint(genotypes[name]) for name in tags})

    assert found.not_told.endswith("these are no sample or patient of the cohort: Fx")


def test_one_person_under_two_names_is_found() -> None:
    found, *_ = said(TRIO, {"stranger": "father"})

    assert found.startswith("father and stranger are the same person (1.00), but the sheet says")


def test_second_sample_of_a_patient_must_be_of_the_same_person() -> None:
    tags = {"blood": {"patient": "S"}, "tumour": {"patient": "S"}}

    assert said(tags, {"blood": "son", "tumour": "son"}) == []
    [found] = said(tags, {"blood": "son", "tumour": "daughter"})
    assert found.endswith("but the sheet says that both are patient S")


@pytest.mark.parametrize("none", ["", "0", "NA", "-9", "Unknown"])
def test_unknown_parents_are_nobody(none: str) -> None:
    tags = {"son": {"father": none, "mother": none}, none or "x": {}}

    assert said(tags, {none or "x": "stranger"}) == []


def test_relatives_without_a_word_in_the_sheet_are_kept_from_second_degree_on() -> None:
    genotypes = family(3)
    tags: dict[str, dict[str, str]] = {name: {} for name in ("father", "grandchild", "mother")}
    found = relations(
        people(tags), {name: fingerprint(genotypes[name]) for name in ("father", "grandchild")}
    )

    assert found.without == ["mother"]
    assert found.compared == 2
    [pair] = found.pairs
    assert (pair.first, pair.second) == ("father", "grandchild")
    assert found.contradictions == []


def test_pairs_that_tell_too_little_are_counted_and_not_called_unrelated() -> None:
    genotypes = family(3)
    found = {name: fingerprint(genotypes[name]) for name in ("father", "mother")}
    thin = fingerprint(genotypes["son"][:300])
    tags: dict[str, dict[str, str]] = {"father": {}, "mother": {}, "son": {"patient": "father"}}

    whole = relations(people(tags), found)
    assert (whole.not_compared, whole.not_told) == (0, "")
    told = relations(people(tags), {**found, "son": thin})
    assert (told.compared, told.not_compared, told.contradictions) == (3, 2, [])
    assert told.not_told.startswith("2 of 3 pairs of samples could not be compared: fewer than 200")
    same_sites = {name: fingerprint(genotypes[name][:300]) for name in genotypes}
    every: dict[str, dict[str, str]] = {name: {} for name in genotypes}
    assert relations(people(every), same_sites).not_compared == 15


@pytest.mark.parametrize(("share", "reads"), [(0.1, 20), (0.1, 60), (0.3, 30), (0.5, 30)])
def test_sample_with_reads_of_another_person_is_named(share: float, reads: int) -> None:
    chance, genotypes = random.Random(5), family(3)
    mixed, clean = (
        read_fingerprint(mixture(chance, genotypes["son"], genotypes["stranger"], part, reads), "x")
        for part in (share, 0.0)
    )
    tags = {"blood": {"patient": "S"}, "again": {"patient": "S"}}

    found = relations(people(tags), {"blood": mixed, "again": clean})

    assert list(found.mixed) == ["blood"]
    assert found.mixtures[0].startswith("blood seems to have reads of two people: ")
    assert (found.purity_unknown, found.not_told) == (0, "")


@pytest.mark.parametrize("reads", [20, 30, 100])
def test_sample_of_one_person_is_not_called_mixed(reads: int) -> None:
    genotypes = family(3)
    pure = mixture(random.Random(6), genotypes["son"], genotypes["son"], 0.0, reads)

    found = relations(people({"son": {}}), {"son": read_fingerprint(pure, "x")})

    assert found.mixed == {}


def test_samples_with_too_few_reads_to_tell_a_mixture_are_counted() -> None:
    son, stranger = (family(3)[name] for name in ("son", "stranger"))
    thin = read_fingerprint(mixture(random.Random(7), son, stranger, 0.5, 19), "x")

    found = relations(people({"son": {}}), {"son": thin})

    assert (found.mixed, found.purity_unknown) == ({}, 1)
    assert found.not_told.startswith("Of 1 of 1 samples it is unknown whether their reads are of")


def test_fingerprints_are_fetched_by_links_of_each_run() -> None:
    genotypes = family(3)
    objects = {"https://a": vcf(genotypes["son"]), "https://c": b"a page"}

    def list_outputs(run_id: str, _seconds: int) -> Any:
        def output(name: str, link: str | None) -> dict[str, Any]:
            return {"s3Uri": f"s3://results/{run_id}/{name}", "link": link}

        fingerprint = output("qc/fingerprint.vcf.gz", "https://a" if run_id == "r1" else None)
        return {"outputs": [output("report/run.html", "https://c"), fingerprint]}

    found = collect({"son": "r1", "gone": "r2"}, list_outputs, objects.__getitem__)

    assert found == {"son": fingerprint(genotypes["son"])}
