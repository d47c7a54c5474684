"""A neighbour on a workshop's machine reads nothing at a kernel's ports, or in the kernel's place."""

import time
from contextlib import contextmanager, suppress

import pytest
import zmq
from jupyter_client.manager import KernelManager
from traitlets.config import Config

from grader.workshop import start


@pytest.mark.timeout(60)
def test_a_neighbour_reads_nothing_from_a_kernels_port(tmp_path):
    manager = KernelManager(config=Config(start.KERNELS))
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    with zmq.Context() as context, context.socket(zmq.SUB) as neighbour:
        neighbour.linger = 0
        neighbour.subscribe(b"")
        neighbour.connect(f"tcp://127.0.0.1:{manager.iopub_port}")
        try:
            client.wait_for_ready(timeout=40)
            client.execute_interactive("print('my work')", timeout=20)
            assert not neighbour.poll(300)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


@contextmanager
def impostor(context, port, curve):
    """Take a kernel's port, as the kernel's own or another server of the same protocol."""
    with context.socket(zmq.ROUTER) as taken:
        taken.linger = 0
        if curve:
            taken.curve_publickey, taken.curve_secretkey = zmq.curve_keypair()
            taken.curve_server = True
        for _ in range(100):  # the kernel has ended, and its port may take a moment
            with suppress(zmq.ZMQError):
                taken.bind(f"tcp://127.0.0.1:{port}")
                break
            time.sleep(0.05)
        yield taken


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("config", "curve", "reads"),
    [
        (start.KERNELS, True, False),
        (start.KERNELS, False, False),
        ({"KernelManager": {"transport_encryption": "disabled"}}, False, True),
    ],
    ids=["with a key", "without", "the attack works without encryption"],
)
def test_who_takes_the_port_of_a_kernel_that_ended_reads_no_code(tmp_path, config, curve, reads):
    manager = KernelManager(config=Config(config))
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=40)
        manager.provisioner.process.kill()
        manager.provisioner.process.wait(10)
        with zmq.Context() as context, impostor(context, manager.shell_port, curve) as taken:
            client.execute("print('my work')")
            assert bool(taken.poll(10_000 if reads else 2_000)) == reads
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
