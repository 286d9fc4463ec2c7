"""The texts that people read: composed once per update, rendered once per channel. Pure, no I/O."""
