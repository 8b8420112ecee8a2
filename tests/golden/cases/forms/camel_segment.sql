SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND LOWER("c"."emailAddress") = LOWER(CAST(%(p2)s AS TEXT))
  AND "c"."score" = CAST(%(p3)s AS DECIMAL)

-- p1 text "B7"
-- p2 text "test@example.com"
-- p3 numeric 5
