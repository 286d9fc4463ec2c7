"""A deployment in mid-incident: what an execution calls is what was published when it began."""

import copy
from typing import Any

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.support import stack

VERSION, FUNCTION = "AWS::Lambda::Version", "AWS::Lambda::Function"


def deployed(*changes: tuple[str, str]) -> dict[str, Any]:
    """The expanded template of a deployment in which these resources, (logical id, property), have new content."""
    template = copy.deepcopy(stack.source())
    for name, resource in template["Resources"].items():
        for key in ("CodeUri", "ContentUri", "DefinitionUri"):
            if isinstance(resource["Properties"].get(key), str):
                resource["Properties"][key] = f"s3://bucket/{'new' if (name, key) in changes else 'old'}"
    found: dict[str, Any] = Translator({}, Parser()).translate(template, parameter_values={}, feature_toggle=None)
    resources: dict[str, Any] = found["Resources"]
    return resources


def called(resources: dict[str, Any]) -> dict[str, str]:
    """Placeholder of the definition → logical id of the version that it stands for."""
    given = resources["IncidentStateMachine"]["Properties"]["DefinitionSubstitutions"]
    return {name: value["Ref"] for name, value in given.items()}


def test_the_definition_names_nothing_but_published_versions() -> None:
    resources = stack.expanded()["Resources"]
    assert len(called(resources)) == 14
    for placeholder, version in called(resources).items():
        assert resources[version]["Type"] == VERSION
        assert resources[version]["Properties"]["FunctionName"] == {"Ref": placeholder.removesuffix("Arn")}


def test_old_versions_stay_whichever_way_they_are_replaced() -> None:
    resources = stack.expanded()["Resources"]
    for version in called(resources).values():
        assert resources[version]["DeletionPolicy"] == "Retain"
        assert resources[version]["UpdateReplacePolicy"] == "Retain"


def test_new_code_of_a_function_publishes_that_function_and_no_other() -> None:
    before, after = called(deployed()), called(deployed(("CheckRecoveryFunction", "CodeUri")))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"CheckRecoveryFunctionArn"}


def test_new_code_of_a_layer_publishes_every_function() -> None:
    before = called(deployed())
    for layer in ("ResponderLayer", "DependenciesLayer"):
        after = called(deployed((layer, "ContentUri")))
        assert all(before[name] != after[name] for name in before)


def test_a_new_value_of_a_parameter_that_functions_read_publishes_them() -> None:
    """SAM looks at the text of the template alone; the description of a version is replaced with its value."""
    resources = stack.expanded()["Resources"]
    for version in called(resources).values():
        function = resources[version]["Properties"]["FunctionName"]["Ref"]
        for one in (version, function):  # Lambda publishes no version of a function that has not changed
            assert resources[one]["Properties"]["Description"] == {"Fn::GetAtt": ["DeployedWith", "Value"]}
    names = set(stack.source()["Parameters"]) - {"AwsEndpointUrl"}
    published = {version.split("Version")[0] for version in called(resources).values()}
    properties = [each["Properties"] for name, each in resources.items() if name in published]
    read = {name for name in names if any(refers_to(one, name) for one in properties)}
    assert read | {"Release"} == {name for name in names if refers_to(resources["DeployedWith"], name)}
    assert {"TwinMindApiKeySecretArn", "VpcSubnetIds"} <= read


def refers_to(value: Any, parameter: str) -> bool:
    if isinstance(value, dict):
        return value.get("Ref") == parameter or any(refers_to(each, parameter) for each in value.values())
    return isinstance(value, list) and any(refers_to(each, parameter) for each in value)
