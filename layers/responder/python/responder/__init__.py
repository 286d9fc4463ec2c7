import gc

__version__ = "0.1.0"

# What is loaded stays. To look for garbage in it, every 700 objects, was a tenth of a cold start.
gc.set_threshold(20_000)
