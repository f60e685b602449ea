"""The backend keeps hpscan's contract, and does what its module says."""

import numpy as np
import pytest
from hpscan_blobs import DAB, HEMATOXYLIN, BlobsSettings, backend, brown

from hpscan.testing import check_backend


@pytest.mark.parametrize("settings", [BlobsSettings(), BlobsSettings(radius=2, quantile=0.99)])
def test_it_keeps_the_contract(settings):
    check_backend(backend, settings)


def test_dab_counts_as_brown_and_hematoxylin_does_not():
    glass, blue, dab = (np.round(256 * 10 ** -np.array(density) - 1) for density in ((0, 0, 0), HEMATOXYLIN, DAB))
    density = brown(np.array([[[glass, blue, dab]]], np.uint8))
    np.testing.assert_allclose(density, [[[0, 0, 1]]], atol=0.02)
