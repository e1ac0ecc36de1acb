"""What is known of a name that belongs to the site, for `show`."""

import json
from typing import Any

from driver.looking import Seen
from driver.names import key_of
from machine.run_events import NameAdopted


def of_the_site(seen: Seen, file_name: str) -> dict[str, Any] | None:
    """
    Return what the site has under a name; None: the name is not the site's.

    `record` and `files` are those of the published row as it was adopted; None and empty where the
    name was seen elsewhere only.
    """
    history = seen.journal.read_stream(f"name/{key_of(file_name)}", until_position=seen.until)
    adopted = history[0] if history else None
    if adopted is None or not isinstance(adopted.event, NameAdopted):
        return None
    query = "SELECT since, record, files FROM site_rows WHERE File_Name = ?"
    line = next(iter(seen.models.query(query, (adopted.event.file_name,))), None)
    return {
        "File_Name": adopted.event.file_name,
        "belongs_to": "site",
        "since": adopted.at,
        "found_in": list(adopted.event.found_in),
        "record": json.loads(line["record"]) if line else None,
        "files": json.loads(line["files"]) if line else [],
    }
