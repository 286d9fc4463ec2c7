"""The sections of runbook.yaml about the vendors that are called, and whom people can ask at TwinMind."""

from responder.config.base import Section, Url
from responder.domain.alert import Source


class PagerDuty(Section):
    api_url: Url
    from_email: str | None
    bot_user_id: str | None
    # Whether subscribers of the incident get PagerDuty's status updates, besides the notes.
    status_updates: bool


class Opsgenie(Section):
    api_url: Url
    bot_user: str | None
    escalation: str | None
    enabled: bool
    schedule: str | None


class Statuspage(Section):
    api_url: Url
    page_id: str | None
    component_ids: tuple[str, ...]


class Slack(Section):
    api_url: Url
    channel: str | None


class Tickets(Section):
    """Jira Cloud. `email` is the bot user whose API token is in the vendor credentials."""

    api_url: Url | None
    project_key: str | None
    issue_type: str
    email: str | None


class Vendors(Section):
    pagerduty: PagerDuty
    opsgenie: Opsgenie
    jsm: Opsgenie
    statuspage: Statuspage
    slack: Slack
    tickets: Tickets

    def bot_user(self, source: Source) -> str | None:
        """The user that our own upstream calls appear as; its events are never a person's."""
        return {
            Source.PAGERDUTY: self.pagerduty.bot_user_id,
            Source.OPSGENIE: self.opsgenie.bot_user,
            Source.JSM: self.jsm.bot_user,
        }.get(source)


class Contacts(Section):
    support_email: str
    enterprise_email: str
    community_url: Url
    support_url: Url
    response_guide_url: Url
