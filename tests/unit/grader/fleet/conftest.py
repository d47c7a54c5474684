"""A scheduler whose secret a test knows, and a submission that is locked for grading."""

from contextlib import ExitStack

import pytest

from grader.course.grade_class import Batch
from grader.fleet import cluster, tls
from grader.fleet.submissions import SubmissionQueue
from tests.unit.grader.course.small_course import handed_in, judge, submit
from tests.unit.grader.fleet.fleet_hosts import SECRET


@pytest.fixture(scope="module")
def address():
    """Yield the address of a scheduler with one worker, as on other machines: both have the secret SECRET."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tls, "of_this_run", lambda: tls.of_secret(SECRET))
            client = stack.enter_context(cluster.local(1))
        yield client.scheduler.address


@pytest.fixture
def locked(small):
    """Yield a submission that is locked for grading."""
    submit(small, "ada", handed_in("1", "15"))
    taken = SubmissionQueue(Batch(small, judge)).take(small.submissions()[0])
    with taken.stack:
        yield taken
