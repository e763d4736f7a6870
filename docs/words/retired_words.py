#!/usr/bin/env python3
"""Puts today's words in the place of retired ones.

    python3 docs/words/retired_words.py                  renames in this checkout, then formats it
    python3 docs/words/retired_words.py --trace FILE     prints a trace of `sim twice` in the new words

Run it in the root of a checkout whose words are still the old ones, on any branch, and commit what it
did by itself: two branches that both did so merge as if neither had. Run twice, it changes nothing
the second time. It touches tracked sources and documents only, and none of the things that others
rely on: field numbers of the protocol, key prefixes of the keyed state, error codes, metric names,
keys of JSON, command lines.

A trace of before and one of after the renaming are equal once both went through `--trace`: it strikes
out module paths, which follow the file names, and says retired words in the new way.
"""

import fnmatch
import os
import re
import subprocess
import sys

# --- files ---------------------------------------------------------------------------------------

MOVES = [
    ("domain/src/desk/laid_away.rs", "domain/src/desk/archive.rs"),
    ("domain/src/desk/tests/laid_away.rs", "domain/src/desk/tests/archive.rs"),
    ("domain/src/desk/line.rs", "domain/src/desk/acquirer_link.rs"),
    ("domain/src/desk/rebuilt.rs", "domain/src/desk/previous_hub.rs"),
    ("domain/src/desk/state.rs", "domain/src/desk/durable_state.rs"),
    ("store-hub/src/shelf.rs", "store-hub/src/payment_archive.rs"),
    ("store-hub/src/world.rs", "store-hub/src/ports.rs"),
    ("store-hub/src/actors/laying_away.rs", "store-hub/src/actors/archiving.rs"),
    ("store-hub/src/actors/forwarder.rs", "store-hub/src/actors/timer.rs"),
    ("store-hub/src/ledger/story.rs", "store-hub/src/ledger/payment_history.rs"),
    ("store-hub/tests/hub/laid_away.rs", "store-hub/tests/hub/archive.rs"),
    ("lane-agent/src/world.rs", "lane-agent/src/ports.rs"),
    ("acquirer-host/src/decide/back.rs", "acquirer-host/src/decide/refund.rs"),
    ("iso8583/src/codec/swift.rs", "iso8583/src/codec/fast_path.rs"),
    ("iso8583/src/codec/sixteen.rs", "iso8583/src/codec/blocks.rs"),
    ("iso8583/src/pin_block/eight.rs", "iso8583/src/pin_block/des_block.rs"),
    ("sim/src/line/answer.rs", "sim/src/acquirer_link/answer.rs"),
    ("sim/src/line/capture.rs", "sim/src/acquirer_link/capture.rs"),
    ("sim/src/line/heading.rs", "sim/src/acquirer_link/heading.rs"),
    ("sim/src/line/mod.rs", "sim/src/acquirer_link/mod.rs"),
]

# --- words ---------------------------------------------------------------------------------------
# A rule: files, what is looked at ("code", "prose" or both as "all"), pattern, replacement.
# "code" is what is neither a comment nor in quotes, and the names in the braces of a format string;
# in *.proto it is all but comments. "prose" is comments and Markdown. "all" is the whole text.

RULES = []


def rules(files, where, *pairs):
    for pattern, replacement in pairs:
        RULES.append((files.split(), where, re.compile(pattern, re.M), replacement))


EVERYWHERE = "*.rs *.md *.proto *.toml"
CODE = "*.rs *.proto"
DESK = "domain/src/desk/*.rs"

# What is over is archived, and restored when something new is heard of it.
rules(EVERYWHERE, "all",
      (r"DeskRecord::LaidAway\b", "DeskRecord::Archived"),
      (r"\bLaidAway\b", "Archived"),
      (r"\bRecalled\b", "Restored"),
      (r"\bLayAway\b", "Archive"),
      (r"PAYMENTS_LAID_AWAY_AT_ONCE", "PAYMENTS_ARCHIVED_AT_ONCE"),
      (r"is_laid_away_when", "is_archived_when"),
      (r"are_laid_away_some", "are_archived_some"),
      (r"a_recalled_payment_is_laid_away", "a_restored_payment_is_archived"),
      (r"\bstep_recalling\b", "step_restoring"),
      (r"\bput_all_away\b", "archive_all"),
      (r"\bput_away\b", "archive"),
      (r"\bbring_back\b", "restore"),
      (r"(?<![a-z])laying_away\b", "archiving"),
      (r"\bmod laid_away\b", "mod archive"),
      (r"\blaid_away::", "archive::"),
      (r"laid_away", "archived"),
      (r"lay_away", "archive"))
