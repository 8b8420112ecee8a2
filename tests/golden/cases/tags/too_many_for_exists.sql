SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
LEFT JOIN (
  SELECT
    "t"."workspace_id",
    "t"."contact_id",
    ARRAY_AGG("t"."tag_id" ORDER BY "t"."tag_id") AS "tag_ids"
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
  AND "t"."tag_ids" && CAST(%(p2)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p3)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p4)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p5)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p6)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p7)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p8)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p9)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p10)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p11)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p12)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p13)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p14)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p15)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p16)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p17)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p18)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p19)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p20)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p21)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p22)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p23)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p24)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p25)s AS INT[])
  AND "t"."tag_ids" && CAST(%(p26)s AS INT[])

-- p1 bigint 7
-- p2 integer[] [1]
-- p3 integer[] [2]
-- p4 integer[] [3]
-- p5 integer[] [4]
-- p6 integer[] [5]
-- p7 integer[] [1, 2]
-- p8 integer[] [1, 3]
-- p9 integer[] [1, 4]
-- p10 integer[] [1, 5]
-- p11 integer[] [2, 3]
-- p12 integer[] [2, 4]
-- p13 integer[] [2, 5]
-- p14 integer[] [3, 4]
-- p15 integer[] [3, 5]
-- p16 integer[] [4, 5]
-- p17 integer[] [1, 2, 3]
-- p18 integer[] [1, 2, 4]
-- p19 integer[] [1, 2, 5]
-- p20 integer[] [1, 3, 4]
-- p21 integer[] [1, 3, 5]
-- p22 integer[] [1, 4, 5]
-- p23 integer[] [2, 3, 4]
-- p24 integer[] [2, 3, 5]
-- p25 integer[] [2, 4, 5]
-- p26 integer[] [3, 4, 5]
-- p27 integer[] [1, 2, 3, 4, 5]
