from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from aaccore.events import Candidate, Listening, LiveCaption, LiveGoesOn, LiveSound, Segment
from aaccore.transcript import Transcript

STARTED = datetime(2026, 5, 31, 23, 59, 50).astimezone()


def heard(seconds: int) -> Transcript:
    """A session of so many seconds in which a dog barks from 2 to 4 s and rain falls from 6 s on."""
    transcript = Transcript()
    transcript.add(Listening("Desk", STARTED))
    for second in range(seconds):
        transcript.add(LiveSound(float(second), 100, np.zeros(100, np.float32)))
    for number, start_s, caption in ((1, 2.0, "A dog barks."), (2, 6.0, "Rain falls.")):
        candidate = Candidate(caption, -0.1, (5, 6), ("a", "dog"), (None, start_s + 0.5))
        segment = Segment(start_s, start_s + 0.4, caption, (candidate,))
        transcript.add(LiveCaption(number, segment, STARTED, start_s + 0.4))
    transcript.add(LiveGoesOn(1, 2.0, 4.0, True))
    transcript.add(LiveGoesOn(2, 6.0, float(seconds)))
    return transcript


def test_a_caption_lasts_as_long_as_it_is_heard() -> None:
    clip = heard(10).clip(Path("evening.flac"))
    assert [(one.start_s, one.end_s) for one in clip.segments] == [(2.0, 4.0), (6.0, 10.0)]
    assert clip.duration_s == 10.0
    assert clip.started == STARTED.replace(tzinfo=None)


def test_a_recording_of_its_end_has_times_of_its_own() -> None:
    clip = heard(10).clip(Path("later.flac"), 5.0)
    (rain,) = clip.segments
    assert (rain.start_s, rain.end_s) == (1.0, 5.0)
    assert rain.candidates[0].token_times == (None, 1.5)
    assert clip.started == datetime(2026, 5, 31, 23, 59, 55)
