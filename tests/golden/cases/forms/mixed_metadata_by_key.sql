SELECT
  COUNT(*) AS "count"
FROM "people" AS "c"
WHERE
  "c"."kind" = 'person'
  AND "c"."gone" IS NOT TRUE
  AND EXISTS(
    SELECT
      1
    FROM "properties" AS "v"
    WHERE
      "v"."person" = "c"."id"
      AND "v"."key" = CAST(%(p1)s AS TEXT)
      AND "v"."value" = CAST(%(p2)s AS TEXT)
  )
  AND EXISTS(
    SELECT
      1
    FROM "properties" AS "v"
    WHERE
      "v"."person" = "c"."id"
      AND "v"."key" = CAST(%(p3)s AS TEXT)
      AND CASE
        WHEN LENGTH(CAST("v"."value" AS TEXT)) <= 1000
        AND CAST("v"."value" AS TEXT) ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?$'
        THEN CAST(CAST("v"."value" AS TEXT) AS DECIMAL)
      END > CAST(%(p4)s AS DECIMAL)
  )
  AND EXISTS(
    SELECT
      1
    FROM "properties" AS "v"
    WHERE
      "v"."person" = "c"."id"
      AND "v"."key" = CAST(%(p5)s AS TEXT)
      AND "v"."value" IS NOT NULL
  )

-- p1 text "any"
-- p2 text "x"
-- p3 text "other"
-- p4 numeric 1
-- p5 text "score"
