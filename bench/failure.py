class Failure(Exception):
    """The benchmark has no result; the text says why, in one line."""
