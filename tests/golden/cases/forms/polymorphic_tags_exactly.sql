SELECT
  COUNT(*) AS "count"
FROM "crm"."people" AS "c"
WHERE
  "c"."account_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."discarded_at" IS NULL
  AND EXISTS(
    SELECT
      1
    FROM "crm"."taggings" AS "t"
    WHERE
      "t"."taggable_id" = "c"."id"
      AND "t"."taggable_type" = 'Person'
      AND "t"."hidden" = FALSE
      AND "t"."tag_id" = ANY(
        CAST(%(p2)s AS BIGINT[])
      )
  )
  AND (
    SELECT
      ARRAY_AGG(CAST("t"."tag_id" AS BIGINT) ORDER BY "t"."tag_id")
    FROM "crm"."taggings" AS "t"
    WHERE
      "t"."taggable_id" = "c"."id"
      AND "t"."taggable_type" = 'Person'
      AND "t"."hidden" = FALSE
      AND "t"."tag_id" IS NOT NULL
  ) = CAST(%(p2)s AS BIGINT[])

-- p1 bigint 7
-- p2 bigint[] [1, 2]
