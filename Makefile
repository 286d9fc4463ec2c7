# Needs Python 3.11 or newer and make, nothing else: no Docker, no AWS account.
PYTHON ?= python3
SCENARIO ?= revoked_key
DEV := .venv/bin
export PYTHON_RUNTIME ?= python3.13
export ARCHITECTURE ?= arm64
PIP_FLAGS := --quiet --quiet --disable-pip-version-check --no-input

export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.PHONY: help setup up down status drill show sam-local stage-key laws bench test check format build clean accuracy explain conformance

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  make drill SCENARIO=list names every drill, with its story; SCENARIO=all plays them"

setup: .venv/.ready .ministack/.ready ## install the tools and the local cloud (only what changed)

.venv/.ready: requirements/dev.txt layers/dependencies/requirements.txt
	@$(call install,.venv,requirements/dev.txt,the development tools)

.ministack/.ready: requirements/ministack.txt
	@$(call install,.ministack,requirements/ministack.txt,the local cloud)

define install
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
  { echo "$(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=python3.12 …" >&2; exit 1; }
echo "installing $(3) into $(1) (about 40 s the first time)"
test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
$(1)/bin/python -m pip install $(PIP_FLAGS) -r $(2)
touch $@
endef

up: setup ## start the local cloud and the sandbox, deploy the stack to it
	@$(DEV)/python -m local.cloud up

down: setup ## stop them and remove what they left
	@$(DEV)/python -m local.cloud down

status: setup ## what runs, and where
	@$(DEV)/python -m local.cloud status

drill: setup ## one incident end to end: make drill SCENARIO=provider_outage
	@$(DEV)/python -m local.drill $(SCENARIO)

bench: setup ## what looking costs, as ratios measured side by side
	@PYTHONPATH=layers/responder/python:. $(DEV)/python -m local.bench

stage-key: setup ## add a TwinMind standby key, read unseen and tested: make stage-key STACK=twinmind-responder
	@PYTHONPATH=layers/responder/python:. $(DEV)/python -m local.stage_key $(if $(STACK),--stack $(STACK))

show: setup ## what people have of an incident: make show WHAT=thread|ticket|page|report|journal|calls [INCIDENT=pd-…]
	@$(DEV)/python -m local.show $(or $(WHAT),page) $(INCIDENT)

sam-local: setup ## get `sam local invoke` ready against the local cloud (needs Docker; docs/sam-local.md)
	@$(DEV)/python -m local.sam_local $(PYTHON_RUNTIME)

test: setup ## every test
	@$(DEV)/python -m pytest $(PYTEST_ARGS)

# Where most kinds of calls are made; in `make test` every test records.
RECORDED_FROM := tests/workflow/test_scenarios.py tests/workflow/test_failures.py tests/contract
NODE_PACKAGES := tests/conformance/node/node_modules

conformance: setup $(NODE_PACKAGES) .checkov/.ready ## strict third parties judge what the tests recorded, with counts
	@$(DEV)/python -m pytest --quiet $(RECORDED_FROM) tests/conformance

# Without Node.js the two checks that need it are skipped, and listed.
$(NODE_PACKAGES): tests/conformance/node/package-lock.json
	@if command -v npm >/dev/null; then cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund && touch node_modules; \
	  else echo "no npm here: what needs Node.js is skipped"; fi

.checkov/.ready: requirements/checkov.txt
	@$(call install,.checkov,requirements/checkov.txt,checkov)

laws: setup ## the laws of a rotation, in every history of faults that is enumerated; says how many
	@PYTHONPATH=layers/responder/python:. $(DEV)/python -m tests.support.rotation_histories $(LAWS)
accuracy: setup ## how often the verdict is right: every labelled case of tests/corpus, into docs/accuracy.md
	@PYTHONPATH=layers/responder/python $(DEV)/python -m local.accuracy

explain: setup ## why a verdict is what it is: make explain CASE="key revoked" (a name or a file), or INCIDENT=pd-… [STACK=…]
	@PYTHONPATH=layers/responder/python $(DEV)/python -m local.accuracy \
	  $(if $(INCIDENT),--incident "$(INCIDENT)" $(if $(STACK),--stack "$(STACK)"),--case "$(CASE)")

check: setup ## style, types, import rules, template
	@$(DEV)/ruff check
	@$(DEV)/ruff format --check
	@$(DEV)/mypy
	@PYTHONPATH=layers/responder/python:. $(DEV)/lint-imports --no-logo
	@AWS_DEFAULT_REGION=us-east-1 $(DEV)/sam validate --lint

format: setup ## let ruff mend what it can
	@$(DEV)/ruff check --fix
	@$(DEV)/ruff format

build: setup ## build for AWS (arm64 and python3.13, or name ARCHITECTURE and PYTHON_RUNTIME)
	@env -u MAKEFLAGS -u MFLAGS PYTHON=$(CURDIR)/$(DEV)/python $(DEV)/sam build \
	  --parameter-overrides PythonRuntime=$(PYTHON_RUNTIME) Architecture=$(ARCHITECTURE)

clean: ## remove everything that the other targets made
	@if [ -x $(DEV)/python ]; then $(DEV)/python -m local.cloud down; fi
	rm -rf .venv .ministack .checkov $(NODE_PACKAGES) .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
