SELECT
  COUNT(*) AS "count"
FROM "people" AS "c"
LEFT JOIN "statistics" AS "a"
  ON "a"."person" = "c"."id"
WHERE
  "c"."kind" = 'person'
  AND "c"."gone" IS NOT TRUE
  AND CAST((
    SELECT
      COUNT(DISTINCT "e"."mail")
    FROM "opens" AS "e"
    WHERE
      "e"."person" = "c"."id"
  ) AS DECIMAL) > CAST(%(p1)s AS DECIMAL)
  AND CAST(COALESCE("a"."sent", 0) AS DECIMAL) > CAST(%(p2)s AS DECIMAL)

-- p1 numeric 2
-- p2 numeric 2
