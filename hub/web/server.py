"""The web server: waitress, saying no more about itself than it must."""

from __future__ import annotations

from typing import Any

#: A body that is larger is refused while it comes in. Below it the application has its own,
#: stricter limit, with a page that says so.
MOST_BYTES = 4_000_000

OPTIONS: dict[str, Any] = {
    "ident": None,  # no name or version of software in the header Server
    "max_request_body_size": MOST_BYTES,
    "max_request_header_size": 32_768,
    # Whether a proxy is believed is for the application to say: the setting `proxies`.
    "clear_untrusted_proxy_headers": False,
    "channel_timeout": 60,  # seconds that a silent connection may hold a place
}
