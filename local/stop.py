"""`python3 -m local stop`: ends the local cloud. Standard library only, so it works without the installed tools."""

import shutil
import sys

from local import bridge_proxy, ministack, sandbox_process
from local.paths import ROOT, Home


def stop(home: Home) -> bool:
    """Stops its programs and removes its files except the logs. → Whether anything ran."""
    stopped = [
        service.stop()
        for service in (bridge_proxy.service(home), sandbox_process.service(home), ministack.service(home))
    ]
    for file in (home.stack_file, home.world_file, home.sam_local_variables, home.sam_local_parameters):
        file.unlink(missing_ok=True)
    shutil.rmtree(home.scratch, ignore_errors=True)
    return any(stopped)


def main() -> int:
    print("stopped" if stop(Home(ROOT / ".local")) else "nothing was running")
    return 0


if __name__ == "__main__":
    sys.exit(main())
