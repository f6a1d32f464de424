-- Bodies that were removed, and the certificates of it (docs/data-classes.md). Kept for ever, as leaves are.

-- `artifacts`: 8 bytes an artifact id, in ascending order: those whose bodies the certificate names. None = the whole job went,
-- with its rows. `leaf_page`, `leaf_ordinal`: where the certificate is.
CREATE TABLE removal (
    job_id       BYTEA   NOT NULL,
    cause        TEXT COLLATE "C" NOT NULL CHECK (cause IN ('PURGE', 'ERASURE', 'RETENTION')),
    number       BIGINT  NOT NULL,
    artifacts    BYTEA   NOT NULL,
    data_class   TEXT COLLATE "C" NOT NULL CHECK (data_class IN ('PRODUCTION', 'QA', 'DEVTEST')),
    removal_time BIGINT  NOT NULL,
    leaf_page    BIGINT  NOT NULL,
    leaf_ordinal BIGINT  NOT NULL,
    PRIMARY KEY (job_id, cause, number)
);
