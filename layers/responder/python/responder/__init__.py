import gc

__version__ = "0.1.0"

# What is loaded stays, some 90,000 objects. To look for garbage in it again and again was a tenth of a cold start.
gc.set_threshold(100_000)
