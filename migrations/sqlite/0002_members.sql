-- The coordinators that work on this store. One SQLite file serves one process, which writes no row here.
CREATE TABLE member (
    node        INTEGER NOT NULL PRIMARY KEY,
    instance    BLOB    NOT NULL,
    address     TEXT    NOT NULL,
    start_time  INTEGER NOT NULL,
    expire_time INTEGER NOT NULL
) STRICT;
