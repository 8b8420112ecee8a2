SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND CASE
    WHEN JSONB_TYPEOF("c"."fields" -> 'score') = 'number'
    THEN CAST("c"."fields" ->> 'score' AS DECIMAL)
  END IS NOT NULL

-- p1 bigint 7
