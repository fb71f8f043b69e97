# Slipway. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)

# Every tool keeps a cache at home; where that cannot be written the clone is home.
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export HOME := $(CURDIR)/.slipway/home
endif

# What one Python process compiles serves those beside and after it; the CDK's modules take seconds.
unexport PYTHONDONTWRITEBYTECODE

PORT ?= 8080
# Steps side by side: one more than cores, since some wait for processes of their own.
JOBS ?= 3
STEP := ci/step
# Where each step notes what it came to.
export STEPS ?= .slipway/steps.tsv

# The profiles that are priced, and what their templates are made from.
BILLS := $(addprefix .slipway/costs/,default small ha)
TEMPLATED := app.py cdk.json $(wildcard cdk_app/*.py constructs/slipway/*.py k8s_charts/*.py)

# What `make check` runs: neither servers nor containers. `make test` adds the parts with servers.
INFRASTRUCTURE := stacks charts
CODE := types pipeline lint shell
LINTERS := groovy ansible
CHECKS := $(INFRASTRUCTURE) $(CODE) backend frontend
WHOLE := pipeline stacks frontend
# The longest first, so that none of them goes on alone in the end.
TESTS := full $(WHOLE:%=%-whole) backend-mariadb $(filter-out $(WHOLE),$(CHECKS)) previous-suite $(LINTERS)
VERIFICATIONS := images scenes rehearse pods

.PHONY: help doctor up diff down status logs restore-drill synth bootstrap check check-code check-infrastructure test verify pods rehearse bench board snapshots docs cost diagrams site install install-dev format lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

# Where nothing was ever started nothing needs to be installed to say so.
rehearsal = if [[ -e .slipway/machine.log ]]; then $(MAKE) -s install && python -m rehearsal $(1); \
	else echo 'Nothing is running; `make up` starts it.'; fi

# What runs in the account that the shell's credentials are of.
deployed = $(MAKE) -s install && python -m operations $(1)
LOGS = logs $(if $(SERVICE),--service '$(SERVICE)') $(if $(SINCE),--since '$(SINCE)') $(if $(FOLLOW),--follow)

doctor: install ## say whether this machine is fit, and the account of your credentials (ACCOUNT=0: leave it; 1: insist)
	@python -m operations doctor --account '$(ACCOUNT)'

# --- the running system --------------------------------------------------------------------------------------------

up: ## start the whole system on this machine (PORT=8080, PODS=podman or processes)
	@mkdir -p .slipway && rm -f .slipway/steps.tsv
	@$(MAKE) -s install
	@python -m rehearsal up --port '$(PORT)' --pods '$(PODS)'

diff: ## show what `make up` would change
	@$(call rehearsal,diff)

down: ## destroy it
	@$(call rehearsal,down)

status: ## say what runs (DEPLOYED=1: of what is deployed to AWS)
	@$(if $(filter 1,$(DEPLOYED)),$(call deployed,status),$(call rehearsal,status))

logs: ## show the last lines of every log (FOLLOW=1: go on; DEPLOYED=1 SERVICE=backend SINCE=15m: from AWS)
	@$(if $(filter 1,$(DEPLOYED)),$(call deployed,$(LOGS)),$(call rehearsal,logs $(if $(FOLLOW),--follow)))

restore-drill: ## lose production's rows on this machine, and restore them from a backup (after `make up`)
	@mkdir -p .slipway && rm -f .slipway/steps.tsv
	@$(MAKE) -s install
	@python -m rehearsal restore-drill

synth: install ## write the stacks to cdk.out/ and the manifests to dist/manifests/
	@python -m rehearsal synth

bootstrap: install ## prepare an AWS account and region, with an administrator's credentials (DRY_RUN=1)
	@ci/bootstrap

# --- tests ---------------------------------------------------------------------------------------------------------

check: ## test everything that needs no server (under 90 s)
	@$(call run,$(CHECKS))

# What the pipeline runs of it, both at the same time, beside the suites in their images.
check-code check-infrastructure: export STEPS = .slipway/steps-$@.tsv
# The images are built beside them, and another push on the same host: more would not be faster, but take its memory.
check-code check-infrastructure: JOBS = $(shell echo $$((($$(getconf _NPROCESSORS_ONLN) + 1) / 2)))

check-code:
	@$(call run,$(CODE) groovy previous-suite-on-sqlite)

check-infrastructure:
	@$(call run,$(INFRASTRUCTURE) ansible)

test: ## test everything that needs no container engine
	@$(call run,$(TESTS))

verify: ## test what needs a container engine, and scenes that break a running system
	@$(call run,$(VERIFICATIONS))

verify: JOBS = 1

pods: install-dev ## roll out releases and kill pods under load, and write the table to docs/pods.md (CLUSTER=1: in a cluster)
	@PODS_REPORT=$(if $(filter 1,$(CLUSTER)),dist/pods-in-a-cluster.md,docs/pods.md) ci/verify-pods

rehearse: install-dev ## play releases and failures on a whole deployment; a report goes to dist/ (SCENE=killed: only those; PODS=podman)
	@PODS='$(PODS)' pytest -m rehearsal $(if $(SCENE),-k '$(SCENE)')

# Every step runs, whatever the others came to; the summary decides.
define run
mkdir -p .slipway && rm -f $(STEPS)
$(MAKE) -s install-dev
SIDE_BY_SIDE=1 $(MAKE) --keep-going --jobs=$(JOBS) $(1:%=step-%) || echo 'some steps failed' >&2
ci/summary $(1)
endef

step-stacks:
	@$(STEP) stacks pytest -m 'not full' tests/stacks

step-charts:
	@$(STEP) charts pytest -m 'not full and not rehearsal' tests/benchmarks tests/board tests/charts tests/operations tests/rehearsal tests/repository

step-pipeline:
	@$(STEP) pipeline pytest -m 'not full' tests/ci

step-lint:
	@$(STEP) lint ci/lint

step-shell:
	@$(STEP) shell ci/lint-shell

step-types:
	@$(STEP) types ci/types

step-backend step-frontend: step-%:
	@$(STEP) $* ci/suite $* -m 'not full' --no-cov

step-stacks-whole:
	@$(STEP) stacks-whole pytest tests/stacks

step-pipeline-whole:
	@$(STEP) pipeline-whole pytest -m 'not container' tests/ci

step-frontend-whole:
	@$(STEP) frontend-whole ci/suite frontend

step-backend-mariadb:
	@$(STEP) backend-mariadb ci/with-mariadb ci/suite backend

step-previous-suite:
	@$(STEP) previous-suite ci/with-mariadb ci/previous-suite -q

# What the test host can do of it.
step-previous-suite-on-sqlite:
	@$(STEP) previous-suite-on-sqlite ci/previous-suite -q

step-ansible:
	@$(STEP) ansible ci/lint-ansible

step-groovy:
	@$(STEP) groovy ci/lint-groovy

step-full:
	@$(STEP) full pytest -m full --ignore=tests/stacks --ignore=tests/ci

step-images:
	@$(STEP) images ci/verify-images

# With the machine to itself: it tells how long requests take while something is broken.
step-scenes:
	@$(STEP) scenes pytest -m scene

step-pods:
	@$(STEP) pods ci/verify-pods

step-rehearse:
	@$(STEP) rehearse pytest -m rehearsal $(if $(SCENE),-k '$(SCENE)')

bench: install-dev ## measure the application's speed into benchmarks/RESULTS.md
	@python -m benchmarks $(BENCH)

board: install-dev ## compare the backlog with Jira (APPLY=1: write it there; PRUNE=1: and delete what it has no more)
	@python -m board $(if $(filter 1,$(APPLY)),--apply) $(if $(filter 1,$(PRUNE)),--prune)

snapshots: install-dev ## renew the snapshots of stacks and manifests
	pytest -q -k snapshot --snapshot-update

docs: install .slipway/costs/.synthesised ## renew docs/settings.md and the README's table of costs from the code
	@python -m cdk_app.settings_reference
	@python -m costs --readme $(BILLS)

cost: install .slipway/costs/.synthesised ## print the monthly bill of every profile, line by line
	@python -m costs $(BILLS)

.slipway/costs/.synthesised: $(TEMPLATED) costs/synthesis.py | .venv/.installed
	@$(STEP) 'stacks of every profile' python -m costs.synthesis $(BILLS)
	@touch $@

diagrams: install-dev ## draw docs/diagrams/ from the stacks, the manifests and the Jenkinsfile
	@rm -rf .slipway/diagrams
	@CDK_OUTDIR=.slipway/diagrams $(STEP) Stacks python app.py
	@python -m diagrams .slipway/diagrams

site: install-dev ## build the documents as a site in dist/site/
	@NO_MKDOCS_2_WARNING=1 $(STEP) Site mkdocs build

# --- the workshop --------------------------------------------------------------------------------------------------

format: install-dev ## format the Python code
	ruff check --fix-only --quiet . && ruff format .

lock: install-dev ## renew the locked requirements
	ci/lock

clean: down ## remove everything that was made, the data too
	rm -rf .venv node_modules .slipway cdk.out dist

install: .venv/.installed node_modules/.installed ## install what the system runs with

install-dev: .venv/.installed-dev node_modules/.installed-dev ## install what checks it, too

.venv/.installed: requirements.txt pyproject.toml ci/install ci/uv.txt
	@$(STEP) 'Python packages' ci/install requirements.txt
	@touch $@

.venv/.installed-dev: requirements.txt requirements-dev.txt pyproject.toml ci/install ci/uv.txt
	@$(STEP) 'Python packages' ci/install requirements.txt requirements-dev.txt
	@touch $@ .venv/.installed

node_modules/.installed: package-lock.json | .venv/.installed
	@$(STEP) 'CDK CLI' npm ci --omit=dev --ignore-scripts --loglevel=error
	@touch $@

node_modules/.installed-dev: package-lock.json | .venv/.installed-dev
	@$(STEP) 'CDK CLI and linters' npm ci --ignore-scripts --loglevel=error
	@touch $@ node_modules/.installed
