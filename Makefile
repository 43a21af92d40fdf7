# make lab   set up once, then open the lessons        make test   the same set-up, then every test
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8888
ARGS   ?=
LIGHT  ?=
EXTRAS ?=

comma := ,
wants  := test$(if $(LIGHT),,$(comma)torch)$(if $(EXTRAS),$(comma)$(EXTRAS))
ready  := $(VENV)/.ready-$(subst $(comma),-,$(wants))
python := $(VENV)/bin/python
# A slider's picture is not kept back by TCP: parti_edu/server.py.
prompt := --ServerApp.kernel_websocket_connection_class=parti_edu.server.PromptConnection
# Without torch its lessons cannot run.
light  := $(if $(LIGHT),--ignore-glob='notebooks/0[7-9]_*' --ignore-glob='notebooks/1*')
# Matrices here are small: one thread each is fastest, and quiet on a busy machine.
calm   := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: lab test browser lint bench mutants refresh clean

lab: $(ready)
	$(VENV)/bin/jupyter lab --port=$(PORT) $(prompt) --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(ARGS)

test: $(ready)
	$(calm) $(python) -m pytest -n 2 --ignore=tests/browser $(light) $(ARGS)

# The explorers and lessons in a real JupyterLab: wants /usr/bin/chromium, and npm for the accessibility rules.
browser: $(ready)
	if command -v npm >/dev/null; then npm ci --silent --prefix tests/browser; fi
	$(calm) $(python) -m pytest tests/browser $(ARGS)

lint: $(ready)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: $(ready)
	$(calm) $(python) benchmarks/loop.py
	$(calm) $(python) benchmarks/map.py
	$(calm) $(python) benchmarks/imports.py
	$(calm) $(python) benchmarks/twin.py

mutants: $(ready)
	$(calm) $(python) tests/mutants.py

# Run the lessons and keep the outputs that are checked.
refresh: $(ready)
	$(calm) $(python) tests/notebooks/refresh.py notebooks/*.ipynb

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(ready): pyproject.toml constraints.txt
	test -x $(python) || $(PYTHON) -m venv $(VENV)
	$(python) -m pip install --quiet -c constraints.txt -e ".[$(wants)]"
	touch $@
