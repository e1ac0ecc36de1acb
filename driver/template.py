"""The configuration as `init` writes it: every key, commented, with its default."""

TEMPLATE = """\
# photojournal workspace. Every key is optional; the values shown are the defaults.
# Each can be overridden in the environment: [publish] public_url_base is
# PHOTOJOURNAL_PUBLISH_PUBLIC_URL_BASE, [publish.ftp] host is PHOTOJOURNAL_PUBLISH_FTP_HOST.
# Passwords never stand here, see docs/publishing.md.

[ingest]
# copy = false                # true: keep a copy of every original in data/objects
# Names of new rows, see docs/names.md. Those that are there keep theirs.
# file_name = "{subject}_{location}_{folder_photography}_{camera}_{year}_{number}"
# pick_labels = []            # labels that make picks, such as ["Select"]: docs/metadata.md

[prefill]
# "metadata": caption, alt text and keywords from what is known, nothing invented.
# "ollama": a vision model writes them, see docs/ollama.md.
# captioner = "metadata"
# language = "en"
# attempts = 3                # charged tries (of each model) before a row is set aside
# deadline_s = 900.0          # seconds one try may take
# backoff_s = 2.0             # seconds until the second try, then four times as long each
# host = ""                   # of Ollama; empty: OLLAMA_HOST, else this machine
# model = "qwen2.5vl:3b"
# fallback_models = []        # tried in this order on photos that the model fails
# first_token_timeout_s = 300.0  # seconds until an answer begins (the model may have to be loaded)
# idle_timeout_s = 120.0      # seconds between two pieces of an answer
# wait_for_service = 300.0    # seconds to wait for a service that is away, then pause the stage
# in_flight = 1               # requests at once, where the service really overlaps them
# on_cpu = "warn"             # "stop": pause when the model does not run on a GPU
# num_ctx = 4096
# num_predict = 512
# keep_alive = "30m"
# long_side_px = 1024         # of the picture that the model is shown
# recheck_rows = 25           # look again what the model runs on after so many answers
# caption_words = [7, 40]
# alt_text_words = [3, 30]
# keywords = [6, 15]
# protected_words = []        # never touched by the cleaning rules, such as ["PH-BXA"]

[score]
# "embedded": BRISQUE, blur, brightness and contrast, and no further library.
# "full": also NIMA and CLIP aesthetic; needs torch and weights, see docs/models.md.
# profile = "embedded"
# metrics = []                # more of pyiqa's, such as ["topiq_nr"], see docs/metrics.md
# device = "auto"             # of the models: a GPU if there is one; or "cpu", "cuda", "mps"
# weights = ""                # folder of downloaded weights; empty: in your cache (docs/models.md)
# attempts = 3
# deadline_s = 120.0
# backoff_s = 2.0

[resize]
# web = "1500x1000"           # the box that the web picture fits into
# thumb = "548x365"
# quality = 90                # of every JPEG without a quality of its own
# attempts = 3
# deadline_s = 120.0
# backoff_s = 2.0
# Further pictures and watermarks, see docs/renditions.md:
#     [resize.renditions.large]
#     size = "2048x2048"
#     watermark = true
#     [resize.watermark]
#     text = "(c) Anna"

[publish]
# gallery = "folder"          # a local website below site/; "ftp": see docs/publishing.md
# public_url_base = ""        # such as "https://example.org/photos"
# allow_ungrounded = false    # true: publish texts that nobody checked against the picture
# What published pictures say beside their texts, see docs/published-metadata.md:
# creator = ""                # empty: what the photo says; copyright likewise
# credit = ""                 # whom to name beside the picture
# copyright = ""
# licence_url = ""            # such as "https://creativecommons.org/licenses/by/4.0/"
# keep = []                   # of "date", "camera", "lens", "exposure", "gps"
# With gallery = "ftp", pictures go to an FTP server and the table to a MySQL server:
#     [publish.ftp]
#     host = "ftp.example.org"
#     user = "anna"
#     remote_base = "/photos" # the folder that public_url_base leads to
#     [publish.mysql]
#     host = "db.example.org"
#     user = "anna"
#     database = "website"

[journal]
# min_free = "64 MiB"         # stop before less than this is free on the disk

[run]
# workers = 0                 # processes that decode and measure; 0: one for each core
"""
