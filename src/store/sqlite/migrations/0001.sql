-- Everything is kept by organization. Bucket starts are whole seconds since 1970, in UTC;
-- instants are microseconds. `packed` columns begin with the version of their own encoding.

CREATE TABLE organization (
    id       INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL UNIQUE,
    fence    INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

CREATE TABLE book (
    organization INTEGER PRIMARY KEY REFERENCES organization (id),
    packed       BLOB    NOT NULL
) STRICT;

CREATE TABLE heard (
    organization INTEGER NOT NULL REFERENCES organization (id),
    report       TEXT    NOT NULL,
    heard_at     INTEGER NOT NULL,
    granted      INTEGER NOT NULL,
    PRIMARY KEY (organization, report)
) STRICT, WITHOUT ROWID;

CREATE TABLE roster (
    organization INTEGER NOT NULL REFERENCES organization (id),
    report       TEXT    NOT NULL,
    packed       BLOB    NOT NULL,
    PRIMARY KEY (organization, report)
) STRICT, WITHOUT ROWID;

-- What usage is kept apart by; packed usage speaks of it by its number.
CREATE TABLE dimension (
    organization INTEGER NOT NULL REFERENCES organization (id),
    id           INTEGER NOT NULL,
    workspace    TEXT    NOT NULL,
    model        TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    tier         TEXT    NOT NULL,
    geo          TEXT    NOT NULL,
    PRIMARY KEY (organization, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX dimension_by_name
    ON dimension (organization, workspace, model, key, tier, geo);

-- Minutes and hours; days are pages.
CREATE TABLE usage (
    organization INTEGER NOT NULL REFERENCES organization (id),
    width        INTEGER NOT NULL,
    start        INTEGER NOT NULL,
    packed       BLOB    NOT NULL,
    PRIMARY KEY (organization, width, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE page (
    organization INTEGER NOT NULL REFERENCES organization (id),
    start        INTEGER NOT NULL,
    packed       BLOB    NOT NULL,
    PRIMARY KEY (organization, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE hour_bill (
    organization INTEGER NOT NULL REFERENCES organization (id),
    start        INTEGER NOT NULL,
    packed       BLOB    NOT NULL,
    PRIMARY KEY (organization, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE hour_requests (
    organization INTEGER NOT NULL REFERENCES organization (id),
    start        INTEGER NOT NULL,
    packed       BLOB    NOT NULL,
    PRIMARY KEY (organization, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE period_sum (
    organization INTEGER NOT NULL REFERENCES organization (id),
    calendar     TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    start        INTEGER NOT NULL,
    packed       BLOB    NOT NULL,
    PRIMARY KEY (organization, calendar, kind, start)
) STRICT, WITHOUT ROWID;

-- The same hour of the last weeks, by its number in the week.
CREATE TABLE baseline (
    organization INTEGER NOT NULL REFERENCES organization (id),
    hour         INTEGER NOT NULL,
    packed       BLOB    NOT NULL,
    PRIMARY KEY (organization, hour)
) STRICT, WITHOUT ROWID;

-- The parts of a subject are empty where it is not narrowed.
CREATE TABLE alert (
    organization INTEGER NOT NULL REFERENCES organization (id),
    rule         TEXT    NOT NULL,
    workspace    TEXT    NOT NULL,
    model        TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    detail       TEXT    NOT NULL,
    packed       BLOB    NOT NULL,
    PRIMARY KEY (organization, rule, workspace, model, key, detail)
) STRICT, WITHOUT ROWID;

-- News that wait for their group, and when each group was last told.
CREATE TABLE grouping (
    organization INTEGER NOT NULL REFERENCES organization (id),
    lane         TEXT    NOT NULL,
    packed       BLOB    NOT NULL,
    PRIMARY KEY (organization, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE notice (
    id           TEXT    PRIMARY KEY,
    organization INTEGER NOT NULL REFERENCES organization (id),
    decided_at   INTEGER NOT NULL,
    packed       BLOB    NOT NULL
) STRICT;

-- States: 0 queued, 1 retrying, 2 refused, 3 given up, 4 accepted; below 2 is open.
-- `offered`: perhaps its message was taken, so that it must stay as it is; 1 while an attempt
-- is under way, 2 for good once one ended in doubt, or in a crash. `packed`: its message, where that is another than its notice. An entry that is folded into another
-- has no message, and stands as that one does.
CREATE TABLE entry (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    organization     INTEGER NOT NULL REFERENCES organization (id),
    notice           TEXT    NOT NULL REFERENCES notice (id),
    channel          TEXT    NOT NULL,
    recipient        TEXT    NOT NULL,
    lane             TEXT    NOT NULL,
    severity         INTEGER NOT NULL,
    queued_at        INTEGER NOT NULL,
    patient_since    INTEGER NOT NULL,
    state            INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    next_attempt_at  INTEGER NOT NULL,
    offered          INTEGER NOT NULL DEFAULT 0,
    waits_for_server INTEGER NOT NULL DEFAULT 0,
    fallen_back      INTEGER NOT NULL DEFAULT 0,
    folded_into      INTEGER,
    packed           BLOB,
    last_error       TEXT,
    UNIQUE (notice, channel, recipient)
) STRICT;

CREATE INDEX entry_open ON entry (channel, recipient, lane, id, severity)
    WHERE state < 2 AND folded_into IS NULL;
CREATE INDEX entry_waiting ON entry (channel, patient_since) WHERE state < 2 AND fallen_back = 0;
CREATE INDEX entry_folded ON entry (folded_into) WHERE folded_into IS NOT NULL;
CREATE INDEX entry_closed ON entry (queued_at) WHERE state >= 2;

-- What steps do about what they tell. `open`: somebody has to carry it on. That an undo was
-- asked for stands beside what came of it, so that neither overwrites the other.
CREATE TABLE action (
    id              TEXT    PRIMARY KEY,
    organization    INTEGER NOT NULL REFERENCES organization (id),
    decided_at      INTEGER NOT NULL,
    open            INTEGER NOT NULL,
    undone          INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    undo_asked_at   INTEGER,
    packed          BLOB    NOT NULL
) STRICT;

CREATE INDEX action_open ON action (next_attempt_at)
    WHERE open = 1 OR (undo_asked_at IS NOT NULL AND undone = 0);
CREATE INDEX action_newest ON action (organization, decided_at);
