"""Scoring imports nothing that only training or reports need."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCORE = """
import sys
import numpy as np
from hpscan.backends import registry

torch_state = {torch_state}
name = {name!r}
backend, _ = registry.load(name)
settings = backend.settings()
scorer = backend.restore(torch_state(settings), settings, device="cpu")
scorer.score(np.full((1, 64, 64, 3), (200, 120, 90), np.uint8))
unwanted = ("hpscan.phantom", "hpscan.report", "hpscan.backends.shared.training", "hpscan.backends.shared.anomaly_fit")
print(sorted(m for m in sys.modules if m.startswith(unwanted) or m.endswith(".fit") and m.startswith("hpscan.")))
"""

STATES = {
    "redness": "lambda s: {}",
    "bundled": "lambda s: __import__('hpscan.backends.bundled.backend', fromlist=['_shipped'])._shipped()[0]",
    "autoencoder": "lambda s: state(network('autoencoder').NETWORKS[s.network]())",
    "cnn": "lambda s: state(network('cnn').Classifier(s, None))",
    "synthetic": "lambda s: state(network('synthetic').Detector(s, None))",
    "padim": "lambda s: fitted(network('padim').padim_module(s), 'gaussian')",
    "patchcore": "lambda s: fitted(network('patchcore').patchcore_module(s), 'bank')",
}

HELP = """
def network(name):
    from importlib import import_module
    return import_module(f"hpscan.backends.{name}.network")

def state(module):
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}

def fitted(module, kind):
    import torch
    module.size.copy_(torch.tensor([64, 64]))
    module.eval()
    channels = module.embed(torch.zeros(1, 3, 64, 64)).shape[1]
    if kind == "gaussian":
        module.model.gaussian.mean = torch.zeros(channels, 1)
        module.model.gaussian.inv_covariance = torch.eye(channels)[None]
    else:
        module.model.memory_bank = torch.zeros(12, channels)
    return state(module)
"""


@pytest.mark.parametrize("name", list(STATES))
def test_restoring_and_scoring_import_neither_phantom_nor_report_nor_training(name: str) -> None:
    code = HELP + SCORE.replace("{torch_state}", STATES[name]).replace("{name!r}", repr(name))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
