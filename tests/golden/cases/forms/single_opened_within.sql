SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"
WHERE
  EXISTS(
    SELECT
      1
    FROM "views" AS "e"
    WHERE
      "e"."subscriber" = "c"."uuid"
      AND "e"."created_at" >= CAST(%(p1)s AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
      AND "e"."created_at" <= CAST(%(p2)s AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
  )
  AND NOT EXISTS(
    SELECT
      1
    FROM "views" AS "e"
    WHERE
      "e"."subscriber" = "c"."uuid"
      AND "e"."created_at" > CAST(%(p2)s AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
  )

-- p1 timestamptz 2026-03-10 02:20:00+00:00
-- p2 timestamptz 2026-04-09 02:20:00+00:00
