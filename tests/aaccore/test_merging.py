from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aaccore.config import Cues
from aaccore.errors import ConfigError
from aaccore.events import Candidate, Segment
from aaccore.merging import Merged, merge, read_dialogue

RULES = Cues()


def heard(start_s: float, end_s: float, caption: str) -> Segment:
    return Segment(start_s, end_s, caption, (Candidate(caption, -0.1),))


def srt(*cues: tuple[str, str, str]) -> bytes:
    blocks = [f"{number}\n{start} --> {end}\n{text}\n" for number, (start, end, text) in enumerate(cues, start=1)]
    return "\n".join(blocks).encode()


def merged(data: bytes, *segments: Segment) -> Merged:
    return merge(read_dialogue(data, "film.srt"), segments, RULES)


def spoken(text: str) -> list[tuple[int, int, str]]:
    """A file's cues with their lines, in order."""
    found = read_dialogue(text.encode(), "x")
    ends = [*(cue.line for cue in found.cues[1:]), len(found.lines)]
    return [
        (cue.start, cue.end, "\n".join(found.lines[cue.times + 1 : end]).strip("\n"))
        for cue, end in zip(found.cues, ends, strict=True)
    ]


TALK = srt(
    ("00:00:01,000", "00:00:03,000", "Where were you?"), ("00:00:08,000", "00:00:14,000", "<i>Out</i>\n- With whom?")
)


def test_a_sound_goes_into_the_gap_and_the_cues_are_numbered_anew() -> None:
    assert merged(TALK, heard(4, 7, "A dog barks.")).text == (
        "1\n00:00:01,000 --> 00:00:03,000\nWhere were you?\n\n"
        "2\n00:00:04,000 --> 00:00:07,000\n[dog barks]\n\n"
        "3\n00:00:08,000 --> 00:00:14,000\n<i>Out</i>\n- With whom?\n"
    )


@pytest.mark.parametrize(
    ("start_s", "end_s", "begin_s", "close_s"),
    [
        (0, 9, 3.1, 7.9),  # the second before the dialogue is too short for a cue
        (6.5, 20, 6.5, 7.9),  # shortened
        (7.5, 8.5, 6.9, 7.9),  # moved, to where it is still shown when the sound begins
        (2.5, 4, 3.1, 4.1),  # later, and still as long as the rules want
        (12, 16, 14.1, 16.0),
    ],
)
def test_a_cue_is_moved_and_shortened_within_the_gap(
    start_s: float, end_s: float, begin_s: float, close_s: float
) -> None:
    (cue,) = merged(TALK, heard(start_s, end_s, "A dog barks.")).cues
    assert cue.start_s == pytest.approx(begin_s)
    assert cue.end_s <= close_s + 1e-9
    assert cue.end_s - cue.start_s >= RULES.min_s - 1e-9


def test_what_finds_no_place_is_a_conflict_in_words_and_changes_nothing() -> None:
    found = merged(TALK, heard(9, 13, "A dog barks."), heard(10, 12, "Silence."))
    assert found.text.encode() == TALK
    assert found.cues == ()
    (conflict,) = found.conflicts
    assert str(conflict) == "0:09.0 - 0:13.0  A dog barks.  (no gap of 1.0 s in the dialogue)"


def test_two_sounds_share_a_gap_in_their_order() -> None:
    found = merged(TALK, heard(3, 5, "A dog barks."), heard(5, 8, "Rain falls."), heard(5.5, 8, "A bell rings."))
    assert [cue.lines for cue in found.cues] == [("[dog barks]",), ("[rain falls]",), ("[bell rings]",)]
    assert found.cues[0].end_s + 0.1 <= found.cues[1].start_s


CUES = "00:00:01,000 --> 00:00:03,000\nHé.\n\n00:00:09,000 --> 00:00:11,000\nNon.\n"


@pytest.mark.parametrize(
    "data",
    [
        CUES.encode(),
        b"\xef\xbb\xbf" + CUES.encode(),
        CUES.encode("cp1252"),
        CUES.encode("utf-16"),
        CUES.replace("\n", "\r\n").encode(),
        CUES.replace("\n", "\r").encode(),
        CUES.replace("\n\n", "\n").encode(),
        CUES.replace("\n\n", "\n\n\n\n").strip().encode(),
        CUES.replace("00:00:01,000", "1\n 0:0:1.0").replace("00:00:09,000", "2\n00:09,000").encode(),
        b"\n\n" + CUES.encode(),
        CUES.replace("03,000", "03,000 X1:10 X2:20 Y1:5 Y2:9").encode(),
    ],
)
def test_careless_files_are_read_and_keep_their_text(data: bytes) -> None:
    dialogue = read_dialogue(data, "film.srt")
    found = merge(dialogue, [heard(4, 7, "A dog barks.")], RULES)
    assert [(cue.start, cue.end) for cue in dialogue.cues] == [(1000, 3000), (9000, 11000)]
    assert spoken(found.text) == [(1000, 3000, "Hé."), (4000, 7000, "[dog barks]"), (9000, 11000, "Non.")]


def test_line_ends_and_the_byte_order_mark_stay() -> None:
    data = b"\xef\xbb\xbf" + TALK.replace(b"\n", b"\r\n")
    text = merged(data, heard(4, 7, "A dog barks.")).text
    assert text.startswith("\ufeff1\r\n")
    assert text.count("\n") == text.count("\r\n")


