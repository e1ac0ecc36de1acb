"""Who gave a value, and what is different between two moments: held against the queue of then."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driver import workspace
from driver.blaming import blame_of
from driver.comparing import Span, compared
from driver.looking import Seen, look
from driver.moments import Place
from driver.program import Program, create_journal
from journal import Journal
from machine import events as e
from machine import intents as i
from machine.values import Change, Labels, Text
from projections.review_queue import QUEUE
from tests.histories import Fact, Teller, write
from tests.projections.workspaces import history

LABELS = Labels(category="Harbours", subject="Old harbour", location="Rotterdam")
_AS_EVERY_EVENT = {"run_id", "last_position", "updated_at"}


@contextmanager
def seen(root: Path, facts: Sequence[Fact], at: str = "") -> Iterator[Seen]:
    """Look at a workspace in which these facts happened."""
    workspace.create(root)
    place = workspace.Workspace(root)
    create_journal(place)
    with Journal.open(place.journal, min_free_bytes=0) as journal:
        write(journal, facts)
    with Program(place, readonly=True) as program, look(program, at) as looked:
        yield looked


@pytest.fixture
def teller() -> Teller:
    """A row with a caption by a model."""
    teller = Teller()
    teller.start_run("run")
    teller.ingest(1, "20260501-1", LABELS)
    teller.start(1, "prefill")
    teller.finish(1, "prefill")
    return teller


def test_a_text_by_a_model_names_the_model(tmp_path: Path, teller: Teller) -> None:
    """With the digest of its bytes, the event and the run."""
    with seen(tmp_path / "pictures", teller.facts) as looked:
        found = blame_of(looked, 1, "Caption")
    (newest,) = found["values"]
    assert "model qwen2.5vl:3b" == newest["by"]
    assert newest["author"]["model_digest"]
    assert ("Prefilled", "run", "tester") == (newest["type"], newest["command"], newest["actor"])
    assert newest["value"] == found["value"]


def test_a_rule_that_mended_a_text_is_named_with_the_model(tmp_path: Path, teller: Teller) -> None:
    """A field that it left alone stays the model's."""
    text = teller.rows[1].decided.prefill.text
    mended = f"{text.caption.rstrip('.')}, mended."
    change = Change(rule="final_stop", field="caption", before=text.caption, after=mended)
    cleaned = Text(caption=mended, alt_text=text.alt_text, keywords=text.keywords)
    teller.put("row/1", e.TextCleaned(attempt=1, rules_version=1, changes=(change,), text=cleaned))
    with seen(tmp_path / "pictures", teller.facts) as looked:
        newest, first = blame_of(looked, 1, "Caption")["values"]
        alt_text = blame_of(looked, 1, "alt_text")["values"]
    assert "rule final_stop on the text by model qwen2.5vl:3b" == newest["by"]
    assert (mended, text.caption) == (newest["value"], first["value"])
    assert ["model qwen2.5vl:3b"] == [one["by"] for one in alt_text]


def test_a_value_that_a_rollback_brought_back_is_traced_to_who_gave_it(
    tmp_path: Path, teller: Teller
) -> None:
    """Also where it was brought back twice."""
    teller.ask(1, i.EditText(caption="A harbour, by hand", alt_text="Boats", by="Ann"))
    for to in (teller.rows[1].version - 1, teller.rows[1].version):
        teller.ask(1, i.RollBack(to=to, rollback=f"b{to}", claimed_by=teller.run))
    with seen(tmp_path / "pictures", teller.facts) as looked:
        newest, before, edited, _ = blame_of(looked, 1, "Caption")["values"]
    assert ["RolledBack", "RolledBack"] == [newest["type"], before["type"]]
    assert ("Ann", edited["version"]) == (
        newest["first_given"]["by"],
        newest["first_given"]["version"],
    )
    assert "model qwen2.5vl:3b" == before["first_given"]["by"]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), column=st.sampled_from(QUEUE.names), share=st.floats(0.2, 1))
def test_who_is_blamed_made_the_difference(seed: int, column: str, share: float) -> None:
    """The value is the queue's; at each event named the cell changed, at none before it."""
    facts = history(seed, rows=2)
    with (
        TemporaryDirectory() as folder,
        seen(Path(folder) / "pictures", facts, str(round(len(facts) * share))) as looked,
    ):
        for line in looked.models.queue():
            found = blame_of(looked, line["id"], column)
            assert (line[column] or None) == (found["value"] or None)
            for one in found["values"]:
                before, after = (_cell(looked, one["position"] - by, line, column) for by in (1, 0))
                assert (one["value"] or None) == after
                assert before != after or one["value"] == 0


