"""The review editor: a local web page over the same intents as the command line."""
