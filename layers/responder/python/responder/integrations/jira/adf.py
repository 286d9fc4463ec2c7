"""Atlassian Document Format, for Jira's descriptions and comments. Pure.

Nodes: developer.atlassian.com/cloud/jira/platform/apis/document/structure; a task needs a localId. Text is a JSON
value, so it cannot become markup. Jira refuses empty text nodes, so there are none.
"""

from typing import Any

from responder.domain.update import is_link
from responder.report.render import document as doc

Node = dict[str, Any]


def adf(document: doc.Document, *, with_title: bool = True) -> Node:
    nodes = [_heading(document.title, 2)] if with_title else []
    nodes += [_paragraph((f"{name}: ", *line)) for name, line in document.facts]
    for section in document.sections:
        blocks = [node for block in section.blocks for node in _block(block)]
        if section.folded and blocks:
            nodes.append({"type": "expand", "attrs": {"title": doc.flat(section.title)}, "content": blocks})
        else:
            nodes += [_heading(section.title, 3), *blocks] if blocks else []
    return {"type": "doc", "version": 1, "content": nodes}


def _heading(text: str, level: int) -> Node:
    return {"type": "heading", "attrs": {"level": level}, "content": _inlines((text,))}


def _paragraph(line: doc.Line) -> Node:
    return {"type": "paragraph", "content": _inlines(line)}


def _block(block: doc.Block) -> list[Node]:
    match block:
        case doc.Paragraph():
            return [_paragraph(block.line)]
        case doc.Bullets() if block.items:
            items = [{"type": "listItem", "content": [_paragraph(item)]} for item in block.items]
            return [{"type": "bulletList", "content": items}]
        case doc.Commands() if block.lines:
            text = "\n".join(map(doc.flat, block.lines))
            if not text.strip():
                return []
            return [{"type": "codeBlock", "attrs": {"language": "bash"}, "content": [{"type": "text", "text": text}]}]
        case doc.Checklist() if block.items:
            return [_tasks(block)]
        case doc.Table() if block.rows:
            lines = ((f"{row[0]}: {', '.join(row[1:])}",) for row in block.rows)
            return _block(doc.Bullets(tuple(lines)))
    return []


def _tasks(checks: doc.Checklist) -> Node:
    tasks = [
        {
            "type": "taskItem",
            "attrs": {"localId": item.name, "state": "DONE" if item.done else "TODO"},
            "content": _inlines(item.line),
        }
        for item in checks.items
    ]
    return {"type": "taskList", "attrs": {"localId": f"list-{checks.items[0].name}"}, "content": tasks}


def _inlines(line: doc.Line) -> list[Node]:
    return [node for part in line if (node := _inline(part))["text"]]


def _inline(part: doc.Inline) -> Node:
    text = doc.flat(part if isinstance(part, str) else part.text)
    match part:
        case doc.Code():
            return {"type": "text", "text": text, "marks": [{"type": "code"}]}
        case doc.Linked() if is_link(part.url):
            return {"type": "text", "text": text, "marks": [{"type": "link", "attrs": {"href": part.url}}]}
    return {"type": "text", "text": text}


def boxes_done(node: Any) -> set[str]:
    """The localIds of the ticked tasks in Jira's document."""
    return {name for name, task in _tasks_in(node).items() if task["attrs"].get("state") == "DONE"}


def open_boxes(node: Any) -> dict[str, str]:
    """Open tasks in order: localId to text."""
    return {name: words(task) for name, task in _tasks_in(node).items() if task["attrs"].get("state") == "TODO"}


def words(node: Any) -> str:
    """All text without ticked tasks: the same text means that nobody edited it."""
    if not isinstance(node, dict):
        return ""
    own = node.get("text") if node.get("type") == "text" else ""
    inner = node.get("content")
    return f"{own or ''}{''.join(map(words, inner if isinstance(inner, list) else []))}"


def _tasks_in(node: Any) -> dict[str, Node]:
    if not isinstance(node, dict):
        return {}
    attrs, inner = node.get("attrs"), node.get("content")
    found = {str(attrs.get("localId")): node} if node.get("type") == "taskItem" and isinstance(attrs, dict) else {}
    for child in inner if isinstance(inner, list) else []:
        found |= _tasks_in(child)
    return found
