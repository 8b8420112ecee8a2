SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND "c"."fields" ->> 'nickname' = CAST(%(p2)s AS TEXT)
  AND JSONB_TYPEOF("c"."fields" -> 'nickname') IN ('string', 'number', 'boolean')

-- p1 bigint 7
-- p2 text "Ada"
