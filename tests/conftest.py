"""What holds for every test: Hypothesis measures no time, for machines under load are slow."""

from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
