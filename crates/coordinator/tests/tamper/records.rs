//! Edits of the records of operators' calls.

use crate::edits::{Edit, sql};

/// On SQLite and PostgreSQL. `ControlJob` came before `GetJob`.
pub const RECORDS: &[Edit] = &[
    sql(
        "audit_record.account",
        "MISMATCH_LEAF: field account",
        "UPDATE audit_record SET account = 'other' WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.user_id",
        "MISMATCH_LEAF: field operator",
        "UPDATE audit_record SET user_id = 'nobody' WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.credential_id",
        "MISMATCH_LEAF: field credential",
        "UPDATE audit_record SET credential_id = 'other' WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.action",
        "MISMATCH_LEAF: field action",
        "UPDATE audit_record SET action = 'GetPlan' WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.resource",
        "MISMATCH_LEAF: field resource",
        "UPDATE audit_record SET resource = 'jobs/another' WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.reason",
        "MISMATCH_LEAF: field reason",
        "UPDATE audit_record SET reason = 'asked for' WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.request_digest",
        "MISMATCH_LEAF: field request_digest",
        "UPDATE audit_record SET request_digest = NULL WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.decision",
        "MISMATCH_LEAF: field decision",
        "UPDATE audit_record SET decision = 'DENIED' WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.result",
        "MISMATCH_LEAF: field result",
        "UPDATE audit_record SET result = 'JOB_NOT_FOUND' WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.start_time",
        "MISMATCH_LEAF: field start_time",
        "UPDATE audit_record SET start_time = start_time - 1 WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.latency",
        "MISMATCH_LEAF: field latency_micros",
        "UPDATE audit_record SET latency = latency + 1 WHERE action = 'ControlJob'",
    ),
    sql(
        "audit_record.client_address",
        "MISMATCH_LEAF: field client_address",
        "UPDATE audit_record SET client_address = '192.0.2.8' WHERE action = 'GetJob'",
    ),
    sql(
        "audit_record.salt",
        "MISMATCH_LEAF: field reason",
        "UPDATE audit_record SET salt = (SELECT salt FROM audit_record WHERE action = 'GetJob') WHERE action = 'ControlJob'",
    ),
    sql("audit_record: one deleted", "MISMATCH_LEAF: rows", "DELETE FROM audit_record WHERE action = 'ControlJob'"),
    sql("audit_record: all deleted", "MISMATCH_LEAF: rows", "DELETE FROM audit_record"),
    sql(
        "audit_record: two swapped",
        "MISMATCH_LEAF: field action",
        "UPDATE audit_record SET action = CASE action WHEN 'GetJob' THEN 'ControlJob' ELSE 'GetJob' END, \
         reason = CASE action WHEN 'GetJob' THEN 'too late' ELSE '' END WHERE action IN ('GetJob', 'ControlJob')",
    ),
    sql(
        "audit_record: one that nobody recorded",
        "UNKNOWN: leaf",
        "INSERT INTO audit_record SELECT record_id + 1000000, account, 'nobody', credential_id, action, resource, reason, \
         request_digest, decision, result, start_time, latency, client_address, data_class, salt, NULL, NULL \
         FROM audit_record WHERE action = 'GetJob'",
    ),
    sql(
        "audit_record: one twice",
        "MISMATCH_LEAF: rows",
        "INSERT INTO audit_record SELECT record_id + 1000000, account, user_id, credential_id, action, resource, reason, \
         request_digest, decision, result, start_time, latency, client_address, data_class, salt, leaf_page, leaf_ordinal \
         FROM audit_record WHERE action = 'GetJob'",
    ),
];
