# Needs Python 3.11 or newer and make, nothing else: no Docker, no AWS account.
PYTHON ?= python3
SCENARIO ?= revoked_key
DEV := .venv/bin
export PYTHON_RUNTIME ?= python3.13
export ARCHITECTURE ?= arm64

export SAM_CLI_TELEMETRY := 0
# Without bytecode on disk each process compiles all of the project anew: seven seconds of CPU for the tests' alone.
unexport PYTHONDONTWRITEBYTECODE

NODE_FOLDER := tests/conformance/node/node_modules
# npm writes this file last: without it, the folder is half made.
NODE_PACKAGES := $(NODE_FOLDER)/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help setup up down status drill show sam-local configure doctor doctor-drill test-incident incidents stage-key vendor-report laws bench cost test check format build clean accuracy explain conformance jira-renderer quick coverage breaks canary record-drills screenshots

# The variables of each target. Any other on the command line is refused: it would change nothing, in silence.
for_up := RECORD_AWS_CALLS ENFORCE_IAM
for_drill := SCENARIO V
for_stage-key := STACK
for_configure := STACK PART
for_doctor := STACK
for_test-incident := STACK
for_incidents := STACK
for_vendor-report := STACK INCIDENT MONTH
for_show := WHAT INCIDENT
for_screenshots := PAGE
for_sam-local := PYTHON_RUNTIME
for_test := PYTEST_ARGS
for_quick := PYTEST_ARGS
for_coverage := PYTEST_ARGS
for_laws := LAWS
for_explain := CASE INCIDENT STACK
for_conformance := RECORDED_FROM
for_build := PYTHON_RUNTIME ARCHITECTURE

goals := $(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))
known := PYTHON $(foreach goal,$(goals),$(for_$(goal)))
given := $(foreach name,$(filter-out -*-%,$(.VARIABLES)),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
ifneq ($(filter-out $(known),$(given)),)
$(error make $(goals) has no $(filter-out $(known),$(given)); it has: $(known). Names are in capitals)
endif

# A Python that was named makes an environment of another version anew.
named_python := $(if $(filter command,$(firstword $(origin PYTHON))),named-python)
interruptible := exec sh local/interruptible
run := $(interruptible) env PYTHONPATH=layers/responder/python:. $(DEV)/python -m local
pytest := $(interruptible) $(DEV)/python -m local pytest

define python_is_there
"$(PYTHON)" -c 'import sys; sys.exit(3 if sys.version_info < (3, 11) else 0)' 2>/dev/null || { \
  case $$? in 3) echo "$(PYTHON) is older than Python 3.11." ;; *) echo "There is no Python that runs as $(PYTHON)." ;; esac >&2; \
  echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(goals)" >&2; exit 1; }
endef

