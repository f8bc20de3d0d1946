-- prepare=False
-- %(tenant)s = 'acme'
-- %(key)s = 'reembeds'
-- %(id)s = 7
SELECT name
FROM "pgrecall"."collections"
WHERE tenant = %(tenant)s AND (settings ->> %(key)s)::bigint = %(id)s;

-- prepare=False
-- %(new)s = '{"reembeds": 7, "reembed_runner": "runner", "reembed_index": "{\\"kind\\": \\"H...
-- %(id)s = 8
UPDATE "pgrecall"."collections" SET settings = settings || %(new)s::jsonb WHERE id = %(id)s;

-- prepare=False
-- %(key)s = 'reembed_runner'
-- %(runner)s = 'runner'
-- %(id)s = 8
-- %(of)s = 'reembeds'
UPDATE "pgrecall"."collections"
SET settings = settings || jsonb_build_object(%(key)s::text, %(runner)s::text)
WHERE id = %(id)s AND settings ? %(of)s
RETURNING id;

-- prepare=False
-- %(id)s = 8
-- %(key)s = 'reembed_runner'
-- %(runner)s = 'runner'
SELECT id
FROM "pgrecall"."collections"
WHERE id = %(id)s AND settings ->> %(key)s = %(runner)s FOR SHARE;

-- prepare=False
-- %(id)s = 8
-- %(key)s = 'reembed_runner'
-- %(runner)s = 'runner'
SELECT id
FROM "pgrecall"."collections"
WHERE id = %(id)s AND settings ->> %(key)s = %(runner)s FOR UPDATE;
