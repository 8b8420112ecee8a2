SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    CASE
      WHEN JSONB_TYPEOF("c"."fields" -> CAST(%(p2)s AS TEXT)) = 'number'
      THEN CAST("c"."fields" ->> CAST(%(p2)s AS TEXT) AS DECIMAL)
    END = CAST(%(p3)s AS DECIMAL)
    OR (
      "c"."fields" ->> CAST(%(p2)s AS TEXT) = CAST(%(p4)s AS TEXT)
      AND JSONB_TYPEOF("c"."fields" -> CAST(%(p2)s AS TEXT)) = 'string'
    )
  )

-- p1 bigint 7
-- p2 text "level"
-- p3 numeric 7
-- p4 text "7"
