SELECT
  "c"."uuid" AS "id",
  "c"."email" AS "email"
FROM "subscribers" AS "c"
WHERE
  LOWER("c"."email") LIKE LOWER(CAST(%(p1)s AS TEXT))
ORDER BY
  "c"."uuid"

-- p1 text "%x%"
