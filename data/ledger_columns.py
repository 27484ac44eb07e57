"""Which ledgers (台账) there are, what an entry of each holds, and how it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from data.schemas import TOWN_ID, VILLAGE_ID, Column

if TYPE_CHECKING:
    from collections.abc import Mapping

ID = "id"
OBJECTIONS, MEASURES, NOTICES, FIELD_CHECKS = "objections", "measures", "notices", "field_checks"
ASSESSMENT_ID, INDICATOR, TEXT, ANSWER, STATUS = "assessment_id", "indicator", "text", "answer", "status"
OWNER, OPENED, DEADLINE, DONE_ON, EVIDENCE = "owner", "opened", "deadline", "done_on", "evidence"
KIND, ADDRESSEE, DOCUMENT_NO, ISSUED, REPLY_DUE, REPLY = (
    "kind",
    "addressee",
    "document_no",
    "issued",
    "reply_due",
    "reply",
)
PERIOD, DUE_ON, VISITED, SCORE = "period", "due_on", "visited", "score"
# 待处理, 采纳, 不采纳
OPEN, ACCEPTED, REFUSED = "open", "accepted", "refused"
# 整改中, 已完成, 已核销
DONE, VERIFIED = "done", "verified"
# 草稿, 已发, 已复
DRAFT, SENT, REPLIED = "draft", "sent", "replied"
# 风险提示, 公安提示函, 治理建议
RISK, POLICE_NOTICE, ADVICE = "risk", "police_notice", "advice"
# 待评, 已评
DUE = "due"


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """
    A ledger.

    Parameters
    ----------
    letter
        That ids begin with.
    columns
        By name, in order.
    defaults
        What a new entry holds where nothing else is said.
    texts
        Columns that are written freely: they are searched for persons.
    past
        Columns of days that have come.
    needs
        By status, the columns that have to be filled in then.
    order
        Pairs of days, the first of which comes first.
    """

    letter: str
    columns: Mapping[str, Column]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: tuple[tuple[str, str], ...] = ()


_TEXT, _DAY = Column(), Column(kind="date")
_WRITTEN = Column(required=True)
_VILLAGE = Column(required=True)

LEDGERS: Mapping[str, Ledger] = {
    # 核对意见: what a village says is wrong with its figures, and what became of it.
    OBJECTIONS: Ledger(
        letter="O",
        columns={
            ASSESSMENT_ID: Column(required=True),
            VILLAGE_ID: _VILLAGE,
            INDICATOR: _TEXT,
            TEXT: _WRITTEN,
            STATUS: Column(required=True, choices=(OPEN, ACCEPTED, REFUSED)),
            ANSWER: _TEXT,
        },
        defaults={STATUS: OPEN},
        texts=(TEXT, ANSWER),
        needs={ACCEPTED: (ANSWER,), REFUSED: (ANSWER,)},
    ),
    # 整改: what is to be mended, which post answers for it, until when, and what shows that it is.
    MEASURES: Ledger(
        letter="M",
        columns={
            VILLAGE_ID: _VILLAGE,
            ASSESSMENT_ID: _TEXT,
            INDICATOR: _TEXT,
            TEXT: _WRITTEN,
            OWNER: _WRITTEN,
            OPENED: Column(kind="date", required=True),
            DEADLINE: Column(kind="date", required=True),
            STATUS: Column(required=True, choices=(OPEN, DONE, VERIFIED)),
            DONE_ON: _DAY,
            EVIDENCE: _TEXT,
        },
        defaults={STATUS: OPEN},
        texts=(TEXT, OWNER, EVIDENCE),
        past=(OPENED, DONE_ON),
        needs={DONE: (DONE_ON, EVIDENCE), VERIFIED: (DONE_ON, EVIDENCE)},
        order=((OPENED, DEADLINE), (OPENED, DONE_ON)),
    ),
    # 风险提示, 公安提示函, 治理建议: to whom, on which place, about what, and the reply.
    NOTICES: Ledger(
        letter="N",
        columns={
            KIND: Column(required=True, choices=(RISK, POLICE_NOTICE, ADVICE)),
            ASSESSMENT_ID: _TEXT,
            VILLAGE_ID: _TEXT,
            TOWN_ID: _TEXT,
            ADDRESSEE: _WRITTEN,
            TEXT: _WRITTEN,
            DOCUMENT_NO: _TEXT,
            STATUS: Column(required=True, choices=(DRAFT, SENT, REPLIED)),
            ISSUED: _DAY,
            REPLY_DUE: _DAY,
            REPLY: _TEXT,
        },
        defaults={STATUS: DRAFT},
        texts=(ADDRESSEE, TEXT, REPLY),
        past=(ISSUED,),
        needs={SENT: (ISSUED,), REPLIED: (ISSUED, REPLY)},
        order=((ISSUED, REPLY_DUE),),
    ),
    # 实地评估: which village is visited for which period, and the points that it was given there.
    FIELD_CHECKS: Ledger(
        letter="F",
        columns={
            VILLAGE_ID: _VILLAGE,
            PERIOD: _WRITTEN,
            DUE_ON: Column(kind="date", required=True),
            STATUS: Column(required=True, choices=(DUE, DONE)),
            VISITED: _DAY,
            SCORE: Column(kind="real", minimum=0, maximum=100),
            TEXT: _TEXT,
        },
        defaults={STATUS: DUE},
        texts=(TEXT,),
        past=(VISITED,),
        needs={DONE: (VISITED, SCORE)},
    ),
}

_SQL_TYPES = {"text": "TEXT", "date": "TEXT", "real": "REAL"}


def ledger_sql(ledger: str) -> str:
    """Return the columns of a ledger's table as SQL declares them."""
    columns = ", ".join(f"{name} {_SQL_TYPES[held.kind]}" for name, held in LEDGERS[ledger].columns.items())
    return (
        f"number INTEGER NOT NULL UNIQUE, {columns}, rev INTEGER NOT NULL, author TEXT NOT NULL,"
        " created TEXT NOT NULL, changed TEXT NOT NULL"
    )
