"""Stand-in for verbs not there yet."""
import sys
from pathlib import Path
from driver import pipeline, decisions, editing, going_back, taking_back, undoing
from driver.errors import worst
from driver.program import Program
from driver.workspace import Workspace
from machine.intents import Approve
from machine.values import Labels
import importlib

OWN = "ingest prefill score resize run approve edit publish rollback undo redo withdraw repair replay verify".split()

def run(argv):
    ws = Path(argv[1]) if argv[0] == "-w" else Path.cwd()
    rest = argv[2:] if argv[0] == "-w" else argv
    verb, args = rest[0], [a for a in rest[1:] if a != "--yes"]
    if verb not in OWN or (Path(__file__).parents[2] / "commands" / f"{verb}.py").exists():
        from commands.app import run as real
        return real(argv)
    nothing = lambda *a: None
    with Program(Workspace(ws)) as p:
        if verb == "verify":
            rep = p.journal.verify(jobs=1)
            for d in rep.damages: print(d)
            diff = p.models.check()
            for d in diff: print(d)
            obj = list(p.objects.verify_all())
            for d in obj: print(d)
            return 3 if rep.damages else 5 if diff or obj else 0
        if verb == "replay":
            p.models.rebuild(); p.refresh(); return 0
        def opt(name):
            return args[args.index(name) + 1] if name in args else None
        numbers = [int(a) for i, a in enumerate(args) if a.isdigit() and (i == 0 or not args[i-1].startswith("--"))]
        effects = verb not in ("approve", "edit")
        with p.run(verb, argv, effects=effects) as shell:
            if verb in ("ingest",) or (verb == "run" and args and not args[0].startswith("-")):
                labels = Labels(category=opt("--category") or "", subject=opt("--subject") or "", location=opt("--location") or "")
                done = pipeline.ingest(p, [Path(args[0])], labels, recursive=False, progress=nothing)
                print(done.taken)
                if done.stopped: raise done.stopped
            if verb in ("prefill", "score", "resize", "run"):
                stages = ("prefill", "score", "resize") if verb == "run" else (verb,)
                ids = [r["id"] for r in p.models.query("select id from review_queue")]
                worked = pipeline.work(p, ids, stages, nothing)
                print(worked)
                if worked.failed: p.exit_code = 10
                if worked.paused: p.exit_code = 4; print(worked.paused, worked.hint)
            if verb == "approve":
                print(decisions.ask_each(shell, numbers, lambda r: [Approve()]))
                p.refresh()
            if verb == "edit":
                e = editing.Edit(caption=opt("--caption"), alt_text=opt("--alt-text"))
                print(editing.carry_out_edit(shell, editing.plan_edit(shell, numbers, e), e))
            if verb == "publish":
                ids = numbers or [r["id"] for r in p.models.query("select id from review_queue")]
                ids = [x.row for x in pipeline.plan_publication(p, ids) if x.due]
                sent, err = pipeline.publish(p, ids, nothing)
                print(sent)
                if err: raise err
            if verb in ("rollback", "undo", "redo", "withdraw", "repair"):
                with p.publishing() as g:
                    tb = taking_back.TakingBack(shell, p.objects, g)
                    if verb == "rollback":
                        out = [tb.roll_back(going_back.plan_row(shell, numbers[0], int(opt("--to"))), "x")]
                    elif verb == "withdraw":
                        out = [tb.withdraw(n, "") for n in numbers]
                    elif verb == "repair":
                        ids = [r["id"] for r in p.models.query("select id from review_queue")]
                        out = [tb.repair(n) for n in ids if shell.row(n).happened.saga]
                    else:
                        plan = (undoing.plan_undo if verb == "undo" else undoing.plan_redo)(shell, numbers or None)
                        out = [tb.roll_back(r, "") for r in plan.rows] if plan else []
                    print(out)
                    if any(o.outcome == "refused" for o in out): p.exit_code = 2
                p.refresh()
        return p.exit_code

def main_run(argv):
    try:
        return run(argv)
    except Exception as error:
        import traceback
        traceback.print_exc()
        print("Error:", error, "Hint:", getattr(error, "hint", ""))
        return getattr(error, "exit_code", 70)
