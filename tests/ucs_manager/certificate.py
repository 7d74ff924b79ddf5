# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authority of certificates for one run, and a server's certificate of it, good or bad."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

GOOD, OTHER_NAME, SELF_SIGNED, EXPIRED = KINDS = ("good", "other-name", "self-signed", "expired")
DAY = datetime.timedelta(days=1)


def context(kind: str, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server with such a certificate needs, and the file with the authority that a client may trust."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("nfv.kvm test authority", authority_key, authority_key, None, ended=False)
    name = "ucs.example" if kind == OTHER_NAME else "127.0.0.1"
    if kind == SELF_SIGNED:
        own = _certificate(name, key, key, None, ended=False)
    else:
        own = _certificate(name, key, authority_key, authority, ended=kind == EXPIRED)
    trusted, server = folder / "authority.pem", folder / "server.pem"
    trusted.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    server.write_bytes(own.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(server)
    return made, trusted


def _certificate(name: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey,
                 issuer: x509.Certificate | None, ended: bool) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    names: list[x509.GeneralName] = [x509.DNSName(name.replace(" ", "-"))]
    if name == "127.0.0.1":
        names = [x509.IPAddress(ipaddress.ip_address(name)), x509.DNSName("localhost")]
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject if issuer else subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - 30 * DAY).not_valid_after(now - DAY if ended else now + 30 * DAY)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    return builder.sign(signer, hashes.SHA256())
