"""Checks of `seqstack doctor`."""
