import datetime

from esteira.v1 import types_pb2 as _types_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_VALID: _ClassVar[Verdict]
    VERDICT_VALID_NOT_ANCHORED: _ClassVar[Verdict]
    VERDICT_MISMATCH_CONTENT: _ClassVar[Verdict]
    VERDICT_MISMATCH_LEAF: _ClassVar[Verdict]
    VERDICT_CHAIN_BROKEN: _ClassVar[Verdict]
    VERDICT_NOT_INCLUDED: _ClassVar[Verdict]
    VERDICT_ERASED: _ClassVar[Verdict]
    VERDICT_UNKNOWN: _ClassVar[Verdict]

class AuditDecision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIT_DECISION_UNSPECIFIED: _ClassVar[AuditDecision]
    AUDIT_DECISION_ALLOWED: _ClassVar[AuditDecision]
    AUDIT_DECISION_DENIED: _ClassVar[AuditDecision]

class ReportGroup(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPORT_GROUP_UNSPECIFIED: _ClassVar[ReportGroup]
    REPORT_GROUP_PLAN: _ClassVar[ReportGroup]
    REPORT_GROUP_STEP: _ClassVar[ReportGroup]
    REPORT_GROUP_FUNCTION_VERSION: _ClassVar[ReportGroup]
    REPORT_GROUP_WORKER: _ClassVar[ReportGroup]
VERDICT_UNSPECIFIED: Verdict
VERDICT_VALID: Verdict
VERDICT_VALID_NOT_ANCHORED: Verdict
VERDICT_MISMATCH_CONTENT: Verdict
VERDICT_MISMATCH_LEAF: Verdict
VERDICT_CHAIN_BROKEN: Verdict
VERDICT_NOT_INCLUDED: Verdict
VERDICT_ERASED: Verdict
VERDICT_UNKNOWN: Verdict
AUDIT_DECISION_UNSPECIFIED: AuditDecision
AUDIT_DECISION_ALLOWED: AuditDecision
AUDIT_DECISION_DENIED: AuditDecision
REPORT_GROUP_UNSPECIFIED: ReportGroup
REPORT_GROUP_PLAN: ReportGroup
REPORT_GROUP_STEP: ReportGroup
REPORT_GROUP_FUNCTION_VERSION: ReportGroup
REPORT_GROUP_WORKER: ReportGroup

class VerificationFlaw(_message.Message):
    __slots__ = ("index", "job_id", "about", "verdict", "failing")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ABOUT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    FAILING_FIELD_NUMBER: _ClassVar[int]
    index: str
    job_id: str
    about: str
    verdict: Verdict
    failing: str
    def __init__(self, index: _Optional[str] = ..., job_id: _Optional[str] = ..., about: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., failing: _Optional[str] = ...) -> None: ...

class Verification(_message.Message):
    __slots__ = ("verdict", "failing", "checked", "valid", "not_anchored", "erased", "failed", "flaws", "tree_size", "root")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    FAILING_FIELD_NUMBER: _ClassVar[int]
    CHECKED_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    NOT_ANCHORED_FIELD_NUMBER: _ClassVar[int]
    ERASED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    FLAWS_FIELD_NUMBER: _ClassVar[int]
    TREE_SIZE_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    verdict: Verdict
    failing: str
    checked: int
    valid: int
    not_anchored: int
    erased: int
    failed: int
    flaws: _containers.RepeatedCompositeFieldContainer[VerificationFlaw]
    tree_size: int
    root: bytes
    def __init__(self, verdict: _Optional[_Union[Verdict, str]] = ..., failing: _Optional[str] = ..., checked: _Optional[int] = ..., valid: _Optional[int] = ..., not_anchored: _Optional[int] = ..., erased: _Optional[int] = ..., failed: _Optional[int] = ..., flaws: _Optional[_Iterable[_Union[VerificationFlaw, _Mapping]]] = ..., tree_size: _Optional[int] = ..., root: _Optional[bytes] = ...) -> None: ...

class GetLedgerRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetLedgerResponse(_message.Message):
    __slots__ = ("origin", "epoch", "size", "waiting_pages", "checkpoint", "checkpoint_size", "sign_time", "anchor", "anchor_time", "anchor_file", "verifier_keys")
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    WAITING_PAGES_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_SIZE_FIELD_NUMBER: _ClassVar[int]
    SIGN_TIME_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_TIME_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FILE_FIELD_NUMBER: _ClassVar[int]
    VERIFIER_KEYS_FIELD_NUMBER: _ClassVar[int]
    origin: str
    epoch: int
    size: int
    waiting_pages: int
    checkpoint: str
    checkpoint_size: int
    sign_time: _timestamp_pb2.Timestamp
    anchor: str
    anchor_time: _timestamp_pb2.Timestamp
    anchor_file: str
    verifier_keys: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, origin: _Optional[str] = ..., epoch: _Optional[int] = ..., size: _Optional[int] = ..., waiting_pages: _Optional[int] = ..., checkpoint: _Optional[str] = ..., checkpoint_size: _Optional[int] = ..., sign_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., anchor: _Optional[str] = ..., anchor_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., anchor_file: _Optional[str] = ..., verifier_keys: _Optional[_Iterable[str]] = ...) -> None: ...

