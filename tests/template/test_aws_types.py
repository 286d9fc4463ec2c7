"""What leaves the package that talks to AWS has a type: no caller has to know what a dictionary of AWS holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.inprocess import ROOT

AWS = ROOT / "layers" / "responder" / "python" / "responder" / "aws"
# boto3's own client, whose methods are made when the program runs.
UNTYPED = {"clients.py: client"}


def results(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """Each public result, and each field of a class, with its annotation."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            assert node.returns is not None
            yield node.name, node.returns
        elif isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{ast.unparse(field.target)}", field.annotation)
                for field in node.body
                if isinstance(field, ast.AnnAssign)
            )


def test_no_any_leaves_the_package() -> None:
    found = {
        f"{path.name}: {name}" for path in AWS.glob("*.py") for name, kind in results(path) if "Any" in words(kind)
    }
    assert found == UNTYPED


def words(annotation: ast.expr) -> set[str]:
    """The names in it; one in quotes is read for its own."""
    texts = [node.value for node in ast.walk(annotation) if isinstance(node, ast.Constant)]
    parts = [annotation, *(ast.parse(text, mode="eval").body for text in texts if isinstance(text, str))]
    return {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}