# With any Python that is there: what runs must end also where the tools are half installed, or gone.
define stop
for python in $(DEV)/python "$(PYTHON)"; do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    sh local/interruptible "$$python" -m local stop; exit; fi; done; \
if ls .local/*.pid >/dev/null 2>&1; then $(python_is_there); fi
endef

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  make drill SCENARIO=list names every drill, with its story; SCENARIO=all plays them"

setup: .venv/.ready .ministack/.ready ## install the tools and the local cloud (only what changed)

.venv/.ready: requirements/dev.txt layers/dependencies/requirements.txt $(named_python)
	@$(python_is_there) && $(interruptible) "$(PYTHON)" -m local install .venv $(filter %.txt,$^)

.ministack/.ready: requirements/ministack.txt $(named_python)
	@$(python_is_there) && $(interruptible) "$(PYTHON)" -m local install .ministack $(filter %.txt,$^)

.PHONY: named-python
named-python:

up: setup ## start the local cloud and the sandbox, deploy the stack to it
	@$(run) cloud up

down: ## stop them and remove what they left
	@$(stop)

status: setup ## what runs, and where
	@$(run) cloud status

drill: setup ## one incident end to end: make drill SCENARIO=provider_outage [V=1 with the machine's states]
	@$(run) drill $(if $(V),-v) "$(SCENARIO)"

bench: setup ## what looking costs, as ratios measured side by side
	@$(run) bench

# The operator's command line, on STACK or on the local cloud.
responder = $(run) responder_cli $(if $(STACK),--stack "$(STACK)",--local)

configure: setup ## ask for what a deployment needs, try it, write it: make configure STACK=twinmind-responder [PART=slack]
	@$(responder) configure $(PART)

doctor: setup ## every setting that can be wrong, with what to do: make doctor STACK=twinmind-responder
	@$(responder) doctor

doctor-drill: setup ## the doctor's screens on the local cloud: all right, ten things wrong, and each check broken alone
	@$(run) doctor_drill

test-incident: setup ## one incident the whole way, marked TEST: make test-incident STACK=twinmind-responder
	@$(responder) test-incident

incidents: setup ## the open incidents: make incidents STACK=twinmind-responder
	@$(responder) incidents list

stage-key: setup ## add a TwinMind standby key, read unseen and tested: make stage-key STACK=twinmind-responder
	@$(responder) stage-key

vendor-report: setup ## TwinMind's outage minutes by month, with evidence: make vendor-report STACK=… [MONTH=2026-11] [INCIDENT=pd-…]
	@$(responder) vendor-report $(INCIDENT) $(if $(MONTH),--month "$(MONTH)")

show: setup ## what people have of an incident: make show WHAT=thread|ticket|page|report|journal|calls [INCIDENT=pd-…], or WHAT=threads of all drills played
	@$(run) show "$(or $(WHAT),page)" $(if $(INCIDENT),"$(INCIDENT)")

sam-local: setup ## get `sam local invoke` ready against the local cloud (needs Docker; docs/sam-local.md)
	@$(run) sam_local "$(PYTHON_RUNTIME)"

test: setup $(NODE_PACKAGES) ## every test, in parallel, in a new order; says what was slow
	@$(pytest) -n auto $(PYTEST_ARGS)

quick: setup ## the tests for the inner loop: unit, template and contract, without the exhaustive walks
	@$(pytest) -n auto --quick tests/unit tests/template tests/contract $(PYTEST_ARGS)

# Without what runs in processes of its own: the local cloud's functions, and the judges of what was recorded.
coverage: setup ## lines and branches of the layer and the functions that the tests reach
	@$(pytest) -n auto --ignore tests/e2e --ignore tests/conformance --cov \
	  --cov-report=term-missing:skip-covered $(PYTEST_ARGS)

breaks: setup ## puts ten faults into a copy of the tree, and says which test fails for each
	@$(run) breaks

# Where most kinds of calls are made; in `make test` every test records.
RECORDED_FROM := $(patsubst %,tests/workflow/test_%.py,roles failures missing_probe_runs) \
  $(patsubst %,tests/contract/test_%.py,acknowledge resolve slack_interaction ticket statuspage public_notice_approval)
conformance: setup $(NODE_PACKAGES) .checkov/.ready ## strict third parties judge what the tests recorded, with counts
	@$(pytest) --quiet $(RECORDED_FROM) tests/conformance

record-drills: setup ## plays the drills that tests/conformance/drilled.jsonl lacks (all: half an hour) for make conformance
	@$(run) record_drills

# Without Node.js the two checks that need it are skipped, and listed.
$(NODE_PACKAGES): tests/conformance/node/package-lock.json
	@{ command -v npm && cd $(<D) && npm ci --ignore-scripts --no-audit --no-fund && touch ../../../$@; } >/dev/null || \
	  echo "npm could not install $(<D)/package.json: the tests that need it are skipped, and listed"

# Apart from the others, and not kept: 2.8 GB and some minutes, for one bundle of 11 MB.
jira-renderer: setup $(NODE_PACKAGES) .jira-renderer/renderer.js ## Jira's own renderer shows our hostile tickets in a browser (installs 2.8 GB)
	@$(pytest) tests/attack/test_markup_in_vendors_renderers.py

.jira-renderer/renderer.js: tests/conformance/jira/package.json tests/conformance/jira/renderer.jsx
	@mkdir -p $(@D) && cp $^ $(@D) && cd $(@D) && npm install --ignore-scripts --no-audit --no-fund --no-package-lock && \
	  node_modules/@esbuild/*/bin/esbuild renderer.jsx --bundle --minify --outfile=renderer.js --log-level=error \
	  --define:process.env.NODE_ENV='"production"' --define:global=window \
	  --loader:.svg=text --loader:.png=dataurl --loader:.gif=dataurl && rm -rf node_modules

