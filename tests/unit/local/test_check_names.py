"""Names keep to the field's words, and the check that says so finds what does not."""

from pathlib import Path

from local.check_names import ROOT, findings


def test_no_name_uses_a_word_of_our_own() -> None:
    assert findings(ROOT) == []


def test_a_house_word_in_each_kind_of_name_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "layers"
    folder.mkdir()
    folder.joinpath("desk.py").write_text(
        "class LeverBoard:\n    wish: int\n\n\ndef whisper(rung: int) -> None:\n    heard_at = rung\n", encoding="utf-8"
    )
    found = {line.split(": ")[1] for line in findings(tmp_path)}
    assert found == {"desk", "LeverBoard", "wish", "whisper", "rung", "heard_at"}
