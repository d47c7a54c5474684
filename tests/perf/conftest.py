import pytest


@pytest.fixture(autouse=True)
def private_key():
    """Keep the checkout's secret, which workers and commands in processes of their own read, too."""
