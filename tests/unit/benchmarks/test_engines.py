import re

from benchmarks.engines import cwl_workflow, one_by_one, read_times, side_by_side, snakefile
from benchmarks.step_scripts import READS, StepScript
from seqstack.domain.words import Step

STEPS = {
    Step.ALIGN: StepScript(READS, ("sorted.bam", "sorted.bam.bai"), 4, "bwa …"),
    Step.ALIGNMENT_STATS: StepScript(("sorted.bam",), ("bam_stats.dat",), 1, "samtools …"),
}


def test_shell_scripts_run_the_same_steps():
    found = [re.findall(r"\bstep (\w+)", script) for script in (one_by_one(), side_by_side())]

    assert sorted(found[0]) == sorted(found[1])
    assert len(set(found[0])) == 6


def test_read_times_gives_seconds_of_each_step(tmp_path):
    times = tmp_path / "times.txt"
    times.write_text("align 1795974241.5 1795974246.75\nannotate 1795974250.0 1795974250.5\n")

    assert read_times(times) == {Step.ALIGN: 5.25, Step.ANNOTATE: 0.5}


def test_snakemake_gets_files_and_threads_of_each_step():
    assert (
        "rule align:\n"
        '    input: "reads_1.fastq.gz", "reads_2.fastq.gz"\n'
        '    output: "sorted.bam", "sorted.bam.bai"\n'
        "    threads: 4\n"
        '    shell: "bash steps/align.sh"\n'
    ) in snakefile(STEPS)


def test_cwl_takes_a_step_s_input_from_the_step_that_makes_it():
    workflow = cwl_workflow(STEPS)

    stats = workflow["steps"][Step.ALIGNMENT_STATS]
    assert stats["in"]["sorted_bam"] == "align/sorted_bam"
    assert workflow["steps"][Step.ALIGN]["in"]["reads_1_fastq_gz"] == "reads_1_fastq_gz"
    assert stats["run"]["requirements"]["ResourceRequirement"] == {"coresMin": 1}
