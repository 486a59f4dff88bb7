"""The configuration: one TOML file, two environment variables, defaults, and for each value where it came from.

The first of these files that exists is read: the one that `--config` names, `$BOUNCELAKE_CONFIG`, `./bouncelake.toml`,
`$XDG_CONFIG_HOME/bouncelake/bouncelake.toml`, `/etc/bouncelake/bouncelake.toml`. Its paths are relative to its folder.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from bouncelake.errors import ConfigError

FILE_NAME = "bouncelake.toml"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"unknown time zone `{name}`: use a name such as Europe/Berlin or UTC") from None
    return name


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f"`{text}` is no IP address") from None


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise ValueError(f"`{text}` is no IP address or network such as 192.0.2.0/24") from None


def _relay(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        raise ValueError(f"`{text}` is no host name, IP address or network")
    looks_like_network = "/" in text or ":" in text or text.replace(".", "").isdigit()
    return _network(text) if looks_like_network else text.lower().strip(".")


Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_address)]
Network = Annotated[str, AfterValidator(_network)]
Relay = Annotated[str, AfterValidator(_relay)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Relays(_Section):
    """Hosts that take our mail without being its receiver.

    Host names match on a dot boundary; addresses and networks in CIDR form match the server's IP.
    """

    filters: tuple[Relay, ...] = ()
    smarthosts: tuple[Relay, ...] = ()


class ReportConfig(_Section):
    """How reports are made; `zone` says whose midnight a day begins at, the machine's without it."""

    zone: Zone | None = None


class CheckConfig(_Section):
    """Where `check` tells its findings; each option of the command stands above its key here.

    `smtp` is HOST or HOST:PORT of a server that takes our mail; without it the sendmail program is run.
    """

    mail_to: str | None = None
    webhook: str | None = None
    textfile: Path | None = None
    smtp: str | None = None
    sendmail: str | None = None
    sender: str | None = None


class Config(_Section):
    """Every setting; `origins` says for each key whether a file, the environment, an option or nobody set it."""

    lake: Path = Path("lake")
    zone: Zone | None = None
    networks: tuple[Network, ...] = ()
    relays: Relays = Relays()
    addresses: dict[str, Address] = {}
    rules: Path | None = None
    report: ReportConfig = ReportConfig()
    check: CheckConfig = CheckConfig()
    origins: dict[str, str] = {}

    def with_options(self, **options: Path | str | None) -> "Config":
        """Return the configuration with command-line options over it; options that are None change nothing.

        >>> Config().with_options(lake=Path("other"), zone=None).origins
        {'lake': 'option --lake'}
        """
        given = {key: value for key, value in options.items() if value is not None}
        merged = {**self.model_dump(), **given}
        merged["origins"] = {**self.origins, **{key: f"option --{key}" for key in given}}
        return _validated(merged, "command line")


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration of the first file found, with the environment over it and defaults under it."""
    file = _find(path, environ)
    values: dict[str, Any] = _read(file) if file else {}
    origins = dict.fromkeys(_keys(values), str(file))
    for key in ("lake", "rules"):
        if file and isinstance(values.get(key), str):
            values[key] = file.parent / values[key]
    told = values.get("check")
    if file and isinstance(told, dict) and isinstance(told.get("textfile"), str):
        told["textfile"] = file.parent / told["textfile"]
    if environ.get("BOUNCELAKE_LAKE"):
        values["lake"] = environ["BOUNCELAKE_LAKE"]
        origins["lake"] = "environment BOUNCELAKE_LAKE"
    defaults = dict.fromkeys(_keys(Config().model_dump(exclude={"origins"}), whole=("addresses",)), "default")
    return _validated({**values, "origins": {**defaults, **origins}}, str(file or "environment"))


def _find(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = path or (Path(environ["BOUNCELAKE_CONFIG"]) if environ.get("BOUNCELAKE_CONFIG") else None)
    if named is not None:
        if not named.is_file():
            raise ConfigError(f"{named}: no such configuration file: check --config and BOUNCELAKE_CONFIG")
        return named
    home = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/"), ".config")
    folders = (Path(), Path(home, "bouncelake"), Path("/etc/bouncelake"))
    return next((folder / FILE_NAME for folder in folders if (folder / FILE_NAME).is_file()), None)


def _read(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 at byte {error.start}: save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None
    if "origins" in values:
        raise ConfigError(f"{file}: unknown key `origins`: remove it")
    return values


def _keys(values: Mapping[str, Any], before: str = "", whole: tuple[str, ...] = ()) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping) and key not in whole:
            yield from _keys(value, f"{before}{key}.")
        else:
            yield f"{before}{key}"


def _validated(values: dict[str, Any], where: str) -> Config:
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_complaint(where, dict(one)) for one in error.errors())) from None


def _complaint(where: str, error: Mapping[str, Any]) -> str:
    location = [str(part) for part in error["loc"]]
    key = ".".join(location)
    if error["type"] == "extra_forbidden":
        fields = {"relays": Relays.model_fields, "report": ReportConfig.model_fields, "check": CheckConfig.model_fields}
        known = ", ".join(name for name in fields.get(location[0], Config.model_fields) if name != "origins")
        return f"{where}: unknown key `{key}`: known here are {known}"
    if error["type"] == "value_error":
        return f"{where}: `{key}`: {error['ctx']['error']}"
    return f"{where}: `{key}`: {error['msg'][0].lower()}{error['msg'][1:]}"
