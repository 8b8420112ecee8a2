SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"

