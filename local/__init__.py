"""The local cloud, the outside world faked at the HTTP boundary, and the drill."""
