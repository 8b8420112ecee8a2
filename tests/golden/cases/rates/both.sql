SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
LEFT JOIN "contact_activity" AS "a"
  ON "a"."workspace_id" = "c"."workspace_id"
  AND "a"."contact_id" = "c"."id"
  AND "a"."workspace_id" = CAST(%(p1)s AS BIGINT)
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) >= CAST(%(p2)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
    OR 100 * LEAST(CAST("a"."clicks_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) >= CAST(%(p3)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
  )

-- p1 bigint 7
-- p2 numeric 50
-- p3 numeric 50
