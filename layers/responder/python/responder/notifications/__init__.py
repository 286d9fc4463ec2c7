"""Messages to people: the data of an update, its words, and its delivery, once."""
