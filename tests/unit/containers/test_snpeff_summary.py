"""The summary page of snpEff's statistics; what they look like is taken from snpEff 5.1d."""

import pytest

from jobkit.snpeff_statistics import Section, Series, read_sections
from snpeff.summary import summary_page
from tests.support.html_page import HtmlPage

EVIL = "<img/src=x/onerror=alert(1)>,\"'&\u202e"
STATISTICS = f"""
# Summary table

Name , Value
Genome , reference
SnpEff_version , SnpEff 5.1d (build 2023-01-20 19:55), by Pablo Cingolani
Number_of_known_variants (i.e. non-empty ID) , 0, 0%

# Change rate by chromosome

Chromosome , Length , Changes , Change_rate
1 , 6000 , 60 , 100
{EVIL} , 6000 , 61 , 98

# Variantss by type

Type , Count , Percent
INS , 25 , 20.833333%
SNP , 95 , 79.166667%

Missense_Silent_ratio, 3.5

# Quality

Values , 10,11,30
Count , 3,2,4

# Ts/Tv : Known variants

No results available (empty input?)

# Allele frequency

# Hom/Het table

Sample_names , {EVIL.replace(",", "")}
Het , 54

# Chromosome change table

{EVIL}, Position,0,100,200
{EVIL},Count,2,0,1

"""


@pytest.fixture
def page() -> HtmlPage:
    return HtmlPage(summary_page(STATISTICS, "S1"))


def test_read_sections_distinguishes_numbers_from_names_with_commas() -> None:
    name = EVIL.replace("\u202e", "\N{REPLACEMENT CHARACTER}")

    sections = {section.title: section for section in read_sections(STATISTICS)}

    assert sections["Summary table"].rows[2:] == (
        ("SnpEff_version", "SnpEff 5.1d (build 2023-01-20 19:55), by Pablo Cingolani"),
        ("Number_of_known_variants (i.e. non-empty ID)", "0, 0%"),
    )
    assert sections["Change rate by chromosome"].rows[2] == (name, "6000", "61", "98")
    assert sections["Variantss by type"].rows[-1] == ("Missense_Silent_ratio", "3.5")
    assert sections["Quality"].series == (Series("", (10, 11, 30), (3, 2, 4)),)
    assert sections["Chromosome change table"] == Section(
        "Chromosome change table", series=(Series(name, (0, 100, 200), (2, 0, 1)),)
    )
    assert "Allele frequency" not in sections


def test_page_puts_its_policy_before_all_else(page: HtmlPage) -> None:
    assert page.elements[:3] == ["html", "head", "meta"]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert ("content", policy) in page.attributes


def test_page_shows_a_name_that_is_html_as_text(page: HtmlPage) -> None:
    shown = EVIL.replace("\u202e", "\N{REPLACEMENT CHARACTER}")

    assert page.text.count(shown) == 2  # a contig, and its chart
    assert page.text.count(shown.replace(",", "")) == 1  # a sample


def test_page_runs_and_loads_nothing(page: HtmlPage) -> None:
    assert page.active == []


@pytest.mark.parametrize(
    "text",
    [
        "<script>1</script>",
        "<img src=x>",
        "<p onclick=f()>",
        '<a href="https://page.example">',
        '<a href="javascript:f()">',
        "<svg><use href='x.svg#a'></svg>",
        "<style>p { background: url(//page.example/x) }</style>",
        "<style>@import 'x'</style>",
        '<p style="background: url(x)">',
        '<meta http-equiv="refresh" content="0;url=x">',
        "<form action=x>",
        "<iframe srcdoc=x>",
    ],
)
def test_what_runs_or_loads_is_found(text: str) -> None:
    assert HtmlPage(text).active


def test_page_draws_counts(page: HtmlPage) -> None:
    assert "10: 3" in page.text
    assert "30: 4" in page.text
    assert ("style", "width:79.17%") in page.attributes
    assert "highest bar: 4" in page.text


def test_page_of_many_contigs_says_how_many_are_not_drawn() -> None:
    charts = "".join(f"c{n}, Position,0,1\nc{n},Count,1,2\n\n" for n in range(1205))
    statistics = f"# Summary table\n\nName , Value\n\n# Chromosome change table\n\n{charts}"

    text = summary_page(statistics, "S1")

    assert "And 1,005 more, which are not drawn." in text
    assert text.count("<svg") == 200


@pytest.mark.parametrize("values", [range(5000), [0, 1_000_000_000], [7]])
def test_page_draws_as_many_bars_as_can_be_seen(values: list[int]) -> None:
    numbers = ",".join(map(str, values))
    counts = ",".join("1" for _ in values)
    quality = f"# Quality\n\nValues , {numbers}\nCount , {counts}\n"

    text = summary_page(f"# Summary table\n\nName , Value\n\n{quality}", "S1")

    assert 1 <= text.count("<rect") <= 101


@pytest.mark.parametrize("text", ["", "not snpEff's\n", "# Quality\n\nValues , 1\nCount , 2\n"])
def test_page_of_other_statistics_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no summary table"):
        summary_page(text, "S1")
