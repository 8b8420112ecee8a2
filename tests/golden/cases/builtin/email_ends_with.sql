SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND LOWER("c"."email") LIKE LOWER(CAST(%(p2)s AS TEXT))

-- p1 bigint 7
-- p2 text "%@Example.com"
