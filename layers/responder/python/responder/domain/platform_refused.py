"""What the platform that our service runs on did not do."""


class PlatformRefused(RuntimeError):
    """The message says why, for people. `passes`: asking again may help."""

    def __init__(self, why: str, *, passes: bool) -> None:
        super().__init__(why)
        self.passes = passes
