from __future__ import annotations

import html
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaccore.events import Candidate, Segment
from aaccore.subtitles import LINE_LENGTH, LINES, LONGEST_S, cues, srt, vtt


def heard(start_s: float, end_s: float, caption: str) -> Segment:
    return Segment(start_s, end_s, caption, (Candidate(caption, -0.1),))


LONG = "A man speaks while heavy rain falls on a metal roof, thunder rolls far away and a dog barks at the door."


def seconds(words: str) -> float:
    hours, minutes, rest = words.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def parsed(text: str) -> list[tuple[float, float, str]]:
    """Read SRT or WebVTT back."""
    pattern = r"(\d+:\d\d:\d\d[,.]\d{3}) --> (\d+:\d\d:\d\d[,.]\d{3})\n(.+?)\n(?:\n|$)"
    return [(seconds(a), seconds(b), words) for a, b, words in re.findall(pattern, text, re.DOTALL)]


@pytest.mark.parametrize("write", [srt, vtt])
def test_what_is_written_reads_back(write: object) -> None:
    segments = [heard(0.0, 3.5, "A dog barks."), heard(3725.25, 3728.0, "Rain & hail fall.")]
    read = parsed(html.unescape(write(segments)))
    assert read == [(0.0, 3.5, "[A dog barks]"), (3725.25, 3728.0, "[Rain & hail fall]")]


def test_srt_is_numbered_and_has_commas_and_vtt_has_its_header_and_escapes() -> None:
    segments = [heard(0, 2, "A <b> & c."), heard(2, 4, "Rain.")]
    assert srt(segments) == (
        "1\n00:00:00,000 --> 00:00:01,900\n[A <b> & c]\n\n2\n00:00:02,000 --> 00:00:04,000\n[Rain]\n"
    )
    assert vtt(segments).startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.900\n[A &lt;b&gt; &amp; c]\n")


def test_silence_has_no_cue() -> None:
    assert cues([Segment(0, 5, "Silence.")]) == []
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n"


def test_a_long_caption_goes_on_in_the_next_cue_and_loses_nothing() -> None:
    found = cues([heard(0, 10, LONG)])
    assert len(found) == 2
    assert " ".join(line for cue in found for line in cue.lines) == f"[{LONG.removesuffix('.')}]"


def test_a_cue_does_not_stay_as_long_as_a_long_segment() -> None:
    (cue,) = cues([heard(5, 65, "Rain falls.")])
    assert (cue.start_s, cue.end_s) == (5, 5 + LONGEST_S)


def test_a_short_sound_is_shown_for_a_second() -> None:
    (cue,) = cues([heard(5, 5.2, "A click.")])
    assert (cue.start_s, cue.end_s) == (5, 6)


@given(
    st.lists(
        st.tuples(st.floats(0.1, 30), st.floats(0, 5), st.sampled_from(["A dog barks.", LONG, "Rain."])), max_size=8
    )
)
def test_cues_never_overlap_and_fit_the_screen(pieces: list[tuple[float, float, str]]) -> None:
    start_s, segments = 0.0, []
    for length_s, pause_s, caption in pieces:
        segments.append(heard(start_s, start_s + length_s, caption))
        start_s += length_s + pause_s
    found = cues(segments)
    for cue in found:
        assert 0 < cue.end_s - cue.start_s <= LONGEST_S + 1e-9
        assert 1 <= len(cue.lines) <= LINES
        assert all(len(line) <= LINE_LENGTH for line in cue.lines)
    for before, after in pairwise(found):
        assert before.end_s < after.start_s
