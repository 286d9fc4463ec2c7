"""The hosts that may receive a credential. They are set at deployment, so that no setting can add one. Pure."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from responder.config.consumers import HookConsumer
from responder.config.runbook import Runbook, packaged

# This word in CREDENTIAL_HOSTS, for the local cloud, allows every address of private networks, also without TLS.
LOCAL = "local"
_PORTS = {"https": "443", "http": "80"}
# The form that all parsers read in the same way: no user, no backslash, no blank, no other alphabet.
_PLAIN = re.compile(r"(https?)://([a-z0-9.-]+)(?::([0-9]+))?(?:/[!-~]*)?\Z")


def refused_address(runbook: Runbook, listed: str) -> str | None:
    """A sentence on the first setting that would send a credential to a host that is not allowed, or without TLS.

    None if there is none. `listed`: host names with an optional port, separated by commas (template parameter
    CredentialHosts). The hosts of the packaged runbook, and those that an integration declares, are allowed as well.
    """
    packaged_places = _packaged()
    found = (_refused(setting, url, listed, packaged_places) for setting, url in _addresses(runbook))
    return next((each for each in found if each), None)


def refused_secret_address(name: str, url: str, listed: str, vendors_hosts: Iterable[str]) -> str | None:
    """As `refused_address`, for an address that is itself a secret: only its host is shown.

    `vendors_hosts`: the vendor's own hosts; `.example.com` stands for every host below it.
    """
    _, host, _ = _place(url)
    is_vendors = any(host == each or (each.startswith(".") and host.endswith(each)) for each in vendors_hosts)
    return _refused(name, url, listed, {f"{host}:443"} if is_vendors else set())


def _refused(name: str, url: str, listed: str, pinned: set[str]) -> str | None:
    entries = {entry for entry in listed.lower().split(",") if entry}
    scheme, host, place = _place(url)
    if LOCAL in entries and _is_local(host):
        return None
    if scheme != "https":
        return f"{name}: a credential goes out over https only, to https://host or https://host:port"
    if place in pinned or {place, place.removesuffix(":443")} & entries:
        return None
    return f"{name}: {place} is not pinned as a host for credentials (template parameter CredentialHosts)"


def _packaged() -> set[str]:
    vendors = packaged().vendors
    declared = [host for name in type(vendors).model_fields for host in getattr(vendors, name).hosts]
    return {_place(url)[2] for _, url in _addresses(packaged())} | {f"{host}:443" for host in declared}


def _addresses(runbook: Runbook) -> Iterator[tuple[str, str]]:
    """Each setting that says where a credential is sent, with its URL. Every URL of a vendor's section counts."""
    service = runbook.endpoints.service
    yield "endpoints.twinmind.base_url", runbook.endpoints.twinmind.base_url
    if service.base_url and service.restart_hook_path:
        yield "endpoints.service.base_url (with restart_hook_path)", service.base_url
    hooks = [one for one in runbook.endpoints.consumers if isinstance(one, HookConsumer)]
    yield from (("endpoints.consumers (base_url)", one.base_url) for one in hooks)
    if service.platform.kubernetes.api_url:
        yield "endpoints.service.platform.kubernetes.api_url", service.platform.kubernetes.api_url
    prometheus = service.metrics.prometheus
    if prometheus.url and prometheus.auth != "none":
        yield "endpoints.service.metrics.prometheus.url", prometheus.url
    for name, section in runbook.vendors:
        for setting, value in section:
            if isinstance(value, str) and value.lower().startswith(("https:", "http:")):
                yield f"vendors.{name}.{setting}", value


def _place(url: str) -> tuple[str, str, str]:
    """Scheme, host, and host with port (another port may be another program). Two are "" if it is not plain."""
    found = _PLAIN.match(url.lower())
    if found is None:
        return "", "", "what is named"
    scheme, host, port = found.groups()
    return scheme, host, f"{host}:{port or _PORTS[scheme]}"


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost"
