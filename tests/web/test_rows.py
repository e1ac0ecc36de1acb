"""What the page is told: lists, filters, counts, lines, one row, groups; texts come as text."""

from tests.web.conftest import CAPTION, SCRIPT
from tests.web.visitor import Visitor


def ids(watched: Visitor, **params: object) -> list[int]:
    """Return the rows that a list has."""
    found = watched.get("/api/rows", **params)
    assert found["total"] == len(found["ids"])
    return list(found["ids"])


def test_the_list_is_filtered_by_what_is_asked_for_together(watched: Visitor) -> None:
    assert [1, 2, 3, 4, 5, 6, 7] == sorted(ids(watched))
    first, second = [one["set_id"] for one in watched.get("/api/rows")["sets"]][::-1]
    assert [1, 2, 3] == sorted(ids(watched, set=first))
    assert [4, 5, 6, 7] == sorted(ids(watched, set=second))
    assert [4, 5, 6, 7] == sorted(ids(watched, status="Queued"))
    assert [1, 2, 3] == sorted(ids(watched, status=["Pending", "Approved"]))
    assert [2] == ids(watched, ungrounded=True)
    assert [1] == ids(watched, q="COFFEE kitchen")
    assert [5] == ids(watched, q="shot.heic")
    assert [] == ids(watched, q="coffee", status="Queued")
    assert [] == ids(watched, failed="score")
    assert [4, 5, 6, 7] == ids(watched, due=["prefill", "publish"], sort="id")
    assert [] == ids(watched, due="publish")
    assert 4 == watched.get("/api/rows")["counts"]["due"]["prefill"]
    assert 422 == watched.ask("/api/rows", due="lunch").status_code


def test_as_many_rows_are_listed_as_are_counted_of_a_kind(watched: Visitor) -> None:
    """By tier and by finding, too; and the search looks into every text."""
    counts = watched.get("/api/rows")["counts"]
    for kind in ("tier", "finding", "status", "due"):
        assert counts[kind]
        for value, rows in counts[kind].items():
            assert rows == len(ids(watched, **{kind: value})), value
    (line,) = watched.get("/api/lines", ids=[2])["lines"]
    for text in (line["Caption"], line["alt_text"], line["Keywords"].split(", ")[0]):
        assert 2 in ids(watched, q=text)


def test_the_list_is_sorted_and_rows_without_a_rating_come_last(watched: Visitor) -> None:
    rated = {one["id"]: one["QR"] for one in watched.get("/api/lines", ids=[1, 2, 3])["lines"]}
    worst = sorted(rated, key=lambda row: rated[row])
    assert [*worst, 4, 5, 6, 7] == ids(watched, sort="worst")
    assert [*worst[::-1], 4, 5, 6, 7] == ids(watched, sort="best")
    assert [1, 2, 3, 4, 5, 6, 7] == ids(watched, sort="id")
    assert 422 == watched.ask("/api/rows", sort="; DROP TABLE review_queue").status_code


def test_counts_are_those_of_the_set_whatever_else_is_filtered(watched: Visitor) -> None:
    counts = watched.get("/api/rows", status="Approved")["counts"]
    assert {"Pending": 3, "Queued": 4} == counts["status"]
    first = watched.get("/api/rows")["sets"][-1]["set_id"]
    assert {"Pending": 3} == watched.get("/api/rows", set=first)["counts"]["status"]
    assert 7 == sum(counts["tier"].values())


def test_lines_come_by_id_and_rows_that_are_not_there_are_left_out(watched: Visitor) -> None:
    found = watched.get("/api/lines", ids=[3, 99, 1])
    assert [1, 3] == [one["id"] for one in found["lines"]]
    assert found["position"] == watched.head()
    assert 422 == watched.ask("/api/lines", ids=list(range(1, 300))).status_code
    assert 422 == watched.ask("/api/lines", ids="1 OR 1=1").status_code


def test_one_row_is_told_whole(watched: Visitor) -> None:
    row = watched.get("/api/rows/1")
    assert "human" == row["author"]["kind"]
    assert row["Caption"] == row["texts"]["caption"]
    assert 64 == len(row["texts"]["based_on"])
    assert {"category": "Travel", "subject": "Harbour at dusk", "location": "Rotterdam"} == row[
        "labels"
    ]
    assert {"brisque_score", "blur_score"} <= {one["metric"] for one in row["scores"]}
    assert row["published"] is None
    missing = watched.ask("/api/rows/99")
    assert (404, 99) == (missing.status_code, missing.json()["row"])


def test_scripts_in_texts_and_exif_come_back_as_text_in_json(watched: Visitor) -> None:
    answer = watched.ask("/api/rows/3")
    assert CAPTION == answer.json()["Caption"]
    assert "application/json" == answer.headers["Content-Type"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
    assert SCRIPT not in watched.ask("/").text
    for row in (3, 4):
        for path in (f"/api/rows/{row}", f"/api/lines?ids={row}", f"/api/rows/{row}/history"):
            found = watched.ask(path)
            assert "application/json" == found.headers["Content-Type"], path
            assert "script-src 'self'" in found.headers["Content-Security-Policy"]


def test_the_status_is_that_of_the_command_line(watched: Visitor) -> None:
    status = watched.get("/api/status")
    assert {"Pending": 3, "Queued": 4} == status["by_status"]
    assert "photojournal run" == status["next_command"]
