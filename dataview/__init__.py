"""An IDE for image datasets in the notebook.

``dataview.explore(x)`` opens linked views of a folder, DataFrame, torch dataset, ...; the other
names are the library that it stands on. Each is loaded when it is first used, so that the import
costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOME = {
    "explorer": ("explore", "Explorer"),
    "readers": ("read",),
    "dataset": ("Dataset",),
    "decisions": ("Act", "Log", "read_log"),
    "scanning": ("scan", "embed"),
    "cache": ("cache_info", "clear_cache"),
    "quality": ("flag", "flags"),
    "deduplication": ("duplicates",),
    "links": ("link",),
    "neighbors": ("similar",),
    "progress": ("Cancelled", "Progress"),
    "dictionary": ("DictionaryEmbedder",),
    "networks": ("TorchEmbedder",),
    "projection": ("project",),
    "values": ("timestamp", "duration"),
    "expressions": ("col", "lasso", "rows", "slicer", "parse", "Expr"),
    "plugins": (
        "statistic",
        "sorter",
        "clusterer",
        "embedder",
        "projector",
        "transform",
        "metric",
        "panel",
        "plugins",
    ),
    "parameters": ("bounds",),
    "running": ("run",),
    "image": ("open_image", "ImageError"),
    "report": ("report", "Report"),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = ["__version__", *sorted(_WHERE)]

if TYPE_CHECKING:
    from .cache import cache_info as cache_info
    from .cache import clear_cache as clear_cache
    from .dataset import Dataset as Dataset
    from .decisions import Act as Act
    from .decisions import Log as Log
    from .decisions import read_log as read_log
    from .deduplication import duplicates as duplicates
    from .dictionary import DictionaryEmbedder as DictionaryEmbedder
    from .links import link as link
    from .neighbors import similar as similar
    from .networks import TorchEmbedder as TorchEmbedder
    from .explorer import Explorer as Explorer
    from .explorer import explore as explore
    from .expressions import Expr as Expr
    from .expressions import col as col
    from .expressions import lasso as lasso
    from .expressions import parse as parse
    from .expressions import rows as rows
    from .expressions import slicer as slicer
    from .image import ImageError as ImageError
    from .image import open_image as open_image
    from . import plugins as plugins
    from .parameters import bounds as bounds
    from .plugins import clusterer as clusterer
    from .plugins import embedder as embedder
    from .plugins import metric as metric
    from .plugins import panel as panel
    from .plugins import projector as projector
    from .plugins import sorter as sorter
    from .plugins import statistic as statistic
    from .plugins import transform as transform
    from .running import run as run
    from .projection import project as project
    from .readers import read as read
    from .quality import flag as flag
    from .quality import flags as flags
    from .progress import Cancelled as Cancelled
    from .progress import Progress as Progress
    from .report import Report as Report
    from .report import report as report
    from .scanning import embed as embed
    from .scanning import scan as scan
    from .values import duration as duration
    from .values import timestamp as timestamp


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'dataview' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab finds the prebuilt extension of a development install."""
    return [{"src": "labextension", "dest": "jupyterlab-dataview"}]
