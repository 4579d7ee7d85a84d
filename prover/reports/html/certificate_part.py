"""A certificate inside a page: to be saved from it, with its digest and the command that checks it."""

from __future__ import annotations

from base64 import b64encode

from prover.reports.html.shell import text

MAX_CERTIFICATE = 1 << 20  # bytes
FILE = "rope-prover-certificate.json"


def certificate_part(certificate: str | None, digest: str | None, path: str | None = None) -> str:
    """The section of a page. `path`: where the certificate was written too, if it was."""
    title = '<section aria-labelledby="certificate-title"><h2 id="certificate-title">Certificate</h2>'
    if certificate is None:
        return f"{title}\n<p>There is none: no evidence was found either way.</p>\n</section>"
    data = certificate.encode()
    fits = len(data) <= MAX_CERTIFICATE
    command = f"<p>Check it: <code>rope-prover check {text(path or (FILE if fits else 'FILE'))}</code></p>"
    if not fits:
        saved = (
            f"<p>It has {len(data)} bytes, which is too much for this page"
            + ("" if path else "; <code>--certificate FILE</code> writes it") + ".</p>"
        )
    else:
        link = f"data:application/json;base64,{b64encode(data).decode()}"
        saved = (f'<p><a class="button" id="certificate" download="{FILE}" href="{link}">Save the certificate</a> '
                 f"({len(data)} bytes)</p>")
    about = "<p>The evidence, accepted by the independent checker before anything was said.</p>"
    return "\n".join([title, about, f"<p>Digest: <code>{text(digest)}</code></p>", saved, command, "</section>"])
