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
  AND COALESCE("a"."delivered_count", 0) > CAST(%(p2)s AS DECIMAL)
  AND COALESCE("a"."opens_count", 0) = CAST(%(p3)s AS DECIMAL)
  AND (
    COALESCE("a"."clicks_count", 0) = CAST(%(p4)s AS DECIMAL)
  ) IS NOT TRUE

-- p1 bigint 7
-- p2 numeric 10
-- p3 numeric 0
-- p4 numeric 0
