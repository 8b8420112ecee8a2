SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND LOWER("c"."email") = ANY(
    STRING_TO_ARRAY(LOWER(CAST(%(p2)s AS TEXT)), CAST(%(p3)s AS TEXT))
  )

-- p1 bigint 7
-- p2 text "A@x.org\nb@x.org\nb@x.org"
-- p3 text "\n"
