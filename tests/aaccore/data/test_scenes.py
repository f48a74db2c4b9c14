from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from aaccore.data.folder import Clip, read_folder
from aaccore.data.scenes import LONGEST_S, SAMPLE_RATE, Part, Scene, length_s, make_scenes, read_scenes, render
from aaccore.errors import DatasetError


@pytest.fixture(scope="module")
def scenes(clips: list[Clip]) -> list[Scene]:
    return make_scenes(clips, 300, seed=5)


def tone(clip: Clip) -> NDArray[np.float32]:
    """A steady tone as long as the clip says."""
    return np.sin(np.arange(int((clip.seconds or 1.0) * SAMPLE_RATE), dtype=np.float32))


def ends(scene: Scene) -> list[float]:
    return [min(scene.seconds, part.start_s + (part.seconds or length_s(part.clip))) for part in scene.parts]


def test_no_scene_crosses_folds(scenes: list[Scene]) -> None:
    assert all(len({part.clip.fold for part in scene.parts}) == 1 for scene in scenes)
    assert {part.clip.fold for scene in scenes for part in scene.parts} == {"1", "2", "3"}


def test_no_scene_mixes_equal_labels_or_pieces_of_one_recording(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert len(set(scene.labels)) == len(scene.parts)
        assert len({part.clip.recording for part in scene.parts}) == len(scene.parts)


def test_same_seed_same_scenes(clips: list[Clip], scenes: list[Scene]) -> None:
    assert make_scenes(clips, 300, seed=5) == scenes
    assert make_scenes(clips, 300, seed=6) != scenes


def test_three_scenes_in_four_have_two_sounds(scenes: list[Scene]) -> None:
    sizes = [len(scene.parts) for scene in scenes]
    assert 0.65 < sizes.count(2) / len(sizes) < 0.85
    assert 0.09 < sizes.count(3) / len(sizes) < 0.21
    assert 0.04 < sizes.count(1) / len(sizes) < 0.16


def test_scenes_last_half_a_second_to_ten(scenes: list[Scene]) -> None:
    assert all(0.5 <= scene.seconds <= LONGEST_S for scene in scenes)
    assert all(0 <= part.start_s < scene.seconds for scene in scenes for part in scene.parts)


def test_every_scene_has_three_different_captions(scenes: list[Scene]) -> None:
    assert all(len(set(scene.captions)) >= 3 for scene in scenes)


def test_then_is_only_said_when_one_follows_the_other(scenes: list[Scene]) -> None:
    said = 0
    for scene in scenes:
        if len(scene.parts) == 2 and any(
            re.search(r"\b(then|before|after|followed)\b", text) for text in scene.captions
        ):
            first, second = sorted(zip(scene.parts, ends(scene), strict=True), key=lambda pair: pair[0].start_s)
            assert second[0].start_s >= first[1] - 0.35
            said += 1
    assert said > 20


def test_while_is_only_said_when_they_overlap(scenes: list[Scene]) -> None:
    said = 0
    for scene in scenes:
        if len(scene.parts) == 2 and any(
            re.search(r"\b(while|as|over|same time)\b", text.lower()) for text in scene.captions
        ):
            shared = min(ends(scene)) - max(part.start_s for part in scene.parts)
            lengths = [end - part.start_s for end, part in zip(ends(scene), scene.parts, strict=True)]
            assert shared >= 0.45 * min(lengths)
            said += 1
    assert said > 20


def test_the_background_is_the_quieter_sound(scenes: list[Scene]) -> None:
    for scene in scenes:
        for text in scene.captions:
            if len(scene.parts) == 2 and "in the background" in text:
                assert abs(scene.parts[0].gain_db - scene.parts[1].gain_db) >= 1


def test_rare_labels_are_drawn_more_often_than_their_share(clips: list[Clip]) -> None:
    many = [clip for clip in clips if clip.label != "rain"] * 1
    copies = [
        replace(clip, file_name=f"{n}{clip.file_name}", recording=f"{n}{clip.recording}")
        for n in range(30)
        for clip in clips
        if clip.label == "rain"
    ]
    made = make_scenes(many + copies, 300, seed=1)
    share = sum("rain" in scene.labels for scene in made) / len(made)
    drawn = [label for scene in made for label in scene.labels]
    assert drawn.count("rain") / len(drawn) < 0.5 < len(copies) / (len(copies) + len(many))
    assert share > 0.2


def test_a_scene_is_its_clips_at_their_times_and_levels(clips: list[Clip]) -> None:
    bark, rain = clips[0], clips[2]
    scene = Scene("one", (Part(bark, 1.0, -6.0), Part(rain, 5.0, 0.0)), 6.0, ("",), "in turn")
    sound = render(scene, tone)
    assert sound.shape == (6 * SAMPLE_RATE,)
    assert sound.dtype == np.float32
    assert not sound[:SAMPLE_RATE].any()
    level = np.sqrt((sound[SAMPLE_RATE : 2 * SAMPLE_RATE] ** 2).mean())
    assert 20 * np.log10(level) == pytest.approx(-26.02 - 6.0, abs=0.05)
    assert not sound[3 * SAMPLE_RATE : 5 * SAMPLE_RATE].any()
    assert 20 * np.log10(np.sqrt((sound[5 * SAMPLE_RATE :] ** 2).mean())) == pytest.approx(-26.02, abs=0.05)


def test_a_cut_clip_fades_and_stays_silent_afterwards(clips: list[Clip]) -> None:
    sound = render(Scene("one", (Part(clips[2], 0.0, 0.0, seconds=2.0),), 4.0, ("",), "alone"), tone)
    assert sound[:SAMPLE_RATE].any()
    assert not sound[2 * SAMPLE_RATE :].any()
    assert abs(sound[2 * SAMPLE_RATE - 20 : 2 * SAMPLE_RATE]).max() < 0.001


def test_every_made_scene_renders_to_its_length(scenes: list[Scene]) -> None:
    for scene in scenes[:40]:
        sound = render(scene, tone)
        assert len(sound) == int(scene.seconds * SAMPLE_RATE)
        assert np.isfinite(sound).all()
        assert sound.any()


def test_clips_of_one_label_make_no_scene(clips: list[Clip]) -> None:
    with pytest.raises(DatasetError, match="more labels"):
        make_scenes([clip for clip in clips if clip.label == "rain"], 20, seed=0)
    with pytest.raises(DatasetError, match="no clips"):
        make_scenes([], 1, seed=0)


def write_recipe(folder: Path, files: str, starts: str = "0.0;1.0") -> Path:
    path = folder / "scenes.csv"
    path.write_text(
        "scene,fold,kind,files,labels,starts_s,gains_db,seconds,caption_1,caption_2\n"
        f"s1,1,in turn,{files},x;y,{starts},-1.0;2.5,4.0,A dog barks and then it rains.,\n",
        encoding="utf-8",
    )
    return path


def test_written_recipes_are_read(tmp_path: Path, clips: list[Clip]) -> None:
    (scene,) = read_scenes(write_recipe(tmp_path, "dog_bark_1_0.wav;rain_1_0.wav"), clips)
    assert [(part.clip.label, part.start_s, part.gain_db) for part in scene.parts] == [
        ("dog_bark", 0.0, -1.0),
        ("rain", 1.0, 2.5),
    ]
    assert scene.captions == ("A dog barks and then it rains.",)
    assert read_scenes(write_recipe(tmp_path, "dog_bark_1_0.wav;rain_1_0.wav"), clips, folds={"2"}) == []


@pytest.mark.parametrize(
    ("files", "starts", "message"),
    [
        ("dog_bark_1_0.wav;cat.wav", "0.0;1.0", "cat.wav"),
        ("dog_bark_1_0.wav;rain_2_0.wav", "0.0;1.0", "several folds"),
        ("dog_bark_1_0.wav;rain_1_0.wav", "0.0", "1 starts"),
        ("dog_bark_1_0.wav;rain_1_0.wav", "0.0;soon", "cannot be read"),
    ],
)
def test_a_recipe_that_cannot_be_mixed_is_named(
    tmp_path: Path, clips: list[Clip], files: str, starts: str, message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        read_scenes(write_recipe(tmp_path, files, starts), clips)


def test_recipes_sound_as_the_corpus_own_mixer_renders_them(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sounds = shared / "sounds"
    monkeypatch.syspath_prepend(str(sounds))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import score  # type: ignore[import-not-found]

    clips = read_folder(sounds / "captions.csv", sounds / "clips", folds={"1"})
    scenes = read_scenes(sounds / "scenes.csv", clips, folds={"1"})
    for row, scene in list(zip(score.scene_rows("1"), scenes, strict=True))[:12]:
        assert scene.name == row["scene"]
        np.testing.assert_array_equal(render(scene), score.mix(row))
