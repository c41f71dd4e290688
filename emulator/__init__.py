"""The embedded engine: the real template, functions, state machines and jobs on one machine."""
