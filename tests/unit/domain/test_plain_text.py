"""Which characters are no text; expectations from the Unicode standard's own tables."""

import pytest

from seqstack.domain.plain_text import harmless, one_line, refusal

NOT_TEXT = {
    "NUL": "\x00",
    "escape": "\x1b",
    "tab": "\t",
    "DEL": "\x7f",
    "C1 CSI": "\x9b",
    "soft hyphen": "\xad",
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "left-to-right embedding": "\u202a",
    "right-to-left override": "\u202e",
    "left-to-right isolate": "\u2066",
    "pop directional isolate": "\u2069",
    "Arabic letter mark": "\u061c",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "half of a pair": "\ud800",
    "tag": "\U000e0041",
    "Hangul filler": "\u3164",
    "variation selector": "\ufe0f",
}


@pytest.mark.parametrize("character", NOT_TEXT.values(), ids=NOT_TEXT.keys())
def test_refusal_of_what_is_no_text_names_its_code_point_and_place(character: str) -> None:
    why = refusal(f"ab{character}c{character}")

    assert why is not None
    assert why.startswith(f"holds U+{ord(character):04X} (")
    assert "as character 3," in why
    assert character not in why


def test_refusal_reports_a_character_by_its_unicode_name() -> None:
    assert "U+202E (RIGHT-TO-LEFT OVERRIDE)" in str(refusal("\u202e"))
    assert "U+001B (a control character)" in str(refusal("\x1b"))


@pytest.mark.parametrize(
    "text", ["", "NA12878_R1.fastq.gz", "Müller", "サンプル", "שלום", "a\xa0b", "🧬"]
)
def test_refusal_of_text_in_any_script_is_none(text: str) -> None:
    assert refusal(text) is None
    assert one_line(text) == harmless(text) == text


@pytest.mark.parametrize(
    ("text", "line", "lines"),
    [
        ("\x1b[31mred\x1b[0m", "�[31mred�[0m", "�[31mred�[0m"),
        ("a\r\nb\tc", "a��b\tc", "a�\nb\tc"),
        ("gnp.\u202eexe", "gnp.�exe", "gnp.�exe"),
    ],
)
def test_what_is_shown_has_nothing_that_a_terminal_acts_on(
    text: str, line: str, lines: str
) -> None:
    assert (one_line(text), harmless(text)) == (line, lines)
