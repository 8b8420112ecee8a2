SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    (
      "c"."fields" ->> 'nickname' = CAST(%(p2)s AS TEXT)
      AND JSONB_TYPEOF("c"."fields" -> 'nickname') IN ('string', 'number', 'boolean')
    )
    OR CASE
      WHEN JSONB_TYPEOF("c"."fields" -> 'vip') = 'boolean'
      THEN CAST("c"."fields" ->> 'vip' AS BOOLEAN)
    END = CAST(%(p3)s AS BOOLEAN)
  )

-- p1 bigint 7
-- p2 text "x"
-- p3 boolean true
