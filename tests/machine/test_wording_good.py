"""Good texts have no findings, and stay as they are when they are cleaned."""

import pytest

from machine.wording import clean, findings, protected_words, refusing
from tests.machine.captions import EVERY, LANGUAGES, sample, samples


@pytest.mark.parametrize(("language", "at"), EVERY)
def test_a_good_text_is_not_refused(language: str, at: int) -> None:
    """Nor is it warned about."""
    one = sample(language, at)
    found = findings(one.text, one.about)
    assert () == refusing(found)
    assert () == found


@pytest.mark.parametrize(("language", "at"), EVERY)
def test_a_good_text_is_clean(language: str, at: int) -> None:
    """There is nothing to mend."""
    one = sample(language, at)
    assert () == clean(one.text, protected_words(one.about)).changes


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_twenty_of_each_language(language: str) -> None:
    """All different."""
    assert len({one.text.caption for one in samples(language)}) == 20
