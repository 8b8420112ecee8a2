SELECT
  COUNT(*) AS "count"
FROM "people" AS "c"
LEFT JOIN (
  SELECT
    "a2"."person",
    MAX("a2"."at") AS "last_open_at"
  FROM "opens" AS "a2"
  GROUP BY
    "a2"."person"
) AS "a2"
  ON "a2"."person" = "c"."id"
LEFT JOIN (
  SELECT
    "a3"."person",
    MAX("a3"."at") AS "last_click_at"
  FROM "clicks" AS "a3"
  GROUP BY
    "a3"."person"
) AS "a3"
  ON "a3"."person" = "c"."id"
WHERE
  "c"."kind" = 'person'
  AND "c"."gone" IS NOT TRUE
  AND (
    "a2"."last_open_at" >= CAST(%(p1)s AS TIMESTAMPTZ)
    AND "a2"."last_open_at" <= CAST(%(p2)s AS TIMESTAMPTZ)
  )
  AND "a3"."last_click_at" IS NULL

-- p1 timestamptz 2026-04-02 02:20:00+00:00
-- p2 timestamptz 2026-04-09 02:20:00+00:00
