SELECT
  COUNT(*) AS "count"
FROM "crm"."people" AS "c"
WHERE
  "c"."account_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."discarded_at" IS NULL
  AND NOT EXISTS(
    SELECT
      1
    FROM "crm"."custom_values" AS "v"
    WHERE
      "v"."customized_id" = "c"."id"
      AND "v"."customized_type" = 'Person'
      AND "v"."custom_field_id" = CAST(%(p2)s AS BIGINT)
      AND "v"."number_value" IS NOT NULL
  )
  AND NOT EXISTS(
    SELECT
      1
    FROM "crm"."custom_values" AS "v"
    WHERE
      "v"."customized_id" = "c"."id"
      AND "v"."customized_type" = 'Person'
      AND "v"."custom_field_id" = CAST(%(p3)s AS BIGINT)
      AND "v"."string_value" = CAST(%(p4)s AS TEXT)
  )

-- p1 bigint 7
-- p2 bigint 21
-- p3 bigint 24
-- p4 text "web"
