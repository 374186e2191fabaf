"""The one exception for what the user can put right."""


class InputError(ValueError):
    """Something given from outside is wrong: a file, a folder, a setting.

    The message says what is wrong, where, and what to do about it; the commands print it on one
    line and exit with status 2. A defect of this package is never an InputError.
    """
