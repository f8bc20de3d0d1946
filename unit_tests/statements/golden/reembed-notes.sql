-- prepare=False
CREATE TABLE "pgrecall"."reembed_8" (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL
);

-- prepare=False
CREATE FUNCTION "pgrecall"."reembed_8"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS '
BEGIN
    IF to_regclass(''pgrecall.reembed_8'') IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = ''42P01'', CONSTRAINT = ''pgrecall_reembedded'',
            MESSAGE = ''this collection was re-embedded: another table has taken its place'';
    ELSIF TG_OP = ''INSERT'' THEN
        INSERT INTO "pgrecall"."reembed_8" (id) SELECT id FROM new_rows;
    ELSIF TG_OP = ''UPDATE'' THEN
        INSERT INTO "pgrecall"."reembed_8" (id) SELECT id FROM new_rows UNION SELECT id FROM old_rows;
    ELSIF TG_OP = ''DELETE'' THEN
        INSERT INTO "pgrecall"."reembed_8" (id) SELECT id FROM old_rows;
    ELSE
        INSERT INTO "pgrecall"."reembed_8" (id) SELECT id FROM "pgrecall"."items_acme_docs_7";
    END IF;
    RETURN NULL;
END
';

-- prepare=False
REVOKE ALL ON FUNCTION "pgrecall"."reembed_8"() FROM PUBLIC;

-- prepare=False
CREATE TRIGGER "reembed_8_insert" AFTER INSERT ON "pgrecall"."items_acme_docs_7" REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "pgrecall"."reembed_8"();

-- prepare=False
CREATE TRIGGER "reembed_8_update" AFTER UPDATE ON "pgrecall"."items_acme_docs_7" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "pgrecall"."reembed_8"();

-- prepare=False
CREATE TRIGGER "reembed_8_delete" AFTER DELETE ON "pgrecall"."items_acme_docs_7" REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION "pgrecall"."reembed_8"();

-- prepare=False
CREATE TRIGGER "reembed_8_truncate" BEFORE TRUNCATE ON "pgrecall"."items_acme_docs_7" FOR EACH STATEMENT EXECUTE FUNCTION "pgrecall"."reembed_8"();

-- prepare=False
-- %(most)s = 100
SELECT place, id FROM "pgrecall"."reembed_8" ORDER BY place LIMIT %(most)s;

-- prepare=False
-- %(places)s = [1, 2]
DELETE FROM "pgrecall"."reembed_8" WHERE place = ANY(%(places)s::bigint[]);

-- prepare=False
DROP FUNCTION IF EXISTS "pgrecall"."reembed_8"() CASCADE;

-- prepare=False
DROP TABLE IF EXISTS "pgrecall"."reembed_8";

-- prepare=False
DROP TABLE IF EXISTS "pgrecall"."reembed_8";

-- prepare=False
DROP FUNCTION IF EXISTS "pgrecall"."reembed_8"();