rules("*.rs *.proto", "code", (r"\brecalled\b", "restored"))
rules("store-hub/src/*.rs", "code",
      (r"\bShelfError\b", "ArchiveError"),
      (r"\bShelf\b", "PaymentArchive"),
      (r"\bshelf\b", "payment_archive"),
      (r"\bover_record\b", "archive_record"))
rules("*.rs *.md *.proto", "prose",
      (r"\bLays away\b", "Archives"),
      (r"\blays away\b", "archives"),
      (r"\bLays some of them away\b", "Archives some of them"),
      (r"\blaid away\b", "archived"),
      (r"\blay away\b", "archive"),
      (r"\blaying away\b", "archiving"))
rules("domain/* store-hub/* proto/* docs/*.md", "prose",
      (r"\brecalled\b", "restored"),
      (r"\brecord of a recall\b", "record that restores it"))
rules(DESK, "code",
      (r"\bself\.over\b", "self.archivable"),
      (r"\bfind_payments_over\b", "find_archivable"),
      (r"\bOver\b", "Archivable"))
rules("domain/src/desk/mod.rs", "code", (r"\bover:", "archivable:"))
rules("domain/src/desk/mod.rs", "prose", (r"but for `over`", "but for `archivable`"))

# Where a payment is: its status. What records add up to: the durable state. What a stop takes away:
# the volatile state.
rules("domain/src/sale/*.rs", "all",
      (r"\bstanding_as\b", "from_durable"),
      (r"\bstands_like\b", "durable_equals"),
      (r"\bStanding\b", "DurableState"),
      (r"\bMoment\b", "VolatileState"))
rules("lane-agent/*.rs", "all", (r"\bstands_like\b", "durable_equals"))
rules("domain/src/sale/*.rs", "code",
      (r"\bstanding\b", "durable"),
      (r"\b(self|step)(\s*)\.moment\b", r"\1\2.volatile"),
      (r"\bmoment: (Moment|VolatileState|self)", r"volatile: \1"))
rules("domain/src/desk/*.rs", "code",
      (r"\bStanding\b", "PaymentStatus"),
      (r"\bapproved_standing\b", "approved_status"),
      (r"\bentry_standing\b", "entry_status"),
      (r"\bstanding_of\b", "status_of"),
      (r"\bstanding_transfers\b", "current_transfers"),
      (r"\bstanding_amounts\b", "current_amounts"),
      (r"\bState\b", "DurableState"),
      (r"\bstate::", "durable_state::"),
      (r"\bmod state;", "mod durable_state;"),
      (r"\b(self|desk|world\.desk|replayed|restored)(\s*)\.state\b", r"\1\2.durable"),
      (r"\bself\.desk\.state\b", "self.desk.durable"))
rules("domain/src/desk/posting.rs", "code", (r"\bstanding\b", "remaining"))
rules("store-hub/tests/*.rs", "code", (r"\bstanding\(", "payment_status("))
rules("domain/src/desk/*.rs store-hub/*.rs tests/*.rs", "code", (r"\bstanding\b", "status"))
rules("domain/src/desk/queries.rs", "prose", (r"\bstanding\b", "status"))
rules("store-hub/*.rs", "code", (r"\badd_standing\b", "add_status"))
rules("proto/store/v1/*.proto", "code", (r"\bstanding\b", "status"))

# The volatile half of the desk.
rules(DESK, "code",
      (r"\bself(\s*)\.(stations|attached|line_up|link_up|wake_at|velocity)\b",
       lambda found: f"self.volatile{found[1]}.{found[2].replace('line_up', 'link_up')}"))
