from __future__ import annotations

import html
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaccore.config import Cues
from aaccore.events import Candidate, Segment
from aaccore.subtitles import cues, is_music, srt, vtt

LONG = "A man speaks while heavy rain falls on a metal roof, thunder rolls far away and a dog barks at the door."
RULES = Cues()


def heard(start_s: float, end_s: float, caption: str) -> Segment:
    return Segment(start_s, end_s, caption, (Candidate(caption, -0.1),))


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
    read = parsed(html.unescape(write(segments, RULES)))
    assert read == [(0.0, 3.5, "[dog barks]"), (3725.25, 3728.0, "[rain & hail fall]")]


def test_srt_is_numbered_and_has_commas_and_vtt_has_its_header_and_escapes() -> None:
    segments = [heard(0, 2, "A <b> & c."), heard(2, 4, "Rain.")]
    assert srt(segments, RULES) == (
        "1\n00:00:00,000 --> 00:00:01,900\n[<b> & c]\n\n2\n00:00:02,000 --> 00:00:04,000\n[rain]\n"
    )
    assert vtt(segments, RULES).startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.900\n[&lt;b&gt; &amp; c]\n")


@pytest.mark.parametrize(
    ("style", "words"), [("brackets", "[dog barks]"), ("capitals", "(DOG BARKS)"), ("none", "A dog barks.")]
)
def test_sound_cues_come_in_three_styles(style: str, words: str) -> None:
    (cue,) = cues([heard(0, 3, "A dog barks.")], Cues(style=style))
    assert cue.lines == (words,)


def test_music_has_a_note_sign_and_birds_that_sing_have_none() -> None:
    (cue,) = cues([heard(0, 3, "A piano plays softly.")], RULES)
    assert cue.lines == ("[♪ piano plays softly]",)
    assert is_music("A woman sings.")
    assert not is_music("Birds sing in a tree.")


def test_what_a_person_wrote_keeps_its_names() -> None:
    wrote = replace(heard(0, 3, "A woman laughs."), caption="Anna laughs.")
    assert cues([wrote], RULES)[0].lines == ("[Anna laughs]",)


def test_a_corrected_silence_has_a_cue_and_an_emptied_caption_has_none() -> None:
    assert cues([Segment(0, 5, "A clock ticks."), Segment(5, 9, " ")], RULES)[0].lines == ("[clock ticks]",)


def test_silence_has_no_cue() -> None:
    assert cues([Segment(0, 5, "Silence.")], RULES) == []
    assert srt([], RULES) == ""
    assert vtt([], RULES) == "WEBVTT\n"


def test_a_long_caption_goes_on_in_cues_that_follow_at_once_and_loses_no_word() -> None:
    found = cues([heard(0, 60, LONG)], RULES)
    assert len(found) == 2
    assert found[0].lines[0].startswith("[man speaks")
    assert all("".join(cue.lines)[0] + "".join(cue.lines)[-1] == "[]" for cue in found)
    words = re.findall(r"\w+", " ".join(line for cue in found for line in cue.lines))
    assert words == re.findall(r"\w+", LONG)[1:2] + re.findall(r"\w+", LONG)[2:]
    assert found[1].start_s == pytest.approx(found[0].end_s + RULES.gap_s)


def test_lines_of_a_cue_are_about_equally_long() -> None:
    (cue,) = cues([heard(0, 5, "Heavy rain falls on a metal roof near a road.")], RULES)
    assert len(cue.lines) == 2
    assert abs(len(cue.lines[0]) - len(cue.lines[1])) < 10


def test_a_cue_does_not_stay_as_long_as_a_long_segment() -> None:
    (cue,) = cues([heard(5, 65, "Rain falls.")], RULES)
    assert (cue.start_s, cue.end_s) == (5, 5 + RULES.max_s)


def test_a_short_sound_is_shown_for_a_second_and_longer_where_there_is_more_to_read() -> None:
    (cue,) = cues([heard(5, 5.2, "A click.")], RULES)
    assert (cue.start_s, cue.end_s) == (5, 6)
    (cue,) = cues([heard(5, 5.2, "A heavy wooden door slams shut in a hall.")], RULES)
    assert cue.end_s > 7


def test_an_arrow_in_a_caption_is_not_taken_for_times() -> None:
    text = srt([heard(0, 2, "Left --> right.")], RULES)
    assert text.count("-->") == 1


rules = st.builds(
    Cues,
    style=st.sampled_from(["brackets", "capitals", "none"]),
    line_characters=st.integers(20, 80),
    lines=st.integers(1, 3),
    min_s=st.floats(0.5, 3),
    max_s=st.floats(3, 30),
    gap_s=st.floats(0, 2),
)
captions = st.one_of(
    st.sampled_from(["A dog barks.", LONG, "Rain.", "Music plays."]),
    st.text(max_size=120),
    st.text("ab ,", max_size=200),
)
pieces = st.lists(st.tuples(st.floats(0, 30), st.floats(0, 5), captions), max_size=8)


def laid(pieces: list[tuple[float, float, str]]) -> list[Segment]:
    """Segments in order from (length, pause, caption)."""
    start_s, segments = 0.0, []
    for length_s, pause_s, caption in pieces:
        segments.append(heard(start_s, start_s + length_s, caption))
        start_s += length_s + pause_s
    return segments


@given(pieces, rules)
def test_cues_fit_the_screen_stay_as_long_as_allowed_and_never_overlap(
    pieces: list[tuple[float, float, str]], rules: Cues
) -> None:
    segments = laid(pieces)
    found = cues(segments, rules)
    assert len(found) >= sum(bool(segment.caption.strip()) for segment in segments)
    for cue in found:
        assert rules.min_s - 0.001 <= cue.end_s - cue.start_s <= rules.max_s + 0.001
        assert 1 <= len(cue.lines) <= rules.lines
        assert all(0 < len(line) <= rules.line_characters for line in cue.lines)
    for before, after in pairwise(found):
        assert before.end_s + rules.gap_s <= after.start_s + 0.001
    for write in (srt, vtt):
        assert len(parsed(write(segments, rules))) == len(found)


@given(pieces)
def test_a_cue_begins_with_its_sound_where_sounds_come_slowly(pieces: list[tuple[float, float, str]]) -> None:
    segments = laid([(length_s + 10, pause_s, caption) for length_s, pause_s, caption in pieces if len(caption) < 100])
    starts = [cue.start_s for cue in cues(segments, RULES)]
    for segment in segments:
        assert not segment.caption.strip() or any(abs(start - segment.start_s) < 0.001 for start in starts)
