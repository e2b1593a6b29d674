"""Which addresses may be asked: https at a host that a source names, no private address after its name is resolved."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from metier.errors import ConfigError


def checked(url: str, hosts: Collection[str], *, setting: str) -> str:
    """Return a base URL that may be asked: https at a host of the source, or http at a literal loopback address."""
    at = host(url)
    parts = urlsplit(url if at else "")
    fine = parts.scheme == "https" and at in hosts and not (parts.username or parts.password)
    if not fine and not (parts.scheme in ("http", "https") and is_loopback(at)):
        where = f" at {' or '.join(sorted(hosts))}" if any(hosts) else ""
        raise ConfigError(f"{setting}: give an https URL{where}, not {url[:100]!r}")
    return url.rstrip("/")


def host(url: str) -> str:
    """Return the host of an address, nothing where it is no address."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:  # brackets that hold nothing, a port that is none
        return ""


def permitted(address: str, *, loopback: bool) -> bool:
    """Tell whether an address may be asked: a public one, or loopback alone where the setting says so."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return permitted(str(ip.ipv4_mapped), loopback=loopback)
        if ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_loopback if loopback else ip.is_global and not ip.is_multicast


def is_loopback(host: str) -> bool:
    """Tell whether this is a literal address of this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
