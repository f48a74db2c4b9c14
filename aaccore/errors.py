"""What can go wrong, in words a person can act on: what happened, to which value, and what to do."""


class CaptioningError(Exception):
    """Any failure that is the input's or the surroundings' fault, not the program's."""


class AudioError(CaptioningError):
    """A sound file cannot be read as it is."""


class MicrophoneError(CaptioningError):
    """There is nothing to listen to, or it cannot be opened."""


class DatasetError(CaptioningError):
    """A data set is incomplete or contradicts itself."""


class ModelError(CaptioningError):
    """A model folder or a weights file is missing, damaged or of another kind."""


class ConfigError(CaptioningError):
    """A setting has a value that cannot work."""


class RunError(CaptioningError):
    """A training run cannot go on; started again, it goes on from its last checkpoint."""


class LibraryError(CaptioningError):
    """The library cannot be opened, read or written."""


class DownloadError(CaptioningError):
    """Something published could not be fetched or is not what was published."""


class MetricUnavailable(CaptioningError):  # noqa: N818 - the field's reports say "unavailable", not "error"
    """A score that cannot be computed here; the message says why."""
