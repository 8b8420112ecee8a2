SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
LEFT JOIN (
  SELECT
    "t"."workspace_id",
    "t"."contact_id",
    BIT_OR(
      CAST(1 AS BIGINT) << (
        WIDTH_BUCKET("t"."tag_id", CAST(%(p27)s AS INT[])) - 1
      )
    ) AS "tag_bits"
  FROM "contact_tags" AS "t"
  WHERE
    "t"."workspace_id" = CAST(%(p1)s AS BIGINT)
    AND "t"."tag_id" = ANY(
      CAST(%(p27)s AS INT[])
    )
  GROUP BY
    "t"."workspace_id",
    "t"."contact_id"
) AS "t"
  ON "t"."workspace_id" = "c"."workspace_id" AND "t"."contact_id" = "c"."id"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    "t"."tag_bits" & CAST(%(p2)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p3)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p4)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p5)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p6)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p7)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p8)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p9)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p10)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p11)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p12)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p13)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p14)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p15)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p16)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p17)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p18)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p19)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p20)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p21)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p22)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p23)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p24)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p25)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p26)s AS BIGINT)
  ) <> 0

-- p1 bigint 7
-- p2 bigint 1
-- p3 bigint 2
-- p4 bigint 4
-- p5 bigint 8
-- p6 bigint 16
-- p7 bigint 3
-- p8 bigint 5
-- p9 bigint 9
-- p10 bigint 17
-- p11 bigint 6
-- p12 bigint 10
-- p13 bigint 18
-- p14 bigint 12
-- p15 bigint 20
-- p16 bigint 24
-- p17 bigint 7
-- p18 bigint 11
-- p19 bigint 19
-- p20 bigint 13
-- p21 bigint 21
-- p22 bigint 25
-- p23 bigint 14
-- p24 bigint 22
-- p25 bigint 26
-- p26 bigint 28
-- p27 integer[] [1, 2, 3, 4, 5]
