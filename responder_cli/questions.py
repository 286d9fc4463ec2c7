"""The questions of `responder configure` by part, in the order in which people get the answers; configure.py asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Prompt:
    """`place` in the runbook. `kind`: `list` takes several, separated by commas, `pairs` several `name=value`;
    `switch` takes yes or no, `modes` a mode, or `own` for each action's.
    """

    place: str
    text: str
    kind: Literal["text", "list", "pairs", "switch", "modes"] = "text"


@dataclass(frozen=True)
class Part:
    """`credentials`: entries of the vendor credentials, each with its description; each is tried at once.

    `sender`: the part's entry in the webhook secret.
    """

    name: str
    title: str
    questions: tuple[Prompt, ...]
    credentials: Mapping[str, str] = field(default_factory=dict)
    sender: str | None = None
    sender_text: str = ""
    # What people do at the vendor before the questions; `{url}` is the stack's webhook URL.
    first: str = ""


PARTS = (
    Part(
        "pager",
        "PagerDuty",
        (
            Prompt("vendors.pagerduty.api_url", "PagerDuty's API (EU: https://api.eu.pagerduty.com)"),
            Prompt("vendors.pagerduty.from_email", "the responder's own user there, by its e-mail address"),
            Prompt("vendors.pagerduty.bot_user_id", "that user's id (in the URL of its profile)"),
            Prompt("scope.services", "the ids of your TwinMind services there", "list"),
        ),
        credentials={"pagerduty": "PagerDuty API key"},
        sender="pagerduty",
        sender_text="signing secret of the webhook subscription",
        first="Give the responder a user of its own, and your service an acknowledgement time-out. Add a generic "
        "webhook (v3) on that service, all incident events, to {url}/pagerduty; its secret is shown once.",
    ),
    Part(
        "opsgenie",
        "Opsgenie",
        (
            Prompt("vendors.opsgenie.enabled", "do alerts come from Opsgenie", "switch"),
            Prompt("vendors.opsgenie.bot_user", "the name under which the responder writes there"),
            Prompt("scope.integrations", "the ids of the integrations that are yours", "list"),
        ),
        credentials={"opsgenie": "Opsgenie API key"},
        sender="opsgenie",
        sender_text="token of the header X-Webhook-Token",
        first="Add an outgoing webhook to {url}/opsgenie with a header X-Webhook-Token, of 32 characters or more.",
    ),
    Part(
        "jsm",
        "Jira Service Management",
        (
            Prompt("vendors.jsm.enabled", "do alerts come from Jira Service Management", "switch"),
            Prompt("vendors.jsm.bot_user", "the name under which the responder writes there"),
            Prompt("scope.integrations", "the ids of the integrations that are yours", "list"),
        ),
        credentials={"jsm": "API key of its integration"},
        sender="jsm",
        sender_text="token of the header X-Webhook-Token",
        first="Add an outgoing webhook to {url}/jsm with a header X-Webhook-Token, of 32 characters or more.",
    ),
    Part(
        "slack",
        "Slack",
        (Prompt("vendors.slack.channel", "the channel's id (its About shows it); invite the bot to it"),),
        credentials={"slack": "Slack bot token (xoxb-…)"},
        sender="slack",
        sender_text="signing secret of the app, for the buttons",
        first="The app's bot needs the scopes chat:write, channels:history, channels:read and users:read.",
    ),
    Part(
        "statuspage",
        "Statuspage",
        (
            Prompt("vendors.statuspage.page_id", "the page's id"),
            Prompt("vendors.statuspage.component_ids", "the components that depend on TwinMind", "list"),
        ),
        credentials={"statuspage": "Statuspage API key"},
    ),
    Part(
        "jira",
        "Jira Cloud",
        (
            Prompt("vendors.jira.api_url", "the API: https://SITE.atlassian.net/rest/api/3"),
            Prompt("vendors.jira.email", "the bot user whose API token it is"),
            Prompt("vendors.jira.project_key", "the project's key"),
            Prompt("vendors.jira.issue_type", "the issue type"),
        ),
        credentials={"tickets": "Jira API token"},
    ),
    Part(
        "contacts",
        "Whom each level of the escalation reaches",
        (
            *(
                question
                for level in (2, 3, 4)
                for question in (
                    Prompt(f"escalation.{level}.who", f"level {level}: who it is"),
                    Prompt(
                        f"escalation.{level}.slack_mention",
                        f"level {level}: whom Slack calls, such as <!subteam^S0123>",
                    ),
                    Prompt(f"escalation.{level}.upstream", f"level {level}: `escalate` if the pager goes up too"),
                    Prompt(f"escalation.{level}.topic_arn", f"level {level}: an SNS topic of its own"),
                )
            ),
            Prompt("timezone", "the zone of times in mail, page and report, such as Europe/Berlin"),
        ),
    ),
    Part(
        "approvers",
        "Who may approve in Slack",
        (
            Prompt("approvals.approvers.slack", "their member ids (Copy member ID in a profile)", "list"),
            Prompt("approvals.pager_users", "their users in the pager, such as U0123456789=jane@example.com", "pairs"),
            Prompt("vendors.slack.team_id", "the workspace's id (T… in Slack's address in a browser)"),
            Prompt("vendors.slack.app_id", "the app's id (A…, in its Basic Information)"),
        ),
    ),
    Part(
        "service",
        "Your service, and how it is restarted",
        (
            Prompt("endpoints.service.base_url", "its address, as the functions reach it"),
            Prompt("endpoints.service.platform.kind", "what restarts it: kubernetes, ecs, http or none"),
            Prompt("endpoints.service.restart_hook_path", "for http: the path of the hook"),
            Prompt("endpoints.service.platform.kubernetes.eks_cluster", "for kubernetes on EKS: the cluster"),
            Prompt("endpoints.service.platform.kubernetes.deployment", "for kubernetes: the Deployment"),
            Prompt("endpoints.service.platform.ecs.cluster", "for ecs: the cluster"),
            Prompt("endpoints.service.platform.ecs.service", "for ecs: the service"),
        ),
    ),
    Part(
        "others",
        "Credentials of other things that you use",
        (),
        credentials={
            "teams": "address of the Teams workflow",
            "outgoing_webhook": "signing key of your own webhook (whsec_…)",
            "kubernetes": "Kubernetes token that may read",
            "kubernetes_act": "Kubernetes token that may patch, if it is another one",
            "service_restart": "bearer token of the restart hook",
        },
    ),
    Part(
        "modes",
        "What it may do",
        (Prompt("modes", "one mode for all actions (begin with observe), or own: each action's own mode", "modes"),),
    ),
)
