"""Data sets: clips with captions, scenes mixed from them, and what is done to their sound in training."""
