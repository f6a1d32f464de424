import datetime

from esteira.v1 import types_pb2 as _types_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WorkerDirective(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORKER_DIRECTIVE_UNSPECIFIED: _ClassVar[WorkerDirective]
    WORKER_DIRECTIVE_CONTINUE: _ClassVar[WorkerDirective]
    WORKER_DIRECTIVE_DRAIN: _ClassVar[WorkerDirective]
    WORKER_DIRECTIVE_REGISTER: _ClassVar[WorkerDirective]

class LeaseStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEASE_STATUS_UNSPECIFIED: _ClassVar[LeaseStatus]
    LEASE_STATUS_ACTIVE: _ClassVar[LeaseStatus]
    LEASE_STATUS_CANCEL_REQUESTED: _ClassVar[LeaseStatus]
    LEASE_STATUS_LOST: _ClassVar[LeaseStatus]
WORKER_DIRECTIVE_UNSPECIFIED: WorkerDirective
WORKER_DIRECTIVE_CONTINUE: WorkerDirective
WORKER_DIRECTIVE_DRAIN: WorkerDirective
WORKER_DIRECTIVE_REGISTER: WorkerDirective
LEASE_STATUS_UNSPECIFIED: LeaseStatus
LEASE_STATUS_ACTIVE: LeaseStatus
LEASE_STATUS_CANCEL_REQUESTED: LeaseStatus
LEASE_STATUS_LOST: LeaseStatus

class FunctionSpec(_message.Message):
    __slots__ = ("name", "version", "output_type", "summary")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    output_type: _types_pb2.OutputType
    summary: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., output_type: _Optional[_Union[_types_pb2.OutputType, str]] = ..., summary: _Optional[str] = ...) -> None: ...

