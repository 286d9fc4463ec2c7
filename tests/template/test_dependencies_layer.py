"""The layers are built for what the template runs, from pinned versions, with bytecode."""

import importlib.metadata
import marshal
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "dependencies"
RESPONDER = ROOT / "layers" / "responder"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


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
    for makefile in (LAYER / "Makefile", RESPONDER / "Makefile", ROOT / "Makefile"):
        defaults = defaults_of(makefile)
        assert defaults["PYTHON_RUNTIME"] == parameters["PythonRuntime"]["Default"]
        assert (
            defaults.get("ARCHITECTURE", parameters["Architecture"]["Default"]) == parameters["Architecture"]["Default"]
        )


def test_its_target_is_named_after_the_resource() -> None:
    layers = [name for name, each in template()["Resources"].items() if each.get("Metadata", {}).get("BuildMethod")]
    makefiles = [(folder / "Makefile").read_text(encoding="utf-8") for folder in (LAYER, RESPONDER)]
    assert layers == [name for text in makefiles for name in re.findall(r"^build-(\w+):$", text, re.MULTILINE)]


def test_both_layers_say_the_same_of_bytecode() -> None:
    first, second = ((folder / "Makefile").read_text(encoding="utf-8") for folder in (LAYER, RESPONDER))
    assert first.partition("\t@# Bytecode")[2] == second.partition("\t@# Bytecode")[2] != ""


def build(target: Path, runtime: str) -> str:
    """→ what `sam build` would show."""
    command = ["make", "-C", str(RESPONDER), "build-ResponderLayer", f"ARTIFACTS_DIR={target}"]
    command.append(f"PYTHON_RUNTIME={runtime}")
    plain = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=plain).stdout


def test_a_layer_ships_bytecode_that_nothing_checks_at_start(tmp_path: Path) -> None:
    build(tmp_path, RUNTIME)
    sources = set(tmp_path.rglob("*.py"))
    compiled = {path.parent.parent / f"{path.name.partition('.')[0]}.py": path for path in tmp_path.rglob("*.pyc")}
    assert sources
    assert set(compiled) == sources
    for source, path in compiled.items():
        content = path.read_bytes()
        # PEP 552: bit 0 says that a hash follows, bit 1 that it is checked.
        assert int.from_bytes(content[4:8], "little") == 0b01
        assert marshal.loads(content[16:]).co_filename == f"/opt/{source.relative_to(tmp_path)}"  # noqa: S302


def test_a_layer_without_bytecode_says_so(tmp_path: Path) -> None:
    assert "There is no python3.99 here: build-ResponderLayer has no bytecode" in build(tmp_path, "python3.99")
    assert not list(tmp_path.rglob("*.pyc"))
    assert list(tmp_path.rglob("*.py"))


def test_every_requirement_is_pinned() -> None:
    files = [LAYER / "requirements.txt", *(ROOT / "requirements").glob("*.txt")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    loose = [line for line in lines if line and not re.match(r"#|-r |[\w.\-]+(\[[\w,]+\])?==[\w.]+$", line)]
    assert len(files) == 4
    assert not loose


def test_only_wheels_with_a_known_hash_are_built_in() -> None:
    """Those of requirements.txt, each for every Python and architecture that the template may run on."""
    text = (LAYER / "hashes.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    pins = {line for line in (LAYER / "requirements.txt").read_text(encoding="utf-8").splitlines() if "==" in line}
    assert {entry[0] for entry in entries} == pins
    assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for entry in entries for one in entry[1:])
    assert {entry[0].partition("==")[0]: len(entry) - 1 for entry in entries if len(entry) != 2} == {
        "pydantic_core": 8,
        "PyYAML": 8,
    }
    assert "--require-hashes --requirement hashes.txt" in (LAYER / "Makefile").read_text(encoding="utf-8")


def test_a_build_for_the_local_cloud_never_ends_in_a_deployment_to_aws() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    folder = config["local"]["build"]["parameters"]["build_dir"]
    assert config["local"]["deploy"]["parameters"]["template_file"] == f"{folder}/template.yaml"
    assert folder != ".aws-sam/build"
    assert "build_dir" not in config["default"]["build"]["parameters"]


def test_the_layer_alone_knows_the_zones_of_the_world(tmp_path: Path) -> None:
    """Without the system's own database, which AWS's image may lack (aws/aws-lambda-dotnet#1620)."""
    pinned = re.findall(r"^tzdata==.*$", (LAYER / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(pinned) == 1
    assert pinned[0] in (LAYER / "hashes.txt").read_text(encoding="utf-8")
    code = "from responder.domain.zone import zone_named; print(zone_named('Europe/Berlin'))"
    plain = os.environ | {"PYTHONTZPATH": "", "PYTHONPATH": str(RESPONDER / "python")}
    command = [sys.executable, "-S", "-c", code]
    without = subprocess.run(command, capture_output=True, text=True, env=plain)  # noqa: PLW1510
    assert "there is no zone 'Europe/Berlin'" in without.stderr
    (tmp_path / "tzdata").symlink_to(Path(str(importlib.metadata.distribution("tzdata").locate_file("tzdata"))))
    there = plain | {"PYTHONPATH": f"{plain['PYTHONPATH']}:{tmp_path}"}
    assert subprocess.run(command, check=True, capture_output=True, text=True, env=there).stdout == "Europe/Berlin\n"
    assert pinned[0] == f"tzdata=={importlib.metadata.version('tzdata')}"