def test_webvtt_keeps_its_head_styles_notes_names_and_settings() -> None:
    data = (
        "WEBVTT - A film\nKind: captions\n\nSTYLE\n::cue { color: lime }\n\nNOTE said by A\n\n"
        "intro\n00:01.000 --> 00:03.000 line:0 align:start\n<v A>Hello &amp; welcome\n\n"
        "NOTE two\nlines\n\n2\n01:00:08.000 --> 01:00:09.000\nBye\n"
    )
    text = merged(data.encode(), heard(4, 7, "A <b> & c.")).text
    added = "00:00:04.000 --> 00:00:07.000\n[&lt;b&gt; &amp; c]\n\n"
    assert added in text
    assert text.replace(added, "") == data
    assert text.index(added) > text.index("NOTE two")


def test_a_webvtt_file_without_its_head_is_known_by_its_name() -> None:
    dialogue = read_dialogue(b"00:01.000 --> 00:03.000\nHello\n", "film.VTT")
    assert dialogue.form == "vtt"
    assert "00:00:04.000 --> " in merge(dialogue, [heard(4, 7, "A dog barks.")], RULES).text


def test_cues_out_of_order_and_overlapping_stay_in_their_order() -> None:
    data = srt(
        ("00:00:20,000", "00:00:22,000", "Late"),
        ("00:00:01,000", "00:00:05,000", "A"),
        ("00:00:03,000", "00:00:04,000", "B"),
    )
    found = merged(data, heard(2, 9, "A dog barks."), heard(21, 30, "Rain falls."))
    assert [text for _, _, text in spoken(found.text) if not text.startswith("[")] == ["Late", "A", "B"]
    assert [cue.start_s for cue in found.cues] == [5.1, 22.1]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"just text\n", b"WEBVTT\n", b"1\n00:00 --> soon\n"])
def test_a_file_without_cues_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"film\.srt: no subtitles"):
        read_dialogue(data, "film.srt")


def clock(ms: int) -> str:
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"


texts = st.lists(st.sampled_from(["Hello.", "- No!", "<i>Yes</i>", "Well, 42", "é ♪"]), min_size=1, max_size=2)
talks = st.lists(st.tuples(st.integers(0, 6000), st.integers(1, 5000), texts), min_size=1, max_size=8)
sounds = st.lists(st.tuples(st.floats(0, 8), st.floats(0.1, 12), st.sampled_from(["A dog barks.", "Rain. " * 30])))
seps = st.sampled_from(["\n\n", "\n", "\r\n\r\n", "\n\n\n"])


@settings(max_examples=50)
@given(talks, sounds, seps, st.booleans(), st.builds(Cues, min_s=st.floats(0.5, 3), gap_s=st.floats(0, 1)))
def test_dialogue_is_untouched_and_sounds_stay_in_its_gaps(
    talk: list[tuple[int, int, list[str]]], noises: list[tuple[float, float, str]], sep: str, numbers: bool, rules: Cues
) -> None:
    at, blocks, said = 0, [], []
    for number, (pause, length, lines) in enumerate(talk, start=1):
        times = f"{clock(at + pause)} --> {clock(at + pause + length)}"
        blocks.append("\n".join([*([str(number)] if numbers else []), times, *lines]))
        said.append((at + pause, at + pause + length, "\n".join(lines)))
        at += pause + length
    at_s, segments = 0.0, []
    for pause_s, length_s, caption in noises:
        segments.append(heard(at_s + pause_s, at_s + pause_s + length_s, caption))
        at_s += pause_s + length_s
    dialogue = read_dialogue(sep.join(blocks).encode(), "film.srt")
    found = merge(dialogue, segments, rules)

    put = [(round(cue.start_s * 1000), round(cue.end_s * 1000), "\n".join(cue.lines)) for cue in found.cues]
    every = spoken(found.text)
    assert [cue for cue in every if cue not in put] == said
    assert [cue for cue in every if cue in put] == put
    gap = round(rules.gap_s * 1000)
    shown = [(start, end, True) for start, end, _ in said] + [(start, end, False) for start, end, _ in put]
    for before, after in pairwise(sorted(shown)):
        assert (before[2] and after[2]) or before[1] + gap <= after[0]
    for start, end, _ in put:
        assert end - start >= round(rules.min_s * 1000) - 1
    told = {conflict.start_s for conflict in found.conflicts}
    for segment in segments:
        near = [cue for cue in put if cue[0] < segment.end_s * 1000 + 3001 and cue[1] > segment.start_s * 1000 - 1]
        assert near or segment.start_s in told


@given(st.one_of(st.binary(max_size=300), st.text("0123456789:,.-> \n\rWEBVT\ufeffNOTE", max_size=200).map(str.encode)))
@example(b"WEBVTT\n\n00:00.000 --> 00:00.000")
@example(b"00:00:01,0 --> 00:00:00,5\n\x00\x85\xe2\x80\xa8x")
def test_any_bytes_are_read_or_refused_and_kept_as_they_are(data: bytes) -> None:
    try:
        dialogue = read_dialogue(data, "x.srt")
    except ConfigError:
        return
    assert merge(dialogue, [], RULES).text.encode() == dialogue.mark.encode() + (
        dialogue.line_end.join(dialogue.lines).encode()
    )
    again = merge(dialogue, [heard(0, 1, "A dog barks.")], RULES)
    assert len(read_dialogue(again.text.encode(), "x").cues) == len(dialogue.cues) + len(again.cues)
