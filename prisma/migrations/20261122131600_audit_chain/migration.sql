-- The audit table as a hash chain: numbers and hashes are set here, by the owner's rights, so that no process of ours can choose them.
-- server/audit/chain.ts computes the same hash from the same columns; a test compares the two.

INSERT INTO "audit_head" ("id", "seq", "hash") VALUES (1, 0, '');

-- One field: its length in bytes, its text. Nothing can be moved from one field into the next without changing the sum.
CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN value IS NULL THEN '-;' ELSE octet_length(convert_to(value, 'UTF8')) || ':' || value || ';' END $$;

CREATE FUNCTION audit_hash(e "audit_event") RETURNS text LANGUAGE sql STABLE AS
$$
  SELECT encode(sha256(convert_to(
    audit_field(e."seq"::text) || audit_field(e."prev_hash") || audit_field(e."id"::text)
    || audit_field((extract(epoch FROM e."at") * 1000)::bigint::text)
    || audit_field(e."actor") || audit_field(e."actor_name") || audit_field(e."action") || audit_field(e."entity")
    || audit_field(e."entity_id") || audit_field(e."node_id"::text) || audit_field(e."before"::text)
    || audit_field(e."after"::text) || audit_field(e."outcome") || audit_field(e."request_id") || audit_field(e."address"),
  'UTF8')), 'hex')
$$;

-- The lock on the head's row makes a line of writers: each link is made when the one before it is committed or gone.
CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
DECLARE head "audit_head";
BEGIN
  UPDATE "audit_head" SET "seq" = "seq" + 1 WHERE "id" = 1 RETURNING * INTO STRICT head;
  NEW."seq" := head."seq";
  NEW."prev_hash" := head."hash";
  NEW."hash" := audit_hash(NEW);
  UPDATE "audit_head" SET "hash" = NEW."hash" WHERE "id" = 1;
  RETURN NEW;
END
$$;

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit trail is only ever added to' USING ERRCODE = 'insufficient_privilege'; END $$;

-- Rows from before the chain.
DO $$
DECLARE
  row "audit_event";
  last text := '';
BEGIN
  FOR row IN SELECT * FROM "audit_event" ORDER BY "seq" LOOP
    row."prev_hash" := last;
    last := audit_hash(row);
    UPDATE "audit_event" SET "prev_hash" = row."prev_hash", "hash" = last WHERE "id" = row."id";
    UPDATE "audit_head" SET "seq" = row."seq", "hash" = last WHERE "id" = 1;
  END LOOP;
END
$$;

CREATE TRIGGER audit_event_link BEFORE INSERT ON "audit_event" FOR EACH ROW EXECUTE FUNCTION audit_link();
CREATE TRIGGER audit_event_keep BEFORE UPDATE OR DELETE ON "audit_event" FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_event_whole BEFORE TRUNCATE ON "audit_event" FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
