SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND LOWER("c"."email") = ANY(
    ARRAY(SELECT
      LOWER("v"."text")
    FROM UNNEST(CAST(%(p2)s AS TEXT[])) AS "v"("text"))
  )

-- p1 bigint 7
-- p2 text[] ["A@x.org", "b@x.org"]
