SELECT
  COUNT(*) AS "count"
FROM "actors" AS "c"
LEFT JOIN (
  SELECT
    "t"."tenant",
    "t"."actor",
    ARRAY_AGG(CAST("t"."label" AS TEXT) ORDER BY "t"."label" COLLATE "C") AS "tag_ids"
  FROM "labels" AS "t"
  WHERE
    "t"."tenant" = CAST(%(p1)s AS UUID) AND "t"."label" IS NOT NULL
  GROUP BY
    "t"."tenant",
    "t"."actor"
) AS "t"
  ON "t"."tenant" = "c"."tenant" AND "t"."actor" = "c"."id"
WHERE
  "c"."tenant" = CAST(%(p1)s AS UUID)
  AND (
    "t"."tag_ids" && CAST(%(p2)s AS TEXT[]) OR "t"."tag_ids" = CAST(%(p3)s AS TEXT[])
  )

-- p1 uuid "95a6938b-0154-56bd-b071-85df337704fb"
-- p2 text[] ["B1", "ä2"]
-- p3 text[] ["B1"]
