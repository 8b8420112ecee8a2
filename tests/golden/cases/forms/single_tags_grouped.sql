SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"
LEFT JOIN (
  SELECT
    "t"."subscriber",
    BIT_OR(CAST(1 AS BIGINT) << (
      WIDTH_BUCKET("t"."list", CAST(%(p3)s AS UUID[])) - 1
    )) AS "tag_bits"
  FROM "subscriber_lists" AS "t"
  WHERE
    "t"."list" = ANY(
      CAST(%(p3)s AS UUID[])
    )
  GROUP BY
    "t"."subscriber"
) AS "t"
  ON "t"."subscriber" = "c"."uuid"
WHERE
  (
    (
      "t"."tag_bits" & CAST(%(p1)s AS BIGINT)
    ) <> 0
    OR (
      (
        "t"."tag_bits" & CAST(%(p2)s AS BIGINT)
      ) <> 0
    ) IS NOT TRUE
  )

-- p1 bigint 6
-- p2 bigint 1
-- p3 uuid[] ["1a6a3cf3-02ca-5d7a-9911-3b0f837f9a88", "40233d21-7866-5842-a832-86f903332a99", "fde1bb83-83fb-5de8-8693-05d65ac631ff"]
