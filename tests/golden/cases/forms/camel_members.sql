SELECT
  "c"."id" AS "id",
  "c"."emailAddress" AS "email"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND "c"."status" = CAST(%(p2)s AS TEXT)
ORDER BY
  "c"."id"

-- p1 text "B7"
-- p2 text "subscribed"
