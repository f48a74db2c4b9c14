from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from aaccore.events import Candidate, ClipCaptioned, ClipFailed, Segment
from aaccore.tables import (
    COLUMNS,
    audacity_labels,
    clock,
    csv_rows,
    csv_text,
    json_line,
    json_text,
    others,
    raven_table,
    text_lines,
)  # fmt: skip

FIRST = Segment(0.0, 4.04, "A dog barks.", (Candidate("A dog barks.", -0.2), Candidate('Dogs, "two", bark.', -0.4)))
SECOND = Segment(4.04, 8.0, "Silence.")
CLIP = ClipCaptioned(Path("a b/dög.wav"), 8.0, (FIRST, SECOND))
FAILED = ClipFailed(Path("bad.wav"), "bad.wav: not a sound file")


def test_a_json_line_is_one_object_with_all_of_a_file() -> None:
    line = json_line(CLIP)
    assert "\n" not in line
    assert json.loads(line) == {
        "path": str(CLIP.path),
        "seconds": 8.0,
        "caption": "A dog barks. Silence.",
        "segments": [
            {"start": 0.0, "end": 4.0, "caption": "A dog barks.", "alternatives": ['Dogs, "two", bark.']},
            {"start": 4.0, "end": 8.0, "caption": "Silence.", "alternatives": []},
        ],
    }


def test_a_failed_file_has_its_error_in_every_table() -> None:
    assert json.loads(json_line(FAILED)) == {"path": "bad.wav", "error": FAILED.reason}
    (row,) = csv.reader(io.StringIO(csv_text(FAILED)))
    assert dict(zip(COLUMNS, row, strict=True))["error"] == FAILED.reason


def test_warnings_stand_in_the_record() -> None:
    clip = ClipCaptioned(CLIP.path, 8.0, (FIRST,), ("cut off",))
    assert json.loads(json_line(clip))["warnings"] == ["cut off"]


def test_a_json_array_holds_all_files() -> None:
    assert [row["path"] for row in json.loads(json_text([CLIP, FAILED]))] == [str(CLIP.path), "bad.wav"]


def test_a_path_that_is_no_text_survives_json() -> None:
    path = Path("caf\udce9.wav")  # a name that is not UTF-8 on disk
    line = json_line(ClipFailed(path, "x")).encode("utf-8", "backslashreplace").decode()
    assert json.loads(line)["path"] == str(path)


def test_csv_has_a_row_for_each_segment_and_keeps_quotes_and_commas() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_rows([COLUMNS]) + csv_text(CLIP))))
    assert [(row["start"], row["end"], row["caption"]) for row in rows] == [
        ("0.0", "4.0", "A dog barks."),
        ("4.0", "8.0", "Silence."),
    ]
    assert rows[0]["alternatives"] == 'Dogs, "two", bark.'
    assert rows[0]["path"] == str(CLIP.path)


def test_text_is_one_line_for_a_short_sound_and_a_list_with_times_for_a_long_one() -> None:
    assert text_lines(ClipCaptioned(Path("x.wav"), 4.0, (FIRST,))) == "x.wav: A dog barks.\n"
    assert text_lines(ClipCaptioned(Path("x.wav"), 4.0, (FIRST,)), 3).splitlines()[1] == '    or: Dogs, "two", bark.'
    assert text_lines(CLIP).splitlines()[1:] == ["  0:00.0 - 0:04.0  A dog barks.", "  0:04.0 - 0:08.0  Silence."]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00.0"), (7.54, "0:07.5"), (59.96, "1:00.0"), (3723, "1:02:03.0"), (86400, "24:00:00.0")],
)
def test_clock_reads_as_people_write_it(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_audacity_labels_read_back() -> None:
    clip = ClipCaptioned(Path("x.wav"), 8.0, (FIRST, SECOND, Segment(8.0, 8.25, "A\ttab\nand a line.")))
    rows = [line.split("\t") for line in audacity_labels(clip).splitlines()]
    assert rows == [["0.000000", "4.040000", "A dog barks."], ["8.000000", "8.250000", "A tab and a line."]]


def test_a_raven_table_reads_back() -> None:
    clip = ClipCaptioned(Path("deep/x.wav"), 9.0, (FIRST, SECOND, Segment(8.0, 9.0, "Rain falls.")))
    rows = list(csv.DictReader(io.StringIO(raven_table(clip)), delimiter="\t"))
    assert [row["Caption"] for row in rows] == ["A dog barks.", "Rain falls."]
    assert rows[1] == {
        "Selection": "2", "View": "Spectrogram 1", "Channel": "1", "Begin File": "x.wav",
        "Begin Time (s)": "8.000000", "End Time (s)": "9.000000", "Low Freq (Hz)": "0", "High Freq (Hz)": "16000",
        "Caption": "Rain falls.",
    }  # fmt: skip


def test_of_a_corrected_caption_the_machines_is_an_alternative() -> None:
    corrected = Segment(0.0, 4.0, "A fox barks.", FIRST.candidates)
    assert others(corrected, None) == ["A dog barks.", 'Dogs, "two", bark.']
