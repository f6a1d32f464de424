import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Durability(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DURABILITY_UNSPECIFIED: _ClassVar[Durability]
    DURABILITY_COMMITTED: _ClassVar[Durability]
    DURABILITY_LAST_RESORT_DISK: _ClassVar[Durability]
    DURABILITY_LAST_RESORT_MEMORY: _ClassVar[Durability]
    DURABILITY_LAST_RESORT_STANDARD_ERROR: _ClassVar[Durability]

class FailureKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FAILURE_KIND_UNSPECIFIED: _ClassVar[FailureKind]
    FAILURE_KIND_RETRYABLE: _ClassVar[FailureKind]
    FAILURE_KIND_NON_RETRYABLE: _ClassVar[FailureKind]
    FAILURE_KIND_TIMEOUT: _ClassVar[FailureKind]
    FAILURE_KIND_CANCELLED: _ClassVar[FailureKind]
    FAILURE_KIND_LEASE_EXPIRED: _ClassVar[FailureKind]
    FAILURE_KIND_PROTOCOL: _ClassVar[FailureKind]

class OutputType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTPUT_TYPE_UNSPECIFIED: _ClassVar[OutputType]
    OUTPUT_TYPE_SINGLE: _ClassVar[OutputType]
    OUTPUT_TYPE_MULTIPLE: _ClassVar[OutputType]
    OUTPUT_TYPE_NONE: _ClassVar[OutputType]

class DataClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DATA_CLASS_UNSPECIFIED: _ClassVar[DataClass]
    DATA_CLASS_PRODUCTION: _ClassVar[DataClass]
    DATA_CLASS_QA: _ClassVar[DataClass]
    DATA_CLASS_DEVTEST: _ClassVar[DataClass]

class WaitReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAIT_REASON_UNSPECIFIED: _ClassVar[WaitReason]
    WAIT_REASON_NO_WORKER: _ClassVar[WaitReason]
    WAIT_REASON_RETRY_BACKOFF: _ClassVar[WaitReason]
    WAIT_REASON_CONCURRENCY: _ClassVar[WaitReason]
    WAIT_REASON_PAUSED: _ClassVar[WaitReason]
    WAIT_REASON_JOIN: _ClassVar[WaitReason]
    WAIT_REASON_DELAYED: _ClassVar[WaitReason]
    WAIT_REASON_AGGREGATE_BUSY: _ClassVar[WaitReason]
    WAIT_REASON_SUB_PLAN: _ClassVar[WaitReason]
    WAIT_REASON_QUEUE_PAUSED: _ClassVar[WaitReason]
DURABILITY_UNSPECIFIED: Durability
DURABILITY_COMMITTED: Durability
DURABILITY_LAST_RESORT_DISK: Durability
DURABILITY_LAST_RESORT_MEMORY: Durability
DURABILITY_LAST_RESORT_STANDARD_ERROR: Durability
FAILURE_KIND_UNSPECIFIED: FailureKind
FAILURE_KIND_RETRYABLE: FailureKind
FAILURE_KIND_NON_RETRYABLE: FailureKind
FAILURE_KIND_TIMEOUT: FailureKind
FAILURE_KIND_CANCELLED: FailureKind
FAILURE_KIND_LEASE_EXPIRED: FailureKind
FAILURE_KIND_PROTOCOL: FailureKind
OUTPUT_TYPE_UNSPECIFIED: OutputType
OUTPUT_TYPE_SINGLE: OutputType
OUTPUT_TYPE_MULTIPLE: OutputType
OUTPUT_TYPE_NONE: OutputType
DATA_CLASS_UNSPECIFIED: DataClass
DATA_CLASS_PRODUCTION: DataClass
DATA_CLASS_QA: DataClass
DATA_CLASS_DEVTEST: DataClass
WAIT_REASON_UNSPECIFIED: WaitReason
WAIT_REASON_NO_WORKER: WaitReason
WAIT_REASON_RETRY_BACKOFF: WaitReason
WAIT_REASON_CONCURRENCY: WaitReason
WAIT_REASON_PAUSED: WaitReason
WAIT_REASON_JOIN: WaitReason
WAIT_REASON_DELAYED: WaitReason
WAIT_REASON_AGGREGATE_BUSY: WaitReason
WAIT_REASON_SUB_PLAN: WaitReason
WAIT_REASON_QUEUE_PAUSED: WaitReason

class Payload(_message.Message):
    __slots__ = ("json", "binary", "content_type", "schema", "sha256")
    JSON_FIELD_NUMBER: _ClassVar[int]
    BINARY_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    json: str
    binary: bytes
    content_type: str
    schema: str
    sha256: bytes
    def __init__(self, json: _Optional[str] = ..., binary: _Optional[bytes] = ..., content_type: _Optional[str] = ..., schema: _Optional[str] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class Actor(_message.Message):
    __slots__ = ("user_id", "account_id", "on_behalf_of")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    ON_BEHALF_OF_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    account_id: str
    on_behalf_of: str
    def __init__(self, user_id: _Optional[str] = ..., account_id: _Optional[str] = ..., on_behalf_of: _Optional[str] = ...) -> None: ...

class AggregateRef(_message.Message):
    __slots__ = ("type", "id", "version")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    type: str
    id: str
    version: int
    def __init__(self, type: _Optional[str] = ..., id: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class DataPacket(_message.Message):
    __slots__ = ("actor", "aggregate", "data", "headers")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    actor: Actor
    aggregate: AggregateRef
    data: Payload
    headers: _containers.ScalarMap[str, str]
    def __init__(self, actor: _Optional[_Union[Actor, _Mapping]] = ..., aggregate: _Optional[_Union[AggregateRef, _Mapping]] = ..., data: _Optional[_Union[Payload, _Mapping]] = ..., headers: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("kind", "code", "message", "stack_trace", "retry_after", "details", "source")
    KIND_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    STACK_TRACE_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    kind: FailureKind
    code: str
    message: str
    stack_trace: str
    retry_after: _duration_pb2.Duration
    details: Payload
    source: str
    def __init__(self, kind: _Optional[_Union[FailureKind, str]] = ..., code: _Optional[str] = ..., message: _Optional[str] = ..., stack_trace: _Optional[str] = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., details: _Optional[_Union[Payload, _Mapping]] = ..., source: _Optional[str] = ...) -> None: ...

class ResourceUsage(_message.Message):
    __slots__ = ("cpu_time", "wall_time", "peak_rss_bytes", "bytes_read", "bytes_written")
    CPU_TIME_FIELD_NUMBER: _ClassVar[int]
    WALL_TIME_FIELD_NUMBER: _ClassVar[int]
    PEAK_RSS_BYTES_FIELD_NUMBER: _ClassVar[int]
    BYTES_READ_FIELD_NUMBER: _ClassVar[int]
    BYTES_WRITTEN_FIELD_NUMBER: _ClassVar[int]
    cpu_time: _duration_pb2.Duration
    wall_time: _duration_pb2.Duration
    peak_rss_bytes: int
    bytes_read: int
    bytes_written: int
    def __init__(self, cpu_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., wall_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., peak_rss_bytes: _Optional[int] = ..., bytes_read: _Optional[int] = ..., bytes_written: _Optional[int] = ...) -> None: ...

class Lineage(_message.Message):
    __slots__ = ("kind", "root_job_id", "parent_job_id", "parent_task_id", "requested_by", "source_job_id", "reason")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Lineage.Kind]
        KIND_DIRECT: _ClassVar[Lineage.Kind]
        KIND_SUB_PLAN: _ClassVar[Lineage.Kind]
        KIND_REPROCESS: _ClassVar[Lineage.Kind]
    KIND_UNSPECIFIED: Lineage.Kind
    KIND_DIRECT: Lineage.Kind
    KIND_SUB_PLAN: Lineage.Kind
    KIND_REPROCESS: Lineage.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    ROOT_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_TASK_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_BY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    kind: Lineage.Kind
    root_job_id: str
    parent_job_id: str
    parent_task_id: str
    requested_by: Actor
    source_job_id: str
    reason: str
    def __init__(self, kind: _Optional[_Union[Lineage.Kind, str]] = ..., root_job_id: _Optional[str] = ..., parent_job_id: _Optional[str] = ..., parent_task_id: _Optional[str] = ..., requested_by: _Optional[_Union[Actor, _Mapping]] = ..., source_job_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class PolicyVerdict(_message.Message):
    __slots__ = ("policy", "version", "passed", "detail")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    policy: str
    version: str
    passed: bool
    detail: str
    def __init__(self, policy: _Optional[str] = ..., version: _Optional[str] = ..., passed: bool = ..., detail: _Optional[str] = ...) -> None: ...
