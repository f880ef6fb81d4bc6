# The tasks of this project; `make` alone lists them. Written for make 3.81 and later (macOS ships 3.81).
PYTHON ?= python3
BIN := .venv/bin
# What `make env` installs: LOCK=requirements-gpu.lock has TensorFlow's CUDA build in place of that for the processor.
# An environment keeps to the lock that it was made with, until another is named.
MADE_WITH := $(shell cat .venv/.lock 2>/dev/null)
LOCK ?= $(or $(MADE_WITH),requirements.lock)
NOTEBOOKS := $(sort $(filter-out %.running.ipynb %.failed.ipynb,$(wildcard notebooks/[0-9][0-9]_*.ipynb)))
COURSE := $(NOTEBOOKS:notebooks/%=runs/course/%)
# Jupyter finds this environment's python3 kernel before one in the home folder.
export JUPYTER_PREFER_ENV_PATH := 1

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

env: .venv/.ready ## install Python packages into .venv (nothing outside this folder changes)

lab: env ## open the notebooks in JupyterLab
	$(BIN)/python -m jupyterlab --LabApp.default_url=/lab/tree/notebooks

course: $(COURSE) ## execute the notebooks that runs/course lacks, in order; resumes where it was stopped
	@echo 'The executed notebooks are in runs/course, what they trained in runs.'

# Without the data sets packed here: a committed notebook shows no photographs but those that ship.
notebooks: env ## execute the committed notebooks in place, before a commit
	@export COLORLAB_PACKED=/nowhere; \
	for notebook in $(NOTEBOOKS); do $(BIN)/colorlab run $$notebook -o $$notebook || exit 1; done

test: env sky $(if $(shell command -v npm),site/node_modules/.package-lock.json) ## check style and imports, run the tests, execute every notebook (smoke profile)
	$(BIN)/python -m ruff check
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python -m pytest -n 2 --dist worksteal
	$(if $(NOTEBOOKS),$(NBVAL))

soak: env sky ## try at length what make test tries in short: kills, memory over 10,000 steps
	COLORLAB_KILLS=100 $(BIN)/python -m pytest tests/training/test_interruption.py tests/base/test_devices.py
	COLORLAB_CLONES=1 $(BIN)/python -m pytest -s tests/aws tests/test_docker.py
	$(BIN)/python benchmarks/soak.py

report: env ## build report/report.pdf from the committed records
	$(BIN)/colorlab report

numbers: env ## list the numbers in README, docs, card and report that no record backs
	$(BIN)/python -m colorlab.reporting.claims

# BEFORE=../another-checkout measures the starts of its commands, too, in turn with ours.
bench: env ## measure speed and memory on this machine
	$(BIN)/python benchmarks/starts.py $(BEFORE)
	$(BIN)/python benchmarks/speed.py

app: env site/node_modules/.package-lock.json ## build the browser app into runs/site/app
	$(BIN)/python site/build.py

site: env site/node_modules/.package-lock.json ## build the course's web site, with the app, into runs/site
	$(BIN)/python site/build.py > /dev/null # site/pages.py says how to look at the site and the app together
	$(BIN)/python site/pages.py

test-app: env site/node_modules/.package-lock.json ## try the app in a real browser (Debian and Ubuntu: apt-get install chromium)
	$(BIN)/python -m pytest tests/site

sky: .sky/.ready ## install SkyPilot, which launches jobs on AWS, into .sky

COMPILE = $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --generate-hashes --no-emit-index-url \
  --no-header --no-annotate
lock: ## choose the exact versions of all packages again (after a change of pyproject.toml)
	@[ -x $(BIN)/uv ] || $(MAKE) env
	$(COMPILE) --extra course --extra cpu --extra cloud --extra dev pyproject.toml -o requirements.lock
	$(COMPILE) --extra course --extra gpu --extra cloud --extra dev pyproject.toml -c requirements.lock -o requirements-gpu.lock
	$(COMPILE) --group pyproject.toml:sky -o notebooks/aws/skypilot.lock

# One notebook at a time and in reading order, also under -j: each takes all cores.
.NOTPARALLEL:
.PHONY: help env lab course notebooks test soak report numbers bench app site test-app sky lock another-lock

# A notebook that changed runs again; a change of the package alone does not cost the whole course.
runs/course/%.ipynb: notebooks/%.ipynb | .venv/.ready
	$(BIN)/colorlab run $< -o $@

site/node_modules/.package-lock.json: site/package-lock.json site/package.json
	@command -v npm >/dev/null || { echo 'npm is needed for the app: install Node.js 20 or later' >&2; exit 1; }
	npm ci --prefix site --ignore-scripts --no-audit --no-fund
	touch $@

# nbval executes copies with the parameters of the smoke profile. Their runs are made anew each time, apart
# from those of the course.
NBVALIDATE = COLORLAB_RUNS="$(CURDIR)/runs/nbval/runs" $(BIN)/python -m pytest --nbval-lax --nbval-current-env \
  --nbval-cell-timeout 180 -n 2 --dist loadfile
define NBVAL
rm -rf runs/nbval
for notebook in $(NOTEBOOKS); do \
  $(BIN)/colorlab run $$notebook --profile smoke --prepare-only -o runs/nbval || exit 1; \
done
$(NBVALIDATE) runs/nbval
endef

# `--compile-bytecode` because Python would compile TensorFlow at its first import, and where PYTHONDONTWRITEBYTECODE is
# set, as in many containers, in every process again: an import of Keras takes seven seconds longer then.
# `--clear` because a stopped run may have left half an environment. uv (the installer) comes first, in the version
# and with the hashes of the lock: its lines there are the first, `uv==…`, to the first that doesn't go on with a \.
.venv/.ready: $(LOCK) pyproject.toml $(if $(filter $(LOCK),$(MADE_WITH)),,another-lock)
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	  || { echo 'Python 3.11, 3.12 or 3.13 with venv is needed, which "$(PYTHON)" is not: install it (on Debian' \
	       'and Ubuntu with python3-venv), or name it: make env PYTHON=/path/to/python3.12' >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	sed -n '/^uv==/,/[^\]$$/p' requirements.lock > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r .venv/uv.txt
	$(BIN)/uv pip install --python $(BIN)/python --require-hashes --compile-bytecode -r $(LOCK)
	$(BIN)/uv pip install --python $(BIN)/python --no-deps --no-build-isolation -e .
	echo $(LOCK) > .venv/.lock
	touch $@

another-lock:

.sky/.ready: notebooks/aws/skypilot.lock | .venv/.ready
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .sky
	$(BIN)/uv pip install --quiet --python .sky/bin/python --require-hashes --compile-bytecode -r $<
	touch $@
