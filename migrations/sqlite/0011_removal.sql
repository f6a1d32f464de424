-- Bodies that were removed, and the certificates of it (docs/data-classes.md). Kept for ever, as leaves are.

-- `artifacts`: 8 bytes an artifact id, in ascending order: those whose bodies the certificate names. None = the whole job went,
-- with its rows. `leaf_page`, `leaf_ordinal`: where the certificate is.
CREATE TABLE removal (
    job_id       BLOB    NOT NULL,
    cause        TEXT    NOT NULL CHECK (cause IN ('PURGE', 'ERASURE', 'RETENTION')),
    number       INTEGER NOT NULL,
    artifacts    BLOB    NOT NULL,
    data_class   TEXT    NOT NULL CHECK (data_class IN ('PRODUCTION', 'QA', 'DEVTEST')),
    removal_time INTEGER NOT NULL,
    leaf_page    INTEGER NOT NULL,
    leaf_ordinal INTEGER NOT NULL,
    PRIMARY KEY (job_id, cause, number)
) STRICT, WITHOUT ROWID;
