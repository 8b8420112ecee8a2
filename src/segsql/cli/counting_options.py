"""Options of the commands that count and write: within which limits, how gently, on which server."""

from __future__ import annotations

from datetime import timedelta

import click

from segsql.cli.options import Duration, Keep, option

LONGEST = timedelta(days=20)
"""The longest that PostgreSQL's time limits can be."""

read_dsn_option = option(
    "--read-dsn",
    metavar="URL",
    help="Count on this standby, and write to the primary. The time of a count is up to when the standby had replayed.",
)
statement_timeout_option = option(
    "--statement-timeout",
    type=Duration(longest=LONGEST),
    default="2m",
    show_default=True,
    metavar="DURATION",
    help="The longest that one statement may take.",
)
lock_timeout_option = option(
    "--lock-timeout",
    type=Duration(longest=LONGEST),
    default="2s",
    show_default=True,
    metavar="DURATION",
    help="The longest that a lock is waited for.",
)
patience_option = option(
    "--patience",
    type=Duration(longest=LONGEST),
    default="30s",
    show_default=True,
    metavar="DURATION",
    help="How long a server that can't be reached is waited for: a restart, a failover.",
)
snapshot_limit_option = option(
    "--snapshot-limit",
    type=Duration(longest=LONGEST),
    default="5m",
    show_default=True,
    metavar="DURATION",
    help="What is left of a workspace whose snapshot is older is counted in a fresh one.",
)
grace_option = option(
    "--grace",
    type=Duration(longest=LONGEST),
    default="20s",
    show_default=True,
    metavar="DURATION",
    help="How long what is under way may take after the deadline or a signal, before it is cancelled.",
)
max_replica_lag_option = option(
    "--max-replica-lag",
    type=Duration(longest=LONGEST),
    metavar="DURATION",
    help="Pause while some standby of the primary is further behind.",
)
max_xmin_age_option = option(
    "--max-xmin-age",
    type=click.IntRange(min=1),
    metavar="TRANSACTIONS",
    help="Pause while some session or standby keeps a snapshot that is older, in transactions.",
)
keep_history_option = option(
    "--keep-history",
    type=Keep(longest=timedelta(days=36_500)),
    default="90d",
    show_default=True,
    metavar="DURATION|none",
    help="How long changed counts stay in segment_counts; none: none are noted, and those that are there go.",
)