rules("domain/src/desk/mod.rs", "all",
      (r"""    state: State,
    stations: BTreeMap<Tid, Station>,
    /// Lanes that have said hello since the start: only they are lent to\.
    attached: BTreeSet<LaneId>,
    line_up: bool,
    wake_at: Option<MonoMs>,
    /// Cards stood in for lately\.
    velocity: Velocity,
""", "    durable: DurableState,\n    volatile: VolatileState,\n"),
      (r"""    state: DurableState,
    stations: BTreeMap<Tid, Station>,
    /// Lanes that have said hello since the start: only they are lent to\.
    attached: BTreeSet<LaneId>,
    (line_up|link_up): bool,
    wake_at: Option<MonoMs>,
    /// Cards stood in for lately\.
    velocity: Velocity,
""", "    durable: DurableState,\n    volatile: VolatileState,\n"),
      (r"""            state: DurableState::default\(\),
            stations: BTreeMap::new\(\),
            attached: BTreeSet::new\(\),
            (line_up|link_up): false,
            wake_at: None,
            velocity: Velocity::default\(\),
""", "            durable: DurableState::default(),\n"
     "            volatile: VolatileState::default(),\n"),
      (r"""/// The machine\. Two halves: `state` is what the records say, the rest is only true while it runs,
/// but for `(?:over|archivable)`, which follows from the records\.
""", "/// The machine.\n"),
      (r"^mod unanswered;\n\n", "mod unanswered;\nmod volatile_state;\n\n"),
      (r"^use outcome::Outcome;\n\nuse crate::\{\n    ids::\{LaneId, Tid\},\n    risk::Velocity,\n"
       r"    terminal::Station,\n    time::\{MonoMs, Now\},\n\};\n",
       "use outcome::Outcome;\nuse volatile_state::VolatileState;\n\nuse crate::time::Now;\n"),
      (r"^use std::collections::\{BTreeMap, BTreeSet\};\n\n", ""))

# A payment's history.
rules("domain/src/sale/tests/any_order.rs", "code", (r"\bstory\b", "sequence"))
rules(CODE, "all",
      (r"\bPaymentStory\b", "PaymentHistory"),
      (r"\bStoryLine\b", "HistoryLine"),
      (r"\bTellStory\b", "FindPaymentHistory"))
rules(CODE, "code",
      (r"\bhub_story\b", "hub_bodies"),
      (r"\bstory_json\b", "history_json"),
      (r"\bstory_until\b", "history_until"),
      (r"\bmod story;", "mod payment_history;"),
      (r"\bstory::\{HostFile", "payment_history::{HostFile"),
      (r"\bstory::", "payment_history::"),
      (r"\bstory\b", "history"))
rules("domain/* proto/* store-hub/* docs/performance.md sim/src/store/summary.rs", "prose",
      (r"\bstory\b", "history"))
rules("store-hub/tests/hub/*.rs", "all", (r'"one story, told in its order"', '"one case in its order"'),
      (r'"its story is told meanwhile"', '"its history is told meanwhile"'),
      (r'"the same story from the journal alone"', '"the same history from the journal alone"'))

# The hub that a lane knew, and whose journal is lost.
rules(EVERYWHERE, "all",
      (r"\bAskedOfHubBefore\b", "AskedOfPreviousHub"),
      (r"\basked_of_hub_before\b", "asked_of_previous_hub"),
      (r"\bunresolved_of_hub_before\b", "unresolved_of_previous_hub"),
      (r"\bRequestedBefore\b", "RequestedOfPreviousHub"),
      (r"\bAbandonedBefore\b", "AbandonedAtPreviousHub"),
      (r"\bHubBefore\b", "PreviousHub"),
      (r"\bhub_before\b", "previous_hub"),
      (r"\bEarlierHub\b", "PreviousHub"),
      (r"\bEarlierAsked\b", "AskedBefore"),
      (r"\bearlier_hub_epoch\b", "previous_hub_epoch"),
      (r"\bearlier_last_lease_id\b", "previous_last_lease_id"),
      (r"\bearlier_asked\b", "asked_before"),
      (r"\b([Tt])he hub before(?=[ :,.;])", r"\1he previous hub"),
      (r"\b(known of|STANs of) a hub before\b", r"\1 a previous hub"))
rules(DESK, "code",
      (r"\brequested_before\b", "requested_of_previous_hub"),
      (r"\babandoned_before\b", "abandoned_at_previous_hub"),
      (r"\basked_before\b", "asked_of_previous_hub"),
      (r"\brebuilt::", "previous_hub::"),
      (r"\bmod rebuilt;", "mod previous_hub;"),
      (r"(?<!by )\b(state|durable|kept|self)\.earlier\b", r"\1.previous_hub"),
      (r"\bearlier: (PreviousHub|EarlierHub|state|kept)\b", r"previous_hub: \1"))
rules("store-hub/src/convert/checkpoint.rs", "code",
      (r"\bkept\.earlier\b", "kept.previous_hub"),
      (r"\bearlier: (PreviousHub|EarlierHub)\b", r"previous_hub: \1"),
      (r"\bearlier: &(PreviousHub|EarlierHub)\b", r"previous: &\1"),
      (r"\bearlier\.asked\b", "previous.asked"))
