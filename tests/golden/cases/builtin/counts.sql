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
  AND CAST(COALESCE("a"."delivered_count", 0) AS DECIMAL) > CAST(%(p2)s AS DECIMAL)
  AND CAST(COALESCE("a"."opens_count", 0) AS DECIMAL) = CAST(%(p3)s AS DECIMAL)
  AND (
    CAST(COALESCE("a"."clicks_count", 0) AS DECIMAL) = CAST(%(p4)s AS DECIMAL)
  ) IS NOT TRUE

-- p1 bigint 7
-- p2 numeric 10
-- p3 numeric 0
-- p4 numeric 0
