-- The coordinators that work on this store.
CREATE TABLE member (
    node        BIGINT           NOT NULL PRIMARY KEY,
    instance    BYTEA            NOT NULL,
    address     TEXT COLLATE "C" NOT NULL,
    start_time  BIGINT           NOT NULL,
    expire_time BIGINT           NOT NULL
);
