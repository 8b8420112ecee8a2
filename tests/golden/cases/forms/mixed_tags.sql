SELECT
  COUNT(*) AS "count"
FROM "people" AS "c"
WHERE
  "c"."kind" = 'person'
  AND "c"."gone" IS NOT TRUE
  AND CASE
    WHEN JSONB_TYPEOF("c"."tag_ids") = 'array'
    THEN JSONB_PATH_EXISTS(
      "c"."tag_ids",
      'strict $[*] ? (@ == $ids[*])',
      JSONB_BUILD_OBJECT('ids', TO_JSONB(CAST(%(p1)s AS INT[])))
    )
  END
  AND (
    "c"."tag_ids" @> TO_JSONB(CAST(%(p2)s AS INT[]))
    AND JSONB_CONCAT(TO_JSONB(CAST(%(p2)s AS INT[])), CAST('null' AS JSONB)) @> "c"."tag_ids"
  )
  AND CASE
    WHEN JSONB_TYPEOF("c"."tag_ids") = 'array'
    THEN JSONB_PATH_EXISTS("c"."tag_ids", 'strict $[*] ? (@.type() == "string" || @.type() == "number")')
  END

-- p1 integer[] [1, 2]
-- p2 integer[] [1, 2]
