"""Certificates for this machine, of an authority that only the test knows."""

from pathlib import Path
from typing import NamedTuple

import trustme


class Certificate(NamedTuple):
    """Paths of PEM files."""

    server: Path
    """Key and certificate chain."""
    authority: Path
    """Who has to be trusted."""


def certificate_for(host: str, folder: Path) -> Certificate:
    """Write a certificate for `host` and its authority into `folder`."""
    authority = trustme.CA()
    made = Certificate(folder / f"{host}.pem", folder / f"{host}-authority.pem")
    authority.issue_cert(host).private_key_and_cert_chain_pem.write_to_path(str(made.server))
    authority.cert_pem.write_to_path(str(made.authority))
    return made
