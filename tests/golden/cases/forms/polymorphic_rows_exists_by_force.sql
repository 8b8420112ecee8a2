SELECT
  COUNT(*) AS "count"
FROM "crm"."people" AS "c"
WHERE
  "c"."account_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."discarded_at" IS NULL
  AND (
    EXISTS(
      SELECT
        1
      FROM "crm"."custom_values" AS "v"
      WHERE
        "v"."customized_id" = "c"."id"
        AND "v"."customized_type" = 'Person'
        AND "v"."custom_field_id" = CAST(%(p2)s AS BIGINT)
        AND "v"."number_value" > CAST(%(p3)s AS DECIMAL)
    )
    OR EXISTS(
      SELECT
        1
      FROM "crm"."custom_values" AS "v"
      WHERE
        "v"."customized_id" = "c"."id"
        AND "v"."customized_type" = 'Person'
        AND "v"."custom_field_id" = CAST(%(p4)s AS BIGINT)
        AND "v"."boolean_value" = CAST(%(p5)s AS BOOLEAN)
    )
  )

-- p1 bigint 7
-- p2 bigint 21
-- p3 numeric 3
-- p4 bigint 22
-- p5 boolean false
