# Everything runs in .venv, which is made on first use from any Python >= 3.10 that has pip and venv.
#   make test PYTHON=python3.12        another Python
#   make test ARGS="-k matmul -x"      more arguments for the command behind a target

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo examples test lint types bench soak gallery clean venv dev

BIN := $(VENV)/bin

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.draw,examples  ## train on handwritten digits: curve, graph and weights in out/
	$(BIN)/python examples/digits.py $(ARGS)

examples: $(VENV)/.draw,examples  ## run every example in its quick form: does each write its picture and table?
	$(BIN)/python examples/_smoke.py $(ARGS)

test: $(VENV)/.dev  ## run the tests
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

lint: $(VENV)/.dev  ## check the style
	$(BIN)/python -m ruff check $(ARGS) .

types: $(VENV)/.dev  ## check the types
	$(BIN)/python -m mypy $(ARGS)

bench: $(VENV)/.dev  ## time the workloads, beside PyTorch where it is installed
	$(BIN)/python -m benchmarks $(ARGS)

soak: $(VENV)/.dev  ## long runs: memory while training without gc, and the property tests with many examples
	$(BIN)/python -m benchmarks.soak $(ARGS)
	$(BIN)/python -m benchmarks.soak_loading
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n auto --dist worksteal tests/ops/test_properties.py tests/engine/test_views.py \
	  tests/test_printing.py tests/test_indexing.py tests/ops/test_fuzzing*.py tests/test_torch_db.py tests/test_module_db.py \
	  tests/storing/test_round_trips.py tests/storing/test_damage.py tests/storing/test_killing.py tests/data/test_dying.py \
	  tests/programs_text/test_hostile.py tests/programs_text/test_round_trips.py tests/programs_text/test_simpl*.py

gallery: $(VENV)/.dev  ## draw the gallery and the figures of the documents
	$(BIN)/python -m docs.gallery $(ARGS)
	$(BIN)/python -m docs.figures

clean:  ## remove the environment, the caches and out/
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv: $(BIN)/python
dev: $(VENV)/.dev

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "make: there is no '$(PYTHON)' here; install Python 3.10 or newer, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "make: $(PYTHON) is $$($(PYTHON) --version 2>&1), and Python 3.10 or newer is needed;" \
	         "name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "make: $(PYTHON) lacks the modules venv and ensurepip, which make an environment;" \
	         "on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear $(VENV)

# A stamp per set of extras: pip runs again only when pyproject.toml or the environment's Python is newer.
$(VENV)/.%: pyproject.toml $(BIN)/python
	@echo "Installing the project with its extras $* into $(VENV) (the first time takes minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]' || \
	  { echo "make: pip could not install what pyproject.toml names; its reason stands above." \
	         "Where it could not reach an index, check the network and proxy, or name an index" \
	         "or a folder of wheels: PIP_INDEX_URL=... or PIP_FIND_LINKS=..." >&2; exit 1; }
	@touch $@
