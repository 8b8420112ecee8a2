SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"
WHERE
  CAST((
    SELECT
      COUNT(DISTINCT "e"."campaign_id")
    FROM "views" AS "e"
    WHERE
      "e"."subscriber" = "c"."uuid"
  ) AS DECIMAL) > CAST(%(p1)s AS DECIMAL)

-- p1 numeric 3
