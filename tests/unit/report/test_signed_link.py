"""The law of the signed link: it opens its own incident until its end, and nothing else opens anything."""

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from responder.report.signed_link import Access, access, token_for

IDS = st.from_regex(r"[A-Za-z0-9_.-]{1,60}", fullmatch=True)
SECRETS = st.text(min_size=1, max_size=64)
TIMES = st.integers(1_600_000_000, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
SECRET, AT = "a-secret-for-pages", datetime(2026, 6, 1, 14, tzinfo=UTC)


@given(IDS, SECRETS, TIMES, st.lists(SECRETS, max_size=3), st.integers(1, 10**7))
def test_a_link_opens_until_its_end_under_any_of_the_active_secrets(
    incident_id: str, secret: str, end: datetime, others: list[str], seconds: int
) -> None:
    token = token_for(incident_id, end, secret)
    assert access(token, incident_id, [*others, secret], end - timedelta(seconds=seconds)) is Access.OK
    for late in (end, end + timedelta(seconds=seconds)):
        assert access(token, incident_id, [secret, *others], late) is Access.EXPIRED


@given(IDS, IDS, SECRETS, SECRETS)
def test_not_another_incident_and_not_under_another_secret(
    incident_id: str, other_id: str, secret: str, other: str
) -> None:
    token = token_for(incident_id, AT + timedelta(days=7), secret)
    if other_id != incident_id:
        assert access(token, other_id, [secret], AT) is Access.FORGED
    if other != secret:
        assert access(token, incident_id, [other], AT) is Access.FORGED
    assert access(token, incident_id, [], AT) is Access.FORGED


@given(st.data())
def test_no_sign_of_a_token_can_be_changed(data: st.DataObject) -> None:
    token = token_for("pd-PABC123", AT + timedelta(days=7), SECRET)
    place = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.characters())
    changed = data.draw(
        st.sampled_from(
            (token[:place] + sign + token[place + 1 :], token[:place] + sign + token[place:], token[:place])
        )
    )
    assume(changed != token)
    assert access(changed, "pd-PABC123", [SECRET], AT) is Access.FORGED


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_longer_life_cannot_be_written_into_a_token(life: int, more: int) -> None:
    token = token_for("pd-PABC123", AT + timedelta(seconds=life), SECRET)
    end = int(token.rsplit(".", 2)[1])
    longer = token.replace(f".{end}.", f".{end + more}.")
    assert access(longer, "pd-PABC123", [SECRET], AT + timedelta(seconds=life)) is Access.FORGED


@given(st.text(max_size=300), IDS)
def test_any_text_is_answered_and_none_is_a_link(text: str, incident_id: str) -> None:
    assert access(text, incident_id, [SECRET], AT) is Access.FORGED


@given(IDS)
def test_a_manual_incident_with_dots_in_its_name_keeps_its_own_link(incident_id: str) -> None:
    """`a.1` with expiry 2 must not be `a` with expiry 1."""
    token = token_for(f"{incident_id}.1", AT + timedelta(days=1), SECRET)
    assert access(token, incident_id, [SECRET], AT) is Access.FORGED
