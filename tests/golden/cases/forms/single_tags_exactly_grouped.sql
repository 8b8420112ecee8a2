SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"
LEFT JOIN (
  SELECT
    "t"."subscriber",
    ARRAY_AGG("t"."list" ORDER BY "t"."list") AS "tag_ids"
  FROM "subscriber_lists" AS "t"
  WHERE
    "t"."list" IS NOT NULL
  GROUP BY
    "t"."subscriber"
) AS "t"
  ON "t"."subscriber" = "c"."uuid"
WHERE
  (
    "t"."tag_ids" = CAST(%(p1)s AS UUID[])
    OR LOWER("c"."email") = LOWER(CAST(%(p2)s AS TEXT))
  )

-- p1 uuid[] ["40233d21-7866-5842-a832-86f903332a99", "fde1bb83-83fb-5de8-8693-05d65ac631ff"]
-- p2 text "x"
