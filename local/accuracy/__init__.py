"""How well the classification does on the labelled cases of tests/corpus, and the reasons for each diagnosis."""