class WorkerInfo(_message.Message):
    __slots__ = ("worker_id", "display_name", "build_id", "sdk", "host", "pid", "max_concurrency", "labels", "functions")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    SDK_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONS_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    display_name: str
    build_id: str
    sdk: str
    host: str
    pid: int
    max_concurrency: int
    labels: _containers.ScalarMap[str, str]
    functions: _containers.RepeatedCompositeFieldContainer[FunctionSpec]
    def __init__(self, worker_id: _Optional[str] = ..., display_name: _Optional[str] = ..., build_id: _Optional[str] = ..., sdk: _Optional[str] = ..., host: _Optional[str] = ..., pid: _Optional[int] = ..., max_concurrency: _Optional[int] = ..., labels: _Optional[_Mapping[str, str]] = ..., functions: _Optional[_Iterable[_Union[FunctionSpec, _Mapping]]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_message_bytes", "max_inline_payload_bytes", "max_json_depth", "max_headers", "max_headers_bytes", "max_plan_bytes", "max_plan_steps", "max_plan_depth", "max_condition_bytes", "max_fan_out_items", "max_outputs_per_append", "max_leases_per_call", "max_reports_per_call", "min_lease_ttl", "default_lease_ttl", "max_lease_ttl", "default_wait", "max_wait", "default_page_size", "max_page_size")
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_INLINE_PAYLOAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_JSON_DEPTH_FIELD_NUMBER: _ClassVar[int]
    MAX_HEADERS_FIELD_NUMBER: _ClassVar[int]
    MAX_HEADERS_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_PLAN_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_PLAN_STEPS_FIELD_NUMBER: _ClassVar[int]
    MAX_PLAN_DEPTH_FIELD_NUMBER: _ClassVar[int]
    MAX_CONDITION_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_FAN_OUT_ITEMS_FIELD_NUMBER: _ClassVar[int]
    MAX_OUTPUTS_PER_APPEND_FIELD_NUMBER: _ClassVar[int]
    MAX_LEASES_PER_CALL_FIELD_NUMBER: _ClassVar[int]
    MAX_REPORTS_PER_CALL_FIELD_NUMBER: _ClassVar[int]
    MIN_LEASE_TTL_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_LEASE_TTL_FIELD_NUMBER: _ClassVar[int]
    MAX_LEASE_TTL_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_WAIT_FIELD_NUMBER: _ClassVar[int]
    MAX_WAIT_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    max_message_bytes: int
    max_inline_payload_bytes: int
    max_json_depth: int
    max_headers: int
    max_headers_bytes: int
    max_plan_bytes: int
    max_plan_steps: int
    max_plan_depth: int
    max_condition_bytes: int
    max_fan_out_items: int
    max_outputs_per_append: int
    max_leases_per_call: int
    max_reports_per_call: int
    min_lease_ttl: _duration_pb2.Duration
    default_lease_ttl: _duration_pb2.Duration
    max_lease_ttl: _duration_pb2.Duration
    default_wait: _duration_pb2.Duration
    max_wait: _duration_pb2.Duration
    default_page_size: int
    max_page_size: int
    def __init__(self, max_message_bytes: _Optional[int] = ..., max_inline_payload_bytes: _Optional[int] = ..., max_json_depth: _Optional[int] = ..., max_headers: _Optional[int] = ..., max_headers_bytes: _Optional[int] = ..., max_plan_bytes: _Optional[int] = ..., max_plan_steps: _Optional[int] = ..., max_plan_depth: _Optional[int] = ..., max_condition_bytes: _Optional[int] = ..., max_fan_out_items: _Optional[int] = ..., max_outputs_per_append: _Optional[int] = ..., max_leases_per_call: _Optional[int] = ..., max_reports_per_call: _Optional[int] = ..., min_lease_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., default_lease_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_lease_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., default_wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., default_page_size: _Optional[int] = ..., max_page_size: _Optional[int] = ...) -> None: ...

class TaskLease(_message.Message):
    __slots__ = ("lease_token", "task_id", "job_id", "plan_version_id", "step_key", "function_name", "attempt", "fence", "idempotency_key", "packet", "config_json", "output_type", "checkpoint", "lease_ttl", "execution_timeout", "capsule")
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_KEY_FIELD_NUMBER: _ClassVar[int]
    FUNCTION_NAME_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    CONFIG_JSON_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TYPE_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    LEASE_TTL_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    CAPSULE_FIELD_NUMBER: _ClassVar[int]
    lease_token: str
    task_id: str
    job_id: str
    plan_version_id: str
    step_key: str
    function_name: str
    attempt: int
    fence: int
    idempotency_key: str
    packet: _types_pb2.DataPacket
    config_json: str
    output_type: _types_pb2.OutputType
    checkpoint: _types_pb2.Payload
    lease_ttl: _duration_pb2.Duration
    execution_timeout: _duration_pb2.Duration
    capsule: bytes
    def __init__(self, lease_token: _Optional[str] = ..., task_id: _Optional[str] = ..., job_id: _Optional[str] = ..., plan_version_id: _Optional[str] = ..., step_key: _Optional[str] = ..., function_name: _Optional[str] = ..., attempt: _Optional[int] = ..., fence: _Optional[int] = ..., idempotency_key: _Optional[str] = ..., packet: _Optional[_Union[_types_pb2.DataPacket, _Mapping]] = ..., config_json: _Optional[str] = ..., output_type: _Optional[_Union[_types_pb2.OutputType, str]] = ..., checkpoint: _Optional[_Union[_types_pb2.Payload, _Mapping]] = ..., lease_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., execution_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., capsule: _Optional[bytes] = ...) -> None: ...

class RegisterWorkerRequest(_message.Message):
    __slots__ = ("worker", "min_protocol", "max_protocol")
    WORKER_FIELD_NUMBER: _ClassVar[int]
    MIN_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    MAX_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    worker: WorkerInfo
    min_protocol: int
    max_protocol: int
    def __init__(self, worker: _Optional[_Union[WorkerInfo, _Mapping]] = ..., min_protocol: _Optional[int] = ..., max_protocol: _Optional[int] = ...) -> None: ...

class RegisterWorkerResponse(_message.Message):
    __slots__ = ("protocol", "limits", "heartbeat_interval")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    protocol: int
    limits: Limits
    heartbeat_interval: _duration_pb2.Duration
    def __init__(self, protocol: _Optional[int] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., heartbeat_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class LeaseTasksRequest(_message.Message):
    __slots__ = ("worker_id", "request_id", "function_names", "queues", "max_leases", "wait", "lease_ttl")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FUNCTION_NAMES_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    MAX_LEASES_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    LEASE_TTL_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    request_id: str
    function_names: _containers.RepeatedScalarFieldContainer[str]
    queues: _containers.RepeatedScalarFieldContainer[str]
    max_leases: int
    wait: _duration_pb2.Duration
    lease_ttl: _duration_pb2.Duration
    def __init__(self, worker_id: _Optional[str] = ..., request_id: _Optional[str] = ..., function_names: _Optional[_Iterable[str]] = ..., queues: _Optional[_Iterable[str]] = ..., max_leases: _Optional[int] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., lease_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class LeaseTasksResponse(_message.Message):
    __slots__ = ("leases", "directive")
    LEASES_FIELD_NUMBER: _ClassVar[int]
    DIRECTIVE_FIELD_NUMBER: _ClassVar[int]
    leases: _containers.RepeatedCompositeFieldContainer[TaskLease]
    directive: WorkerDirective
    def __init__(self, leases: _Optional[_Iterable[_Union[TaskLease, _Mapping]]] = ..., directive: _Optional[_Union[WorkerDirective, str]] = ...) -> None: ...

class LeaseBeat(_message.Message):
    __slots__ = ("lease_token", "checkpoint", "lease_ttl")
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    LEASE_TTL_FIELD_NUMBER: _ClassVar[int]
    lease_token: str
    checkpoint: _types_pb2.Payload
    lease_ttl: _duration_pb2.Duration
    def __init__(self, lease_token: _Optional[str] = ..., checkpoint: _Optional[_Union[_types_pb2.Payload, _Mapping]] = ..., lease_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class LeaseVerdict(_message.Message):
    __slots__ = ("lease_token", "status", "lease_ttl", "reason")
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LEASE_TTL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    lease_token: str
    status: LeaseStatus
    lease_ttl: _duration_pb2.Duration
    reason: str
    def __init__(self, lease_token: _Optional[str] = ..., status: _Optional[_Union[LeaseStatus, str]] = ..., lease_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class HeartbeatLeasesRequest(_message.Message):
    __slots__ = ("worker_id", "beats")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    BEATS_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    beats: _containers.RepeatedCompositeFieldContainer[LeaseBeat]
    def __init__(self, worker_id: _Optional[str] = ..., beats: _Optional[_Iterable[_Union[LeaseBeat, _Mapping]]] = ...) -> None: ...

class HeartbeatLeasesResponse(_message.Message):
    __slots__ = ("verdicts", "directive", "next_heartbeat")
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    DIRECTIVE_FIELD_NUMBER: _ClassVar[int]
    NEXT_HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    verdicts: _containers.RepeatedCompositeFieldContainer[LeaseVerdict]
    directive: WorkerDirective
    next_heartbeat: _duration_pb2.Duration
    def __init__(self, verdicts: _Optional[_Iterable[_Union[LeaseVerdict, _Mapping]]] = ..., directive: _Optional[_Union[WorkerDirective, str]] = ..., next_heartbeat: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class AppendOutputsRequest(_message.Message):
    __slots__ = ("lease_token", "chunk_index", "items")
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CHUNK_INDEX_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    lease_token: str
    chunk_index: int
    items: _containers.RepeatedCompositeFieldContainer[_types_pb2.Payload]
    def __init__(self, lease_token: _Optional[str] = ..., chunk_index: _Optional[int] = ..., items: _Optional[_Iterable[_Union[_types_pb2.Payload, _Mapping]]] = ...) -> None: ...

class AppendOutputsResponse(_message.Message):
    __slots__ = ("total_items",)
    TOTAL_ITEMS_FIELD_NUMBER: _ClassVar[int]
    total_items: int
    def __init__(self, total_items: _Optional[int] = ...) -> None: ...

class Outputs(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[_types_pb2.Payload]
    def __init__(self, items: _Optional[_Iterable[_Union[_types_pb2.Payload, _Mapping]]] = ...) -> None: ...

class OutboxEmit(_message.Message):
    __slots__ = ("topic", "key", "payload", "headers")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    topic: str
    key: str
    payload: _types_pb2.Payload
    headers: _containers.ScalarMap[str, str]
    def __init__(self, topic: _Optional[str] = ..., key: _Optional[str] = ..., payload: _Optional[_Union[_types_pb2.Payload, _Mapping]] = ..., headers: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Completion(_message.Message):
    __slots__ = ("single", "multiple", "none", "appended_items", "aggregate_after", "emit", "verdicts")
    SINGLE_FIELD_NUMBER: _ClassVar[int]
    MULTIPLE_FIELD_NUMBER: _ClassVar[int]
    NONE_FIELD_NUMBER: _ClassVar[int]
    APPENDED_ITEMS_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_AFTER_FIELD_NUMBER: _ClassVar[int]
    EMIT_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    single: _types_pb2.Payload
    multiple: Outputs
    none: _empty_pb2.Empty
    appended_items: int
    aggregate_after: _types_pb2.AggregateRef
    emit: _containers.RepeatedCompositeFieldContainer[OutboxEmit]
    verdicts: _containers.RepeatedCompositeFieldContainer[_types_pb2.PolicyVerdict]
    def __init__(self, single: _Optional[_Union[_types_pb2.Payload, _Mapping]] = ..., multiple: _Optional[_Union[Outputs, _Mapping]] = ..., none: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ..., appended_items: _Optional[int] = ..., aggregate_after: _Optional[_Union[_types_pb2.AggregateRef, _Mapping]] = ..., emit: _Optional[_Iterable[_Union[OutboxEmit, _Mapping]]] = ..., verdicts: _Optional[_Iterable[_Union[_types_pb2.PolicyVerdict, _Mapping]]] = ...) -> None: ...

class Failing(_message.Message):
    __slots__ = ("failure", "checkpoint")
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    failure: _types_pb2.Failure
    checkpoint: _types_pb2.Payload
    def __init__(self, failure: _Optional[_Union[_types_pb2.Failure, _Mapping]] = ..., checkpoint: _Optional[_Union[_types_pb2.Payload, _Mapping]] = ...) -> None: ...

class Release(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class TaskReport(_message.Message):
    __slots__ = ("lease_token", "completed", "failed", "released", "usage", "start_time", "end_time", "capsule")
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    CAPSULE_FIELD_NUMBER: _ClassVar[int]
    lease_token: str
    completed: Completion
    failed: Failing
    released: Release
    usage: _types_pb2.ResourceUsage
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    capsule: bytes
    def __init__(self, lease_token: _Optional[str] = ..., completed: _Optional[_Union[Completion, _Mapping]] = ..., failed: _Optional[_Union[Failing, _Mapping]] = ..., released: _Optional[_Union[Release, _Mapping]] = ..., usage: _Optional[_Union[_types_pb2.ResourceUsage, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., capsule: _Optional[bytes] = ...) -> None: ...

class ReportTasksRequest(_message.Message):
    __slots__ = ("worker_id", "reports", "lease")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    reports: _containers.RepeatedCompositeFieldContainer[TaskReport]
    lease: LeaseTasksRequest
    def __init__(self, worker_id: _Optional[str] = ..., reports: _Optional[_Iterable[_Union[TaskReport, _Mapping]]] = ..., lease: _Optional[_Union[LeaseTasksRequest, _Mapping]] = ...) -> None: ...

class ReportOutcome(_message.Message):
    __slots__ = ("lease_token", "already_applied", "durability", "will_retry", "retry_in", "error_reason", "error_message", "capsule_wanted")
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ALREADY_APPLIED_FIELD_NUMBER: _ClassVar[int]
    DURABILITY_FIELD_NUMBER: _ClassVar[int]
    WILL_RETRY_FIELD_NUMBER: _ClassVar[int]
    RETRY_IN_FIELD_NUMBER: _ClassVar[int]
    ERROR_REASON_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CAPSULE_WANTED_FIELD_NUMBER: _ClassVar[int]
    lease_token: str
    already_applied: bool
    durability: _types_pb2.Durability
    will_retry: bool
    retry_in: _duration_pb2.Duration
    error_reason: str
    error_message: str
    capsule_wanted: bool
    def __init__(self, lease_token: _Optional[str] = ..., already_applied: bool = ..., durability: _Optional[_Union[_types_pb2.Durability, str]] = ..., will_retry: bool = ..., retry_in: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., error_reason: _Optional[str] = ..., error_message: _Optional[str] = ..., capsule_wanted: bool = ...) -> None: ...

class ReportTasksResponse(_message.Message):
    __slots__ = ("outcomes", "lease")
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[ReportOutcome]
    lease: LeaseTasksResponse
    def __init__(self, outcomes: _Optional[_Iterable[_Union[ReportOutcome, _Mapping]]] = ..., lease: _Optional[_Union[LeaseTasksResponse, _Mapping]] = ...) -> None: ...

class DrainWorkerRequest(_message.Message):
    __slots__ = ("worker_id", "grace", "reason")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    GRACE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    grace: _duration_pb2.Duration
    reason: str
    def __init__(self, worker_id: _Optional[str] = ..., grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class DrainWorkerResponse(_message.Message):
    __slots__ = ("outstanding_leases",)
    OUTSTANDING_LEASES_FIELD_NUMBER: _ClassVar[int]
    outstanding_leases: int
    def __init__(self, outstanding_leases: _Optional[int] = ...) -> None: ...
