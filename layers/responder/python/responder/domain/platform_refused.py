"""The error for a call that the service's platform refused."""


class PlatformRefused(RuntimeError):
    """The message says why, for people. `passes`: it may work later."""

    def __init__(self, why: str, *, passes: bool) -> None:
        super().__init__(why)
        self.passes = passes
