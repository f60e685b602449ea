"""What can go wrong that was foreseen. Every error says what is wrong and what to do.

HpscanError
├── DataError               something about a dataset
│   ├── LayoutError         a folder that is no dataset, or an empty one
│   │   └── AmbiguousLayoutError   folders that can be read in two ways
│   ├── TableError          a table of labels or diagnoses that cannot be read
│   ├── ImageError          one image that cannot be read rightly
│   ├── NotEnoughDataError  too few patients or patches for what was asked
│   └── LeakageError        patients used in training would be evaluated
├── ModelError              something about a stored model
│   ├── ModelNotFoundError
│   └── ModelDamagedError
├── BackendError            something about a plugin of the zoo
│   ├── BackendNotFoundError
│   ├── BackendBrokenError
│   └── BackendClashError
├── SettingsError           a setting that does not exist or has a wrong value
├── WeightsError            pretrained weights that cannot be had, or are not those of a backbone
├── DeviceError             a device that is not there
├── ResultsError            a benchmark's folder that cannot be read
├── InterruptedTrainingError   stopped before there was anything to keep
└── OutputError             something that cannot be written
    └── OutputExistsError   something of the user's stands there already
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class HpscanError(Exception):
    """A foreseen error.

    Attributes:
        message: One line: what is wrong.
        hint: One line: what to do about it.
        path: The file or folder concerned, where there is one.
    """

    def __init__(self, message: str, *, hint: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path


class DataError(HpscanError):
    """Something about a dataset."""


class LayoutError(DataError):
    """A folder that is no dataset, or an empty one."""


class AmbiguousLayoutError(LayoutError):
    """Folders that can be read in two ways, so that it cannot be told who is a patient."""


class TableError(DataError):
    """A table of labels or diagnoses that cannot be read."""


class ImageError(DataError):
    """One image that cannot be read rightly."""


class NotEnoughDataError(DataError):
    """Too few patients or patches for what was asked."""


class LeakageError(DataError):
    """Patients used in training would be evaluated."""


class ModelError(HpscanError):
    """Something about a stored model."""


class ModelNotFoundError(ModelError):
    """No model of that name, or none at all."""


class ModelDamagedError(ModelError):
    """A model folder whose content is not what its manifest says."""


class BackendError(HpscanError):
    """Something about a plugin of the zoo."""


class BackendNotFoundError(BackendError):
    """No installed distribution offers a backend of that name."""


class BackendBrokenError(BackendError):
    """A backend that cannot be loaded, or whose model breaks the contract."""


class BackendClashError(BackendError):
    """Two distributions that claim one backend name."""


class SettingsError(HpscanError):
    """A setting that does not exist or has a wrong value."""


class WeightsError(HpscanError):
    """Pretrained weights that cannot be had, or are not those of a backbone."""


class DeviceError(HpscanError):
    """A device that is not there."""


class ResultsError(HpscanError):
    """A benchmark's folder that cannot be read."""


class InterruptedTrainingError(HpscanError):
    """Stopped before there was anything to keep."""


class OutputError(HpscanError):
    """Something that cannot be written."""


class OutputExistsError(OutputError):
    """Something of the user's stands there already."""
