SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND (
    "c"."labels" && CAST(%(p2)s AS TEXT[]) AND "c"."labels" <@ "c"."labels"
  )
  AND (
    "c"."labels" @> CAST(%(p3)s AS TEXT[])
    AND CAST(%(p3)s AS TEXT[]) @> "c"."labels"
    AND "c"."labels" <@ "c"."labels"
  ) IS NOT TRUE
  AND "c"."labels" <@ "c"."labels"

-- p1 text "B7"
-- p2 text[] ["a", "b"]
-- p3 text[] ["c"]
