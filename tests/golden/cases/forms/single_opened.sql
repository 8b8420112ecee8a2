SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"
WHERE
  EXISTS(
    SELECT
      1
    FROM "views" AS "e"
    WHERE
      "e"."subscriber" = "c"."uuid" AND "e"."created_at" IS NOT NULL
  )
  AND NOT EXISTS(
    SELECT
      1
    FROM "link_clicks" AS "e"
    WHERE
      "e"."subscriber" = "c"."uuid" AND "e"."created_at" IS NOT NULL
  )

