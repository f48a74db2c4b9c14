"""Scores of captions against the references people wrote, as the field reports them.

One module a metric, each a function over token lists or sentences; `corpus.score_corpus` runs them over a split.
"CIDEr" in this field's tables is CIDEr-D. What cannot be computed raises `MetricUnavailable`: no score is made up.
"""
