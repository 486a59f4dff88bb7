"""Fills what follows from what a line said and from the configuration: domains, own IP, filters, attempts."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import polars as pl

from bouncelake.config import Config
from bouncelake.digest import digests
from bouncelake.linking import LOOPBACK, PRIVATE

INSTANCE_IP = r"(?:^|[^0-9A-Fa-f.:])((?:[0-9]{1,3}\.){3}[0-9]{1,3})(?:$|[^0-9.])"
"""An IPv4 address in the name of a Postfix instance, as in `postfix-192.0.2.7`."""


def settled(events: pl.DataFrame, config: Config) -> pl.DataFrame:
    """Return the events with domains, own IP and attempt key, and with the configured hops taken for what they are."""
    events = _hops(events, config)
    domains = {
        "sender_domain": domain(events["sender"]),
        "recipient_domain": domain(events["recipient"]),
    }
    own = _own_ip(events, config)
    key = digests(events.select(pl.concat_str(pl.col("host").fill_null(""), "attempt", separator=" ")).to_series())
    return events.with_columns(**domains, **own, attempt_key=key, origin=_origin(events, config))


def _origin(events: pl.DataFrame, config: Config) -> pl.Expr:
    """Call a client of our own networks a submitter, also where we refused it and no message came about."""
    networks = [ip_network(network) for network in config.networks]
    ip = pl.col("client_ip")
    own = ip.str.contains(PRIVATE) | ip.str.contains(LOOPBACK)
    if networks:
        own |= pl.lit(where(events["client_ip"], lambda address: within(address, networks)))
    refused = (pl.col("event") == "rejected") & pl.col("origin").is_null()
    return pl.when(refused & own).then(pl.lit("submitted")).otherwise("origin")


def domain(addresses: pl.Series) -> pl.Series:
    """Return what stands after the last `@`, in lower case, as an A-label; null where there is none."""
    frame = addresses.to_frame("address")
    parts = pl.col("address").str.splitn("@", 2).struct.field("field_1")
    several = parts.str.contains("@", literal=True)
    last = pl.when(several).then(pl.col("address").str.extract(r"@([^@]*)$")).otherwise(parts)
    domain = frame.select(last.str.strip_chars(">. ").str.to_lowercase()).to_series()
    foreign = domain.filter(domain.str.contains(r"[^\x00-\x7F]")).unique()
    if not foreign.is_empty():
        domain = domain.replace({name: _a_label(name) for name in foreign})
    return domain.set(domain == "", None)


def _a_label(name: str) -> str:
    """Return the domain as A-labels; as it is where it is none that DNS could hold."""
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _own_ip(events: pl.DataFrame, config: Config) -> dict[str, pl.Expr]:
    """Name our sending IP by the best source there is: the log, the instance's name, the configuration, the reply."""
    outbound = pl.col("direction") == "outbound"
    configured = pl.lit(None, pl.String)
    if config.addresses:
        names = ("instance", "host")
        known = (pl.col(name).replace_strict(config.addresses, default=None, return_dtype=pl.String) for name in names)
        configured = pl.coalesce(*known)
    logged = pl.col("local_ip") if "local_ip" in events.columns else pl.lit(None, pl.String)
    ways = {
        "log": logged,
        "instance": pl.col("instance").cast(pl.Categorical).cast(pl.String).str.extract(INSTANCE_IP),
        "config": configured,
        "reply": pl.col("quoted_ip"),
    }
    address = pl.when(outbound).then(pl.coalesce(*ways.values()))
    word = pl.coalesce(*(pl.when(way.is_not_null()).then(pl.lit(name)) for name, way in ways.items()))
    return {"local_ip": address, "local_ip_from": pl.when(outbound).then(word)}


def _hops(events: pl.DataFrame, config: Config) -> pl.DataFrame:
    """Take delivery to a configured filter or smarthost for what it is: accepted, not delivered to the recipient."""
    filters, smarthosts = config.relays.filters, config.relays.smarthosts
    if not filters and not smarthosts:
        return events
    own, smart = _one_of(events, filters), _one_of(events, smarthosts)
    hop = (own | smart) & (pl.col("event") == "delivered")
    return events.with_columns(
        direction=pl.when(own & (pl.col("direction") == "outbound")).then(pl.lit("local")).otherwise("direction"),
        event=pl.when(hop).then(pl.lit("accepted")).otherwise("event"),
        final=pl.when(hop).then(pl.lit(value=False)).otherwise("final"),
    )


def _one_of(events: pl.DataFrame, relays: Iterable[str]) -> pl.Series:
    """Tell the events whose server is one of the relays: by name on a dot boundary, or by address."""
    names = [relay for relay in relays if not _is_network(relay)]
    networks = [ip_network(relay) for relay in relays if _is_network(relay)]
    by_name = where(events["remote_host"], lambda host: any(f".{host.lower()}".endswith(f".{name}") for name in names))
    return by_name | where(events["remote_ip"], lambda address: within(address, networks))


def where(column: pl.Series, holds: Callable[[str], bool]) -> pl.Series:
    """Tell the rows whose value meets the condition, asked once per distinct value."""
    chosen = [value for value in column.unique().drop_nulls() if holds(value)]
    return column.is_in(chosen).fill_null(value=False)


def _is_network(relay: str) -> bool:
    try:
        ip_network(relay)
    except ValueError:
        return False
    return True


def within(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Tell whether the address is in one of the networks; text that is no address is in none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
