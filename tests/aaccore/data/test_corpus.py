from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from aaccore.data.corpus import Corpus, read_corpus, read_label_words, read_tag_captions, rough_copies
from aaccore.data.shards import waveform
from aaccore.errors import DatasetError
from aaccore.panns import AUDIOSET_CLASSES
from aaccore.recipe import DataSet
from tests.aaccore.made_corpus import sound_of, write_corpus
from tests.conftest import REPOSITORY

DATA = DataSet(development=("1",), validation=("2",), altered=2, made_scenes=6, backgrounds=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "made")


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Corpus:
    return read_corpus(folder, DATA)


def test_a_fold_has_its_clips_altered_copies_scenes_and_backgrounds(corpus: Corpus) -> None:
    (sounds,) = corpus.development
    found = Counter((sound.name.split("_")[0].split()[0], sound.seed is not None) for sound in sounds)
    assert [found.pop(("made", altered)) for altered in (False, True)] == [3, 3]
    assert found.pop(("scene", False)) == 1
    assert found.pop(("background", True)) == 3
    assert sum(count for (_, altered), count in found.items() if not altered) == 4
    assert sum(count for (_, altered), count in found.items() if altered) == 4 * 2


def test_every_sound_has_a_name_of_its_own_its_captions_and_its_fold(corpus: Corpus) -> None:
    for fold, sounds in (("1", corpus.development[0]), ("2", corpus.validation[0])):
        assert len({sound.name for sound in sounds}) == len(sounds)
        for sound in sounds:
            assert sound.captions
            assert sound.fold == fold
            assert 0 < sound.seconds <= 10
            parts = sound.scene.parts if sound.scene else ()
            assert {part.clip.fold for part in parts} <= {fold}


def test_validation_sounds_are_the_clips_and_written_scenes_as_they_are(corpus: Corpus) -> None:
    (sounds,) = corpus.validation
    assert [sound.name for sound in sounds] == [
        "dog_bark_2.wav", "rain_2.wav", "church_bell_2.wav", "door_2.wav", "scene_2"
    ]  # fmt: skip
    assert all(sound.seed is None and sound.scene is not None for sound in sounds)


def test_a_fold_may_not_be_trained_on_and_chosen_on(folder: Path) -> None:
    with pytest.raises(DatasetError, match="fold 2: in development and in validation; choose one"):
        read_corpus(folder, replace(DATA, development=("1", "2")))


def test_files_of_other_folds_need_not_be_there(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "made", folds_with_files=("1", "2"))
    assert len(read_corpus(folder, DATA).development[0]) == 22
    with pytest.raises(DatasetError, match=r"dog_bark_3\.wav is not in"):
        read_corpus(folder, replace(DATA, validation=("3",)))


def test_captions_and_labels_are_those_of_the_folds_that_are_trained_on(corpus: Corpus, folder: Path) -> None:
    assert corpus.labels == ["church_bell", "dog_bark", "door", "rain"]
    assert not any("unspeakable" in caption for caption in corpus.captions)
    last = read_corpus(folder, replace(DATA, development=("1",), validation=("4",)))
    assert not any("unspeakable" in caption for caption in last.captions)
    assert any("unspeakable" in caption for sound in last.validation[0] for caption in sound.captions)


def test_a_source_that_is_left_out_is_in_no_sound_that_is_trained_on_but_still_in_validation(folder: Path) -> None:
    corpus = read_corpus(folder, replace(DATA, leave_out=("kennel",)))
    used = {part.clip.source for sound in corpus.development[0] if sound.scene for part in sound.scene.parts}
    assert used == {"made"}
    assert corpus.labels == ["church_bell", "door", "rain"]
    judged = {part.clip.source for sound in corpus.validation[0] if sound.scene for part in sound.scene.parts}
    assert judged == {"made", "kennel"}
    assert sum(sound.scene is None for sound in corpus.development[0]) == 3  # backgrounds come from nowhere


def test_leaving_a_source_out_changes_no_other_sound(corpus: Corpus, folder: Path) -> None:
    fewer = read_corpus(folder, replace(DATA, leave_out=("kennel",)))
    assert set(fewer.development[0]) < set(corpus.development[0])


def test_the_same_seed_makes_the_same_corpus_and_another_seed_other_alterations(corpus: Corpus, folder: Path) -> None:
    assert read_corpus(folder, DATA) == corpus
    other = read_corpus(folder, replace(DATA, seed=2))
    seeds = [{s.seed for s in c.development[0] if s.seed is not None} for c in (corpus, other)]
    assert not seeds[0] & seeds[1]
    assert other.validation == corpus.validation


