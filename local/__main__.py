"""`python -m local MODULE …`: runs `local.MODULE`, or a module of another name. An interruption shows no traceback."""

import os
import runpy
import sys
from pathlib import Path

from local import interrupts


def main() -> None:
    interrupts.listen()
    name = sys.argv.pop(1)
    if any((Path(__file__).parent / one).exists() for one in (name, f"{name}.py")):
        name = f"local.{name}"
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # as in `make show | head`: nobody reads the rest of the buffer
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
