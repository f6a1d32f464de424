-- On PostgreSQL attempts lie in a partition for each day. SQLite has no partitions, and rows are deleted a few at a time.
SELECT 1;
