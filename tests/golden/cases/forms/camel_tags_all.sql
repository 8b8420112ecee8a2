SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND "c"."tags" @> CAST(%(p2)s AS TEXT[])

-- p1 text "B7"
-- p2 text[] ["B1", "ä2"]
