import datetime

from esteira.v1 import job_pb2 as _job_pb2
from esteira.v1 import types_pb2 as _types_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SkipReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SKIP_REASON_UNSPECIFIED: _ClassVar[SkipReason]
    SKIP_REASON_NO_ITEMS: _ClassVar[SkipReason]
    SKIP_REASON_JOIN_FAILED: _ClassVar[SkipReason]

class ArtifactRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ARTIFACT_ROLE_UNSPECIFIED: _ClassVar[ArtifactRole]
    ARTIFACT_ROLE_JOB_INPUT: _ClassVar[ArtifactRole]
    ARTIFACT_ROLE_INPUT: _ClassVar[ArtifactRole]
    ARTIFACT_ROLE_OUTPUT: _ClassVar[ArtifactRole]
    ARTIFACT_ROLE_CHECKPOINT: _ClassVar[ArtifactRole]
SKIP_REASON_UNSPECIFIED: SkipReason
SKIP_REASON_NO_ITEMS: SkipReason
SKIP_REASON_JOIN_FAILED: SkipReason
ARTIFACT_ROLE_UNSPECIFIED: ArtifactRole
ARTIFACT_ROLE_JOB_INPUT: ArtifactRole
ARTIFACT_ROLE_INPUT: ArtifactRole
ARTIFACT_ROLE_OUTPUT: ArtifactRole
ARTIFACT_ROLE_CHECKPOINT: ArtifactRole

class TracedArtifact(_message.Message):
    __slots__ = ("sha256", "size_bytes", "content_type", "schema", "removed")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    sha256: bytes
    size_bytes: int
    content_type: str
    schema: str
    removed: bool
    def __init__(self, sha256: _Optional[bytes] = ..., size_bytes: _Optional[int] = ..., content_type: _Optional[str] = ..., schema: _Optional[str] = ..., removed: bool = ...) -> None: ...

class StepPlace(_message.Message):
    __slots__ = ("next_step_keys", "on_failure_step_key", "is_join")
    NEXT_STEP_KEYS_FIELD_NUMBER: _ClassVar[int]
    ON_FAILURE_STEP_KEY_FIELD_NUMBER: _ClassVar[int]
    IS_JOIN_FIELD_NUMBER: _ClassVar[int]
    next_step_keys: _containers.RepeatedScalarFieldContainer[str]
    on_failure_step_key: str
    is_join: bool
    def __init__(self, next_step_keys: _Optional[_Iterable[str]] = ..., on_failure_step_key: _Optional[str] = ..., is_join: bool = ...) -> None: ...

class FunctionVersionTrace(_message.Message):
    __slots__ = ("function_version", "attempts", "failed_attempts", "usage")
    FUNCTION_VERSION_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FAILED_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    function_version: str
    attempts: int
    failed_attempts: int
    usage: _types_pb2.ResourceUsage
    def __init__(self, function_version: _Optional[str] = ..., attempts: _Optional[int] = ..., failed_attempts: _Optional[int] = ..., usage: _Optional[_Union[_types_pb2.ResourceUsage, _Mapping]] = ...) -> None: ...

class PolicyTrace(_message.Message):
    __slots__ = ("policy", "version", "passed", "failed")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    policy: str
    version: str
    passed: int
    failed: int
    def __init__(self, policy: _Optional[str] = ..., version: _Optional[str] = ..., passed: _Optional[int] = ..., failed: _Optional[int] = ...) -> None: ...

