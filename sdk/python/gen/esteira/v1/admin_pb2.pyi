import datetime

from esteira.v1 import types_pb2 as _types_pb2
from esteira.v1 import worker_pb2 as _worker_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RetentionPolicy(_message.Message):
    __slots__ = ("project", "data_class", "keep", "is_default")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    DATA_CLASS_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    project: str
    data_class: _types_pb2.DataClass
    keep: _duration_pb2.Duration
    is_default: bool
    def __init__(self, project: _Optional[str] = ..., data_class: _Optional[_Union[_types_pb2.DataClass, str]] = ..., keep: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., is_default: bool = ...) -> None: ...

class Worker(_message.Message):
    __slots__ = ("info", "first_seen_time", "last_seen_time", "active_leases", "draining")
    INFO_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEEN_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_TIME_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_LEASES_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    info: _worker_pb2.WorkerInfo
    first_seen_time: _timestamp_pb2.Timestamp
    last_seen_time: _timestamp_pb2.Timestamp
    active_leases: int
    draining: bool
    def __init__(self, info: _Optional[_Union[_worker_pb2.WorkerInfo, _Mapping]] = ..., first_seen_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_seen_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., active_leases: _Optional[int] = ..., draining: bool = ...) -> None: ...

class Queue(_message.Message):
    __slots__ = ("name", "paused", "ready", "leased", "oldest_ready_age", "served")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    LEASED_FIELD_NUMBER: _ClassVar[int]
    OLDEST_READY_AGE_FIELD_NUMBER: _ClassVar[int]
    SERVED_FIELD_NUMBER: _ClassVar[int]
    name: str
    paused: bool
    ready: int
    leased: int
    oldest_ready_age: _duration_pb2.Duration
    served: bool
    def __init__(self, name: _Optional[str] = ..., paused: bool = ..., ready: _Optional[int] = ..., leased: _Optional[int] = ..., oldest_ready_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., served: bool = ...) -> None: ...

class GetSystemInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetSystemInfoResponse(_message.Message):
    __slots__ = ("server_version", "min_protocol", "max_protocol", "limits", "server_time", "last_resort")
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    MIN_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    MAX_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SERVER_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_RESORT_FIELD_NUMBER: _ClassVar[int]
    server_version: str
    min_protocol: int
    max_protocol: int
    limits: _worker_pb2.Limits
    server_time: _timestamp_pb2.Timestamp
    last_resort: LastResortInfo
    def __init__(self, server_version: _Optional[str] = ..., min_protocol: _Optional[int] = ..., max_protocol: _Optional[int] = ..., limits: _Optional[_Union[_worker_pb2.Limits, _Mapping]] = ..., server_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_resort: _Optional[_Union[LastResortInfo, _Mapping]] = ...) -> None: ...

class LastResortInfo(_message.Message):
    __slots__ = ("records", "bytes", "oldest_record_age", "reserve_bytes", "room_bytes", "ingested", "already_applied", "set_aside", "damaged", "on_standard_error", "folders", "failed_folders")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    OLDEST_RECORD_AGE_FIELD_NUMBER: _ClassVar[int]
    RESERVE_BYTES_FIELD_NUMBER: _ClassVar[int]
    ROOM_BYTES_FIELD_NUMBER: _ClassVar[int]
    INGESTED_FIELD_NUMBER: _ClassVar[int]
    ALREADY_APPLIED_FIELD_NUMBER: _ClassVar[int]
    SET_ASIDE_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_FIELD_NUMBER: _ClassVar[int]
    ON_STANDARD_ERROR_FIELD_NUMBER: _ClassVar[int]
    FOLDERS_FIELD_NUMBER: _ClassVar[int]
    FAILED_FOLDERS_FIELD_NUMBER: _ClassVar[int]
    records: int
    bytes: int
    oldest_record_age: _duration_pb2.Duration
    reserve_bytes: int
    room_bytes: int
    ingested: int
    already_applied: int
    set_aside: int
    damaged: int
    on_standard_error: int
    folders: int
    failed_folders: int
    def __init__(self, records: _Optional[int] = ..., bytes: _Optional[int] = ..., oldest_record_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reserve_bytes: _Optional[int] = ..., room_bytes: _Optional[int] = ..., ingested: _Optional[int] = ..., already_applied: _Optional[int] = ..., set_aside: _Optional[int] = ..., damaged: _Optional[int] = ..., on_standard_error: _Optional[int] = ..., folders: _Optional[int] = ..., failed_folders: _Optional[int] = ...) -> None: ...

