"""Made-up values for random histories: ids, labels, texts, and the outcomes of attempts."""

import hashlib
from random import Random

from machine import intents as i
from machine.row import Row, attempts_of, input_digest
from machine.values import (
    STAGES,
    Author,
    Corrections,
    EmbeddedText,
    Labels,
    Metadata,
    MissingScore,
    Past,
    Rendition,
    Score,
    Source,
    Stage,
    Text,
)

BUDGET = 3
RECIPES = ("recipe-a", "recipe-a", "recipe-a", "recipe-b")
CODES: dict[Stage, tuple[str, ...]] = {
    "prefill": ("PrefillTimeout", "PrefillUnreachable", "PrefillNativeCrash", "PrefillUnreadable"),
    "score": ("ScoringFailed", "ScoringDependency", "ScoringNativeCrash", "ScoringUnreadable"),
    "resize": ("ResizeFailed", "DiskLow", "ResizeNativeCrash", "ResizeTooLarge"),
}
"""Of each stage: a transient code, one that is nobody's fault, a native one, a permanent one."""
CODE_WEIGHTS = (8, 4, 4, 1)
WORDS = ("harbour", "Rotterdam", "dawn", "crane", "Nature & Landscape", "", "Zürich", "F-16", "🌊")
METRICS = ("brisque_score", "blur_score", "brightness_score", "contrast_score")
NEURAL = ("nima_score", "clip_aesthetic_score")
LACKING = ("ScoringWeights", "ScoringDependency", "OutOfMemory")
"""Why a metric is missing in every row alike: nobody's fault."""
FAILING = ("ScoringFailed", "ScoringNativeCrash", "ScoringOutOfMemory", "ScoringTimeout", "Novel")
"""Why it is missing because of the photo."""


