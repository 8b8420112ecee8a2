SELECT
  "c"."id" AS "id",
  "c"."emailAddress" AS "email"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT) AND "c"."isArchived" IS NOT TRUE
LIMIT 0

-- p1 text "B7"
