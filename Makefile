# With only Python (3.11 or later) and make: `make app` opens GridBeat, `make test` checks it.
ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := .venv/Scripts
else
PYTHON ?= python3
BIN := .venv/bin
endif

.PHONY: app test lint benchmarks
.DELETE_ON_ERROR:

app: .venv/installed
	$(BIN)/gridbeat app

test: .venv/installed-dev lint
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmarks: .venv/installed-peers
	$(BIN)/python benchmarks/overlay.py
	$(BIN)/python benchmarks/importing.py
	$(BIN)/python benchmarks/privacy.py
	$(BIN)/python benchmarks/redraw.py --out .venv/redraw.jsonl
	$(BIN)/python benchmarks/proofs.py
	$(BIN)/python benchmarks/travel_times.py
	$(BIN)/python benchmarks/painting.py
	$(BIN)/python benchmarks/index.py
	$(BIN)/python benchmarks/alerts.py --sample
	$(if $(GRIDBEAT_TEST_DATA),$(BIN)/python benchmarks/cut_edges.py)

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e .
	$(BIN)/gridbeat warm-up
	@echo ok > $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e ".[dev]"
	@echo ok > $@

.venv/installed-peers: .venv/installed-dev
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e ".[peers]"
	@echo ok > $@
