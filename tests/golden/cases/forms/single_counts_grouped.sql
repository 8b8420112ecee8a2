SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"
LEFT JOIN (
  SELECT
    "a"."subscriber",
    COUNT(DISTINCT "a"."campaign_id") AS "opens_count"
  FROM "views" AS "a"
  GROUP BY
    "a"."subscriber"
) AS "a"
  ON "a"."subscriber" = "c"."uuid"
LEFT JOIN (
  SELECT
    "a2"."subscriber",
    COUNT(DISTINCT "a2"."campaign_id") AS "clicks_count"
  FROM "link_clicks" AS "a2"
  GROUP BY
    "a2"."subscriber"
) AS "a2"
  ON "a2"."subscriber" = "c"."uuid"
WHERE
  (
    CAST(COALESCE("a"."opens_count", 0) AS DECIMAL) > CAST(%(p1)s AS DECIMAL)
    OR CAST(COALESCE("a2"."clicks_count", 0) AS DECIMAL) > CAST(%(p2)s AS DECIMAL)
  )

-- p1 numeric 3
-- p2 numeric 1
