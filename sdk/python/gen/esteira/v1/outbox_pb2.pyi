import datetime

from esteira.v1 import types_pb2 as _types_pb2
from esteira.v1 import worker_pb2 as _worker_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OutboxMessage(_message.Message):
    __slots__ = ("message_id", "commit_sequence", "topic", "key", "payload", "headers", "job_id", "task_id", "commit_time", "delivery_attempt", "parked", "failure")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    COMMIT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    COMMIT_TIME_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    PARKED_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    commit_sequence: int
    topic: str
    key: str
    payload: _types_pb2.Payload
    headers: _containers.ScalarMap[str, str]
    job_id: str
    task_id: str
    commit_time: _timestamp_pb2.Timestamp
    delivery_attempt: int
    parked: bool
    failure: str
    def __init__(self, message_id: _Optional[str] = ..., commit_sequence: _Optional[int] = ..., topic: _Optional[str] = ..., key: _Optional[str] = ..., payload: _Optional[_Union[_types_pb2.Payload, _Mapping]] = ..., headers: _Optional[_Mapping[str, str]] = ..., job_id: _Optional[str] = ..., task_id: _Optional[str] = ..., commit_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., delivery_attempt: _Optional[int] = ..., parked: bool = ..., failure: _Optional[str] = ...) -> None: ...

class OutboxLease(_message.Message):
    __slots__ = ("lease_token", "messages", "lease_ttl")
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    LEASE_TTL_FIELD_NUMBER: _ClassVar[int]
    lease_token: str
    messages: _containers.RepeatedCompositeFieldContainer[OutboxMessage]
    lease_ttl: _duration_pb2.Duration
    def __init__(self, lease_token: _Optional[str] = ..., messages: _Optional[_Iterable[_Union[OutboxMessage, _Mapping]]] = ..., lease_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class LeaseOutboxRequest(_message.Message):
    __slots__ = ("worker_id", "request_id", "topics", "max_messages", "wait", "lease_ttl")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TOPICS_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    LEASE_TTL_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    request_id: str
    topics: _containers.RepeatedScalarFieldContainer[str]
    max_messages: int
    wait: _duration_pb2.Duration
    lease_ttl: _duration_pb2.Duration
    def __init__(self, worker_id: _Optional[str] = ..., request_id: _Optional[str] = ..., topics: _Optional[_Iterable[str]] = ..., max_messages: _Optional[int] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., lease_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class LeaseOutboxResponse(_message.Message):
    __slots__ = ("leases", "directive")
    LEASES_FIELD_NUMBER: _ClassVar[int]
    DIRECTIVE_FIELD_NUMBER: _ClassVar[int]
    leases: _containers.RepeatedCompositeFieldContainer[OutboxLease]
    directive: _worker_pb2.WorkerDirective
    def __init__(self, leases: _Optional[_Iterable[_Union[OutboxLease, _Mapping]]] = ..., directive: _Optional[_Union[_worker_pb2.WorkerDirective, str]] = ...) -> None: ...

class ExtendOutboxRequest(_message.Message):
    __slots__ = ("worker_id", "beats")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    BEATS_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    beats: _containers.RepeatedCompositeFieldContainer[_worker_pb2.LeaseBeat]
    def __init__(self, worker_id: _Optional[str] = ..., beats: _Optional[_Iterable[_Union[_worker_pb2.LeaseBeat, _Mapping]]] = ...) -> None: ...

class ExtendOutboxResponse(_message.Message):
    __slots__ = ("verdicts",)
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    verdicts: _containers.RepeatedCompositeFieldContainer[_worker_pb2.LeaseVerdict]
    def __init__(self, verdicts: _Optional[_Iterable[_Union[_worker_pb2.LeaseVerdict, _Mapping]]] = ...) -> None: ...

class AckOutboxRequest(_message.Message):
    __slots__ = ("lease_token", "through_sequence")
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    lease_token: str
    through_sequence: int
    def __init__(self, lease_token: _Optional[str] = ..., through_sequence: _Optional[int] = ...) -> None: ...

class AckOutboxResponse(_message.Message):
    __slots__ = ("acked", "already_applied")
    ACKED_FIELD_NUMBER: _ClassVar[int]
    ALREADY_APPLIED_FIELD_NUMBER: _ClassVar[int]
    acked: int
    already_applied: bool
    def __init__(self, acked: _Optional[int] = ..., already_applied: bool = ...) -> None: ...

class NackOutboxRequest(_message.Message):
    __slots__ = ("lease_token", "from_sequence", "retry_after", "failure", "park")
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    PARK_FIELD_NUMBER: _ClassVar[int]
    lease_token: str
    from_sequence: int
    retry_after: _duration_pb2.Duration
    failure: str
    park: bool
    def __init__(self, lease_token: _Optional[str] = ..., from_sequence: _Optional[int] = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., failure: _Optional[str] = ..., park: bool = ...) -> None: ...

class NackOutboxResponse(_message.Message):
    __slots__ = ("parked",)
    PARKED_FIELD_NUMBER: _ClassVar[int]
    parked: bool
    def __init__(self, parked: bool = ...) -> None: ...

class UnparkOutboxRequest(_message.Message):
    __slots__ = ("topic", "key")
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    topic: str
    key: str
    def __init__(self, topic: _Optional[str] = ..., key: _Optional[str] = ...) -> None: ...

class UnparkOutboxResponse(_message.Message):
    __slots__ = ("unparked",)
    UNPARKED_FIELD_NUMBER: _ClassVar[int]
    unparked: bool
    def __init__(self, unparked: bool = ...) -> None: ...

class ListOutboxMessagesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListOutboxMessagesResponse(_message.Message):
    __slots__ = ("messages", "next_page_token")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[OutboxMessage]
    next_page_token: str
    def __init__(self, messages: _Optional[_Iterable[_Union[OutboxMessage, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
