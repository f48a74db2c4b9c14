from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from aaccore.events import Candidate, ClipCaptioned, ClipFailed, Segment
from aaccore.tables import COLUMNS, clock, csv_rows, csv_text, json_line, json_text, text_lines

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
