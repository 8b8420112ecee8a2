SELECT
  COUNT(*) AS "count"
FROM "people" AS "c"
LEFT JOIN "statistics" AS "a"
  ON "a"."person" = "c"."id"
LEFT JOIN (
  SELECT
    "a3"."person",
    COUNT(DISTINCT "a3"."mail") AS "clicks_count"
  FROM "clicks" AS "a3"
  GROUP BY
    "a3"."person"
) AS "a3"
  ON "a3"."person" = "c"."id"
WHERE
  "c"."kind" = 'person'
  AND "c"."gone" IS NOT TRUE
  AND 100 * LEAST(
    CAST(COALESCE("a"."opens", 0) AS DECIMAL),
    CAST(COALESCE("a"."sent", 0) AS DECIMAL)
  ) > CAST(%(p1)s AS DECIMAL) * NULLIF(CAST(COALESCE("a"."sent", 0) AS DECIMAL), 0)
  AND 100 * LEAST(
    CAST(COALESCE("a3"."clicks_count", 0) AS DECIMAL),
    CAST(COALESCE("a"."sent", 0) AS DECIMAL)
  ) > CAST(%(p2)s AS DECIMAL) * NULLIF(CAST(COALESCE("a"."sent", 0) AS DECIMAL), 0)

-- p1 numeric 20
-- p2 numeric 1
