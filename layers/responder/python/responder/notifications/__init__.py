"""What people are told: what an update is made of, its words, and how it is delivered once."""