rules("store-hub/src/actors/payment_desk.rs store-hub/src/actors/lanes.rs", "code",
      (r"\bbefore: Option<", "previous_hub: Option<"),
      (r"\bbefore: previous_hub\(", "previous_hub: previous_hub("),
      (r"\battach\.before\b", "attach.previous_hub"),
      (r"\bbefore: greeting\.(?:before|previous_hub)\b", "previous_hub: greeting.previous_hub"),
      (r"\bgreeting\.before\b", "greeting.previous_hub"),
      (r"Some\(before\) = &attach", "Some(previous) = &attach"),
      (r"\bhub_was_lost\(&mut commit, lane, before,", "hub_was_lost(&mut commit, lane, previous,"),
      (r"\bbefore: &PreviousHub\b", "previous: &PreviousHub"),
      (r"\bbefore\.(history|memory)\b", r"previous.\1"))

# The link to the acquirer.
rules("domain/src/desk/*.rs store-hub/src/*.rs", "all",
      (r"\bEvent::Line\b", "Event::AcquirerLink"),
      (r"\bFate::Line\b", "Fate::AcquirerLink"))
rules("domain/src/desk/event.rs", "code", (r"^    Line \{", "    AcquirerLink {"))
rules("domain/src/desk/archive.rs domain/src/desk/laid_away.rs", "code",
      (r"\bSelf::Line\b", "Self::AcquirerLink"))
rules("domain/src/desk/tests/store.rs", "code",
      (r"^    Line \{", "    AcquirerLink {"),
      (r"\bself\.line\(", "self.acquirer_link("),
      (r"\bfn line\(", "fn acquirer_link("))
rules("domain/src/desk/mod.rs domain/src/desk/acquirer_link.rs domain/src/desk/line.rs", "code",
      (r"\bmod line;", "mod acquirer_link;"),
      (r"\bself\.line\(", "self.acquirer_link("),
      (r"\bfn line\(", "fn acquirer_link("))
rules(CODE, "code", (r"\bline_up\b", "link_up"))
rules("sim/*.rs", "code",
      (r"\bcrate::line\b", "crate::acquirer_link"),
      (r"\bmod line;", "mod acquirer_link;"),
      (r"(?<![\w:])line::(?=Approval|\{Capture|heading)", "acquirer_link::"),
      (r"\bopen_line\b", "open_acquirer_link"),
      (r"\bfleet\.line\b", "fleet.acquirer_link"))
rules("sim/src/store/fleet.rs sim/src/line/mod.rs sim/src/acquirer_link/mod.rs", "all",
      (r"\bLine\b(?=[,;:>`<} ]|\])", "AcquirerLink"))
rules("sim/src/store/fleet.rs", "code",
      (r"\bpub line:", "pub acquirer_link:"),
      (r"^            line,$", "            acquirer_link,"),
      (r"\blet line = ", "let acquirer_link = "),
      (r"\bline\.address\(", "acquirer_link.address("))
rules("sim/src/lib.rs", "all", (r"\[`line`\]", "[`acquirer_link`]"))
rules("*.rs", "prose",
      (r"\bThe line to the bank\b", "The acquirer link"),
      (r"\bthe line to the bank\b", "the acquirer link"))

# How long a close waits.
rules(EVERYWHERE, "all",
      (r"\bPatienceIsOver\b", "CloseTimedOut"),
      (r"\bclose_patience\b", "close_timeout"),
      (r"\bCLOSE_PATIENCE_MS\b", "CLOSE_TIMEOUT_MS"))
rules("store-hub/src/actors/settlement.rs store-hub/src/start.rs", "code",
      (r"\bpatience\b", "close_timeout"))
rules("store-hub/src/actors/settlement.rs", "prose",
      (r"\bwhen patience is over\b", "after the time-out"))
rules("lane-agent/*.rs store-hub/src/actors/acquirer_link.rs", "code",
      (r"\bpatience\b", "time_limit"))
rules("journal/tests/suite/kill.rs", "all", (r"\bpatience\b", "records_max"))
rules("domain/src/desk/carry_over.rs", "prose",
      (r"\bPatience with silent lanes is over\b", "The close waits no longer for silent lanes"))
