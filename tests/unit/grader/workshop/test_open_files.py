"""The workshop's limit of open files."""

import resource
import subprocess
import sys

import pytest

CODE = """
import resource
from grader.workshop.start import FILES, allow_files

resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
allow_files()
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
print(soft >= min(FILES, hard))
"""


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_a_workshop_may_open_as_many_files_as_it_needs_or_the_system_allows(share):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = 100_000 if hard == resource.RLIM_INFINITY else hard
    code = CODE.format(soft=int(hard * share), hard=hard)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
