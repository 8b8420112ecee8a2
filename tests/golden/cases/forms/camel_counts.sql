SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND CAST(COALESCE("c"."opensCount", 0) AS DECIMAL) >= CAST(%(p2)s AS DECIMAL)
  AND CAST(COALESCE("c"."clicksCount", 0) AS DECIMAL) = CAST(%(p3)s AS DECIMAL)

-- p1 text "B7"
-- p2 numeric 3
-- p3 numeric 0
