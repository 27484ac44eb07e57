"""Commands on plans: which there are, what became of one, and its way into force."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import ConflictError, SettingError
from ui.doors.speaking import AsJson, Lang, Speaker, WorkspacePath, speaker, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.workspace import Workspace

# As the log of strokes knows this door.
_PAINTER = "terminal"
# So many places that a plan breaks are named.
_NAMED = 20


@told
def plans(workspace: WorkspacePath, as_json: AsJson = False, lang: Lang = "zh") -> None:
    """列出方案：状态、文号、生效日期 / list the plans: status, document, first day."""
    from data.workspace import Workspace
    from ui.plan_steps import plan_list

    say, opened = speaker(lang, as_json), Workspace.open(workspace)
    rows = [_plain(row) for row in plan_list(opened).to_dict("records")]
    say.result({"plans": rows}, *([_line(row, say) for row in rows] or [say.t("error.plan_none")]))


@told
def plan(
    workspace: WorkspacePath,
    plan_id: Annotated[str, typer.Argument(metavar="ID", help="方案编号 / id of the plan")],
    to: Annotated[
        str | None,
        typer.Option(metavar="STATUS", help="改状态 / draft, consulted, approved, in_force or retired"),
    ] = None,
    name: Annotated[str | None, typer.Option(help="改名称 / new name")] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="改说明 / new note")] = None,
    document_no: Annotated[
        str | None, typer.Option(metavar="文号", help="批准文号，转为现行必填 / document it is in force by")
    ] = None,
    effective: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="生效日期，转为现行必填 / first day in force")
    ] = None,
    why: Annotated[str | None, typer.Option(metavar="TEXT", help="改状态的理由 / why it changes")] = None,
    who: Annotated[str, typer.Option(metavar="LABEL", help="经办 / who does it")] = "",
    copy: Annotated[
        str | None, typer.Option(metavar="NAME", help="复制为手绘草案 / copy as a painted draft")
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="删除草案 / delete a draft")] = False,
    history: Annotated[bool, typer.Option("--history", help="列出每一步修改 / list every stroke")] = False,
    restore: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="恢复到第几步之后 / as it was after this stroke")
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """看一个方案，改状态、名称，复制、删除、恢复 / look at a plan; move, copy, delete, restore it."""
    from data.workspace import Workspace

    say = speaker(lang, as_json)
    deeds = {"--to": to, "--copy": copy, "--delete": delete or None, "--restore": restore}
    _require_one_deed({**deeds, "--name": name, "--note": note})
    step = {"document_no": document_no, "effective": effective, "why": why}
    if to is None and (stray := [key for key, value in step.items() if value is not None]):
        raise SettingError("option_needs", name=f"--{stray[0].replace('_', '-')}", other="--to")
    opened = Workspace.open(workspace)
    if delete:
        _delete(opened, plan_id, who, say)
        return
    done: tuple[str, ...] = ()
    if copy is not None:
        plan_id, done = _copied(opened, plan_id, copy, who, say)
    if restore is not None:
        done = _restored(opened, plan_id, restore, who, say)
    if name is not None or note is not None:
        _rename(opened, plan_id, name, note, who)
    if to is not None:
        given = {key: value for key, value in step.items() if value is not None}
        done = _moved(opened, plan_id, to, given, who, say)
    facts = _facts(opened, plan_id, history=history)
    say.result(facts, *done, *_lines(facts, say))


def _require_one_deed(deeds: Mapping[str, Any]) -> None:
    """Raise where options do not go together; a plan can be renamed on its way to another status."""
    asked = [option for option, value in deeds.items() if value is not None]
    if len(asked) > 1 and not {"--to", "--name", "--note"}.issuperset(asked):
        raise SettingError("options_clash", name=asked[0], other=asked[1])


def _delete(workspace: Workspace, plan_id: str, who: str, say: Speaker) -> None:
    from data.plans import delete_plan, read_plan

    row = read_plan(workspace, plan_id)
    delete_plan(workspace, plan_id, rev=row["rev"], who=who)
    say.result({"id": plan_id, "deleted": True}, say.t("plan.deleted", id=plan_id, name=row["name"]))


def _copied(
    workspace: Workspace, plan_id: str, name: str, who: str, say: Speaker
) -> tuple[str, tuple[str, ...]]:
    from data.plans import duplicate_plan

    made = duplicate_plan(workspace, plan_id, name=name, who=who)
    return made, (say.t("plan.copied", id=made),)


def _restored(workspace: Workspace, plan_id: str, number: int, who: str, say: Speaker) -> tuple[str, ...]:
    from data.plans import read_plan
    from data.strokes import restore_plan

    rev, token = read_plan(workspace, plan_id)["rev"], secrets.token_hex(8)
    done = restore_plan(workspace, plan_id, number, rev=rev, token=token, painter=_PAINTER, who=who)
    shown = {"id": plan_id, "number": say.t.number(number)}
    return (say.t("plan.restored", **shown) if done.stroke else say.t("plan.restored_same", **shown),)


def _rename(workspace: Workspace, plan_id: str, name: str | None, note: str | None, who: str) -> None:
    from data.plans import change_plan, read_plan

    if name is not None and not name.strip():
        raise SettingError("plan_field_empty", found="name")
    changes = {key: value.strip() for key, value in (("name", name), ("note", note)) if value is not None}
    change_plan(workspace, plan_id, rev=read_plan(workspace, plan_id)["rev"], who=who, changes=changes)


def _moved(
    workspace: Workspace, plan_id: str, to: str, step: Mapping[str, str], who: str, say: Speaker
) -> tuple[str, ...]:
    from data.plan_states import read_steps_ahead
    from data.plans import read_plan
    from ui.plan_steps import step_plan

    try:
        step_plan(workspace, plan_id, to, rev=read_plan(workspace, plan_id)["rev"], who=who, **step)
    except ConflictError as error:
        if error.code != "plan_broken":
            raise
        _tell_broken(workspace, plan_id, error, say)
        raise typer.Exit(2) from None
    t, status = say.t, say.t.name("state", to)
    if (ahead := read_steps_ahead(workspace).get(plan_id)) is None:
        return (t("plan.moved", id=plan_id, status=status),)
    was, day = t.name("state", ahead["was"]), ahead["effective"]
    return (t("plan.moved_ahead", id=plan_id, status=status, day=day, now=was),)


def _tell_broken(workspace: Workspace, plan_id: str, error: ConflictError, say: Speaker) -> None:
    from ui.named_reasons import named_reason
    from ui.plan_steps import plan_names

    names = plan_names(workspace, plan_id)
    say.message(say.t.reason(error))
    for reason in error.reasons[:_NAMED]:
        say.message(f"- {named_reason(reason, say.t, names)}")
    if (more := len(error.reasons) - _NAMED) > 0:
        say.message(say.t("plan.more_broken", count=say.t.number(more)))


def _facts(workspace: Workspace, plan_id: str, *, history: bool) -> dict[str, Any]:
    from data.plan_states import read_states
    from data.plans import read_plan
    from data.strokes import read_strokes
    from ui.plan_steps import plan_list

    row, listed = read_plan(workspace, plan_id), plan_list(workspace)
    strokes = read_strokes(workspace, plan_id)
    return {
        **_plain(listed[listed["plan_id"] == plan_id].to_dict("records")[0]),
        "zone_names": json.loads(row["zone_names"]),
        "locked": json.loads(row["locked"]),
        "states": read_states(workspace, plan_id).to_dict("records"),
        "strokes": len(strokes),
        **({"history": [_stroke_facts(stroke) for stroke in strokes]} if history else {}),
    }


def _stroke_facts(stroke: Any) -> dict[str, Any]:
    plain = ("number", "at", "who", "painter", "kind", "of", "rev", "note")
    return {
        **{name: getattr(stroke, name) for name in plain},
        **{name: len(getattr(stroke, name)) for name in ("grids", "names", "locks")},
    }


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of the list as JSON has it, its id as the other commands call it."""
    facts = {str(key): value.item() if hasattr(value, "item") else value for key, value in row.items()}
    return {"id": facts.pop("plan_id"), **facts}


