SELECT
  COUNT(*) AS "count"
FROM "people" AS "c"
WHERE
  "c"."kind" = 'person'
  AND "c"."gone" IS NOT TRUE
  AND EXISTS(
    SELECT
      1
    FROM "person_tags" AS "t"
    WHERE
      "t"."person" = "c"."id" AND "t"."tag" = ANY(
        CAST(%(p1)s AS INT[])
      )
  )

-- p1 integer[] [1]