rules("docs/adr/0011-carried-over-by-name.md", "prose",
      (r"\*\*Patience\*\*", "**The time-out of the close**"))

# Records that name what nobody knows.
rules(CODE, "code", (r"\bstrays\b", "orphan_records"), (r"\bstray\b", "orphan"))

# iso8583 and the acquirer's host.
rules("iso8583/src/codec/*.rs", "code",
      (r"\bswift\b", "fast_path"),
      (r"\bread_swiftly\b", "read_fast"),
      (r"\bwrite_swiftly\b", "write_fast"),
      (r"\bsixteen\b(?=::|;)", "blocks"))
rules("iso8583/src/pin_block/*.rs", "code", (r"\beight\b(?=::|;)", "des_block"))
rules("acquirer-host/src/decide/mod.rs", "code", (r"\bmod back;", "mod refund;"))

# Actors, and what they hand around.
rules("store-hub/*.rs", "all",
      (r"\bForwarder\b", "Timer"),
      (r"\bmod forwarder\b", "mod timer"),
      (r"\bforwarder::", "timer::"))
rules("store-hub/src/actors/mod.rs", "all", (r"Timer ───────────────────────────────┤",
                                             "Timer ───────────────────────────────────┤"))
rules("store-hub/src/*.rs", "code",
      (r"\bLook::at\(", "DeskQuery::new("),
      (r"\bLook\b", "DeskQuery"))
rules("store-hub/src/actors/payment_desk.rs", "code",
      (r"\bfn at\(question", "fn new(question"),
      (r"\blook: DeskQuery<R>", "query: DeskQuery<R>"),
      (r"\(look\.0\)", "(query.0)"))
rules("store-hub/src/actors/acquirer_link.rs", "code",
      (r"\bGone\b", "HubStops"),
      (r"\bLived\b", "ConnectionEnd"))
rules("store-hub/src/actors/settlement.rs", "code", (r"\bTold\b", "CloseUpdate"))
rules("store-hub/src/grpc/*.rs", "code", (r"\bsettlement::\{([^}]*)\bTold\b", r"settlement::{\1CloseUpdate"),
      (r"\bTold\b", "CloseUpdate"))
rules("store-hub/src/commands/*.rs", "code",
      (r"\bTold\b", "StoppedDesk"),
      (r"\bfn told\(", "fn desk("),
      (r"\.told\((&?config)", r".desk(\1"))
rules("store-hub/src/operator_view.rs store-hub/src/actors/payment_desk.rs store-hub/src/commands/ask.rs",
      "code", (r"\bAround\b", "HubFigures"), (r"\baround\b", "hub"))
rules("store-hub/src/actors/lanes.rs store-hub/src/actors/lane_session.rs", "code",
      (r"\bHeard\b", "StatusReport"),
      (r"\bheard: StatusReport\b", "report: StatusReport"),
      (r"\bheard\.(lane|status)\b", r"report.\1"))
rules("store-hub/src/actors/lane_session.rs store-hub/src/grpc/lane_service.rs", "code",
      (r"\bSessionEnd::Over\b", "SessionEnd::Closed"),
      (r"\bSelf::Over\b", "Self::Closed"),
      (r"^    Over,$", "    Closed,"))
rules("lane-agent/src/actors/hub_link/*.rs", "code", (r"\bTold\b", "LastStatus"))
rules("lane-agent/tests/*.rs", "code", (r"\bHeard\b", "HubLog"))
rules("lane-agent/src/devices/scripted/cashier.rs", "code", (r"\bLaneGone\b", "LaneStopped"))
rules("domain/src/sale/*.rs lane-agent/src/*.rs", "code", (r"\bHotListTold\b", "HotListReceived"))

# What an agent reaches the outside through.
rules("store-hub/src/lib.rs lane-agent/src/lib.rs", "code",
      (r"^pub use (?:world|ports)::Ports;", "pub use crate::ports::Ports;"))
rules("store-hub/src/*.rs lane-agent/src/*.rs", "code",
      (r"\bmod world;", "mod ports;"),
      (r"(?<![\w:])world::Ports\b", "ports::Ports"))

# --- how -----------------------------------------------------------------------------------------

KEPT = ["CHANGELOG.md", "docs/words/*", "*/fixtures/*"]

