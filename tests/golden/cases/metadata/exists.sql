SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND JSONB_TYPEOF("c"."fields" -> CAST(%(p2)s AS TEXT)) <> 'null'

-- p1 bigint 7
-- p2 text "level"