def _cell(looked: Seen, position: int, line: dict[str, object], column: str) -> object:
    with looked.program.models.at(position, ["review_queue"]) as then:
        found = [one for one in then.queue() if one["id"] == line["id"]]
    return (found[0][column] or None) if found else None


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), shares=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_a_diff_leads_from_one_queue_to_the_other(seed: int, shares: tuple[float, float]) -> None:
    """Every cell that differs is named with both values, forwards and backwards, and no other."""
    facts = history(seed)
    with TemporaryDirectory() as folder, seen(Path(folder) / "pictures", facts) as looked:
        positions = [round(share * len(facts)) for share in shares]
        old, new = (_queue(looked, position) for position in positions)
        first, second = (Place(position, "") for position in positions)
        found = {one["id"]: one for one in compared(looked.journal, Span(first, second))}
        assert found.keys() >= {
            number for number in old | new if old.get(number) != new.get(number)
        }
        for number, one in found.items():
            was, is_ = old.get(number, {}), new.get(number, {})
            assert _differing(was, is_) == {
                column: (both["old"], both["new"]) for column, both in one["fields"].items()
            }
            how = "added" if not was else "changed" if is_ else "removed"
            assert how == one["change"]


def _queue(looked: Seen, position: int) -> dict[int, dict[str, object]]:
    with looked.program.models.at(position, ["review_queue"]) as then:
        return {line["id"]: line for line in then.queue()}


def _differing(old: dict[str, object], new: dict[str, object]) -> dict[str, tuple[object, object]]:
    sides = {name: (old.get(name), new.get(name)) for name in old | new}
    known = {
        name: (None if was == "" else was, None if is_ == "" else is_)
        for name, (was, is_) in sides.items()
        if name not in _AS_EVERY_EVENT
    }
    return {name: both for name, both in known.items() if both[0] != both[1]}


def test_a_diff_of_a_run_leaves_out_what_others_did_to_other_rows(tmp_path: Path) -> None:
    """Another run edits a row of its own meanwhile, and one of ours: that run is named."""
    teller = Teller()
    teller.start_run("ingest")
    teller.ingest(1, "20260501-1", LABELS)
    teller.ingest(2, "20260501-1", LABELS)
    teller.start_run("pick")
    teller.ask(1, i.Pick())
    ours, teller.run = teller.run, "0192a000-aaaa-7000-8000-00000000000a"
    teller.ask(1, i.EditText(caption="By somebody else", alt_text="Boats", by="Ann"))
    teller.ask(2, i.Pick())
    teller.run = ours
    teller.end_run()
    with seen(tmp_path / "pictures", teller.facts) as looked:
        first, last = Place(8, "before"), Place(looked.journal.head.position, "after")
        (one,) = compared(looked.journal, Span(first, last, ours))
    assert (1, "picked") == (one["id"], one["fields"]["decision"]["new"])
    assert "By somebody else" == one["fields"]["Caption"]["new"]
    assert [ours, "0192a000-aaaa-7000-8000-00000000000a"] == one["runs"]


def test_a_diff_tells_what_stood_in_the_gallery(tmp_path: Path) -> None:
    """Files and the record come with the publication and go with the withdrawal."""
    teller = Teller()
    teller.start_run("run")
    teller.ingest(1, "20260501-1", LABELS)
    for stage in ("prefill", "score", "resize"):
        teller.start(1, stage)
        teller.finish(1, stage)
    teller.ask(1, i.Approve())
    before = len(teller.facts)
    teller.publish(1)
    teller.do_steps(1)
    published = len(teller.facts)
    teller.ask(1, i.Withdraw(withdrawal="w1", claimed_by=teller.run))
    teller.do_steps(1)
    with seen(tmp_path / "pictures", teller.facts) as looked:
        places = [Place(one, "") for one in (before, published, len(teller.facts))]
        (up,) = compared(looked.journal, Span(places[0], places[1]))
        (down,) = compared(looked.journal, Span(places[1], places[2]))
        (nothing,) = compared(looked.journal, Span(places[0], places[2]))
    assert 2 == len(up["files"]) == len(down["files"])
    assert {True} == {one["old"] is None for one in up["files"].values()}
    assert {True} == {one["new"] is None for one in down["files"].values()}
    assert up["record"]["File_Name"]["new"] == down["record"]["File_Name"]["old"] != ""
    assert ({}, {}) == (nothing["files"], nothing["record"])
