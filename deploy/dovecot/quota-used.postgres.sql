-- What Dovecot's quota_clone writes, and the trigger that carries it to the directory. Run once: psql vratny -f quota-used.postgres.sql
-- The table is Dovecot's: it inserts a row with one of the two numbers and updates the other. Its user needs nothing else:
--   GRANT SELECT, INSERT, UPDATE, DELETE ON quota_used TO dovecot;
CREATE TABLE IF NOT EXISTS quota_used (
  username text PRIMARY KEY,
  bytes    bigint NOT NULL DEFAULT 0,
  messages bigint NOT NULL DEFAULT 0
);
-- SECURITY DEFINER: Dovecot's user may change used_bytes through this trigger and nothing else of a mailbox.
CREATE OR REPLACE FUNCTION carry_quota_used() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  UPDATE mailboxes SET used_bytes = greatest(NEW.bytes, 0) WHERE address = NEW.username;
  RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER quota_used_changed AFTER INSERT OR UPDATE OF bytes ON quota_used
  FOR EACH ROW EXECUTE FUNCTION carry_quota_used();
