SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND LOWER("c"."fields" ->> CAST(%(p2)s AS TEXT)) LIKE LOWER(CAST(%(p3)s AS TEXT))
  AND JSONB_TYPEOF("c"."fields" -> CAST(%(p2)s AS TEXT)) = 'string'

-- p1 bigint 7
-- p2 text "level"
-- p3 text "%d"
