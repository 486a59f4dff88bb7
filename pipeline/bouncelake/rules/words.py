"""Word lists that the rules are held to."""

HARD_REASONS = (
    "mailbox_unknown",
    "mailbox_disabled",
    "mailbox_inactive",
    "mailbox_full_inactive",
    "moved",
    "address_syntax",
    "null_mx",
)
"""The only reasons that may suppress an address: their subject is the address itself."""

_TEXT = """
act add align allow answer ask avoid buy call change check clean close compare configure confirm connect contact
correct create cut delete delist disable do drop enable encode enrol ensure expect find fix follow forward get
give have hold identify improve inform inspect install join keep leave let limit list log look lower make merge
move notify open pause permit point publish query raise read reduce register relay remove repair replace report
request resend retry review rewrite run scan search see send set shorten show sign slow speak spread start stop
suppress switch take talk tell test treat turn update use verify wait warm warn watch write
"""
VERBS = frozenset(_TEXT.split())
"""What a remedy may begin with: a remedy says what to do."""
