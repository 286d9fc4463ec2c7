"""How well the classification does on the labelled cases of tests/corpus, and why it said what it said."""
