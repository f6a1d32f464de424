-- From a digest to artifacts. Made in the background, in the order of the log; its rows go with the bodies.

-- `digest_key`: the first 8 bytes of the SHA-256, as a number. The artifact has the rest.
CREATE TABLE artifact_digest (
    digest_key  INTEGER NOT NULL,
    artifact_id INTEGER NOT NULL,
    PRIMARY KEY (digest_key, artifact_id)
) STRICT, WITHOUT ROWID;
