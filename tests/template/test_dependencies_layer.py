"""The layer of third-party code is built for what the template runs, from pinned versions."""

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "dependencies"


class _Template(yaml.SafeLoader):
    """Reads a template for its plain values; what an intrinsic function says is of no interest here."""


_Template.add_multi_constructor("!", lambda *_: None)


def template() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), _Template)  # noqa: S506
    return loaded


def defaults_of(makefile: Path) -> dict[str, str]:
    return dict(re.findall(r"^(?:export )?([A-Z_]+) \?= (\S+)$", makefile.read_text(encoding="utf-8"), re.MULTILINE))


def test_it_is_built_for_the_runtime_and_architecture_that_the_template_has_by_default() -> None:
    parameters = template()["Parameters"]
    for makefile in (LAYER / "Makefile", ROOT / "Makefile"):
        defaults = defaults_of(makefile)
        assert defaults["PYTHON_RUNTIME"] == parameters["PythonRuntime"]["Default"]
        assert defaults["ARCHITECTURE"] == parameters["Architecture"]["Default"]


def test_its_target_is_named_after_the_resource() -> None:
    layers = [name for name, each in template()["Resources"].items() if each.get("Metadata", {}).get("BuildMethod")]
    targets = re.findall(r"^build-(\w+):$", (LAYER / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert layers == targets


def test_every_requirement_is_pinned() -> None:
    files = [LAYER / "requirements.txt", *(ROOT / "requirements").glob("*.txt")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    loose = [line for line in lines if line and not re.match(r"#|-r |[\w.\-]+(\[[\w,]+\])?==[\w.]+$", line)]
    assert len(files) == 4
    assert not loose


def test_a_build_for_the_local_cloud_never_ends_in_a_deployment_to_aws() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    folder = config["local"]["build"]["parameters"]["build_dir"]
    assert config["local"]["deploy"]["parameters"]["template_file"] == f"{folder}/template.yaml"
    assert folder != ".aws-sam/build"
    assert "build_dir" not in config["default"]["build"]["parameters"]
