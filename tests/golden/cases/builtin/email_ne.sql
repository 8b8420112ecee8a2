SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    LOWER("c"."email") = LOWER(CAST(%(p2)s AS TEXT))
  ) IS NOT TRUE

-- p1 bigint 7
-- p2 text "test@example.com"
