"""An environment that is linked from elsewhere is not emptied."""

from pathlib import Path

import pytest

from local.install import install
from local.paths import LocalCloudError


def test_a_linked_environment_is_left_to_its_owner(tmp_path: Path) -> None:
    owned = tmp_path / "owner" / ".venv"
    owned.mkdir(parents=True)
    (owned / "package").touch()
    requirements = tmp_path / "dev.txt"
    requirements.touch()
    link = tmp_path / ".venv"
    link.symlink_to(owned)
    with pytest.raises(LocalCloudError, match=r"is a link: run make setup in .*/owner, which owns it"):
        install(link, [requirements])
    assert (owned / "package").exists()
