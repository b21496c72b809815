-- Takes 64 KiB of new space while the last check's is still held, then frees that: fails where a booking would find no room.
INSERT INTO write_check (filler) VALUES (zeroblob(65536));
DELETE FROM write_check WHERE id < last_insert_rowid();