def sha(*parts: object) -> str:
    """Return a made-up SHA-256 that depends on `parts`."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class Makings:
    """Values that depend on chance alone; numbers and ids never come twice."""

    def __init__(self, random: Random) -> None:
        """Count from one."""
        self.random = random
        self.counter = 0

    def new_id(self, kind: str) -> str:
        """Return an id that was never given before."""
        self.counter += 1
        return f"{kind}-{self.counter}"

    def word(self) -> str:
        """Return a word, now and then an empty or an awkward one."""
        return self.random.choice(WORDS)

    def labels(self) -> Labels:
        """Return what a person might say about a set."""
        return Labels(category=self.word(), subject=self.word(), location=self.word())

    def text(self) -> Text:
        """Return a text; one in ten lacks its caption, some alt texts are too long."""
        self.counter += 1
        caption = f"{self.word()} {self.counter}".strip() if self.random.random() < 0.9 else ""
        length = self.random.choice((1, 1, 1, 1, 1, 1, 40, 80))
        alt_text = " ".join(f"{self.word()} seen from afar" for _ in range(length))
        return Text(caption=caption, alt_text=alt_text[:260], keywords=("sea", "sky", "ship"))

    def past(self) -> Past | None:
        """Return what another program knew of a photo; mostly there was none."""
        if self.random.random() < 0.8:
            return None
        person = self.random.random() < 0.5
        author = Author(kind="human") if person else Author(kind="model", name="predecessor")
        written = self.random.random() < 0.7
        return Past(
            row=self.random.randrange(900),
            status=self.random.choice(("Queued", "Pending", "Approved")),
            text=self.text() if written else None,
            author=author if written else None,
            grounded=person,
            scores=(Score(metric="blur_score", value=4.5),),
            qr=4.5,
        )

    def outcome(self, row: Row, stage: Stage) -> i.Intent:
        """Return an outcome of the open attempt of `stage`, or of its newest one."""
        attempts = attempts_of(row, stage)
        attempt = attempts.open.attempt if attempts.open else attempts.count
        digest = attempts.open.input_digest if attempts.open else input_digest(row, stage)
        recipe = attempts.open.recipe_digest if attempts.open else "recipe-a"
        if self.random.random() < 0.22:
            return i.RecordFailure(
                stage=stage,
                attempt=attempt,
                input_digest=digest,
                code=self.random.choices(CODES[stage], CODE_WEIGHTS)[0],
                detail="it went wrong",
                budget=BUDGET,
                retry_at="2024-05-01T10:00:00.000000Z",
            )
        if stage == "prefill":
            return self.prefilled(attempt, digest, recipe)
        if stage == "score":
            return self.scored(attempt, digest, recipe)
        return self.resized(attempt, digest, recipe)

    def prefilled(self, attempt: int, digest: str, recipe: str) -> i.RecordPrefilled:
        """Return a caption by a rule, a model, or whoever wrote it into the file."""
        kind = self.random.choice(("rule", "model", "model", "file"))
        authors = {
            "rule": Author(kind="rule", name="metadata"),
            "model": Author(kind="model", name="llava", model_digest="m", options={"seed": 7}),
            "file": Author(kind="file", name="IPTC"),
        }
        text, cleaned = self.text(), self.random.random() < 0.2
        return i.RecordPrefilled(
            attempt=attempt,
            input_digest=digest,
            recipe_digest=recipe,
            text=text,
            cleaned=self.text() if cleaned and kind == "model" else None,
            author=authors[kind],
            grounded=kind != "rule",
            duration_ms=1_200,
        )

    def scored(self, attempt: int, digest: str, recipe: str) -> i.RecordScored:
        """Return scores; now and then some that the profile needs are missing, with a reason."""
        profile = self.random.choice(("embedded", "embedded", "full"))
        metrics = METRICS if profile == "embedded" else METRICS + NEURAL
        absent: tuple[str, ...] = ()
        if self.random.random() < 0.12:
            least = self.random.choice((1, 1, 1, len(metrics)))
            absent = tuple(self.random.sample(metrics, self.random.randint(least, len(metrics))))
        codes = self.random.choice((LACKING, LACKING, FAILING, LACKING + FAILING))
        return i.RecordScored(
            attempt=attempt,
            input_digest=digest,
            recipe_digest=recipe,
            profile=profile,
            scores=tuple(
                Score(metric=metric, value=round(self.random.uniform(0, 10), 3))
                for metric in metrics
                if metric not in absent
            ),
            missing=tuple(
                MissingScore(metric=metric, code=self.random.choice(codes), detail="not there")
                for metric in absent
                if self.random.random() < 0.9
            ),
            budget=BUDGET,
            retry_at="2024-05-01T10:00:00.000000Z",
        )

    def resized(self, attempt: int, digest: str, recipe: str) -> i.RecordResized:
        """Return renditions; the same input and recipe give the same bytes."""
        made = tuple(
            Rendition(
                name=name,
                sha256=sha(digest, recipe, name),
                size_bytes=size,
                width_px=size,
                height_px=size,
            )
            for name, size in (("web", 1500), ("thumb", 548))
        )
        return i.RecordResized(
            attempt=attempt, input_digest=digest, recipe_digest=recipe, renditions=made
        )

    def replacement(self, row: Row) -> i.ReplacePhoto:
        """Return another version of the photo, perhaps one that the row had before."""
        had = sorted(row.happened.sources)
        fresh = sha("photo", row.happened.row, self.new_id("version"))
        return i.ReplacePhoto(
            original_name="IMG_again.jpg",
            source=Source(root="home", path="photos/IMG_again.jpg"),
            sha256=self.random.choice((fresh, fresh, *had)),
            size_bytes=2_000,
            metadata=Metadata(date_time="2024:05:01 10:00:00", camera="Canon EOS R5", iso=200),
            embedded=EmbeddedText(),
        )

    def correction(self, _row: Row) -> i.CorrectMetadata:
        """Return what a person says instead of the file."""
        camera = self.random.choice((None, "Leica M6", ""))
        date_time = self.random.choice((None, "2024:05:01 11:00:00"))
        return i.CorrectMetadata(corrections=Corrections(camera=camera, date_time=date_time))

    def rating(self, _row: Row) -> i.OverrideRating:
        """Return how a person rates the photo, or that the scores shall count again."""
        return i.OverrideRating(qr=self.random.choice((None, 3.0, 8.25)), reason=self.word())

    def about_photo(self, row: Row) -> i.Intent:
        """Return what is asked about a photo that is there, by a person or by an ingest."""
        by_person = (self.replacement, self.correction, self.move, self.rating)
        return self.random.choice((*by_person, self.companion, self.doubt))(row)

    def doubt(self, _row: Row) -> i.DiscountEmbeddedText:
        """Return that the text in the photo is no person's."""
        return i.DiscountEmbeddedText(reason=self.word())

    def move(self, row: Row) -> i.MoveOriginal:
        """Return where bytes of the row lie now; sometimes of bytes that it never had."""
        sha256 = self.random.choice((*row.happened.sources, sha("never")))
        return i.MoveOriginal(sha256=sha256, source=Source(root="home", path=self.word()))

    def companion(self, row: Row) -> i.AddCompanion:
        """Return a RAW file beside the photo; sometimes one that the row has."""
        fresh = sha("raw", row.happened.row, self.new_id("raw"))
        return i.AddCompanion(
            original_name="IMG.CR2",
            source=Source(root="home", path="photos/IMG.CR2"),
            sha256=self.random.choice((fresh, *row.happened.sources)),
            size_bytes=20_000,
            media_type="image/x-canon-cr2",
        )

    def needed(self) -> tuple[Stage, ...]:
        """Return the stages that a profile needs."""
        return self.random.choice((STAGES, STAGES, STAGES, ("prefill", "resize")))
