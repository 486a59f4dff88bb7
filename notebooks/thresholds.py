import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="What if the threshold were lower?")

with app.setup:
    import os
    import tempfile
    from math import sqrt
    from pathlib import Path

    import altair as alt
    import marimo as mo
    import polars as pl

    import bouncelake


@app.cell(hide_code=True)
def _():
    mo.md("""
    # What if the threshold were lower?

    An alarm that rings for everything is not heard; one that rings late costs days. Here each day of each provider
    is judged against all days before it, with thresholds to play with: how many recipients must be refused, how
    large the share must be, and how far from the usual. The notebook reads the lake that `$BOUNCELAKE_LAKE` names;
    without it, it makes one from the synthetic sample log, where the trouble is known: Gmail slows mail from 16
    November on and refuses it from the 18th.
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


@app.cell
def _():
    recipients = mo.ui.slider(1, 50, value=10, label="at least so many recipients refused", show_value=True)
    share = mo.ui.slider(
        0.0, 0.2, step=0.005, value=0.01, label="at least this share of the day's mail", show_value=True
    )
    distance = mo.ui.slider(
        0.0, 8.0, step=0.5, value=3.0, label="standard errors above the days before", show_value=True
    )
    signal = mo.ui.dropdown(["refused", "spam_related"], value="refused", label="what is counted")
    mo.vstack([recipients, share, distance, signal])
    return distance, recipients, share, signal


@app.cell
def _(lake, signal):
    def against_the_past(days):
        """Return each day with its share, that of all days before, and how many standard errors lie between."""
        earlier = pl.col("answered").cum_sum().shift(1, fill_value=0), pl.col("hits").cum_sum().shift(1, fill_value=0)
        counted = days.with_columns(answered_before=earlier[0], hits_before=earlier[1])
        # One refusal more than was seen keeps a spotless past from making everything infinitely surprising.
        usual = (pl.col("hits_before") + 1) / (pl.col("answered_before") + 2)
        error = (usual * (1 - usual) * (1 / pl.col("answered") + 1 / (pl.col("answered_before") + 2))).sqrt()
        return counted.with_columns(
            share=pl.col("hits") / pl.col("answered"),
            usual=usual,
            distance=(pl.col("hits") / pl.col("answered") - usual) / error,
        )

    timeline = lake.report("timeline").rename({signal.value: "hits"}).select("day", "provider", "answered", "hits")
    judged = pl.concat(against_the_past(one.sort("day")) for one in timeline.partition_by("provider"))
    return (judged,)


@app.cell
def _(distance, judged, recipients, share):
    def ringing(least_recipients, least_share, least_distance):
        """Return the days on which an alarm with these thresholds rings."""
        return judged.filter(
            pl.col("answered_before") >= 20,
            pl.col("hits") >= least_recipients,
            pl.col("share") >= least_share,
            pl.col("distance") >= least_distance,
        )

    alarms = ringing(recipients.value, share.value, distance.value).sort("day", "provider")
    mo.vstack([mo.md(f"## {alarms.height} of {judged.height} days of a provider would ring"), alarms])
    return (ringing,)


@app.cell
def _(distance, recipients, ringing, share):
    curve = pl.DataFrame(
        [(least, ringing(least, share.value, distance.value).height) for least in range(1, 51)],
        schema=["least_recipients", "alarms"],
        orient="row",
    )
    _line = alt.Chart(curve).mark_line(interpolate="step-after").encode(x="least_recipients:Q", y="alarms:Q")
    _now = alt.Chart(pl.DataFrame({"x": [recipients.value]})).mark_rule(color="#b3261e").encode(x="x:Q")
    (_line + _now).properties(width=620, height=180, title="alarms by least number of recipients")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## What a small number can say

    With 20 answered recipients and a usual share of 2 %, two refusals are nothing: the standard error of the share
    alone is three points. Thresholds on shares need volume; thresholds on counts need a share beside them.
    `bouncelake check` asks for both.
    """)
    return


@app.cell
def _():
    errors = pl.DataFrame({"answered": [20, 50, 100, 500, 2_000, 10_000]}).with_columns(
        standard_error_at_2_percent=pl.col("answered").map_elements(
            lambda n: round(sqrt(0.02 * 0.98 / n), 4), return_dtype=pl.Float64
        )
    )
    errors
    return


if __name__ == "__main__":
    app.run()
