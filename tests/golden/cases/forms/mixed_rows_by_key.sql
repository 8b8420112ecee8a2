SELECT
  COUNT(*) AS "count"
FROM "people" AS "c"
LEFT JOIN (
  SELECT
    "f"."person",
    MAX("f"."value") FILTER(WHERE
      "f"."key" = CAST(%(p1)s AS TEXT)) AS "text_1",
    MAX("f"."value") FILTER(WHERE
      "f"."key" = CAST(%(p3)s AS TEXT)) AS "text_3"
  FROM "properties" AS "f"
  WHERE
    "f"."key" IN (CAST(%(p1)s AS TEXT), CAST(%(p3)s AS TEXT))
  GROUP BY
    "f"."person"
) AS "f"
  ON "f"."person" = "c"."id"
WHERE
  "c"."kind" = 'person'
  AND "c"."gone" IS NOT TRUE
  AND (
    CASE
      WHEN LENGTH(CAST("f"."text_1" AS TEXT)) <= 1000
      AND CAST("f"."text_1" AS TEXT) ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?$'
      THEN CAST(CAST("f"."text_1" AS TEXT) AS DECIMAL)
    END > CAST(%(p2)s AS DECIMAL)
    OR "f"."text_3" = CAST(%(p4)s AS TEXT)
    OR CASE
      WHEN LENGTH(CAST("f"."text_1" AS TEXT)) <= 1000
      AND CAST("f"."text_1" AS TEXT) ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?$'
      THEN CAST(CAST("f"."text_1" AS TEXT) AS DECIMAL)
    END < CAST(%(p5)s AS DECIMAL)
  )

-- p1 text "score"
-- p2 numeric 3
-- p3 text "nickname"
-- p4 text "x"
-- p5 numeric 2
