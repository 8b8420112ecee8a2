SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"
WHERE
  EXISTS(
    SELECT
      1
    FROM "subscriber_lists" AS "t"
    WHERE
      "t"."subscriber" = "c"."uuid" AND "t"."list" = ANY(
        CAST(%(p1)s AS UUID[])
      )
  )

-- p1 uuid[] ["40233d21-7866-5842-a832-86f903332a99", "fde1bb83-83fb-5de8-8693-05d65ac631ff"]
