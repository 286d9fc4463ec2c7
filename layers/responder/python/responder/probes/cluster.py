"""Reads of the Kubernetes API for probes, over the actions' connection."""

from collections.abc import Mapping
from dataclasses import dataclass

from responder.clients.http import AsyncHttp, Response
from responder.clients.kubernetes import TIMEOUT_SECONDS, connect, trouble
from responder.clients.responses import Json, listed
from responder.contracts.probe import SHORT_TIMEOUT_SECONDS, ProbeContext, in_thread
from responder.domain.redact import redact_short


@dataclass(frozen=True)
class Unread:
    """Why there is no object; `http_status` if the API gave one."""

    why: str
    http_status: int | None = None


async def read(
    ctx: ProbeContext, plural: str, name: str = "", *, part: str = "", params: Mapping[str, str] | None = None
) -> Response | Unread:
    config, credential = ctx.runbook.endpoints.service.platform.kubernetes, ctx.readers.credential
    connection = await ctx.memo.get("cluster", lambda: in_thread(lambda: connect(config, credential)))
    if isinstance(connection, str):
        return Unread(connection)
    url = connection.url(plural, name, part)
    if connection.verify is True:
        answer = await ctx.call("GET", url, headers=connection.headers, params=params, seconds=SHORT_TIMEOUT_SECONDS)
    else:
        async with AsyncHttp(verify=connection.verify) as http:
            answer = await http.call("GET", url, headers=connection.headers, params=params, timeout=TIMEOUT_SECONDS)
    why = trouble(answer)
    if isinstance(answer, Response) and (why is None or (answer.ok and part)):
        return answer
    # The API's message repeats the request, and a proxy can put anything there.
    said = " ".join(redact_short(why or "", 200).split())
    return Unread(said, answer.status)


async def items(ctx: ProbeContext, plural: str) -> list[Json] | Unread:
    selector = ctx.runbook.endpoints.service.platform.kubernetes.selector
    answer = await read(ctx, plural, params={"labelSelector": selector, "limit": "100"})
    return answer if isinstance(answer, Unread) else listed(answer.json(), "items")


async def pods(ctx: ProbeContext) -> list[Json] | Unread:
    """Read once per probe run."""
    return await ctx.memo.get("pods", lambda: items(ctx, "pods"))
