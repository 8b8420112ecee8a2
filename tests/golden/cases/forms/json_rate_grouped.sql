SELECT
  COUNT(*) AS "count"
FROM "actors" AS "c"
LEFT JOIN (
  SELECT
    "a"."tenant",
    "a"."actor",
    MAX("a"."at") FILTER(WHERE
      "a"."name" IN ('Clicked', 'it''s clicked')) AS "last_click_at",
    COUNT(DISTINCT "a"."mail") FILTER(WHERE
      "a"."name" IN ('Delivered', '100%% there')) AS "delivered_count",
    COUNT(DISTINCT "a"."mail") FILTER(WHERE
      "a"."name" = 'Opened') AS "opens_count"
  FROM "events" AS "a"
  WHERE
    "a"."tenant" = CAST(%(p1)s AS UUID)
    AND "a"."name" IN ('Delivered', '100%% there', 'Opened', 'Clicked', 'it''s clicked')
  GROUP BY
    "a"."tenant",
    "a"."actor"
) AS "a"
  ON "a"."tenant" = "c"."tenant" AND "a"."actor" = "c"."id"
WHERE
  "c"."tenant" = CAST(%(p1)s AS UUID)
  AND (
    100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) > CAST(%(p2)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
    OR "a"."last_click_at" AT TIME ZONE 'UTC' IS NOT NULL
  )

-- p1 uuid "95a6938b-0154-56bd-b071-85df337704fb"
-- p2 numeric 20
