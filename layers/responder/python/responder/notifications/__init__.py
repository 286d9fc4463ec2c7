"""How people come to know: what an update is gathered from, how it is delivered once, and the report."""
