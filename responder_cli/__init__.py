"""`responder`, the operator's command line: sets a deployment up, examines it, and reads and answers incidents."""
