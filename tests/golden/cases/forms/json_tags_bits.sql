SELECT
  COUNT(*) AS "count"
FROM "actors" AS "c"
LEFT JOIN (
  SELECT
    "t"."tenant",
    "t"."actor",
    BIT_OR(
      CAST(1 AS BIGINT) << (
        WIDTH_BUCKET("t"."label" COLLATE "C", CAST(%(p4)s AS TEXT[])) - 1
      )
    ) AS "tag_bits"
  FROM "labels" AS "t"
  WHERE
    "t"."tenant" = CAST(%(p1)s AS UUID)
    AND "t"."label" = ANY(
      CAST(%(p4)s AS TEXT[])
    )
  GROUP BY
    "t"."tenant",
    "t"."actor"
) AS "t"
  ON "t"."tenant" = "c"."tenant" AND "t"."actor" = "c"."id"
WHERE
  "c"."tenant" = CAST(%(p1)s AS UUID)
  AND (
    (
      "t"."tag_bits" & CAST(%(p2)s AS BIGINT)
    ) <> 0
    OR (
      "t"."tag_bits" & CAST(%(p3)s AS BIGINT)
    ) <> 0
  )

-- p1 uuid "95a6938b-0154-56bd-b071-85df337704fb"
-- p2 bigint 5
-- p3 bigint 2
-- p4 text[] ["B1", "Z3", "ä2"]
