"""Maps of many vectors, beside umap-learn alone; how much of the neighbourhoods they keep."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import numpy as np

from tests.bench.measuring import DATA, Numbers, measure, seconds


def vectors(n: int, d: int = 128) -> Any:
    """(n, d) float32 with the clusters of real features where they are there, and noise."""
    rng = np.random.default_rng(0)
    file = DATA / "classification" / "cifar10_mobilenetv2_probe_embeddings.npz"
    if file.exists():
        with np.load(file) as stored:
            base = next(stored[k] for k in stored.files if stored[k].ndim == 2).astype(np.float32)
    else:
        base = rng.normal(size=(6000, 64)).astype(np.float32) * np.linspace(3, 0.1, 64)
    turn = rng.normal(size=(base.shape[1], d)).astype(np.float32) / np.sqrt(d)
    rows = rng.integers(0, len(base), (2, n))
    share = rng.random((n, 1)).astype(np.float32) * 0.3
    mixed = base[rows[0]] * (1 - share) + base[rows[1]] * share
    noise = rng.normal(size=(n, d)).astype(np.float32) * 0.05 * float(base.std())
    return mixed @ turn + noise


def mapped(n: int, by_umap: bool) -> Numbers:
    os.environ["DATAVIEW_CACHE"] = tempfile.mkdtemp()
    import dataview.projection as projection

    x = vectors(n)
    what = f"UMAP map of {n:,} x {x.shape[1]}"
    passed = {f"{what} | dataview, s": seconds(lambda: projection.project_vectors(x, "umap"))}
    if by_umap:
        import umap

        passed[f"{what} | umap-learn with its imports excluded, s"] = seconds(
            lambda: umap.UMAP(random_state=0).fit_transform(x)
        )
    return passed


@measure
def map_70k() -> Numbers:
    return mapped(70_000, by_umap=True)


@measure
def map_1m() -> Numbers:
    return mapped(1_000_000, by_umap=False)
