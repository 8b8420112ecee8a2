SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"
WHERE
  EXISTS(
    SELECT
      1
    FROM "subscriber_values" AS "v"
    WHERE
      "v"."subscriber" = "c"."uuid"
      AND "v"."attribute" = CAST(%(p1)s AS UUID)
      AND CASE
        WHEN LENGTH(CAST("v"."value" AS TEXT)) <= 1000
        AND CAST("v"."value" AS TEXT) ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?$'
        THEN CAST(CAST("v"."value" AS TEXT) AS DECIMAL)
      END > CAST(%(p2)s AS DECIMAL)
  )

-- p1 uuid "a8be3b36-a0a6-5b31-bf7f-8733bac0954a"
-- p2 numeric 3