class ArrivalTrace(_message.Message):
    __slots__ = ("from_step_key", "count")
    FROM_STEP_KEY_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    from_step_key: str
    count: int
    def __init__(self, from_step_key: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class StepTrace(_message.Message):
    __slots__ = ("step_key", "function_name", "sub_plan_name", "place", "task_counts", "wait_counts", "start_time", "end_time", "output_count", "versions", "policies", "arrivals")
    class TaskCountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class WaitCountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    STEP_KEY_FIELD_NUMBER: _ClassVar[int]
    FUNCTION_NAME_FIELD_NUMBER: _ClassVar[int]
    SUB_PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    TASK_COUNTS_FIELD_NUMBER: _ClassVar[int]
    WAIT_COUNTS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_COUNT_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    ARRIVALS_FIELD_NUMBER: _ClassVar[int]
    step_key: str
    function_name: str
    sub_plan_name: str
    place: StepPlace
    task_counts: _containers.ScalarMap[str, int]
    wait_counts: _containers.ScalarMap[str, int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    output_count: int
    versions: _containers.RepeatedCompositeFieldContainer[FunctionVersionTrace]
    policies: _containers.RepeatedCompositeFieldContainer[PolicyTrace]
    arrivals: _containers.RepeatedCompositeFieldContainer[ArrivalTrace]
    def __init__(self, step_key: _Optional[str] = ..., function_name: _Optional[str] = ..., sub_plan_name: _Optional[str] = ..., place: _Optional[_Union[StepPlace, _Mapping]] = ..., task_counts: _Optional[_Mapping[str, int]] = ..., wait_counts: _Optional[_Mapping[str, int]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., output_count: _Optional[int] = ..., versions: _Optional[_Iterable[_Union[FunctionVersionTrace, _Mapping]]] = ..., policies: _Optional[_Iterable[_Union[PolicyTrace, _Mapping]]] = ..., arrivals: _Optional[_Iterable[_Union[ArrivalTrace, _Mapping]]] = ...) -> None: ...

class WorkerTrace(_message.Message):
    __slots__ = ("worker_id", "attempts", "failed_attempts", "usage", "start_time", "end_time")
    WORKER_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FAILED_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    worker_id: str
    attempts: int
    failed_attempts: int
    usage: _types_pb2.ResourceUsage
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, worker_id: _Optional[str] = ..., attempts: _Optional[int] = ..., failed_attempts: _Optional[int] = ..., usage: _Optional[_Union[_types_pb2.ResourceUsage, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ChildJobTrace(_message.Message):
    __slots__ = ("job_id", "parent_task_id", "plan_name", "plan_version", "state")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    PLAN_VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    parent_task_id: str
    plan_name: str
    plan_version: int
    state: _job_pb2.JobState
    def __init__(self, job_id: _Optional[str] = ..., parent_task_id: _Optional[str] = ..., plan_name: _Optional[str] = ..., plan_version: _Optional[int] = ..., state: _Optional[_Union[_job_pb2.JobState, str]] = ...) -> None: ...

class JobTrace(_message.Message):
    __slots__ = ("job_id", "plan_id", "plan_name", "plan_version_id", "plan_version", "plan_sha256", "operator", "project", "data_class", "lineage", "children", "child_count", "state", "wait_reason", "failure", "aggregate", "input", "result_count", "task_counts", "steps", "workers", "worker_count", "create_time", "start_time", "end_time")
    class TaskCountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    PLAN_VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_VERSION_FIELD_NUMBER: _ClassVar[int]
    PLAN_SHA256_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    DATA_CLASS_FIELD_NUMBER: _ClassVar[int]
    LINEAGE_FIELD_NUMBER: _ClassVar[int]
    CHILDREN_FIELD_NUMBER: _ClassVar[int]
    CHILD_COUNT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WAIT_REASON_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    RESULT_COUNT_FIELD_NUMBER: _ClassVar[int]
    TASK_COUNTS_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    WORKER_COUNT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    plan_id: str
    plan_name: str
    plan_version_id: str
    plan_version: int
    plan_sha256: bytes
    operator: _types_pb2.Actor
    project: str
    data_class: _types_pb2.DataClass
    lineage: _types_pb2.Lineage
    children: _containers.RepeatedCompositeFieldContainer[ChildJobTrace]
    child_count: int
    state: _job_pb2.JobState
    wait_reason: _types_pb2.WaitReason
    failure: _types_pb2.Failure
    aggregate: _types_pb2.AggregateRef
    input: TracedArtifact
    result_count: int
    task_counts: _containers.ScalarMap[str, int]
    steps: _containers.RepeatedCompositeFieldContainer[StepTrace]
    workers: _containers.RepeatedCompositeFieldContainer[WorkerTrace]
    worker_count: int
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, job_id: _Optional[str] = ..., plan_id: _Optional[str] = ..., plan_name: _Optional[str] = ..., plan_version_id: _Optional[str] = ..., plan_version: _Optional[int] = ..., plan_sha256: _Optional[bytes] = ..., operator: _Optional[_Union[_types_pb2.Actor, _Mapping]] = ..., project: _Optional[str] = ..., data_class: _Optional[_Union[_types_pb2.DataClass, str]] = ..., lineage: _Optional[_Union[_types_pb2.Lineage, _Mapping]] = ..., children: _Optional[_Iterable[_Union[ChildJobTrace, _Mapping]]] = ..., child_count: _Optional[int] = ..., state: _Optional[_Union[_job_pb2.JobState, str]] = ..., wait_reason: _Optional[_Union[_types_pb2.WaitReason, str]] = ..., failure: _Optional[_Union[_types_pb2.Failure, _Mapping]] = ..., aggregate: _Optional[_Union[_types_pb2.AggregateRef, _Mapping]] = ..., input: _Optional[_Union[TracedArtifact, _Mapping]] = ..., result_count: _Optional[int] = ..., task_counts: _Optional[_Mapping[str, int]] = ..., steps: _Optional[_Iterable[_Union[StepTrace, _Mapping]]] = ..., workers: _Optional[_Iterable[_Union[WorkerTrace, _Mapping]]] = ..., worker_count: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TaskTrace(_message.Message):
    __slots__ = ("task_id", "step_key", "function_name", "state", "wait_reason", "skip_reason", "next_attempt_time", "parent_task_id", "item_path", "child_job_id", "aggregate", "input", "outputs", "output_count", "checkpoint", "attempts", "failure", "verdicts", "create_time", "start_time", "end_time", "carried_from")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_KEY_FIELD_NUMBER: _ClassVar[int]
    FUNCTION_NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WAIT_REASON_FIELD_NUMBER: _ClassVar[int]
    SKIP_REASON_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_TIME_FIELD_NUMBER: _ClassVar[int]
    PARENT_TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_PATH_FIELD_NUMBER: _ClassVar[int]
    CHILD_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    CARRIED_FROM_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    step_key: str
    function_name: str
    state: _job_pb2.TaskState
    wait_reason: _types_pb2.WaitReason
    skip_reason: SkipReason
    next_attempt_time: _timestamp_pb2.Timestamp
    parent_task_id: str
    item_path: _containers.RepeatedScalarFieldContainer[int]
    child_job_id: str
    aggregate: _types_pb2.AggregateRef
    input: TracedArtifact
    outputs: _containers.RepeatedCompositeFieldContainer[TracedArtifact]
    output_count: int
    checkpoint: TracedArtifact
    attempts: _containers.RepeatedCompositeFieldContainer[_job_pb2.Attempt]
    failure: _types_pb2.Failure
    verdicts: _containers.RepeatedCompositeFieldContainer[_types_pb2.PolicyVerdict]
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    carried_from: _job_pb2.TaskRef
    def __init__(self, task_id: _Optional[str] = ..., step_key: _Optional[str] = ..., function_name: _Optional[str] = ..., state: _Optional[_Union[_job_pb2.TaskState, str]] = ..., wait_reason: _Optional[_Union[_types_pb2.WaitReason, str]] = ..., skip_reason: _Optional[_Union[SkipReason, str]] = ..., next_attempt_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., parent_task_id: _Optional[str] = ..., item_path: _Optional[_Iterable[int]] = ..., child_job_id: _Optional[str] = ..., aggregate: _Optional[_Union[_types_pb2.AggregateRef, _Mapping]] = ..., input: _Optional[_Union[TracedArtifact, _Mapping]] = ..., outputs: _Optional[_Iterable[_Union[TracedArtifact, _Mapping]]] = ..., output_count: _Optional[int] = ..., checkpoint: _Optional[_Union[TracedArtifact, _Mapping]] = ..., attempts: _Optional[_Iterable[_Union[_job_pb2.Attempt, _Mapping]]] = ..., failure: _Optional[_Union[_types_pb2.Failure, _Mapping]] = ..., verdicts: _Optional[_Iterable[_Union[_types_pb2.PolicyVerdict, _Mapping]]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., carried_from: _Optional[_Union[_job_pb2.TaskRef, _Mapping]] = ...) -> None: ...

class TraceJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class TraceJobResponse(_message.Message):
    __slots__ = ("trace",)
    TRACE_FIELD_NUMBER: _ClassVar[int]
    trace: JobTrace
    def __init__(self, trace: _Optional[_Union[JobTrace, _Mapping]] = ...) -> None: ...

class ListTaskTracesRequest(_message.Message):
    __slots__ = ("job_id", "page_size", "page_token", "filter")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    page_size: int
    page_token: str
    filter: str
    def __init__(self, job_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListTaskTracesResponse(_message.Message):
    __slots__ = ("tasks", "next_page_token")
    TASKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[TaskTrace]
    next_page_token: str
    def __init__(self, tasks: _Optional[_Iterable[_Union[TaskTrace, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ExportStatementRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class ExportStatementResponse(_message.Message):
    __slots__ = ("envelope_json", "task_count", "omitted_task_count")
    ENVELOPE_JSON_FIELD_NUMBER: _ClassVar[int]
    TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    OMITTED_TASK_COUNT_FIELD_NUMBER: _ClassVar[int]
    envelope_json: str
    task_count: int
    omitted_task_count: int
    def __init__(self, envelope_json: _Optional[str] = ..., task_count: _Optional[int] = ..., omitted_task_count: _Optional[int] = ...) -> None: ...

class ArtifactUse(_message.Message):
    __slots__ = ("role", "job_id", "plan_name", "plan_version", "task_id", "step_key", "function_name", "item_path")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    PLAN_VERSION_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_KEY_FIELD_NUMBER: _ClassVar[int]
    FUNCTION_NAME_FIELD_NUMBER: _ClassVar[int]
    ITEM_PATH_FIELD_NUMBER: _ClassVar[int]
    role: ArtifactRole
    job_id: str
    plan_name: str
    plan_version: int
    task_id: str
    step_key: str
    function_name: str
    item_path: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, role: _Optional[_Union[ArtifactRole, str]] = ..., job_id: _Optional[str] = ..., plan_name: _Optional[str] = ..., plan_version: _Optional[int] = ..., task_id: _Optional[str] = ..., step_key: _Optional[str] = ..., function_name: _Optional[str] = ..., item_path: _Optional[_Iterable[int]] = ...) -> None: ...

class ArtifactTrace(_message.Message):
    __slots__ = ("artifact", "job_id", "uses", "use_count")
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    USES_FIELD_NUMBER: _ClassVar[int]
    USE_COUNT_FIELD_NUMBER: _ClassVar[int]
    artifact: TracedArtifact
    job_id: str
    uses: _containers.RepeatedCompositeFieldContainer[ArtifactUse]
    use_count: int
    def __init__(self, artifact: _Optional[_Union[TracedArtifact, _Mapping]] = ..., job_id: _Optional[str] = ..., uses: _Optional[_Iterable[_Union[ArtifactUse, _Mapping]]] = ..., use_count: _Optional[int] = ...) -> None: ...

class TraceArtifactRequest(_message.Message):
    __slots__ = ("sha256", "page_size", "page_token")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sha256: bytes
    page_size: int
    page_token: str
    def __init__(self, sha256: _Optional[bytes] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class TraceArtifactResponse(_message.Message):
    __slots__ = ("artifacts", "next_page_token", "is_cut", "log_leaves", "indexed_leaves")
    ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    IS_CUT_FIELD_NUMBER: _ClassVar[int]
    LOG_LEAVES_FIELD_NUMBER: _ClassVar[int]
    INDEXED_LEAVES_FIELD_NUMBER: _ClassVar[int]
    artifacts: _containers.RepeatedCompositeFieldContainer[ArtifactTrace]
    next_page_token: str
    is_cut: bool
    log_leaves: int
    indexed_leaves: int
    def __init__(self, artifacts: _Optional[_Iterable[_Union[ArtifactTrace, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., is_cut: bool = ..., log_leaves: _Optional[int] = ..., indexed_leaves: _Optional[int] = ...) -> None: ...

class AppendedOutputs(_message.Message):
    __slots__ = ("fence", "count", "items")
    FENCE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    fence: int
    count: int
    items: _containers.RepeatedCompositeFieldContainer[TracedArtifact]
    def __init__(self, fence: _Optional[int] = ..., count: _Optional[int] = ..., items: _Optional[_Iterable[_Union[TracedArtifact, _Mapping]]] = ...) -> None: ...

class ErrorReport(_message.Message):
    __slots__ = ("task", "failure", "attempts", "verdicts", "input", "checkpoint", "appended")
    TASK_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    APPENDED_FIELD_NUMBER: _ClassVar[int]
    task: TaskTrace
    failure: _types_pb2.Failure
    attempts: _containers.RepeatedCompositeFieldContainer[_job_pb2.Attempt]
    verdicts: _containers.RepeatedCompositeFieldContainer[_types_pb2.PolicyVerdict]
    input: _types_pb2.Payload
    checkpoint: _types_pb2.Payload
    appended: _containers.RepeatedCompositeFieldContainer[AppendedOutputs]
    def __init__(self, task: _Optional[_Union[TaskTrace, _Mapping]] = ..., failure: _Optional[_Union[_types_pb2.Failure, _Mapping]] = ..., attempts: _Optional[_Iterable[_Union[_job_pb2.Attempt, _Mapping]]] = ..., verdicts: _Optional[_Iterable[_Union[_types_pb2.PolicyVerdict, _Mapping]]] = ..., input: _Optional[_Union[_types_pb2.Payload, _Mapping]] = ..., checkpoint: _Optional[_Union[_types_pb2.Payload, _Mapping]] = ..., appended: _Optional[_Iterable[_Union[AppendedOutputs, _Mapping]]] = ...) -> None: ...

class ListErrorReportsRequest(_message.Message):
    __slots__ = ("job_id", "page_size", "page_token", "filter")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    page_size: int
    page_token: str
    filter: str
    def __init__(self, job_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListErrorReportsResponse(_message.Message):
    __slots__ = ("reports", "next_page_token")
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[ErrorReport]
    next_page_token: str
    def __init__(self, reports: _Optional[_Iterable[_Union[ErrorReport, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
