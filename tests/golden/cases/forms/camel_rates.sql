SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND 100 * LEAST(
    CAST(COALESCE("c"."opensCount", 0) AS DECIMAL),
    CAST(COALESCE("c"."deliveredCount", 0) AS DECIMAL)
  ) > CAST(%(p2)s AS DECIMAL) * NULLIF(CAST(COALESCE("c"."deliveredCount", 0) AS DECIMAL), 0)
  AND 100 * LEAST(
    CAST(COALESCE("c"."clicksCount", 0) AS DECIMAL),
    CAST(COALESCE("c"."deliveredCount", 0) AS DECIMAL)
  ) < CAST(%(p3)s AS DECIMAL) * NULLIF(CAST(COALESCE("c"."deliveredCount", 0) AS DECIMAL), 0)

-- p1 text "B7"
-- p2 numeric 20
-- p3 numeric 5
