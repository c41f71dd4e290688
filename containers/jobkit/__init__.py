"""Shared code of all job containers: staging, scratch, running tools, checks, provenance.

Standard library and `seqstack.domain` only; S3 transfers go through the s5cmd program.
"""
