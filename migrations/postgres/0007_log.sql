-- The log over the leaves: which page has which place, the nodes of the tree, its head, and the checkpoints that were signed.

-- Places are dense: a page begins where the one before it ends. The index of a leaf is that of its page's first leaf and its
-- ordinal in the page.
CREATE TABLE ledger_place (
    first_index BIGINT NOT NULL PRIMARY KEY,
    page_id     BIGINT NOT NULL,
    leaf_count  BIGINT NOT NULL CHECK (leaf_count > 0)
);
CREATE UNIQUE INDEX ledger_place_by_page ON ledger_place (page_id);

-- Roots of complete subtrees of 256 leaves (level 8) and more. What lies below is hashed again from the leaves.
CREATE TABLE ledger_node (
    level  BIGINT NOT NULL CHECK (level >= 8),
    number BIGINT NOT NULL,
    hash   BYTEA  NOT NULL,
    PRIMARY KEY (level, number)
);

-- One row: what the sequencer goes on from. `roots`: 32 bytes for each bit that is set in the size.
CREATE TABLE ledger_head (
    head      BIGINT NOT NULL PRIMARY KEY CHECK (head = 0),
    epoch     BIGINT NOT NULL,
    size      BIGINT NOT NULL,
    roots     BYTEA  NOT NULL,
    sign_time BIGINT
);
INSERT INTO ledger_head (head, epoch, size, roots) VALUES (0, 0, 0, ''::bytea);

-- Signed notes. What says the same as the one before it is not written again. No key is ever stored here.
CREATE TABLE ledger_checkpoint (
    epoch     BIGINT NOT NULL,
    size      BIGINT NOT NULL,
    sign_time BIGINT NOT NULL,
    note      TEXT   NOT NULL,
    PRIMARY KEY (epoch, size, sign_time)
);

-- What operators admitted: the log goes on from what was there, under another name. `page_id`: the page of its leaf.
CREATE TABLE ledger_epoch (
    epoch        BIGINT  NOT NULL PRIMARY KEY,
    tree_size    BIGINT  NOT NULL,
    root         BYTEA   NOT NULL,
    anchor_size  BIGINT  NOT NULL,
    anchor_root  BYTEA   NOT NULL,
    reason       TEXT    NOT NULL,
    salt         BYTEA   NOT NULL,
    declare_time BIGINT  NOT NULL,
    account      TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    page_id      BIGINT  NOT NULL
);
