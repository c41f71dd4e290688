from jobkit.sample_name import name_sample


def test_name_sample_replaces_sets_or_adds_the_tag() -> None:
    header = "@HD\tVN:1.6\n@RG\tID:1\tSM:default\tPL:X\n@RG\tID:2\n@PG\tID:x\tCL:a SM:b\n"
    assert name_sample(header, "S1") == (
        "@HD\tVN:1.6\n@RG\tID:1\tSM:S1\tPL:X\n@RG\tID:2\tSM:S1\n@PG\tID:x\tCL:a SM:b\n"
    )
    assert name_sample("@HD\tVN:1.6\n", "S1") == "@HD\tVN:1.6\n@RG\tID:S1\tSM:S1\n"
