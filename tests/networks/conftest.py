import pytest

from tests.networks.table import NETWORKS


@pytest.fixture(params=NETWORKS)
def network(request, networks):
    """The small network of each family in turn; do not change its weights."""
    return networks[request.param]
