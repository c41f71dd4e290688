# SeqStack's workflow as CWL sees it, for clients of GA4GH's Workflow Execution Service that can send
# CWL only: what goes in and what comes out. An Operation says nothing of how; SeqStack's own
# state machine runs it. Every path is an S3 URI, and nothing is staged by the client. The schema of
# the input (statemachine/input.schema.json) has further, optional keys, which may be given too.
cwlVersion: v1.2
class: Operation
label: Paired reads to aligned reads, statistics, variants and annotated variants
inputs:
  sampleId:
    type: string
    doc: the sample's id
  fastq1S3Path:
    type: ["null", string, {type: array, items: string}]
    doc: first reads, one gzipped FASTQ for each lane
  fastq2S3Path:
    type: ["null", string, {type: array, items: string}]
    doc: second reads, in the same order
  readsS3Path:
    type: ["null", string, {type: array, items: string}]
    doc: BAM or CRAM files, in place of FASTQ files
  referenceS3Path:
    type: string
    doc: reference FASTA, its indexes beside it
  annotationS3Path:
    type: string?
    doc: genes of the reference, in GFF3 or GTF
  resultsS3Path:
    type: string?
    doc: folder below which the results are written
outputs:
  align:
    type: string[]
    doc: sorted BAM, its index and checksum, and how they were made
  callVariants:
    type: string[]
    doc: VCF and gVCF with their indexes, and how they were made
  annotate:
    type: string[]
    doc: annotated VCF, its index and summary, and how they were made
  alignmentStats:
    type: string[]
    doc: what samtools stats printed, and how that was made
