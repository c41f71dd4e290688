"""A folder that keeps an emulator's objects and items between its starts."""