def _line(row: Mapping[str, Any], say: Speaker) -> str:
    t = say.t
    document = " ".join(text for text in (row["document_no"], row["effective"]) if text)
    return "\t".join(
        [
            row["id"],
            row["name"],
            t.name("plan_kind", row["kind"]),
            t.name("state", row["status"]) + (f" ({t('plan.today')})" if row["today"] else ""),
            t("plan.grid_count", count=t.number(row["grids"])),
            row["parent"],
            row["created"],
            row["author"],
            document,
        ]
    ).rstrip("\t")


def _lines(facts: Mapping[str, Any], say: Speaker) -> list[str]:
    t = say.t
    values = {
        t("plan.kind"): t.name("plan_kind", facts["kind"]),
        t("plan.status"): t.name("state", facts["status"]),
        t("plan.grids"): t.number(facts["grids"]),
        t("plan.rev"): str(facts["rev"]),
        t("plan.strokes"): t.number(facts["strokes"]),
        t("plan.author"): facts["author"],
        t("plan.created"): facts["created"],
        t("plan.parent"): facts["parent"],
        t("plan.document_no"): facts["document_no"],
        t("plan.effective"): facts["effective"],
        t("plan.note"): facts["note"],
        t("plan.named_zones"): t.listed(f"{zone} {name}" for zone, name in facts["zone_names"].items()),
        t("plan.locked"): t.listed(facts["locked"]),
    }
    return [
        f"{facts['id']}\t{facts['name']}",
        *(f"{title}\t{value}" for title, value in values.items() if value),
        *(_state_line(state, say) for state in facts["states"]),
        *(_stroke_line(stroke, say) for stroke in facts.get("history", ())),
    ]


def _state_line(state: Mapping[str, str], say: Speaker) -> str:
    t = say.t
    change = f"{t.name('state', state['was'])} → {t.name('state', state['now'])}"
    told = [state[name] for name in ("document_no", "effective", "why", "who")]
    return "\t".join([state["at"], change, *(text for text in told if text)])


def _stroke_line(stroke: Mapping[str, Any], say: Speaker) -> str:
    t = say.t
    of = "" if stroke["of"] is None else f" {stroke['of']}"
    count = t("plan.grid_count", count=t.number(stroke["grids"]))
    line = [str(stroke["number"]), stroke["at"], t.name("stroke", stroke["kind"]) + of, count]
    return "\t".join([*line, *(text for text in (stroke["note"], stroke["who"]) if text)])
