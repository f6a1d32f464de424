-- The log over the leaves: which page has which place, the nodes of the tree, its head, and the checkpoints that were signed.

-- Places are dense: a page begins where the one before it ends. The index of a leaf is that of its page's first leaf and its
-- ordinal in the page.
CREATE TABLE ledger_place (
    first_index INTEGER PRIMARY KEY,
    page_id     INTEGER NOT NULL,
    leaf_count  INTEGER NOT NULL CHECK (leaf_count > 0)
) STRICT;
CREATE UNIQUE INDEX ledger_place_by_page ON ledger_place (page_id);

-- Roots of complete subtrees of 256 leaves (level 8) and more. What lies below is hashed again from the leaves.
CREATE TABLE ledger_node (
    level  INTEGER NOT NULL CHECK (level >= 8),
    number INTEGER NOT NULL,
    hash   BLOB    NOT NULL,
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

-- One row: what the sequencer goes on from. `roots`: 32 bytes for each bit that is set in the size.
CREATE TABLE ledger_head (
    head      INTEGER NOT NULL PRIMARY KEY CHECK (head = 0),
    epoch     INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    roots     BLOB    NOT NULL,
    sign_time INTEGER
) STRICT;
INSERT INTO ledger_head (head, epoch, size, roots) VALUES (0, 0, 0, x'');

-- Signed notes. What says the same as the one before it is not written again. No key is ever stored here.
CREATE TABLE ledger_checkpoint (
    epoch     INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    sign_time INTEGER NOT NULL,
    note      TEXT    NOT NULL,
    PRIMARY KEY (epoch, size, sign_time)
) STRICT, WITHOUT ROWID;

-- What operators admitted: the log goes on from what was there, under another name. `page_id`: the page of its leaf.
CREATE TABLE ledger_epoch (
    epoch        INTEGER NOT NULL PRIMARY KEY,
    tree_size    INTEGER NOT NULL,
    root         BLOB    NOT NULL,
    anchor_size  INTEGER NOT NULL,
    anchor_root  BLOB    NOT NULL,
    reason       TEXT    NOT NULL,
    salt         BLOB    NOT NULL,
    declare_time INTEGER NOT NULL,
    account      TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    page_id      INTEGER NOT NULL
) STRICT;