RUST = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<text>b?r(?P<hashes>\#*)".*?"(?P=hashes)|b?"(?:\\.|[^"\\])*")
      | (?P<letter>b?'(?:\\[^']*|[^'\\])')""",
    re.X | re.S,
)
PROTO = re.compile(r"(?P<comment>//[^\n]*)|(?P<text>\"[^\"]*\")|(?P<letter>(?!))")
CAPTURE = re.compile(r"\{(\w+)(?=[:}])")


def parts(name, text):
    """The text in pieces: (is it code, prose, or quoted; the piece)."""
    if name.endswith(".md"):
        return [("prose", text)]
    if name.endswith(".toml"):
        return [("text", text)]
    found, at = [], 0
    for match in (RUST if name.endswith(".rs") else PROTO).finditer(text):
        found.append(("code", text[at:match.start()]))
        kind = "prose" if match["comment"] else "text"
        found.append((kind, match[0]))
        at = match.end()
    found.append(("code", text[at:]))
    return found


def is_meant(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def say(text, pattern, replacement):
    return pattern.sub(replacement, text)


def in_captures(text, pattern, replacement):
    """Names in the braces of a format string are code."""
    return CAPTURE.sub(lambda found: "{" + say(found[1], pattern, replacement), text)


def renamed(name, text):
    for files, where, pattern, replacement in RULES:
        if not is_meant(name, files) or not pattern.search(text):
            if where != "code" or not is_meant(name, files):
                continue
        if where == "all":
            text = say(text, pattern, replacement)
            continue
        out = []
        for kind, piece in parts(name, text):
            if kind == where or (where == "code" and kind == "prose" and "`" in piece):
                if kind == "prose" and where == "code":
                    quoted = lambda found: say(found[0], pattern, replacement)
                    piece = re.sub(r"`[^`\n]+`", quoted, piece)
                else:
                    piece = say(piece, pattern, replacement)
            elif kind == "text" and where == "code" and name.endswith(".rs"):
                piece = in_captures(piece, pattern, replacement)
            out.append(piece)
        text = "".join(out)
    return text


def trace(path):
    """A trace without module paths, in the new words."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = re.sub(r"\blog [a-z_]+(::[a-z_]+)*", "log", line)
            for old, new in TRACE:
                line = re.sub(old, new, line)
            sys.stdout.write(line)


# Retired words that a trace shows.
TRACE = [(r"\bPatienceIsOver\b", "CloseTimedOut"), (r"\bLayAway\b", "Archive")]


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True).stdout
    names = listed.decode().split("\0")
    return [name for name in names if is_meant(name, EVERYWHERE.split()) and os.path.isfile(name)]


VOLATILE = '''//! What a stop takes away from the desk: a start finds it again from events.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ids::{LaneId, Tid},
    risk::Velocity,
    terminal::Station,
    time::MonoMs,
};

/// The volatile half of the desk.
#[derive(Clone, Debug, Default)]
pub(crate) struct VolatileState {
    pub(crate) stations: BTreeMap<Tid, Station>,
    /// Lanes that have said hello since the start: only they are lent to.
    pub(crate) attached: BTreeSet<LaneId>,
    /// Whether a message can be sent to the acquirer.
    pub(crate) link_up: bool,
    pub(crate) wake_at: Option<MonoMs>,
    /// Cards stood in for lately.
    pub(crate) velocity: Velocity,
}
'''


def rename():
    os.chdir(subprocess.run(["git", "rev-parse", "--show-toplevel"], check=True,
                            capture_output=True, text=True).stdout.strip())
    for old, new in MOVES:
        if os.path.isfile(old):
            os.makedirs(os.path.dirname(new), exist_ok=True)
            subprocess.run(["git", "mv", old, new], check=True)
    changed = 0
    for name in tracked():
        if is_meant(name, KEPT):
            continue
        with open(name, encoding="utf-8", newline="") as file:
            before = file.read()
        after = renamed(name, before)
        if after != before:
            changed += 1
            with open(name, "w", encoding="utf-8", newline="") as file:
                file.write(after)
    place = "domain/src/desk/volatile_state.rs"
    if not os.path.exists(place) and os.path.isfile("domain/src/desk/durable_state.rs"):
        with open(place, "w", encoding="utf-8") as file:
            file.write(VOLATILE)
        subprocess.run(["git", "add", place], check=True)
    subprocess.run(["cargo", "fmt", "--all"], check=True)
    print(f"{changed} files changed")


if len(sys.argv) == 3 and sys.argv[1] == "--trace":
    trace(sys.argv[2])
elif len(sys.argv) == 1:
    rename()
else:
    sys.exit(__doc__)
