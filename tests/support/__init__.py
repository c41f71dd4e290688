"""Shared code of tests. `tests/harness` injects faults into the emulator; `tests/stand_ins` are
programs.

Worlds, each with everything that its tests need:

aws_world        moto in this process: the ledger as template.yaml declares it, S3, Batch, logs
situation        one event of a function in that world: tests/integration/functions
batch_world      an AWS API with Batch alone, and short ways to use it
small_stack      the emulator with the small template of `small/`
workflow_world   the deployed stack with scripted jobs, and samples whose inputs exist
confined_world   that stack with callers of two groups, and runs of one to attack
live_world       the deployed stack, cleared for each sample event

Data:

samples          a run's input, and what it names in S3
builders         plans, rows, records and inputs of domain values
cost_builders    the same for hosts, prices and attempts
fakes            the ports of the use cases in memory
fake_executions  Step Functions in memory, behind the same ports
written_results  results in S3 as a step's job leaves them
writing_jobs     scripted jobs that write such results

Sample events, `events/`:

sample_events    the files, with the needs and the result of each
given            states of the world before an event
sample_table     a pytest plugin: a table of the tested events

Tools:

api_client       calls the HTTP API signed, with a token, or with neither
api_hooks        hooks of schemathesis for the API
container_jobs   the tests of jobs in containers, for a real engine and for its stand-in
crates           validates RO-Crates; check_crate is its program, in an environment of its own
html_page        finds parts of a page that could run or load something
reference_service a host's reference service, as a process
signing_proxy    signs for clients that cannot
waiting          waits for expected results
"""