.checkov/.ready: requirements/checkov.txt $(named_python)
	@$(python_is_there) && $(interruptible) "$(PYTHON)" -m local install .checkov $(filter %.txt,$^)

laws: setup ## the laws of a rotation, in every history of faults that is enumerated; says how many
	@$(run) tests.support.rotation_histories $(LAWS)

cost: setup ## what incidents and an idle stack cost on AWS, from simulated hours: make cost [CASE=hour|key|day]
	@$(run) cost $(CASE)
	@$(run) idle_cost

accuracy: setup ## how often the verdict is right: every labelled case of tests/corpus, into docs/accuracy.md
	@$(run) accuracy

explain: setup ## why a verdict is what it is: make explain CASE="key revoked" (a name or a file), or INCIDENT=pd-… [STACK=…]
	@$(run) accuracy \
	  $(if $(INCIDENT),--incident "$(INCIDENT)" $(if $(STACK),--stack "$(STACK)"),--case "$(CASE)")

# The pages of tests/support/pages.py, which the tests look at too.
screenshots: setup ## the incident page and the report in a real browser (chromium): make screenshots [PAGE=hostile]
	@$(interruptible) env PYTHONPATH=layers/responder/python:. $(DEV)/python -m tests.support.screenshots $(if $(PAGE),"$(PAGE)")

check: setup ## style, types, import rules, template
	@$(interruptible) $(DEV)/ruff check
	@$(interruptible) $(DEV)/ruff format --check
	@$(interruptible) $(DEV)/mypy
	@$(run) check_names
	@$(interruptible) env PYTHONPATH=layers/responder/python:. $(DEV)/lint-imports --no-logo
	@$(run) process sam validate --lint

format: setup ## let ruff mend what it can
	@$(interruptible) $(DEV)/ruff check --fix
	@$(interruptible) $(DEV)/ruff format

canary: setup ## on your AWS account: deploy beside a stand-in, check what only AWS shows, delete (asks; some cents)
	@$(run) canary

build: setup ## build for AWS (arm64 and python3.13, or name ARCHITECTURE and PYTHON_RUNTIME)
	@$(run) process sam build --parameter-overrides "PythonRuntime=$(PYTHON_RUNTIME)" "Architecture=$(ARCHITECTURE)"
	@if "$(PYTHON_RUNTIME)" -c "" 2>/dev/null; then for folder in .aws-sam/build/*Function; do \
	  sh local/interruptible "$(PYTHON_RUNTIME)" -m compileall -q --invalidation-mode unchecked-hash -s "$$folder" \
	  -p /var/task "$$folder" || exit; done; \
	else echo "There is no $(PYTHON_RUNTIME) here: layers and functions have no bytecode, and cold starts take longer."; fi

# Renamed first: what an interruption leaves is never half of something that looks whole.
clean: ## remove everything that the other targets made
	@$(stop)
	@mkdir -p .removed && for made in .venv .ministack .checkov .jira-renderer $(NODE_FOLDER) .local .aws-sam \
	  .pytest_cache .coverage .mypy_cache .ruff_cache .hypothesis .import_linter_cache; do \
	  if [ -e "$$made" ] || [ -L "$$made" ]; then mv "$$made" "$$(mktemp -d .removed/XXXXXX)" || exit; fi; done
	rm -rf .removed
	@find . -name __pycache__ -prune -exec rm -r {} +
