SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT) AND "c"."isArchived" IS NOT TRUE

-- p1 text "B7"
