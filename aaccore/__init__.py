"""Auricle's captioning core: sound in, a sentence out.

The stages, one flat module each:

    file or microphone -> waveform (audio) -> log-mel (features) -> audio features (panns)
    -> memory (model, transformer) -> tokens (decoding) -> caption (captioner, segments)

Live sound takes the same way in steps: microphone, capture -> what is new of log-mel and features (incremental)
-> a window's caption (listener) -> whether it is news (changes) -> events (streaming)

Words: a *clip* is one recording, a *caption* its sentence, a *candidate* a beam's caption with its log-probability, a
*segment* a timed caption of a long recording, *memory* the encoder's output, a *window* the seconds captioned at once.

Axes: `batch, samples, frames, mels, steps (after pooling), width, tokens, vocab, beams`. Padding masks are bool, True
is padding. Units stand in names when not the field's default: `duration_s`, `level_db`, `sample_rate` (Hz).

Nothing heavy is imported here.
"""

__version__ = "0.1.0"
