import datetime

from esteira.v1 import types_pb2 as _types_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PlanVersionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLAN_VERSION_STATE_UNSPECIFIED: _ClassVar[PlanVersionState]
    PLAN_VERSION_STATE_PUBLISHED: _ClassVar[PlanVersionState]
    PLAN_VERSION_STATE_RETIRED: _ClassVar[PlanVersionState]
PLAN_VERSION_STATE_UNSPECIFIED: PlanVersionState
PLAN_VERSION_STATE_PUBLISHED: PlanVersionState
PLAN_VERSION_STATE_RETIRED: PlanVersionState

class Plan(_message.Message):
    __slots__ = ("plan_id", "name", "display_name", "aggregate_type", "default_version", "latest_version", "labels", "create_time", "update_time", "etag", "project")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_TYPE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VERSION_FIELD_NUMBER: _ClassVar[int]
    LATEST_VERSION_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    plan_id: str
    name: str
    display_name: str
    aggregate_type: str
    default_version: int
    latest_version: int
    labels: _containers.ScalarMap[str, str]
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    etag: str
    project: str
    def __init__(self, plan_id: _Optional[str] = ..., name: _Optional[str] = ..., display_name: _Optional[str] = ..., aggregate_type: _Optional[str] = ..., default_version: _Optional[int] = ..., latest_version: _Optional[int] = ..., labels: _Optional[_Mapping[str, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., project: _Optional[str] = ...) -> None: ...

class PlanVersion(_message.Message):
    __slots__ = ("plan_version_id", "plan_id", "plan_name", "version", "definition_json", "definition_sha256", "state", "published_by", "publish_time", "retire_time")
    PLAN_VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_JSON_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_SHA256_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_BY_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_TIME_FIELD_NUMBER: _ClassVar[int]
    RETIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    plan_version_id: str
    plan_id: str
    plan_name: str
    version: int
    definition_json: str
    definition_sha256: bytes
    state: PlanVersionState
    published_by: _types_pb2.Actor
    publish_time: _timestamp_pb2.Timestamp
    retire_time: _timestamp_pb2.Timestamp
    def __init__(self, plan_version_id: _Optional[str] = ..., plan_id: _Optional[str] = ..., plan_name: _Optional[str] = ..., version: _Optional[int] = ..., definition_json: _Optional[str] = ..., definition_sha256: _Optional[bytes] = ..., state: _Optional[_Union[PlanVersionState, str]] = ..., published_by: _Optional[_Union[_types_pb2.Actor, _Mapping]] = ..., publish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., retire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PlanVersionRef(_message.Message):
    __slots__ = ("plan_id", "plan_name", "version")
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    plan_id: str
    plan_name: str
    version: int
    def __init__(self, plan_id: _Optional[str] = ..., plan_name: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class PlanIssue(_message.Message):
    __slots__ = ("path", "code", "message", "warning")
    PATH_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    path: str
    code: str
    message: str
    warning: bool
    def __init__(self, path: _Optional[str] = ..., code: _Optional[str] = ..., message: _Optional[str] = ..., warning: bool = ...) -> None: ...

class CreatePlanRequest(_message.Message):
    __slots__ = ("request_id", "plan")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    plan: Plan
    def __init__(self, request_id: _Optional[str] = ..., plan: _Optional[_Union[Plan, _Mapping]] = ...) -> None: ...

class CreatePlanResponse(_message.Message):
    __slots__ = ("plan",)
    PLAN_FIELD_NUMBER: _ClassVar[int]
    plan: Plan
    def __init__(self, plan: _Optional[_Union[Plan, _Mapping]] = ...) -> None: ...

class GetPlanRequest(_message.Message):
    __slots__ = ("plan_id", "plan_name")
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    plan_id: str
    plan_name: str
    def __init__(self, plan_id: _Optional[str] = ..., plan_name: _Optional[str] = ...) -> None: ...

class GetPlanResponse(_message.Message):
    __slots__ = ("plan",)
    PLAN_FIELD_NUMBER: _ClassVar[int]
    plan: Plan
    def __init__(self, plan: _Optional[_Union[Plan, _Mapping]] = ...) -> None: ...

class ListPlansRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListPlansResponse(_message.Message):
    __slots__ = ("plans", "next_page_token")
    PLANS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    plans: _containers.RepeatedCompositeFieldContainer[Plan]
    next_page_token: str
    def __init__(self, plans: _Optional[_Iterable[_Union[Plan, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdatePlanRequest(_message.Message):
    __slots__ = ("request_id", "plan", "update_mask")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    plan: Plan
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, request_id: _Optional[str] = ..., plan: _Optional[_Union[Plan, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdatePlanResponse(_message.Message):
    __slots__ = ("plan",)
    PLAN_FIELD_NUMBER: _ClassVar[int]
    plan: Plan
    def __init__(self, plan: _Optional[_Union[Plan, _Mapping]] = ...) -> None: ...

class ValidatePlanRequest(_message.Message):
    __slots__ = ("definition_json",)
    DEFINITION_JSON_FIELD_NUMBER: _ClassVar[int]
    definition_json: str
    def __init__(self, definition_json: _Optional[str] = ...) -> None: ...

class ValidatePlanResponse(_message.Message):
    __slots__ = ("valid", "issues", "definition_sha256")
    VALID_FIELD_NUMBER: _ClassVar[int]
    ISSUES_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_SHA256_FIELD_NUMBER: _ClassVar[int]
    valid: bool
    issues: _containers.RepeatedCompositeFieldContainer[PlanIssue]
    definition_sha256: bytes
    def __init__(self, valid: bool = ..., issues: _Optional[_Iterable[_Union[PlanIssue, _Mapping]]] = ..., definition_sha256: _Optional[bytes] = ...) -> None: ...

class PublishPlanVersionRequest(_message.Message):
    __slots__ = ("request_id", "plan_id", "plan_name", "definition_json", "expected_latest_version", "make_default", "project")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_JSON_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_LATEST_VERSION_FIELD_NUMBER: _ClassVar[int]
    MAKE_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    plan_id: str
    plan_name: str
    definition_json: str
    expected_latest_version: int
    make_default: bool
    project: str
    def __init__(self, request_id: _Optional[str] = ..., plan_id: _Optional[str] = ..., plan_name: _Optional[str] = ..., definition_json: _Optional[str] = ..., expected_latest_version: _Optional[int] = ..., make_default: bool = ..., project: _Optional[str] = ...) -> None: ...

class PublishPlanVersionResponse(_message.Message):
    __slots__ = ("version", "warnings")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    version: PlanVersion
    warnings: _containers.RepeatedCompositeFieldContainer[PlanIssue]
    def __init__(self, version: _Optional[_Union[PlanVersion, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[PlanIssue, _Mapping]]] = ...) -> None: ...

class GetPlanVersionRequest(_message.Message):
    __slots__ = ("plan_version_id", "plan_and_version")
    PLAN_VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_AND_VERSION_FIELD_NUMBER: _ClassVar[int]
    plan_version_id: str
    plan_and_version: PlanVersionRef
    def __init__(self, plan_version_id: _Optional[str] = ..., plan_and_version: _Optional[_Union[PlanVersionRef, _Mapping]] = ...) -> None: ...

class GetPlanVersionResponse(_message.Message):
    __slots__ = ("version",)
    VERSION_FIELD_NUMBER: _ClassVar[int]
    version: PlanVersion
    def __init__(self, version: _Optional[_Union[PlanVersion, _Mapping]] = ...) -> None: ...

class ListPlanVersionsRequest(_message.Message):
    __slots__ = ("plan_id", "plan_name", "page_size", "page_token", "filter")
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    plan_id: str
    plan_name: str
    page_size: int
    page_token: str
    filter: str
    def __init__(self, plan_id: _Optional[str] = ..., plan_name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListPlanVersionsResponse(_message.Message):
    __slots__ = ("versions", "next_page_token")
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[PlanVersion]
    next_page_token: str
    def __init__(self, versions: _Optional[_Iterable[_Union[PlanVersion, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RetirePlanVersionRequest(_message.Message):
    __slots__ = ("request_id", "plan_version_id", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    plan_version_id: str
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., plan_version_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class RetirePlanVersionResponse(_message.Message):
    __slots__ = ("version",)
    VERSION_FIELD_NUMBER: _ClassVar[int]
    version: PlanVersion
    def __init__(self, version: _Optional[_Union[PlanVersion, _Mapping]] = ...) -> None: ...
