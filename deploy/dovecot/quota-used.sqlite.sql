-- What Dovecot's quota_clone writes, and the triggers that carry it to the directory. Run once: sqlite3 directory.db < quota-used.sqlite.sql
-- The table is Dovecot's: it inserts a row with one of the two numbers and updates the other.
CREATE TABLE IF NOT EXISTS quota_used (
  username TEXT PRIMARY KEY NOT NULL,
  bytes    INTEGER NOT NULL DEFAULT 0,
  messages INTEGER NOT NULL DEFAULT 0
);
CREATE TRIGGER IF NOT EXISTS quota_used_inserted AFTER INSERT ON quota_used BEGIN
  UPDATE mailboxes SET used_bytes = max(NEW.bytes, 0) WHERE address = NEW.username;
END;
CREATE TRIGGER IF NOT EXISTS quota_used_updated AFTER UPDATE OF bytes ON quota_used BEGIN
  UPDATE mailboxes SET used_bytes = max(NEW.bytes, 0) WHERE address = NEW.username;
END;
