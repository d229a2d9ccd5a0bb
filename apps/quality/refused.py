"""What people write that is not taken. Pure; `refusals.py` has the sentences."""


class Refused(ValueError):
    """A query, an expression or a pattern is not taken: `code` says why in one word, `values` fill its sentence."""

    def __init__(self, code, **values):
        super().__init__(code, values)
        self.code, self.values = code, values

    def __str__(self):
        said = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.code} ({said})" if said else self.code
