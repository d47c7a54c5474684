from harness.assistant import Question, ask
from harness.measure.load.clients import clients
from harness.serve.deployment import Deployment
from harness.serve.network import Network
from tests.fakes import saying

NEAR = Network(rtt_ms=0.0, keep_alive=True, preflight=())


def test_each_client_keeps_a_connection_and_all_are_closed():
    with Deployment(saying("yes"), NEAR) as client, clients(client) as user:
        first, second = user(), user()
        assert first is not second and first.url == client.url
        for one in (first, second, first):
            assert ask(one, Question("why?")).text == "yes"
        assert first._kept is not None
    assert first._kept is None and second._kept is None
