SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND CASE
    WHEN JSONB_TYPEOF("c"."fields" -> 'vip') = 'boolean'
    THEN CAST("c"."fields" ->> 'vip' AS BOOLEAN)
  END = CAST(%(p2)s AS BOOLEAN)

-- p1 bigint 7
-- p2 boolean true
