"""Injects faults into the emulator, and checks the results.

emulator        the emulator with the two layers below around its AWS API
faults          functions that die at a chosen AWS call, and AWS calls that are throttled
permissions     refuses what the role of a function or a job does not allow, and notes what it does
chaos           every fault that can happen to runs, thousands of times: `make chaos`
scripted        jobs that end as a test says
job_results     what scripted jobs read from S3 and write there
standing_clock  a clock that stands while anything goes on
token_issuer    an issuer of tokens in place of an OpenID provider
"""
