# make lab   set up once, then open the lessons        make test   the same set-up, then every test
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8888
ARGS   ?=
LIGHT  ?=
QUICK  ?=
EXTRAS ?=
SLIDES ?= slides
REPOSITORY ?=
BRANCH ?= main

comma := ,
wants  := test$(if $(LIGHT),,$(comma)torch)$(if $(EXTRAS),$(comma)$(EXTRAS))
ready  := $(VENV)/.ready-$(subst $(comma),-,$(wants))
python := $(VENV)/bin/python
# A slider is answered at once (parti_edu/server.py), and its own move is not sent back.
prompt := JUPYTER_CONFIG_PATH=parti_edu/jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH} JUPYTER_WIDGETS_ECHO=0
# Without torch its lessons cannot run.
light  := $(if $(LIGHT),--ignore-glob='notebooks/0[7-9]_*' --ignore-glob='notebooks/1*' --ignore=tests/labs \
	$(foreach name,augment budget,--ignore=tests/explore/test_$(name)_explorer.py))
LESSONS ?= $(if $(LIGHT),$(wildcard notebooks/0[0-6]_*.ipynb),$(wildcard notebooks/*.ipynb))
# What a deck loads to be shown, and how it is told to find it beside itself.
parts  := reveal.js@4.0.2 requirejs@2.1.10 jquery@2.2.4 mathjax@2.7.7 @jupyter-widgets/html-manager@1
beside := --SlidesExporter.reveal_url_prefix=node_modules/reveal.js \
	--HTMLExporter.require_js_url=node_modules/requirejs/require.js \
	--HTMLExporter.jquery_url=node_modules/jquery/dist/jquery.min.js \
	--HTMLExporter.mathjax_url='node_modules/mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe' \
	--HTMLExporter.widget_renderer_url=node_modules/@jupyter-widgets/html-manager/dist/embed-amd.js
# Matrices here are small: one thread each is fastest, and quiet on a busy machine.
calm   := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: lab test browser lint bench mutants mutation lock refresh teaching solutions slides site hosted ledger clean

lab: $(ready)
	$(prompt) $(VENV)/bin/jupyter lab --port=$(PORT) --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(ARGS)

test: $(ready)
	$(calm) $(python) -m pytest -n 2 --ignore=tests/browser $(light) $(if $(QUICK),-m "not slow") $(ARGS)

# The explorers and lessons in a real JupyterLab: wants /usr/bin/chromium, and npm for the accessibility rules.
browser: $(ready)
	if command -v npm >/dev/null; then npm ci --silent --prefix tests/browser; fi
	$(calm) $(python) -m pytest -n 2 tests/browser $(ARGS)

lint: $(ready)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: $(ready)
	$(calm) $(python) benchmarks/loop.py
	$(calm) $(python) benchmarks/map.py
	$(calm) $(python) benchmarks/imports.py
	$(calm) $(python) benchmarks/twin.py
	$(calm) $(python) benchmarks/workers.py

mutants: $(ready)
	$(calm) $(python) tests/mutants.py

# The same with a tool that chooses what to break in the NumPy reference: wants EXTRAS=mutation.
mutation: $(ready)
	$(calm) $(python) tests/mutation.py

# What the pinned packages bring along, pinned too: the lower part of constraints.txt.
lock: $(ready)
	$(python) tests/lock.py

# Run the lessons and keep the outputs that are checked.
refresh: $(ready)
	$(calm) $(python) tests/notebooks/refresh.py notebooks/*.ipynb

# The teacher's plan and the sheet of symbols: notebooks/TEACHING.md, notebooks/SHEET.html.
teaching: $(ready)
	$(calm) $(python) -m parti_edu.exercises.teaching plan

# The lessons with every exercise solved: solutions/*.ipynb.
solutions: $(ready)
	$(calm) $(python) -m parti_edu.exercises.teaching solutions

# A deck of each lesson, run: slides/*.slides.html. LOCAL=1 has npm put what they load beside them.
slides: $(ready)
	$(if $(LOCAL),npm install --no-save --no-audit --no-fund --ignore-scripts --prefix $(SLIDES) $(parts))
	PARTI_EDU_STATIC=1 PARTI_EDU_HOME=$$(mktemp -d) $(calm) $(VENV)/bin/jupyter nbconvert --to slides --execute --output-dir $(SLIDES) \
	--SlidesExporter.reveal_scroll=True $(if $(LOCAL),$(beside)) $(LESSONS)

# The course as pages that need no Python and no network: site/index.html.
site: $(ready)
	PARTI_EDU_HOME=$$(mktemp -d) $(calm) $(python) -m parti_edu.site.build --to site

# Copies of the lessons for Colab, and links for Colab and Binder: hosted/LINKS.md.
hosted: $(ready)
	$(python) -m parti_edu.site.hosted "$(REPOSITORY)" --branch "$(BRANCH)"

# Every formula, listing and promise with its verdict: notebooks/LEDGER.md.
ledger: $(ready)
	PARTI_EDU_HOME=$$(mktemp -d) $(calm) $(python) -m parti_edu.labs.errata.ledger

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(ready): pyproject.toml constraints.txt
	test -x $(python) || $(PYTHON) -m venv $(VENV)
	$(python) -m pip install --quiet -c constraints.txt -e ".[$(wants)]"
	touch $@
