SELECT
  COUNT(*) AS "count"
FROM "people" AS "c"
WHERE
  "c"."kind" = 'person'
  AND "c"."gone" IS NOT TRUE
  AND (
    "c"."tag_ids" @> TO_JSONB(CAST(%(p1)s AS INT[]))
  ) IS NOT TRUE

-- p1 integer[] [1, 2]
