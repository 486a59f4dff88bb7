import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="From alarm to line")

with app.setup:
    import os
    import tempfile
    from pathlib import Path

    import altair as alt
    import marimo as mo
    import polars as pl

    import bouncelake


@app.cell(hide_code=True)
def _():
    mo.md("""
    # From alarm to line

    A provider refuses more than usual. Since when, for which reason, whose mail is it, and which line of the log
    proves it? The notebook reads the lake that `$BOUNCELAKE_LAKE` names; without it, it makes one from the
    synthetic sample log.
    """)
    return


@app.cell
def _():
    if os.environ.get("BOUNCELAKE_LAKE"):
        lake = bouncelake.open()
    else:
        samples = next(
            one / "sample_logs" for one in (Path.cwd(), *Path.cwd().parents) if (one / "sample_logs").is_dir()
        )
        lake = bouncelake.open(tempfile.mkdtemp(), create=True, zone="UTC")
        lake.ingest(samples / "postfix-two-weeks")
    return (lake,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 1. Which provider?

    Those that refused most, against the period before. Choose one.
    """)
    return


@app.cell
def _(lake):
    overview = lake.report().unique("provider").sort("refused", "answered", descending=True)
    provider = mo.ui.dropdown(overview["provider"].to_list(), value=overview["provider"][0], label="provider")
    mo.vstack([overview.select("provider", "answered", "refused", "refused_share", "share_before", "change"), provider])
    return (provider,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 2. Since when?

    Hour by hour, refusals and what they were about.
    """)
    return


@app.cell
def _(lake, provider):
    hours = lake.sql(
        """
        SELECT date_trunc('hour', ts) AS hour, coalesce(reason, 'unknown') AS reason,
            count(DISTINCT message_key || ' ' || recipient) AS recipients
        FROM answers
        WHERE refused AND coalesce(provider, 'other') = $provider
        GROUP BY 1, 2
        ORDER BY 1, 2
        """,
        provider=provider.value,
    )
    (
        alt.Chart(hours)
        .mark_bar()
        .encode(x="hour:T", y="recipients:Q", color="reason:N", tooltip=["hour", "reason", "recipients"])
        .properties(width=620, height=180)
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 3. Why?

    The reasons, with what each rule says to do.
    """)
    return


@app.cell
def _(lake, provider):
    reasons = lake.sql(
        """
        SELECT coalesce(a.reason, 'unknown') AS reason,
            count(DISTINCT a.message_key || ' ' || a.recipient) AS recipients,
            min(a.ts) AS first_seen, max(a.ts) AS last_seen,
            arg_max(m.meaning, a.ts) AS meaning, arg_max(m.remedy, a.ts) AS remedy
        FROM answers AS a
        LEFT JOIN remedies AS m ON a.rule = m.rule
        WHERE a.refused AND coalesce(a.provider, 'other') = $provider
        GROUP BY 1
        ORDER BY recipients DESC, reason
        """,
        provider=provider.value,
    )
    reason = mo.ui.dropdown(reasons["reason"].to_list(), value=next(iter(reasons["reason"]), None), label="reason")
    mo.vstack([reasons, reason])
    return (reason,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 4. Whose mail?

    The same provider takes other mail: what is refused sets itself apart by sender domain, sending IP or recipient
    domain.
    """)
    return


@app.cell
def _(lake, provider):
    _everything = provider.value == "other"
    identities = lake.report("identities", top=5, **({} if _everything else {"provider": provider.value}))
    identities.filter(pl.col("provider") == provider.value).drop("provider")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 5. Which message?

    The newest refusals for that reason. Then the story of one of them: everything that the logs say about it.
    """)
    return


@app.cell
def _(lake, provider, reason):
    refusals = lake.sql(
        """
        SELECT ts, sender, recipient, reply_code, reply, message_key, queue_id, source_name, source_offset
        FROM refusals
        WHERE coalesce(provider, 'other') = $provider AND coalesce(reason, 'unknown') = $reason
        ORDER BY ts DESC
        LIMIT 20
        """,
        provider=provider.value,
        reason=reason.value or "",
    )
    refusals
    return (refusals,)


@app.cell
def _(lake, refusals):
    mo.stop(refusals.is_empty(), "No refusal for that reason.")
    one = refusals.row(0, named=True)
    story = (
        lake.events()
        .filter(pl.col("message_key") == one["message_key"])
        .select("ts", "event", "recipient", "remote_host", "reply_code", "reply", "reason", "source_offset")
        .sort("ts", "source_offset")
        .collect()
    )
    story
    return (one,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 6. Which line?

    The lake knows where each row stands in its log: the byte offset in the decompressed stream. As long as the log
    is there, the line itself can be shown.
    """)
    return


@app.cell
def _(one):
    import gzip

    _path = Path(one["source_name"])
    if _path.is_file():
        with (gzip.open if _path.suffix == ".gz" else open)(_path, "rb") as _log:
            _log.seek(one["source_offset"])
            line = _log.readline().decode("utf-8", "backslashreplace").rstrip("\n")
    else:
        line = f"{_path} is no longer there"
    mo.plain_text(line)
    return


if __name__ == "__main__":
    app.run()