class ArtifactSelector(_message.Message):
    __slots__ = ("job_id", "input", "output", "sha256")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    input: bool
    output: TaskOutput
    sha256: bytes
    def __init__(self, job_id: _Optional[str] = ..., input: bool = ..., output: _Optional[_Union[TaskOutput, _Mapping]] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class TaskOutput(_message.Message):
    __slots__ = ("task_id", "index")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    index: int
    def __init__(self, task_id: _Optional[str] = ..., index: _Optional[int] = ...) -> None: ...

class VerifyArtifactRequest(_message.Message):
    __slots__ = ("artifact", "content", "plan", "version")
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    artifact: ArtifactSelector
    content: bytes
    plan: str
    version: int
    def __init__(self, artifact: _Optional[_Union[ArtifactSelector, _Mapping]] = ..., content: _Optional[bytes] = ..., plan: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class VerifyArtifactResponse(_message.Message):
    __slots__ = ("verification", "job_id")
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    verification: Verification
    job_id: str
    def __init__(self, verification: _Optional[_Union[Verification, _Mapping]] = ..., job_id: _Optional[str] = ...) -> None: ...

class VerifyJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class VerifyJobResponse(_message.Message):
    __slots__ = ("verification",)
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    verification: Verification
    def __init__(self, verification: _Optional[_Union[Verification, _Mapping]] = ...) -> None: ...

class VerifyRangeRequest(_message.Message):
    __slots__ = ("from_index", "to_index", "page_token")
    FROM_INDEX_FIELD_NUMBER: _ClassVar[int]
    TO_INDEX_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    from_index: int
    to_index: int
    page_token: str
    def __init__(self, from_index: _Optional[int] = ..., to_index: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class VerifyRangeResponse(_message.Message):
    __slots__ = ("verification", "next_page_token")
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    verification: Verification
    next_page_token: str
    def __init__(self, verification: _Optional[_Union[Verification, _Mapping]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class VerifyStoreRequest(_message.Message):
    __slots__ = ("page_token",)
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_token: str
    def __init__(self, page_token: _Optional[str] = ...) -> None: ...

class VerifyStoreResponse(_message.Message):
    __slots__ = ("verification", "next_page_token")
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    verification: Verification
    next_page_token: str
    def __init__(self, verification: _Optional[_Union[Verification, _Mapping]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetConsistencyProofRequest(_message.Message):
    __slots__ = ("old_size", "new_size")
    OLD_SIZE_FIELD_NUMBER: _ClassVar[int]
    NEW_SIZE_FIELD_NUMBER: _ClassVar[int]
    old_size: int
    new_size: int
    def __init__(self, old_size: _Optional[int] = ..., new_size: _Optional[int] = ...) -> None: ...

class GetConsistencyProofResponse(_message.Message):
    __slots__ = ("hashes", "old_checkpoint", "new_checkpoint", "new_size")
    HASHES_FIELD_NUMBER: _ClassVar[int]
    OLD_CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    NEW_CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    NEW_SIZE_FIELD_NUMBER: _ClassVar[int]
    hashes: _containers.RepeatedScalarFieldContainer[bytes]
    old_checkpoint: str
    new_checkpoint: str
    new_size: int
    def __init__(self, hashes: _Optional[_Iterable[bytes]] = ..., old_checkpoint: _Optional[str] = ..., new_checkpoint: _Optional[str] = ..., new_size: _Optional[int] = ...) -> None: ...

class ExportEvidenceRequest(_message.Message):
    __slots__ = ("artifact", "omit_content")
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    OMIT_CONTENT_FIELD_NUMBER: _ClassVar[int]
    artifact: ArtifactSelector
    omit_content: bool
    def __init__(self, artifact: _Optional[_Union[ArtifactSelector, _Mapping]] = ..., omit_content: bool = ...) -> None: ...

class ExportEvidenceResponse(_message.Message):
    __slots__ = ("evidence_json",)
    EVIDENCE_JSON_FIELD_NUMBER: _ClassVar[int]
    evidence_json: str
    def __init__(self, evidence_json: _Optional[str] = ...) -> None: ...

class AuditRecord(_message.Message):
    __slots__ = ("record_id", "start_time", "user_id", "credential_id", "action", "resource", "reason", "request_digest", "decision", "result", "latency", "client_address", "data_class")
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    LATENCY_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DATA_CLASS_FIELD_NUMBER: _ClassVar[int]
    record_id: str
    start_time: _timestamp_pb2.Timestamp
    user_id: str
    credential_id: str
    action: str
    resource: str
    reason: str
    request_digest: bytes
    decision: AuditDecision
    result: str
    latency: _duration_pb2.Duration
    client_address: str
    data_class: _types_pb2.DataClass
    def __init__(self, record_id: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., user_id: _Optional[str] = ..., credential_id: _Optional[str] = ..., action: _Optional[str] = ..., resource: _Optional[str] = ..., reason: _Optional[str] = ..., request_digest: _Optional[bytes] = ..., decision: _Optional[_Union[AuditDecision, str]] = ..., result: _Optional[str] = ..., latency: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., client_address: _Optional[str] = ..., data_class: _Optional[_Union[_types_pb2.DataClass, str]] = ...) -> None: ...

class ListAuditRecordsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListAuditRecordsResponse(_message.Message):
    __slots__ = ("records", "next_page_token")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[AuditRecord]
    next_page_token: str
    def __init__(self, records: _Optional[_Iterable[_Union[AuditRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReportRange(_message.Message):
    __slots__ = ("start_time", "end_time", "data_classes")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    DATA_CLASSES_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    data_classes: _containers.RepeatedScalarFieldContainer[_types_pb2.DataClass]
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., data_classes: _Optional[_Iterable[_Union[_types_pb2.DataClass, str]]] = ...) -> None: ...

class ReportScope(_message.Message):
    __slots__ = ("start_time", "end_time", "records", "jobs", "attempts", "other_class_jobs", "complete")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    JOBS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    OTHER_CLASS_JOBS_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    records: int
    jobs: int
    attempts: int
    other_class_jobs: int
    complete: bool
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., records: _Optional[int] = ..., jobs: _Optional[int] = ..., attempts: _Optional[int] = ..., other_class_jobs: _Optional[int] = ..., complete: bool = ...) -> None: ...

class ReportUsageRequest(_message.Message):
    __slots__ = ("range", "filter", "page_size", "page_token")
    RANGE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    range: ReportRange
    filter: str
    page_size: int
    page_token: str
    def __init__(self, range: _Optional[_Union[ReportRange, _Mapping]] = ..., filter: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ReportUsageResponse(_message.Message):
    __slots__ = ("rows", "next_page_token", "total_count", "scope")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[UsageRow]
    next_page_token: str
    total_count: int
    scope: ReportScope
    def __init__(self, rows: _Optional[_Iterable[_Union[UsageRow, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_count: _Optional[int] = ..., scope: _Optional[_Union[ReportScope, _Mapping]] = ...) -> None: ...

class UsageRow(_message.Message):
    __slots__ = ("user_id", "action", "result", "count", "last_time")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    action: str
    result: str
    count: int
    last_time: _timestamp_pb2.Timestamp
    def __init__(self, user_id: _Optional[str] = ..., action: _Optional[str] = ..., result: _Optional[str] = ..., count: _Optional[int] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReportErrorsRequest(_message.Message):
    __slots__ = ("range", "filter", "page_size", "page_token", "omit_messages")
    RANGE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    OMIT_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    range: ReportRange
    filter: str
    page_size: int
    page_token: str
    omit_messages: bool
    def __init__(self, range: _Optional[_Union[ReportRange, _Mapping]] = ..., filter: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., omit_messages: bool = ...) -> None: ...

class ReportErrorsResponse(_message.Message):
    __slots__ = ("rows", "next_page_token", "total_count", "scope")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[ErrorRow]
    next_page_token: str
    total_count: int
    scope: ReportScope
    def __init__(self, rows: _Optional[_Iterable[_Union[ErrorRow, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_count: _Optional[int] = ..., scope: _Optional[_Union[ReportScope, _Mapping]] = ...) -> None: ...

class ErrorRow(_message.Message):
    __slots__ = ("plan_name", "step_key", "function_version", "kind", "code", "count", "last_job_id", "last_task_id", "last_time", "last_message")
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    STEP_KEY_FIELD_NUMBER: _ClassVar[int]
    FUNCTION_VERSION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    LAST_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_TASK_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    plan_name: str
    step_key: str
    function_version: str
    kind: _types_pb2.FailureKind
    code: str
    count: int
    last_job_id: str
    last_task_id: str
    last_time: _timestamp_pb2.Timestamp
    last_message: str
    def __init__(self, plan_name: _Optional[str] = ..., step_key: _Optional[str] = ..., function_version: _Optional[str] = ..., kind: _Optional[_Union[_types_pb2.FailureKind, str]] = ..., code: _Optional[str] = ..., count: _Optional[int] = ..., last_job_id: _Optional[str] = ..., last_task_id: _Optional[str] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_message: _Optional[str] = ...) -> None: ...

class ReportPerformanceRequest(_message.Message):
    __slots__ = ("range", "filter", "page_size", "page_token", "group_by")
    RANGE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    range: ReportRange
    filter: str
    page_size: int
    page_token: str
    group_by: _containers.RepeatedScalarFieldContainer[ReportGroup]
    def __init__(self, range: _Optional[_Union[ReportRange, _Mapping]] = ..., filter: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., group_by: _Optional[_Iterable[_Union[ReportGroup, str]]] = ...) -> None: ...

class ReportPerformanceResponse(_message.Message):
    __slots__ = ("rows", "next_page_token", "total", "scope")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[PerformanceRow]
    next_page_token: str
    total: PerformanceRow
    scope: ReportScope
    def __init__(self, rows: _Optional[_Iterable[_Union[PerformanceRow, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total: _Optional[_Union[PerformanceRow, _Mapping]] = ..., scope: _Optional[_Union[ReportScope, _Mapping]] = ...) -> None: ...

class PerformanceRow(_message.Message):
    __slots__ = ("plan_name", "step_key", "function_version", "worker_id", "attempts", "failures", "run", "wait", "cpu_time", "peak_rss_bytes", "bytes_read", "bytes_written")
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    STEP_KEY_FIELD_NUMBER: _ClassVar[int]
    FUNCTION_VERSION_FIELD_NUMBER: _ClassVar[int]
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    CPU_TIME_FIELD_NUMBER: _ClassVar[int]
    PEAK_RSS_BYTES_FIELD_NUMBER: _ClassVar[int]
    BYTES_READ_FIELD_NUMBER: _ClassVar[int]
    BYTES_WRITTEN_FIELD_NUMBER: _ClassVar[int]
    plan_name: str
    step_key: str
    function_version: str
    worker_id: str
    attempts: int
    failures: int
    run: DurationSpread
    wait: DurationSpread
    cpu_time: _duration_pb2.Duration
    peak_rss_bytes: int
    bytes_read: int
    bytes_written: int
    def __init__(self, plan_name: _Optional[str] = ..., step_key: _Optional[str] = ..., function_version: _Optional[str] = ..., worker_id: _Optional[str] = ..., attempts: _Optional[int] = ..., failures: _Optional[int] = ..., run: _Optional[_Union[DurationSpread, _Mapping]] = ..., wait: _Optional[_Union[DurationSpread, _Mapping]] = ..., cpu_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., peak_rss_bytes: _Optional[int] = ..., bytes_read: _Optional[int] = ..., bytes_written: _Optional[int] = ...) -> None: ...

class DurationSpread(_message.Message):
    __slots__ = ("p50", "p90", "p99", "max")
    P50_FIELD_NUMBER: _ClassVar[int]
    P90_FIELD_NUMBER: _ClassVar[int]
    P99_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    p50: _duration_pb2.Duration
    p90: _duration_pb2.Duration
    p99: _duration_pb2.Duration
    max: _duration_pb2.Duration
    def __init__(self, p50: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., p90: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., p99: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
