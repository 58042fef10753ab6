"""Turns: accepted by commit, run by the process, told by the event log."""
