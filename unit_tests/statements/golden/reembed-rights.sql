-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT relrowsecurity FROM pg_catalog.pg_class WHERE oid = to_regclass(%(table)s);

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT coalesce(r.rolname::text, ''), a.privilege_type, a.is_grantable
FROM pg_catalog.pg_class c
CROSS JOIN LATERAL aclexplode(c.relacl) a
LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE c.oid = to_regclass(%(table)s) AND a.grantee <> c.relowner;

-- prepare=False
GRANT SELECT ON "pgrecall"."items_acme_docs_8" TO "reader" WITH GRANT OPTION;

-- prepare=False
GRANT SELECT ON "pgrecall"."items_acme_docs_8" TO PUBLIC;

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT r.rolname::text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
WHERE c.oid = to_regclass(%(table)s) AND r.rolname <> current_user;

-- prepare=False
ALTER TABLE "pgrecall"."items_acme_docs_8" OWNER TO "keeper";
