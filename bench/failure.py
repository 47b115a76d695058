class Failure(Exception):
    """The benchmark has no result. The text gives the reason in one line."""
