"""What kind of trouble an error of our service is, by its name or message in logs and metrics. Pure."""

import re

# By type or message, the first that fits. The names are those of TwinMind (docs/twinmind.md#error-codes), and what
# Node.js, Python, Java and Go call the same faults of HTTP. In small letters, as is what they are sought in: that takes
# half the time of re.IGNORECASE.
_KINDS = {
    # The user's input or calendar: no outage, no key problem.
    "user_errors": re.compile(
        r"\b(?:audioformaterror|transcriptionerror|diarizationerror|generationerror|oauth2error)\b|"
        r"unsupported format|\bsilent audio|too short|calendar (?:token|login)",
    ),
    "auth_failed": re.compile(
        r"auth_failed|authenticationerror|invalid (?:or expired )?api key|\b401\b|unauthori[sz]ed"
    ),
    "rate_limited": re.compile(r"rate_?limit|rate limit|too ?many ?requests|\b429\b"),
    "unanswered": re.compile(
        r"econn|enotfound|eai_|etimedout|epipe|\be(?:host|net)(?:unreach|down)|enonet|enotconn|eaddrnotavail|und_err|"
        r"err_(?:network|name_not|internet_dis|address_unreach|cert_|ssl_|tls_)|cert_has_expired|self_signed_cert|"
        r"leaf_signature|sslerror|sslhandshake|tls handshake|remotedisconnected|noroutetohost|unknownhost|gaierror|"
        r"connection[ _]?(?:was )?(?:refused|reset|aborted|closed|timed)|connect(?:ion)?(?:error|exception)|"
        r"socket ?hang ?up|fetch failed|no answer|no such host|timed?[ _]?out|deadline[ _]exceeded",
    ),
    "server_errors": re.compile(r"transcription_failed|server_?error|bad gateway|service ?unavailable|\b50[0234]\b"),
}
KINDS = (*_KINDS, "other_errors")


def kind_of(text: str) -> str:
    """Of an error, by its type, its message or both; a kind is its own."""
    if text in KINDS:
        return text
    small = text.lower()
    return next((kind for kind, pattern in _KINDS.items() if pattern.search(small)), "other_errors")
