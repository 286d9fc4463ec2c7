"""What is against a vendor's document and right all the same, each with the reason. Reviewed one by one."""

import re

NEWER = "the document is older than this part of the API"
NULL = "null where there is nothing, as the examples in the vendors' documents show; the schema does not say so"
ONE_ANSWER = "its schema was drawn from one answer; the method's own page shows answers without it"

# Vendor, a regular expression on the whole breach, why it is accepted
ACCEPTED = [
    ("pagerduty", r"answer: .*\.(priority|incident_key|resolved_at|resolve_reason|conference_bridge): null", NULL),
    ("pagerduty", r"answer: .*\.(integration|schedule|start|end|(auto_resolve|acknowledgement)_timeout): null", NULL),
    (
        "pagerduty",
        r"answer: no status 400 in the document",
        "it has 400 for the notes of an incident, and not for the incident",
    ),
    (
        "statuspage",
        r"answer: no status 4(20|29) in the document",
        "its text has both for too many requests, and its list of answers neither",
    ),
    ("statuspage", r"answer: .*\.(resolved_at|monitoring_at|reminder_intervals|impact_override): null", NULL),
    ("slack", r"request: no field (metadata|unfurl_links|unfurl_media)", NEWER),
    ("slack", r"request: no query parameter include_all_metadata", NEWER),
    ("slack", r"answer: 200\.messages\.\d+: Additional properties [^']*('metadata' )was unexpected\)", NEWER),
    ("slack", r"answer: 200\.error: '(token_revoked|missing_scope)' is not one of .*", NEWER),
    ("slack", r"answer: 429\.error: 'ratelimited' is not one of .*", NEWER),
    ("slack", r"answer: 200: '(pin_count|channel_actions_(ts|count))' is a required property", ONE_ANSWER),
    ("slack", r"answer: 200\.messages: \[\] should be non-empty", ONE_ANSWER),
    (
        "slack",
        r"answer: 200\.error: '[^']*[^a-z_'][^']*' is not one of .*",
        "a test lets the answer hold a secret, to see that it is not shown",
    ),
    ("slack", r"the document has no POST /hooks/[\w-]+", "an incoming webhook, no method of the Web API"),
    (
        "slack",
        r"answer: 200\.message: Additional properties [^']*('(metadata|reply_broadcast)',? )+w(as|ere) unexpected\)",
        NEWER,
    ),
    (
        "slack",
        r"answer: 200\.message\.blocks: .* is not of type 'object'",
        "blocks are a list; its own definition says so",
    ),
    (
        "slack",
        r"answer: 200\.error: 'thread_not_found' is not one of .*",
        "a reply to a message that is gone: https://github.com/slackapi/bolt-js/issues/2307",
    ),
    ("slack", r"the document has no POST /response/\w+", "an address that Slack hands out, no method of the Web API"),
    (
        "tickets",
        r"answer: .*\.(created|updated): '.*\+0000' is not a 'date-time'",
        "the document's own examples have +0000",
    ),
    ("tickets", r"the document has no POST /rest/api/3/search/jql", NEWER),
    ("tickets", r"the document has no GET /rest/api/3/issue/createmeta/\w+/issuetypes(/\d+)?", NEWER),
    (
        "tickets",
        r"answer: 401: Additional properties [^']*('(message|status-code)',? )+were unexpected\)",
        "the layer that logs people in answers before Jira does, in a shape of its own",
    ),
]


def is_accepted(vendor: str, breach: str) -> bool:
    return any(vendor == name and re.fullmatch(pattern, breach, re.DOTALL) for name, pattern, _ in ACCEPTED)
