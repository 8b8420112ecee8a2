SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"
LEFT JOIN (
  SELECT
    "a"."subscriber",
    MAX("a"."created_at") AS "last_open_at"
  FROM "views" AS "a"
  GROUP BY
    "a"."subscriber"
) AS "a"
  ON "a"."subscriber" = "c"."uuid"
LEFT JOIN (
  SELECT
    "a2"."subscriber",
    MAX("a2"."created_at") AS "last_click_at"
  FROM "link_clicks" AS "a2"
  GROUP BY
    "a2"."subscriber"
) AS "a2"
  ON "a2"."subscriber" = "c"."uuid"
WHERE
  (
    "a"."last_open_at" AT TIME ZONE 'UTC' >= CAST(%(p1)s AS TIMESTAMPTZ)
    OR "a2"."last_click_at" >= CAST(%(p2)s AS TIMESTAMPTZ)
  )

-- p1 timestamptz 2026-01-01 23:00:00+00:00
-- p2 timestamptz 2026-01-01 23:00:00+00:00
