-- Attempts by the day of their job, so that those of days that are kept no longer go at once. A job's id begins with the
-- milliseconds of its start (UUIDv7), so a day is a range of ids. What is there becomes the first partition, where it lies;
-- what belongs to no partition goes to `attempt_rest`, so that an insert never fails for want of one.
ALTER TABLE attempt RENAME TO attempt_before;
ALTER INDEX attempt_pkey RENAME TO attempt_before_pkey;
CREATE TABLE attempt (LIKE attempt_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)
    PARTITION BY RANGE (job_id);
ALTER TABLE attempt ADD PRIMARY KEY (job_id, task_id, number);
CREATE TABLE attempt_rest PARTITION OF attempt DEFAULT;
DO $$
DECLARE
    -- The first partition ends with tomorrow (UTC): the days behind it are made ahead by the coordinators.
    day   BIGINT := floor(extract(epoch FROM clock_timestamp()) / 86400)::bigint + 2;
    bound BYTEA  := decode(lpad(to_hex(day * 86400000), 12, '0'), 'hex');
BEGIN
    WITH moved AS (DELETE FROM attempt_before WHERE job_id >= bound RETURNING *) INSERT INTO attempt SELECT * FROM moved;
    EXECUTE format('ALTER TABLE attempt ATTACH PARTITION attempt_before FOR VALUES FROM (MINVALUE) TO (%L)', bound);
END
$$;
