SELECT
  COUNT(*) AS "count"
FROM "actors" AS "c"
WHERE
  "c"."tenant" = CAST(%(p1)s AS UUID)
  AND 100 * LEAST(
    CAST((
      SELECT
        COUNT(DISTINCT "e"."mail")
      FROM "events" AS "e"
      WHERE
        "e"."tenant" = CAST(%(p1)s AS UUID)
        AND "e"."tenant" = "c"."tenant"
        AND "e"."actor" = "c"."id"
        AND "e"."name" = 'Opened'
    ) AS DECIMAL),
    CAST((
      SELECT
        COUNT(DISTINCT "e"."mail")
      FROM "events" AS "e"
      WHERE
        "e"."tenant" = CAST(%(p1)s AS UUID)
        AND "e"."tenant" = "c"."tenant"
        AND "e"."actor" = "c"."id"
        AND "e"."name" IN ('Delivered', '100%% there')
    ) AS DECIMAL)
  ) > CAST(%(p2)s AS DECIMAL) * NULLIF(
    CAST((
      SELECT
        COUNT(DISTINCT "e"."mail")
      FROM "events" AS "e"
      WHERE
        "e"."tenant" = CAST(%(p1)s AS UUID)
        AND "e"."tenant" = "c"."tenant"
        AND "e"."actor" = "c"."id"
        AND "e"."name" IN ('Delivered', '100%% there')
    ) AS DECIMAL),
    0
  )

-- p1 uuid "95a6938b-0154-56bd-b071-85df337704fb"
-- p2 numeric 20
