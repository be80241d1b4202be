# Needs Python 3.11, git and make. Everything is installed into .venv, nothing elsewhere.

STAGES := download validate tokenize pretrain train control judges generate evaluate report
BIN := .venv/bin
RUN := .venv/.installed
TOOLS := .venv/.installed-tools
SERVE := .venv/.installed-serve
TEST := .venv/.installed-test
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# What follows every Python of .venv: its own bin comes first on PATH, so that `python` in dvc.yaml is the one that runs DVC
# without activation too, in `dvc exp run --temp` and in the queue's worker.
PATH_LINE := import os, sys; p = os.environ.get("PATH", os.defpath); b = os.path.join(sys.prefix, "bin"); \
os.environ["PATH"] = p if p.split(os.pathsep)[0] == b else b + os.pathsep + p

.DEFAULT_GOAL := help
.PHONY: help run $(STAGES) check-params check show recipes use exp diff compare search audit release serve doctor plots picture datadocs test lint bench wheel tools clean-venv

help: ## list every target
	@awk -F ':.*## ' '/^[a-z$$][^=]*:.*## / {sub(/\$$\(STAGES\)/, "STAGE", $$1); printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  STAGE is one of: $(STAGES)"

run: check-params ## run the whole pipeline that params.yaml describes, then show its results
	@start=$$(date +%s); $(BIN)/dvc repro && $(BIN)/promptgan show && $(BIN)/promptgan data diff HEAD --brief && echo "total: $$(($$(date +%s) - start)) s"

$(STAGES): check-params ## run one stage and what it needs, such as `make tokenize`
	@$(BIN)/dvc repro $@ && $(BIN)/promptgan data diff HEAD --brief

check-params: $(RUN)
	@$(BIN)/promptgan check

check: $(RUN) ## compare a finished run with the committed results
	@$(BIN)/promptgan check-results

show: $(RUN) ## print the finished run's table and ten answers
	@$(BIN)/promptgan show

recipes: $(RUN) ## list the presets for params.yaml
	@$(BIN)/promptgan recipes

use: $(RUN) ## write a preset into params.yaml: make use RECIPE=text-hinge
	@$(BIN)/promptgan use $(if $(RECIPE),$(RECIPE),$(error name one: make use RECIPE=text-hinge; `make recipes` lists them))

exp: $(RUN) ## the experiments of `dvc exp run` and `promptgan compare`, a table for each task
	@$(BIN)/promptgan exp show

diff: $(RUN) ## how two experiments differ: make diff A=text-gumbel-s1 B=workspace
	@$(BIN)/promptgan exp diff $(if $(A),$(A),$(error name two: make diff A=HEAD B=workspace)) $(if $(B),$(B),workspace)

compare: check-params ## train presets side by side: make compare RECIPES="text-gumbel text-hinge" SEEDS=3
	@$(BIN)/promptgan compare $(if $(RECIPES),$(RECIPES),--all) --seeds $(or $(SEEDS),1)

search: check-params $(TOOLS) ## try values of parameters as search.yaml says
	@$(BIN)/promptgan search search.yaml

audit: $(RUN) ## check every artifact against dvc.lock, cache, provenance and packages
	@$(BIN)/promptgan lineage verify

release: $(TOOLS) ## write one folder to hand on into release/ and check it: make release KEY=private.pem FORCE=1
	@$(BIN)/promptgan release build $(if $(KEY),--key $(KEY)) $(if $(FORCE),--force)
	@$(BIN)/promptgan release verify release $(if $(KEY),--public-key $(KEY).pub)

serve: $(SERVE) ## serve the trained models on http://127.0.0.1:8000: make serve ARGS="--port 8080 --log-texts"
	@$(BIN)/promptgan serve $(ARGS)

doctor: $(RUN) ## say what stands between this clone and a run
	@$(BIN)/promptgan doctor

plots: $(RUN) ## draw the curves of this run into dvc_plots/index.html
	@$(BIN)/dvc plots show

picture: $(RUN) ## draw the README's picture from plots/curves.csv
	@$(BIN)/python -c 'import csv; from promptgan.terms.metrics import declared; \
	from promptgan.reporting.pictures import quality_over_diversity as draw; m = declared("text"); \
	rows = list(csv.DictReader(open("plots/curves.csv"))); picture = draw(rows, m[m.qualities[0]], m[m.diversity]); \
	open("docs/curves.svg", "w").write(picture.replace("currentColor", "#777777"))'

datadocs: check-params ## build Great Expectations' own pages about the data, and print the page to open
	@$(BIN)/dvc repro --quiet download
	@scratch=$$(mktemp -d) && $(BIN)/python stages/validate.py --datadocs reports/datadocs --out $$scratch/validated \
	--metrics $$scratch/validation.json && rm -r $$scratch

test: $(TEST) lint ## lint, check types, run every test
	@OMP_NUM_THREADS=1 $(BIN)/pytest -q --durations=10 --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

lint: $(TEST) ## ruff, mypy, and who may import whom
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check . && $(BIN)/mypy --no-error-summary
	@said=$$($(BIN)/lint-imports --no-cache --no-logo) || { echo "$$said"; exit 1; }
	@echo "ruff, mypy and import-linter: clean"

bench: check-params $(TEST) ## measure what the README claims about speed; JSON on standard output
	@for file in benchmarks/*.py; do $(BIN)/python $$file || exit; done

wheel: $(RUN) ## build dist/promptgan-*.whl, which generates and checks releases anywhere
	@$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . && rm -rf build && ls dist/*.whl

tools: $(TOOLS) ## install what search, trackers, exports, releases and S3 or SSH remotes need

clean-venv: ## remove .venv; the next target builds it anew
	rm -rf .venv

$(RUN): requirements.lock pyproject.toml
	@python=$$(for p in python3.11 python3 python; do $$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$p && break; done); \
	test -n "$$python" || { echo "error: Python 3.11 is needed, and neither python3.11 nor python3 is one" >&2; exit 1; }; \
	echo "making .venv with $$python" && $$python -m venv .venv \
	|| { rm -rf .venv; echo "error: venv failed (on Debian it needs the package python3.11-venv)" >&2; exit 1; }
	@echo "installing $$(grep -c == requirements.lock) pinned packages into .venv; torch is large, this takes some minutes"
	@$(PIP) install --quiet -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@echo '$(PATH_LINE)' > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/promptgan_path.pth"
	@touch $@

$(TOOLS): $(RUN) requirements-tools.lock
	@echo "installing what search, trackers, exports, releases and remotes need into .venv"
	@$(PIP) install --quiet -r requirements-tools.lock
	@touch $@

$(SERVE): $(RUN) requirements-serve.lock
	@echo "installing what the service needs into .venv"
	@$(PIP) install --quiet -r requirements-serve.lock
	@touch $@

$(TEST): $(TOOLS) $(SERVE) requirements-test.lock
	@echo "installing the test tools into .venv"
	@$(PIP) install --quiet -r requirements-test.lock
	@touch $@
