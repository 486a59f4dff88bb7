"""What the configuration holds, where each value came from, and what is said when it is wrong."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bouncelake.config import Config, load
from bouncelake.errors import ConfigError

FULL = """
lake = "data/lake"
zone = "Europe/Berlin"
networks = ["192.0.2.0/24", "2001:db8::/32"]
rules = "rules"
[relays]
filters = ["Filter.Example.", "198.51.100.7"]
smarthosts = ["relay.example.net"]
[addresses]
postfix-out = "192.0.2.10"
[report]
zone = "UTC"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults_name_no_lake_but_the_local_one(folder: Path) -> None:
    """Without a file and environment the lake is ./lake and each origin is `default`."""
    config = load(environ={"HOME": str(folder)})
    assert config.lake == Path("lake")
    assert set(config.origins.values()) == {"default"}
    assert {"lake", "relays.filters", "report.zone", "addresses"} <= set(config.origins)


def test_file_values_are_normalised_and_remember_their_file(folder: Path) -> None:
    """A full file is read, its paths are relative to it, and names and networks are in one form."""
    file = folder / "etc" / "bouncelake.toml"
    file.parent.mkdir()
    file.write_text(FULL)
    config = load(file, {})
    assert config.lake == file.parent / "data/lake"
    assert config.rules == file.parent / "rules"
    assert config.relays.filters == ("filter.example", "198.51.100.7/32")
    assert config.addresses == {"postfix-out": "192.0.2.10"}
    assert config.origins["report.zone"] == str(file)
    assert config.origins["addresses.postfix-out"] == str(file)


@pytest.mark.parametrize(
    ("place", "environ"),
    [
        ("bouncelake.toml", {}),
        ("named.toml", {"BOUNCELAKE_CONFIG": "named.toml"}),
        ("xdg/bouncelake/bouncelake.toml", {"XDG_CONFIG_HOME": "xdg"}),
        ("home/.config/bouncelake/bouncelake.toml", {"HOME": "home"}),
    ],
)
def test_search_order(folder: Path, place: str, environ: Mapping[str, str]) -> None:
    """Each place of the search order is found."""
    file = folder / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('zone = "Asia/Tokyo"')
    assert load(environ=environ).zone == "Asia/Tokyo"


def test_environment_beats_the_file_and_an_option_beats_both(folder: Path) -> None:
    """The lake of the environment wins over the file's, the option's over both."""
    (folder / "bouncelake.toml").write_text('lake = "a"')
    config = load(environ={"BOUNCELAKE_LAKE": "b"})
    assert (config.lake, config.origins["lake"]) == (Path("b"), "environment BOUNCELAKE_LAKE")
    changed = config.with_options(lake=Path("c"), zone=None)
    assert (changed.lake, changed.origins["lake"]) == (Path("c"), "option --lake")
    assert changed.zone is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lakes = 1", "unknown key `lakes`: known here are lake, zone, networks, relays, addresses, rules, report"),
        ("[relays]\nfilter = []", "unknown key `relays.filter`: known here are filters, smarthosts"),
        ("origins = {}", "unknown key `origins`"),
        ('zone = "Europe/Berlln"', "unknown time zone `Europe/Berlln`"),
        ('zone = "../etc/passwd"', "unknown time zone"),
        ('networks = ["300.0.0.0/8"]', "`networks.0`: `300.0.0.0/8` is no IP address or network"),
        ('[addresses]\nout = "x"', "`addresses.out`: `x` is no IP address"),
        ('[relays]\nfilters = ["a b"]', "`a b` is no host name"),
        ("lake = 3", "`lake`: input is not a valid path"),
        ("lake = ", "not valid TOML"),
    ],
)
def test_wrong_files_are_told_with_file_and_key(folder: Path, text: str, message: str) -> None:
    """A wrong value names the file, the key and what is expected."""
    file = folder / "bouncelake.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(environ={})
    assert message in str(caught.value)
    assert "bouncelake.toml" in str(caught.value)


def test_file_that_is_not_utf8_is_told(folder: Path) -> None:
    """A file in another encoding is an error that names the byte."""
    (folder / "bouncelake.toml").write_bytes(b'lake = "\xff"')
    with pytest.raises(ConfigError, match="not UTF-8 at byte 8"):
        load(environ={})


def test_missing_named_file_is_an_error(folder: Path) -> None:
    """A file that was asked for by name must exist."""
    with pytest.raises(ConfigError, match="no such configuration file"):
        load(folder / "no.toml", {})


def test_wrong_option_is_told_as_such() -> None:
    """An option's wrong value is blamed on the command line."""
    with pytest.raises(ConfigError, match="command line: `zone`: unknown time zone"):
        Config().with_options(zone="Mars/Olympus")
