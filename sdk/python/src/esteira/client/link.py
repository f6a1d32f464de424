"""One connection to the coordinator that can be thrown away and opened again."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

import grpc

from ..model.limits import MESSAGE_BYTES_MAX
from .errors import EndpointError

_OPTIONS = [
    ("grpc.max_receive_message_length", 2 * MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Sending again is this SDK's business: the same bytes, with its own backoff.
    ("grpc.enable_retries", 0),
    # Else a channel that was opened anew would use the half-open connection of the old one.
    ("grpc.use_local_subchannel_pool", 1),
]


class Link:
    """Where the coordinator is, and the channel that is open to it.

    A half-open connection answers nothing for minutes; so whoever waited in vain calls :meth:`renew`, and the next
    request opens another.
    """

    def __init__(self, endpoint: str, token: str | None = None) -> None:
        self.endpoint = endpoint
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise EndpointError(f"the endpoint {endpoint!r} has not the form http://host:port")
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise EndpointError(f"the endpoint {endpoint!r}: {error}") from None
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self._target = f"{host}:{port}"
        self._secure = parts.scheme == "https"
        if token is not None and not (token.isascii() and token.isprintable()):
            raise EndpointError("the token holds characters that a header may not hold")
        #: Sent with every call.
        self.metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        self._token = token
        self._lock = threading.Lock()
        self._generation = 0
        self._channel: grpc.Channel | None = None

    def apart(self) -> Link:
        """The same place over a connection of its own."""
        return Link(self.endpoint, self._token)

    def channel(self) -> tuple[int, grpc.Channel]:
        """The open channel and its generation."""
        with self._lock:
            if self._channel is None:
                if self._secure:
                    credentials = grpc.ssl_channel_credentials()
                    self._channel = grpc.secure_channel(self._target, credentials, options=_OPTIONS)
                else:
                    self._channel = grpc.insecure_channel(self._target, options=_OPTIONS)
            return self._generation, self._channel

    def renew(self, generation: int) -> None:
        """Forgets the channel of that generation; a newer one stays."""
        with self._lock:
            if self._generation == generation:
                self._generation += 1
                self._channel = None

    def close(self) -> None:
        """Closes the open channel; calls that are under way end as cancelled."""
        with self._lock:
            channel, self._channel = self._channel, None
            self._generation += 1
        if channel is not None:
            channel.close()
