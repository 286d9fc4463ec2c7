"""One incident end to end, against the local cloud and the faked outside world."""
