from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from aaccore.audio import load_audio
from aaccore.data.folder import read_folder
from aaccore.errors import DatasetError
from aaccore.events import ClipCaptioned, ClipFailed, Segment, Working
from aaccore.library import Library
from aaccore.library_data import Corrections, DataWritten, count_corrections, write_corrected, write_uncorrected

RATE = 8000


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as library:
        yield library


def put(library: Library, path: Path, seconds: float, *starts: float) -> list[int]:
    """Add a recording with segments that begin at these times; returns the segments' numbers."""
    noise = np.random.default_rng(len(path.name)).uniform(-0.5, 0.5, round(seconds * RATE))
    soundfile.write(path, noise, RATE, subtype="PCM_16")
    (id,) = library.add([path])
    segments = (Segment(a, b, "A hum.") for a, b in zip(starts, [*starts[1:], seconds], strict=True))
    library.finish(id, ClipCaptioned(path, seconds, tuple(segments)), "m")
    return [segment.id for segment in library.segments(id)]


def written(events: Iterator[object]) -> DataWritten:
    *before, last = events
    assert all(isinstance(event, Working | ClipFailed) for event in before)
    assert isinstance(last, DataWritten)
    return last


def test_corrected_segments_become_a_data_set_that_reads_back(library: Library, tmp_path: Path) -> None:
    path = tmp_path / ' odd, "name".wav'
    first, _, third = put(library, path, 5.3, 0.0, 1.0, 2.5)
    put(library, tmp_path / "untouched.wav", 1.0, 0.0)
    library.correct(first, 'A dog, "Rex", barks.')
    library.correct(third, "Schnee fällt.")
    result = written(write_corrected(library, tmp_path / "set"))
    clips = read_folder(result.csv_path, result.clips_folder)
    assert result.clips == len(clips) == 2
    assert [clip.captions for clip in clips] == [('A dog, "Rex", barks.',), ("Schnee fällt.",)]
    assert [clip.seconds for clip in clips] == [1.0, 2.8]
    assert clips[0].recording == clips[1].recording
    whole, _ = load_audio(path)
    for clip, begin, end in zip(clips, (0, 20000), (8000, 42400), strict=True):
        part, rate = load_audio(clip.path)
        assert rate == RATE
        np.testing.assert_array_equal(part, whole[begin:end])


def test_only_the_asked_recordings_are_written(library: Library, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        library.correct(put(library, tmp_path / name, 1.0, 0.0)[0], "A dog barks.")
    result = written(write_corrected(library, tmp_path / "set", [2]))
    assert [clip.path.name for clip in read_folder(result.csv_path, result.clips_folder)] == ["b 2-2.flac"]


def test_a_recording_that_is_gone_is_told_and_the_others_are_written(library: Library, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        library.correct(put(library, tmp_path / name, 1.0, 0.0)[0], "A dog barks.")
    (tmp_path / "a.wav").unlink()
    events = list(write_corrected(library, tmp_path / "set"))
    (failed,) = [event for event in events if isinstance(event, ClipFailed)]
    assert failed.path == tmp_path / "a.wav"
    assert written(iter(events)).clips == 1


def test_what_lies_beyond_the_end_of_a_file_that_has_become_shorter_is_left_out(
    library: Library, tmp_path: Path
) -> None:
    numbers = put(library, tmp_path / "a.wav", 6.0, 0.0, 2.0, 4.0)
    for number in numbers:
        library.correct(number, "A dog barks.")
    soundfile.write(tmp_path / "a.wav", np.ones(3 * RATE), RATE)
    result = written(write_corrected(library, tmp_path / "set"))
    assert [clip.seconds for clip in read_folder(result.csv_path, result.clips_folder)] == [2.0, 1.0]


def test_nothing_to_write_and_a_full_folder_are_refused(library: Library, tmp_path: Path) -> None:
    (number,) = put(library, tmp_path / "a.wav", 1.0, 0.0)
    with pytest.raises(DatasetError, match="no caption is corrected"):
        list(write_corrected(library, tmp_path / "set"))
    library.correct(number, "A dog barks.")
    with pytest.raises(DatasetError, match="choose an empty folder"):
        list(write_corrected(library, tmp_path))
    (tmp_path / "a.wav").unlink()
    with pytest.raises(DatasetError, match="find missing files first"):
        list(write_corrected(library, tmp_path / "set"))
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="cannot be written"):
        list(write_corrected(library, tmp_path / "file" / "set"))


def test_of_uncorrected_recordings_some_moments_are_written(library: Library, tmp_path: Path) -> None:
    corrected, other = put(library, tmp_path / "a.wav", 3.0, 0.0, 1.0)
    library.correct(corrected, "A dog barks.")
    many = put(library, tmp_path / "b.wav", 9.0, 0.0, 2.0, 4.0)
    result = written(write_uncorrected(library, tmp_path / "set", 3, 1.5))
    clips = read_folder(result.csv_path, result.clips_folder)
    assert len(clips) == 3
    numbers = [int(clip.path.stem.rsplit("-", 1)[1]) for clip in clips]
    assert corrected not in numbers
    assert other in numbers[:2]  # a moment of each recording comes before another one of the same
    assert len(set(many) & set(numbers)) == 2
    assert [clip.seconds for clip in clips] == [1.5] * 3
    whole, _ = load_audio(tmp_path / "a.wav")
    part, _ = load_audio(clips[numbers.index(other)].path)
    np.testing.assert_array_equal(part, whole[8000:20000])


def test_as_many_uncorrected_moments_are_written_as_there_are_though_most_are_corrected(
    library: Library, tmp_path: Path
) -> None:
    for number in range(8):
        (segment,) = put(library, tmp_path / f"{number}.wav", 1.0, 0.0)
        if number > 1:
            library.correct(segment, "A dog barks.")
    for most, wanted in ((2, 2), (5, 2), (0, 0)):
        assert written(write_uncorrected(library, tmp_path / f"set {most}", most, 1.5)).clips == wanted


def test_a_missing_recording_is_left_out_of_the_uncorrected_ones(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path / "a.wav", 1.0, 0.0)
    (tmp_path / "a.wav").unlink()
    *_, failed, last = write_uncorrected(library, tmp_path / "set", 3, 1.5)
    assert isinstance(failed, ClipFailed)
    assert isinstance(last, DataWritten)
    assert last.clips == 0


def test_corrections_are_counted_as_far_as_their_recordings_are_there(library: Library, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        for number in put(library, tmp_path / name, 3.0, 0.0, 1.0):
            library.correct(number, "A dog barks.")
    put(library, tmp_path / "c.wav", 1.0, 0.0)
    assert count_corrections(library) == Corrections(4, 2, 0, 1)
    (tmp_path / "b.wav").unlink()
    assert count_corrections(library) == Corrections(2, 1, 1, 1)