class LastResortRecord(_message.Message):
    __slots__ = ("sequence", "kind", "state", "reason", "write_time", "bytes", "job_id", "task_id", "fence", "plan_name")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[LastResortRecord.Kind]
        KIND_REPORT: _ClassVar[LastResortRecord.Kind]
        KIND_START: _ClassVar[LastResortRecord.Kind]
    KIND_UNSPECIFIED: LastResortRecord.Kind
    KIND_REPORT: LastResortRecord.Kind
    KIND_START: LastResortRecord.Kind
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[LastResortRecord.State]
        STATE_WAITING: _ClassVar[LastResortRecord.State]
        STATE_SET_ASIDE: _ClassVar[LastResortRecord.State]
    STATE_UNSPECIFIED: LastResortRecord.State
    STATE_WAITING: LastResortRecord.State
    STATE_SET_ASIDE: LastResortRecord.State
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WRITE_TIME_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    kind: LastResortRecord.Kind
    state: LastResortRecord.State
    reason: str
    write_time: _timestamp_pb2.Timestamp
    bytes: int
    job_id: str
    task_id: str
    fence: int
    plan_name: str
    def __init__(self, sequence: _Optional[int] = ..., kind: _Optional[_Union[LastResortRecord.Kind, str]] = ..., state: _Optional[_Union[LastResortRecord.State, str]] = ..., reason: _Optional[str] = ..., write_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., bytes: _Optional[int] = ..., job_id: _Optional[str] = ..., task_id: _Optional[str] = ..., fence: _Optional[int] = ..., plan_name: _Optional[str] = ...) -> None: ...

class ListWorkersRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListWorkersResponse(_message.Message):
    __slots__ = ("workers", "next_page_token")
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    workers: _containers.RepeatedCompositeFieldContainer[Worker]
    next_page_token: str
    def __init__(self, workers: _Optional[_Iterable[_Union[Worker, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListQueuesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListQueuesResponse(_message.Message):
    __slots__ = ("queues", "next_page_token")
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    queues: _containers.RepeatedCompositeFieldContainer[Queue]
    next_page_token: str
    def __init__(self, queues: _Optional[_Iterable[_Union[Queue, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateQueueRequest(_message.Message):
    __slots__ = ("queue", "update_mask")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    queue: Queue
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, queue: _Optional[_Union[Queue, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateQueueResponse(_message.Message):
    __slots__ = ("queue",)
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    queue: Queue
    def __init__(self, queue: _Optional[_Union[Queue, _Mapping]] = ...) -> None: ...

class EvictWorkerRequest(_message.Message):
    __slots__ = ("worker_id", "reason")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    reason: str
    def __init__(self, worker_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class EvictWorkerResponse(_message.Message):
    __slots__ = ("released_leases",)
    RELEASED_LEASES_FIELD_NUMBER: _ClassVar[int]
    released_leases: int
    def __init__(self, released_leases: _Optional[int] = ...) -> None: ...

class ListRetentionRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRetentionResponse(_message.Message):
    __slots__ = ("policies", "next_page_token")
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    policies: _containers.RepeatedCompositeFieldContainer[RetentionPolicy]
    next_page_token: str
    def __init__(self, policies: _Optional[_Iterable[_Union[RetentionPolicy, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SetRetentionRequest(_message.Message):
    __slots__ = ("project", "data_class", "keep", "keep_forever", "use_default")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    DATA_CLASS_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    KEEP_FOREVER_FIELD_NUMBER: _ClassVar[int]
    USE_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    project: str
    data_class: _types_pb2.DataClass
    keep: _duration_pb2.Duration
    keep_forever: bool
    use_default: bool
    def __init__(self, project: _Optional[str] = ..., data_class: _Optional[_Union[_types_pb2.DataClass, str]] = ..., keep: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., keep_forever: bool = ..., use_default: bool = ...) -> None: ...

class SetRetentionResponse(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: RetentionPolicy
    def __init__(self, policy: _Optional[_Union[RetentionPolicy, _Mapping]] = ...) -> None: ...

class ApplyRetentionRequest(_message.Message):
    __slots__ = ("dry_run", "page_token")
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    page_token: str
    def __init__(self, dry_run: bool = ..., page_token: _Optional[str] = ...) -> None: ...

class ApplyRetentionResponse(_message.Message):
    __slots__ = ("jobs", "tasks", "artifacts", "bytes", "held_open", "held_undelivered", "next_page_token", "partitions", "held_referred")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    HELD_OPEN_FIELD_NUMBER: _ClassVar[int]
    HELD_UNDELIVERED_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARTITIONS_FIELD_NUMBER: _ClassVar[int]
    HELD_REFERRED_FIELD_NUMBER: _ClassVar[int]
    jobs: int
    tasks: int
    artifacts: int
    bytes: int
    held_open: int
    held_undelivered: int
    next_page_token: str
    partitions: int
    held_referred: int
    def __init__(self, jobs: _Optional[int] = ..., tasks: _Optional[int] = ..., artifacts: _Optional[int] = ..., bytes: _Optional[int] = ..., held_open: _Optional[int] = ..., held_undelivered: _Optional[int] = ..., next_page_token: _Optional[str] = ..., partitions: _Optional[int] = ..., held_referred: _Optional[int] = ...) -> None: ...

class PurgeJobsRequest(_message.Message):
    __slots__ = ("data_class", "filter", "reason", "dry_run", "confirmation", "page_size", "page_token")
    DATA_CLASS_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    data_class: _types_pb2.DataClass
    filter: str
    reason: str
    dry_run: bool
    confirmation: str
    page_size: int
    page_token: str
    def __init__(self, data_class: _Optional[_Union[_types_pb2.DataClass, str]] = ..., filter: _Optional[str] = ..., reason: _Optional[str] = ..., dry_run: bool = ..., confirmation: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class PurgeJobsResponse(_message.Message):
    __slots__ = ("jobs", "tasks", "artifacts", "bytes", "held_open", "held_undelivered", "held_referred", "confirmation", "certificates", "next_page_token")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    HELD_OPEN_FIELD_NUMBER: _ClassVar[int]
    HELD_UNDELIVERED_FIELD_NUMBER: _ClassVar[int]
    HELD_REFERRED_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jobs: int
    tasks: int
    artifacts: int
    bytes: int
    held_open: int
    held_undelivered: int
    held_referred: int
    confirmation: str
    certificates: _containers.RepeatedCompositeFieldContainer[RemovalCertificate]
    next_page_token: str
    def __init__(self, jobs: _Optional[int] = ..., tasks: _Optional[int] = ..., artifacts: _Optional[int] = ..., bytes: _Optional[int] = ..., held_open: _Optional[int] = ..., held_undelivered: _Optional[int] = ..., held_referred: _Optional[int] = ..., confirmation: _Optional[str] = ..., certificates: _Optional[_Iterable[_Union[RemovalCertificate, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RemovalCertificate(_message.Message):
    __slots__ = ("job_id", "cause", "bodies", "bytes", "removal_time", "leaf_hash", "leaf")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    BODIES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    REMOVAL_TIME_FIELD_NUMBER: _ClassVar[int]
    LEAF_HASH_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    cause: str
    bodies: int
    bytes: int
    removal_time: _timestamp_pb2.Timestamp
    leaf_hash: bytes
    leaf: bytes
    def __init__(self, job_id: _Optional[str] = ..., cause: _Optional[str] = ..., bodies: _Optional[int] = ..., bytes: _Optional[int] = ..., removal_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., leaf_hash: _Optional[bytes] = ..., leaf: _Optional[bytes] = ...) -> None: ...

class EraseJobRequest(_message.Message):
    __slots__ = ("job_id", "reason")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    reason: str
    def __init__(self, job_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class EraseJobResponse(_message.Message):
    __slots__ = ("jobs", "artifacts", "bytes", "certificates")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATES_FIELD_NUMBER: _ClassVar[int]
    jobs: int
    artifacts: int
    bytes: int
    certificates: _containers.RepeatedCompositeFieldContainer[RemovalCertificate]
    def __init__(self, jobs: _Optional[int] = ..., artifacts: _Optional[int] = ..., bytes: _Optional[int] = ..., certificates: _Optional[_Iterable[_Union[RemovalCertificate, _Mapping]]] = ...) -> None: ...

class ListLastResortRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLastResortResponse(_message.Message):
    __slots__ = ("records", "next_page_token")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[LastResortRecord]
    next_page_token: str
    def __init__(self, records: _Optional[_Iterable[_Union[LastResortRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetLastResortRecordRequest(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class GetLastResortRecordResponse(_message.Message):
    __slots__ = ("record", "said_json")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    SAID_JSON_FIELD_NUMBER: _ClassVar[int]
    record: LastResortRecord
    said_json: str
    def __init__(self, record: _Optional[_Union[LastResortRecord, _Mapping]] = ..., said_json: _Optional[str] = ...) -> None: ...

class IngestLastResortRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class IngestLastResortResponse(_message.Message):
    __slots__ = ("ingested", "already_applied", "set_aside", "left")
    INGESTED_FIELD_NUMBER: _ClassVar[int]
    ALREADY_APPLIED_FIELD_NUMBER: _ClassVar[int]
    SET_ASIDE_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    ingested: int
    already_applied: int
    set_aside: int
    left: int
    def __init__(self, ingested: _Optional[int] = ..., already_applied: _Optional[int] = ..., set_aside: _Optional[int] = ..., left: _Optional[int] = ...) -> None: ...
