# Each target sets up what it uses. PYTHON picks the interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := runs/demo

.PHONY: demo test check schemas forms clean

demo: $(VENV)/.installed  ## the main job on the shipped corpus: corpus -> candidates -> review file -> dataset
	$(BIN)/mifg generate --corpus data --out $(DEMO)/run --items 60 --seed 1
	$(BIN)/mifg review pack $(DEMO)/run --annotator you --out $(DEMO)/you.jsonl --force
	$(BIN)/mifg export $(DEMO)/run --out $(DEMO)/dataset --format hf --status candidate
	@echo
	@echo "Look at $(DEMO)/run/report.html (funnel and example items with their evidence), $(DEMO)/you.jsonl (the review"
	@echo "file, for you to fill in) and $(DEMO)/dataset (the dataset and its card; unverified until somebody reviews it)."

test: $(VENV)/.installed-dev  ## everything that CI runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile --durations=15

check: $(VENV)/.installed-dev  ## the fast core: a minute or two
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -m "not slow" -n 2

schemas: $(VENV)/.installed-dev  ## writes docs/schema anew from the records
	$(BIN)/python docs/schema/write.py

forms: $(VENV)/.installed  ## writes docs/forms.md anew, one item of every question form; needs Chromium
	$(BIN)/mifg generate --corpus data --out runs/forms --items 260 --seed 1
	$(BIN)/python docs/forms/write.py runs/forms

clean:
	rm -rf $(VENV) runs build dist *.egg-info

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[ocr]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[ocr,dev]'
	@touch $@