def test_each_altered_copy_is_altered_in_its_own_way(corpus: Corpus) -> None:
    seeds = [sound.seed for sound in corpus.development[0] if sound.seed is not None]
    assert len(set(seeds)) == len(seeds)


def test_rough_copies_are_of_each_labelled_clip_alone_and_each_in_its_own_way(corpus: Corpus) -> None:
    (fold,) = corpus.development
    clips = [sound for sound in fold if sound.scene and len(sound.scene.parts) == 1 and sound.seed is None]
    rough = rough_copies(fold, 2, 1)
    assert len(rough) == 2 * len(clips) > 0
    assert len({sound.name for sound in (*fold, *rough)}) == len(fold) + len(rough)
    assert len({sound.seed for sound in rough}) == len(rough)
    assert [sound.labels for sound in rough] == [sound.labels for sound in clips] * 2
    assert rough_copies(fold, 2, 1) == rough != rough_copies(fold, 2, 2)
    assert rough_copies([replace(clip, labels=()) for clip in clips], 2, 1) == ()
    assert not np.array_equal(waveform(rough[0]), waveform(replace(rough[0], rough=False)))


def test_parts_of_the_data_set_can_be_left_away(folder: Path) -> None:
    bare = replace(DATA, scenes="", altered=0, made_scenes=0, backgrounds=0, validation=())
    corpus = read_corpus(folder, bare)
    assert [sound.name for sound in corpus.development[0]] == [
        "dog_bark_1.wav", "rain_1.wav", "church_bell_1.wav", "door_1.wav"
    ]  # fmt: skip
    assert corpus.validation == ()


def test_several_folds_are_kept_apart(folder: Path) -> None:
    corpus = read_corpus(folder, replace(DATA, development=("1", "3")))
    assert [{sound.fold for sound in sounds} for sounds in corpus.development] == [{"1"}, {"3"}]


def test_the_shipped_tag_captions_are_those_of_all_audioset_classes() -> None:
    tags = read_tag_captions(REPOSITORY / "resources" / "recipes" / "audioset_captions.csv")
    assert len(tags) == AUDIOSET_CLASSES
    assert tags[0].word == "speech"
    assert all(caption.endswith(".") for tag in tags for caption in tag.captions)
    assert not any(tag.captions for tag in tags if not tag.word)


def test_tag_captions_out_of_order_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    path.write_text("index,tag,word,caption_1\n0,Speech,speech,A person speaks.\n2,Rain,rain,It rains.\n")
    with pytest.raises(DatasetError, match="not numbered 0, 1, 2"):
        read_tag_captions(path)
    with pytest.raises(DatasetError, match=r"none\.csv: cannot be read"):
        read_tag_captions(tmp_path / "none.csv")


def test_label_words_are_read_and_a_file_without_them_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("label,word\ndog_bark,dog barking\n")
    assert read_label_words(path) == {"dog_bark": "dog barking"}
    path.write_text("label,name\ndog_bark,dog\n")
    with pytest.raises(DatasetError, match=r"labels\.csv: cannot be read"):
        read_label_words(path)
    with pytest.raises(DatasetError, match=r"none\.csv: cannot be read"):
        read_label_words(tmp_path / "none.csv")


def test_clothos_splits_are_folds_whose_lengths_come_from_the_files(tmp_path: Path) -> None:
    for split in ("development", "validation"):
        (tmp_path / split).mkdir()
        soundfile.write(tmp_path / split / "rain.wav", sound_of("rain", 1), 16000)
        (tmp_path / f"clotho_captions_{split}.csv").write_text("file_name,caption_1\nrain.wav,Rain falls.\n")
    data = DataSet(kind="clotho", scenes="", development=("development",), validation=("validation",), made_scenes=0)
    found = read_corpus(tmp_path, replace(data, altered=0, backgrounds=0, longest_s=30.0))
    ((sound,),) = found.development
    assert (sound.name, sound.fold, sound.labels, sound.seconds) == ("rain.wav", "development", (), 1.0)
    assert found.labels == []
    assert [[sound.fold for sound in fold] for fold in found.validation] == [["validation"]]


def test_a_fold_that_is_no_split_of_clotho_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="1: no split of clotho; use development, validation, evaluation"):
        read_corpus(tmp_path, DataSet(kind="clotho", development=("1",), validation=()))
