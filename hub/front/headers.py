"""The headers that every answer carries, whatever page or fault it came from."""

from __future__ import annotations

from flask import Flask, Response, request

#: Nothing inline, nothing from elsewhere, nobody may frame us (DigiD norm U/PW.03).
POLICY = "; ".join(
    (
        "default-src 'none'",
        "object-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

#: What no page of the hub needs.
_UNUSED = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "usb",
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    # Without preload: to have browsers ship that is up to the owner of the whole domain.
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _UNUSED),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}


def protect(app: Flask) -> None:
    """Put the headers on every answer of `app`."""

    @app.after_request
    def _protect(response: Response) -> Response:
        response.headers.update(HEADERS)
        if not _is_file(response):
            response.headers["Cache-Control"] = "no-store"
        return response


def _is_file(response: Response) -> bool:
    """Tell whether this is a file of the front-end: all that may be kept, as it names nobody."""
    return request.endpoint == "static" and response.status_code in (200, 206, 304)
