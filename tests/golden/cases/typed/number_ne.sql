SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    CASE
      WHEN JSONB_TYPEOF("c"."fields" -> 'score') = 'number'
      THEN CAST("c"."fields" ->> 'score' AS DECIMAL)
    END = CAST(%(p2)s AS DECIMAL)
  ) IS NOT TRUE

-- p1 bigint 7
-- p2 numeric 0
