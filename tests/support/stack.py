"""template.yaml as CloudFormation receives it: expanded by SAM's own translator, offline."""

import copy
from functools import cache
from typing import Any

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.support.inprocess import ROOT


@cache
def source() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return parsed


@cache
def expanded() -> dict[str, Any]:
    template = copy.deepcopy(source())
    for resource in template["Resources"].values():
        # The translator wants uploaded code; where it lies does not matter here.
        for name in ("CodeUri", "ContentUri", "DefinitionUri"):
            if isinstance(resource["Properties"].get(name), str):
                resource["Properties"][name] = "s3://bucket/key"
    translator = Translator({}, Parser())
    result: dict[str, Any] = translator.translate(template, parameter_values={}, feature_toggle=None)
    return result


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Logical id → properties, of the expanded template."""
    found = expanded()["Resources"].items()
    return {name: resource["Properties"] for name, resource in found if resource["Type"] == kind}
